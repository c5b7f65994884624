/* Loading and questioning the JSON files of api-spec. */
#include "generate/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char *text(const char *fmt, ...)
{
    char *out;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&out, fmt, ap) < 0)
        abort();
    va_end(ap);
    return out;
}

void source_refuse(const struct source *s, const char *path, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "%s: %s: ", s->file, path);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

bool source_exists(const char *dir, const char *name)
{
    char *file = text("%s/%s", dir, name);
    bool is_there = access(file, R_OK) == 0;

    free(file);
    return is_there;
}

struct source source_load(const char *dir, const char *name)
{
    json_error_t why;
    struct source s = {.file = text("%s/%s", dir, name)};

    s.root = json_load_file(s.file, JSON_REJECT_DUPLICATES, &why);
    if (s.root == NULL) {
        fprintf(stderr, "%s:%d:%d: %s\n", s.file, why.line, why.column, why.text);
        exit(1);
    }
    if (!json_is_object(s.root))
        source_refuse(&s, "(root)", "an object is expected");
    return s;
}

const char *source_text(const struct source *s, const char *path, const json_t *object,
                        const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (value != NULL && !json_is_string(value))
        source_refuse(s, path, "'%s' must be a string", key);
    return json_string_value(value);
}

json_t *source_object(const struct source *s, const char *path, const json_t *object,
                      const char *key)
{
    json_t *value = json_object_get(object, key);

    if (value != NULL && !json_is_object(value))
        source_refuse(s, path, "'%s' must be an object", key);
    return value;
}

json_t *source_array(const struct source *s, const char *path, const json_t *object,
                     const char *key)
{
    json_t *value = json_object_get(object, key);

    if (value != NULL && !json_is_array(value))
        source_refuse(s, path, "'%s' must be an array", key);
    return value;
}
