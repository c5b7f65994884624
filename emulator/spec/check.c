/* The rules of the models: required members, lengths, ranges, patterns, enumerations, unions. */
#include "spec/check.h"

#include "spec/pattern.h"

#include <string.h>

struct checker {
    check_fn report;
    void *arg;
};

static void check_value(const struct checker *c, const struct check_path *path, json_t *value);

static bool is_absent(const json_t *value)
{
    return value == NULL || json_is_null(value);
}

static void report(const struct checker *c, enum check_kind kind, const struct check_path *path,
                   json_t *value)
{
    const struct check_violation violation = {
        .kind = kind, .path = path, .shape = path->shape, .value = value, .culprit = value};

    c->report(c->arg, &violation);
}

bool check_is_number(const struct spec_shape *shape)
{
    return shape->type == SPEC_INTEGER || shape->type == SPEC_LONG || shape->type == SPEC_FLOAT ||
           shape->type == SPEC_DOUBLE;
}

bool check_is_sensitive(const struct check_path *path)
{
    for (; path != NULL; path = path->up)
        if (path->shape->flags & SPEC_SENSITIVE)
            return true;
    return false;
}

bool check_has_type(const struct spec_shape *shape, const json_t *value)
{
    switch (shape->type) {
    case SPEC_STRUCTURE:
    case SPEC_MAP:
        return json_is_object(value);
    case SPEC_LIST:
        return json_is_array(value);
    case SPEC_INTEGER:
    case SPEC_LONG:
    case SPEC_TIMESTAMP:
        return json_is_integer(value);
    case SPEC_FLOAT:
    case SPEC_DOUBLE: /* NaN and the infinities are words */
        return json_is_number(value) || json_is_string(value);
    case SPEC_BOOLEAN:
        return json_is_boolean(value);
    default:
        return json_is_string(value);
    }
}

static size_t character_count(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        if (((unsigned char)*text & 0xc0) != 0x80)
            count++;
    return count;
}

static size_t blob_size(const char *base64, size_t len)
{
    size_t padding = 0;

    while (padding < 2 && padding < len && base64[len - 1 - padding] == '=')
        padding++;
    return len / 4 * 3 - padding;
}

size_t check_length(const struct spec_shape *shape, const json_t *value)
{
    if (json_is_array(value))
        return json_array_size(value);
    if (json_is_object(value))
        return json_object_size(value);
    if (shape->type == SPEC_BLOB)
        return blob_size(json_string_value(value), json_string_length(value));
    return character_count(json_string_value(value));
}

static bool is_too_small(const struct spec_shape *shape, double measure)
{
    return shape->has_min && measure < shape->min;
}

static bool is_too_big(const struct spec_shape *shape, double measure)
{
    return shape->has_max && measure > shape->max;
}

static bool breaks_pattern(const struct spec_shape *shape, const char *text, size_t len)
{
    return shape->pattern != NULL && !pattern_matches(shape->pattern, text, len);
}

/* What is measured against min and max: a number's value, else a length. */
static double measure(const struct spec_shape *shape, const json_t *value)
{
    if (check_is_number(shape))
        return json_number_value(value);
    return (double)check_length(shape, value);
}

static bool breaks_enum(const struct spec_shape *shape, const char *text)
{
    return shape->enum_count != 0 && !spec_enum_has(shape, text);
}

static bool is_limited(const struct spec_shape *shape, const json_t *value)
{
    return (shape->has_min || shape->has_max) && shape->type != SPEC_TIMESTAMP &&
           !(check_is_number(shape) && json_is_string(value));
}

static bool is_plain(const struct spec_shape *shape)
{
    return shape->type != SPEC_STRUCTURE && shape->type != SPEC_LIST && shape->type != SPEC_MAP;
}

static bool plain_breaks_rule(const struct spec_shape *shape, const json_t *value)
{
    if (!check_has_type(shape, value))
        return true;
    if (shape->type == SPEC_STRING &&
        (breaks_pattern(shape, json_string_value(value), json_string_length(value)) ||
         breaks_enum(shape, json_string_value(value))))
        return true;
    return is_limited(shape, value) &&
           (is_too_small(shape, measure(shape, value)) || is_too_big(shape, measure(shape, value)));
}

static void check_limits(const struct checker *c, const struct check_path *path, json_t *value)
{
    if (!is_limited(path->shape, value))
        return;
    if (is_too_small(path->shape, measure(path->shape, value)))
        report(c, CHECK_MIN, path, value);
    if (is_too_big(path->shape, measure(path->shape, value)))
        report(c, CHECK_MAX, path, value);
}

static void check_structure(const struct checker *c, const struct check_path *up,
                            const struct spec_shape *shape, const json_t *value)
{
    size_t present = 0;

    for (size_t i = 0; i < shape->member_count; i++) {
        const struct spec_member *member = &shape->members[i];
        json_t *inner = json_object_get(value, member->name);
        struct check_path path = {.up = up, .member = member, .shape = member->shape};
        present += is_absent(inner) ? 0 : 1;
        if (!is_absent(inner))
            check_value(c, &path, inner);
        else if (member->flags & SPEC_REQUIRED)
            report(c, CHECK_MISSING, &path, NULL);
    }
    if ((shape->flags & SPEC_UNION) != 0 && up != NULL && present != 1)
        report(c, CHECK_UNION, up, NULL);
}

/* All plain elements that break a rule make one violation of the list, as AWS words it. */
static void check_plain_list(const struct checker *c, const struct check_path *path, json_t *value)
{
    const struct spec_shape *element = path->shape->members[0].shape;
    size_t i;
    json_t *inner;

    json_array_foreach (value, i, inner) {
        struct check_path at = {.up = path, .shape = element, .index = i};
        const struct check_violation violation = {.kind = CHECK_ELEMENTS,
                                                  .path = &at,
                                                  .shape = element,
                                                  .value = value,
                                                  .culprit = inner};
        if (!plain_breaks_rule(element, inner))
            continue;
        c->report(c->arg, &violation);
        return;
    }
}

static void check_list(const struct checker *c, const struct check_path *path, json_t *value)
{
    const struct spec_shape *element = path->shape->members[0].shape;
    size_t i;
    json_t *inner;

    check_limits(c, path, value);
    if (is_plain(element)) {
        check_plain_list(c, path, value);
        return;
    }
    json_array_foreach (value, i, inner) {
        struct check_path at = {.up = path, .shape = element, .index = i};
        if (is_absent(inner))
            report(c, CHECK_MISSING, &at, NULL);
        else
            check_value(c, &at, inner);
    }
}

static bool key_breaks_rule(const struct spec_shape *shape, const char *key)
{
    double length = (double)character_count(key);

    return breaks_pattern(shape, key, strlen(key)) || breaks_enum(shape, key) ||
           is_too_small(shape, length) || is_too_big(shape, length);
}

static void check_keys(const struct checker *c, const struct check_path *path, json_t *value)
{
    const struct spec_shape *shape = path->shape->members[0].shape;
    const char *key;
    json_t *inner;

    json_object_foreach (value, key, inner) {
        const struct check_violation violation = {.kind = CHECK_KEYS,
                                                  .path = path,
                                                  .shape = shape,
                                                  .value = value,
                                                  .culprit = inner,
                                                  .key = key};
        if (!key_breaks_rule(shape, key))
            continue;
        c->report(c->arg, &violation);
        return;
    }
}

static void check_map(const struct checker *c, const struct check_path *path, json_t *value)
{
    const struct spec_shape *shape = path->shape->members[1].shape;
    const char *key;
    json_t *inner;

    check_limits(c, path, value);
    check_keys(c, path, value);
    json_object_foreach (value, key, inner) {
        struct check_path at = {.up = path, .shape = shape, .key = key};
        const struct check_violation violation = {
            .kind = CHECK_VALUES, .path = &at, .shape = shape, .value = value, .culprit = inner};
        if (!is_plain(shape)) {
            check_value(c, &at, inner);
        } else if (plain_breaks_rule(shape, inner)) {
            c->report(c->arg, &violation);
            return;
        }
    }
}

static void check_value(const struct checker *c, const struct check_path *path, json_t *value)
{
    const struct spec_shape *shape = path->shape;

    if (!check_has_type(shape, value)) {
        report(c, CHECK_TYPE, path, value);
        return;
    }
    switch (shape->type) {
    case SPEC_STRUCTURE:
        check_structure(c, path, shape, value);
        break;
    case SPEC_LIST:
        check_list(c, path, value);
        break;
    case SPEC_MAP:
        check_map(c, path, value);
        break;
    case SPEC_STRING:
        if (breaks_pattern(shape, json_string_value(value), json_string_length(value)))
            report(c, CHECK_PATTERN, path, value);
        check_limits(c, path, value);
        if (breaks_enum(shape, json_string_value(value)))
            report(c, CHECK_ENUM, path, value);
        break;
    default:
        check_limits(c, path, value);
    }
}

void check_input(const struct spec_shape *shape, const json_t *input, check_fn report_fn, void *arg)
{
    const struct checker c = {.report = report_fn, .arg = arg};

    check_structure(&c, NULL, shape, input);
}
