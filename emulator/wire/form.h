/* Urlencoded forms: the pairs of a query string and a body as one tree of their dotted keys. */
#ifndef WIRE_FORM_H
#define WIRE_FORM_H

#include "base/alloc.h"
#include "base/err.h"

#include <stdbool.h>

struct form_node {
    const char *name; /* one part of a key: not NUL-terminated, see name_len */
    size_t name_len;
    const char *value; /* NULL: no pair ends here */
    struct form_node *parent, *first, *last, *next;
    bool is_read; /* the reader knew this part */
};

struct form_text {
    const char *bytes;
    size_t len;
};

/* Builds the tree in the arena; numbered siblings are in the order of their numbers. Of equal keys
 * the first stands, and the query string comes before the body. NULL with `err` ("Malformed" or
 * "TooLarge") when a text is not urlencoded UTF-8 or breaks a ceiling. */
struct form_node *form_parse(const struct form_text *texts, size_t count, struct arena *a,
                             struct err *err);
struct form_node *form_child(const struct form_node *node, const char *name); /* or NULL */
bool form_is_index(const struct form_node *node);                    /* its name is a number */
const char *form_key(const struct form_node *node, struct arena *a); /* the whole dotted key */

/* The next pair of the text, decoded into the arena; `text` moves on. 1 with a pair, 0 at the end,
 * -1 when malformed. */
int form_next(struct form_text *text, struct arena *a, const char **ret_key,
              const char **ret_value);

/* The decoded value of the first pair of that name, without building a tree; NULL when absent or
 * malformed. */
const char *form_peek(struct form_text text, const char *name, struct arena *a);

#endif
