/* Polices our own replies: what a handler puts out must be what the model says. */
#include "base/buf.h"
#include "spec/check.h"
#include "spec/validate.h"

#include <stdlib.h>
#include <string.h>

struct place { /* where in the output, innermost first */
    const struct place *up;
    const char *name; /* NULL: an element of a list */
    size_t index;
};

static int output_value(const struct spec_shape *shape, const struct place *place, json_t *value,
                        struct err *err);

static void add_place(struct buf *out, const struct place *place)
{
    if (place == NULL)
        return;
    add_place(out, place->up);
    if (place->name == NULL)
        buf_addf(out, "[%zu]", place->index);
    else
        buf_addf(out, "%s%s", place->up == NULL ? "" : ".", place->name);
}

static int refuse(struct err *err, const struct place *place, const char *why)
{
    struct buf path;

    buf_init(&path, 1024);
    add_place(&path, place);
    err_set(err, "Output", "%s: %s", place == NULL ? "(output)" : buf_text(&path), why);
    buf_done(&path);
    return -1;
}

static bool has_type(const struct spec_shape *shape, const json_t *value)
{
    if (!check_has_type(shape, value))
        return false;
    if ((shape->type == SPEC_FLOAT || shape->type == SPEC_DOUBLE) && json_is_string(value))
        return strcmp(json_string_value(value), "NaN") == 0 ||
               strcmp(json_string_value(value), "Infinity") == 0 ||
               strcmp(json_string_value(value), "-Infinity") == 0;
    if (shape->type == SPEC_INTEGER)
        return json_integer_value(value) >= INT32_MIN && json_integer_value(value) <= INT32_MAX;
    return true;
}

static int output_structure(const struct spec_shape *shape, const struct place *up, json_t *value,
                            struct err *err)
{
    const char *name;
    json_t *inner;

    json_object_foreach (value, name, inner) {
        const struct spec_member *member = spec_member_find(shape, name);
        struct place place = {.up = up, .name = name};
        if (member == NULL)
            return refuse(err, &place, "no member of this name in the model");
        if (output_value(member->shape, &place, inner, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        struct place place = {.up = up, .name = shape->members[i].name};
        if ((shape->members[i].flags & SPEC_REQUIRED) != 0 &&
            json_object_get(value, place.name) == NULL)
            return refuse(err, &place, "missing, but required");
    }
    if ((shape->flags & SPEC_UNION) != 0 && json_object_size(value) != 1)
        return refuse(err, up, "a union must have exactly one member");
    return 0;
}

static int output_list(const struct spec_shape *shape, const struct place *up, json_t *value,
                       struct err *err)
{
    size_t i;
    json_t *inner;

    json_array_foreach (value, i, inner) {
        struct place place = {.up = up, .index = i};
        if (output_value(shape->members[0].shape, &place, inner, err) != 0)
            return -1;
    }
    return 0;
}

static int output_map(const struct spec_shape *shape, const struct place *up, json_t *value,
                      struct err *err)
{
    const struct spec_shape *key = shape->members[0].shape;
    const char *name;
    json_t *inner;

    json_object_foreach (value, name, inner) {
        struct place place = {.up = up, .name = name};
        if (key->enum_count != 0 && !spec_enum_has(key, name))
            return refuse(err, &place, "the key is not in its enumeration");
        if (output_value(shape->members[1].shape, &place, inner, err) != 0)
            return -1;
    }
    return 0;
}

static int output_value(const struct spec_shape *shape, const struct place *place, json_t *value,
                        struct err *err)
{
    if (json_is_null(value))
        return refuse(err, place, "null: leave an absent member out");
    if (!has_type(shape, value))
        return refuse(err, place, "not of the model's type");
    switch (shape->type) {
    case SPEC_STRUCTURE:
        return output_structure(shape, place, value, err);
    case SPEC_LIST:
        return output_list(shape, place, value, err);
    case SPEC_MAP:
        return output_map(shape, place, value, err);
    case SPEC_STRING:
        if (shape->enum_count != 0 && !spec_enum_has(shape, json_string_value(value)))
            return refuse(err, place, "not in its enumeration");
        return 0;
    default:
        return 0;
    }
}

int validate_output(const struct spec_shape *shape, json_t *output, struct err *err)
{
    if (shape == NULL) {
        if (output == NULL || json_object_size(output) == 0)
            return 0;
        return refuse(err, NULL, "the operation has no output");
    }
    if (output == NULL)
        return refuse(err, NULL, "missing");
    return output_value(shape, NULL, output, err);
}
