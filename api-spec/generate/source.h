/* Reading api-spec's JSON. Every complaint names the file and the path in it, and ends the program:
 * what the generator does not understand it refuses. */
#ifndef GENERATE_SOURCE_H
#define GENERATE_SOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct source {
    char *file; /* as given on the command line, for messages */
    json_t *root;
};

/* Loads an object; a missing file is an error, a key twice too. Never freed: the program is
 * short-lived. */
struct source source_load(const char *dir, const char *name);
bool source_exists(const char *dir, const char *name);

__attribute__((format(printf, 3, 4), noreturn)) void source_refuse(const struct source *s,
                                                                   const char *path,
                                                                   const char *fmt, ...);

/* Borrowed members of an object, refused when of another type; NULL or the fallback when absent. */
const char *source_text(const struct source *s, const char *path, const json_t *object,
                        const char *key);
json_t *source_object(const struct source *s, const char *path, const json_t *object,
                      const char *key);
json_t *source_array(const struct source *s, const char *path, const json_t *object,
                     const char *key);

/* printf into memory that is never freed: names and paths. */
__attribute__((format(printf, 1, 2))) char *text(const char *fmt, ...);

#endif
