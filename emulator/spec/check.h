/* Walks a request's input along its shape and tells what is wrong with it, in no particular
 * service's words. Inside spec/ only: validate.c and validate_ec2.c put the words to it. */
#ifndef SPEC_CHECK_H
#define SPEC_CHECK_H

#include "base/json.h"
#include "spec/spec.h"

/* Where in the input: a chain on the stack, innermost first, that ends with the top structure's
 * member. */
struct check_path {
    const struct check_path *up;
    const struct spec_member
        *member; /* of a structure; NULL for an element of a list or a value of a map */
    const struct spec_shape *shape; /* of what stands there */
    const char *key;                /* of a map, or NULL */
    size_t index;                   /* of a list, from 0 */
};

enum check_kind {
    CHECK_MISSING,
    CHECK_TYPE, /* not of the shape's type */
    CHECK_PATTERN,
    CHECK_MIN, /* too short, too few, too small */
    CHECK_MAX,
    CHECK_ENUM,
    CHECK_ELEMENTS, /* plain elements of a list that break a rule of `shape`, the element's */
    CHECK_KEYS,     /* the same of a map's keys */
    CHECK_VALUES,   /* the same of a map's plain values */
    CHECK_UNION,    /* not exactly one member */
};

struct check_violation {
    enum check_kind kind;
    const struct check_path *path;
    const struct spec_shape *shape; /* whose rule is broken */
    json_t *value;                  /* what stands at the path; NULL when missing */
    json_t *culprit;                /* the element that breaks the rule; otherwise `value` */
    const char *key;                /* CHECK_KEYS: the key that breaks it */
};

typedef void (*check_fn)(void *arg, const struct check_violation *violation);

/* Calls `report` for every violation, in the order of the model. */
void check_input(const struct spec_shape *shape, const json_t *input, check_fn report, void *arg);

/* Characters, bytes of a blob, elements of a list or map. */
size_t check_length(const struct spec_shape *shape, const json_t *value);
bool check_has_type(const struct spec_shape *shape, const json_t *value);
bool check_is_number(const struct spec_shape *shape);
/* Whether the value, or anything it stands in, must not be shown. */
bool check_is_sensitive(const struct check_path *path);

#endif
