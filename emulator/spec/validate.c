/* A request's input in the words of AWS's shared validation framework: "2 validation errors
 * detected: Value '' at 'roleArn' failed to satisfy constraint: Member must ...; Value ...". */
#include "spec/validate.h"

#include "base/buf.h"
#include "base/text.h"
#include "spec/check.h"
#include "spec/validate_ec2.h"
#include "spec/validate_iam.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define REPORT_CEILING 16384 /* bytes of text gathered */

struct framework_report {
    struct buf text;
    unsigned count;
    bool iam;
    unsigned iam_count;  /* of those that IAM has words of its own for, */
    struct buf iam_text; /* and what it says of the first */
};

/* ---- paths and values ---- */

static void add_path(struct buf *out, const struct check_path *path)
{
    if (path == NULL)
        return;
    add_path(out, path->up);
    if (path->up != NULL)
        buf_add_char(out, '.');
    if (path->member != NULL) {
        buf_add_char(out, (char)tolower((unsigned char)path->member->name[0]));
        buf_add_str(out, path->member->name + 1);
    } else if (path->key != NULL) {
        buf_addf(out, "%s.member", path->key);
    } else {
        buf_addf(out, "%zu.member", path->index + 1);
    }
}

void validate_add_number(struct buf *out, const struct spec_shape *shape, double number)
{
    bool is_fraction = shape->type == SPEC_FLOAT || shape->type == SPEC_DOUBLE;

    if (is_fraction && number == floor(number) && fabs(number) < 1e15)
        buf_addf(out, "%.1f", number);
    else if (is_fraction)
        buf_addf(out, "%.15g", number);
    else
        buf_addf(out, "%" PRId64, (int64_t)number);
}

void validate_add_plain(struct buf *out, const json_t *value)
{
    if (json_is_string(value))
        buf_add_str(out, json_string_value(value));
    else if (json_is_integer(value))
        buf_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        buf_addf(out, "%.15g", json_real_value(value));
    else
        buf_add_str(out, json_is_true(value) ? "true" : "false");
}

static void add_list(struct buf *out, json_t *value)
{
    size_t i;
    json_t *inner;

    buf_add_char(out, '[');
    json_array_foreach (value, i, inner) {
        if (i > 0)
            buf_add_str(out, ", ");
        validate_add_plain(out, inner);
    }
    buf_add_char(out, ']');
}

static void add_map(struct buf *out, json_t *value)
{
    const char *between = "";
    const char *key;
    json_t *inner;

    buf_add_char(out, '{');
    json_object_foreach (value, key, inner) {
        buf_addf(out, "%s%s=", between, key);
        validate_add_plain(out, inner);
        between = ", ";
    }
    buf_add_char(out, '}');
}

static bool is_plain(json_t *value)
{
    return !json_is_object(value) && !json_is_array(value);
}

/* Lists and maps are shown when all they hold is plain; structures never are. */
static bool can_show(const struct spec_shape *shape, json_t *value)
{
    size_t i;
    const char *key;
    json_t *inner;

    for (i = 0; (shape->type == SPEC_LIST || shape->type == SPEC_MAP) && i < shape->member_count;
         i++)
        if (shape->members[i].shape->flags & SPEC_SENSITIVE)
            return false;
    if (is_plain(value))
        return true;
    json_array_foreach (value, i, inner) {
        if (!is_plain(inner))
            return false;
    }
    json_object_foreach (value, key, inner) {
        if (!is_plain(inner))
            return false;
    }
    return shape->type != SPEC_STRUCTURE;
}

static void add_value(struct buf *out, const struct check_path *path,
                      const struct check_violation *v)
{
    if (v->kind == CHECK_MISSING) {
        buf_add_str(out, "Value null");
        return;
    }
    buf_add_str(out, "Value");
    if (v->value == NULL || check_is_sensitive(path) || !can_show(path->shape, v->value))
        return;
    buf_add_str(out, " '");
    if (json_is_array(v->value))
        add_list(out, v->value);
    else if (json_is_object(v->value))
        add_map(out, v->value);
    else
        validate_add_plain(out, v->value);
    buf_add_char(out, '\'');
}

/* ---- rules ---- */

static void add_limit(struct buf *out, const struct spec_shape *shape, bool is_max)
{
    buf_addf(out, "Member must have %s %s than or equal to ",
             check_is_number(shape) ? "value" : "length", is_max ? "less" : "greater");
    validate_add_number(out, shape, is_max ? shape->max : shape->min);
}

static void add_enum(struct buf *out, const struct spec_shape *shape)
{
    buf_add_str(out, "Member must satisfy enum value set: [");
    for (size_t i = 0; i < shape->enum_count; i++)
        buf_addf(out, "%s%s", i == 0 ? "" : ", ", shape->enums[i]);
    buf_add_char(out, ']');
}

static void add_pattern(struct buf *out, const struct spec_shape *shape)
{
    buf_addf(out, "Member must satisfy regular expression pattern: %s", shape->pattern);
}

static const char *between(size_t *count)
{
    return (*count)++ == 0 ? "" : ", ";
}

/* Every rule of a list's elements or a map's keys or values, broken or not. */
static void add_rules(struct buf *out, const char *what, const struct spec_shape *shape)
{
    size_t count = 0;

    buf_addf(out, "%s must satisfy constraint: [", what);
    if (shape->has_max) {
        buf_add_str(out, between(&count));
        add_limit(out, shape, true);
    }
    if (shape->has_min) {
        buf_add_str(out, between(&count));
        add_limit(out, shape, false);
    }
    if (shape->pattern != NULL) {
        buf_add_str(out, between(&count));
        add_pattern(out, shape);
    }
    if (shape->enum_count != 0) {
        buf_add_str(out, between(&count));
        add_enum(out, shape);
    }
    buf_add_char(out, ']');
}

static const char *type_word(const struct spec_shape *shape)
{
    static const char *const words[] = {
        [SPEC_STRUCTURE] = "structure", [SPEC_LIST] = "list",       [SPEC_MAP] = "map",
        [SPEC_STRING] = "string",       [SPEC_INTEGER] = "integer", [SPEC_LONG] = "long",
        [SPEC_FLOAT] = "float",         [SPEC_DOUBLE] = "double",   [SPEC_BOOLEAN] = "boolean",
        [SPEC_TIMESTAMP] = "timestamp", [SPEC_BLOB] = "blob",
    };

    return words[shape->type];
}

static void add_constraint(struct buf *out, const struct check_violation *v)
{
    switch (v->kind) {
    case CHECK_MISSING:
        buf_add_str(out, "Member must not be null");
        break;
    case CHECK_TYPE:
        buf_addf(out, "Member must be of type %s", type_word(v->shape));
        break;
    case CHECK_PATTERN:
        add_pattern(out, v->shape);
        break;
    case CHECK_MIN:
    case CHECK_MAX:
        add_limit(out, v->shape, v->kind == CHECK_MAX);
        break;
    case CHECK_ENUM:
        add_enum(out, v->shape);
        break;
    case CHECK_ELEMENTS:
        add_rules(out, "Member", v->shape);
        break;
    case CHECK_KEYS:
        add_rules(out, "Map keys", v->shape);
        break;
    case CHECK_VALUES:
        add_rules(out, "Map value", v->shape);
        break;
    case CHECK_UNION:
        buf_add_str(out, "Member must have exactly one of its members set");
        break;
    }
}

/* IAM tells of the first wrong name or path alone. */
static void add_iam_words(struct framework_report *r, const struct check_violation *v)
{
    const char *words = r->iam ? validate_iam_words(v) : NULL;

    if (words == NULL || r->iam_count++ > 0)
        return;
    buf_add_str(&r->iam_text, "The specified value for ");
    add_path(&r->iam_text, v->path);
    buf_addf(&r->iam_text, " is invalid. %s", words);
}

static void add_violation(void *arg, const struct check_violation *v)
{
    struct framework_report *r = arg;
    bool is_inside = v->kind == CHECK_ELEMENTS || v->kind == CHECK_VALUES;
    const struct check_path *path = is_inside ? v->path->up : v->path;

    if (r->count++ > 0)
        buf_add_str(&r->text, "; ");
    add_value(&r->text, path, v);
    buf_add_str(&r->text, " at '");
    add_path(&r->text, path);
    buf_add_str(&r->text, "' failed to satisfy constraint: ");
    add_constraint(&r->text, v);
    add_iam_words(r, v);
}

static int validate_framework(const struct spec_service *s, const struct spec_operation *op,
                              unsigned protocol, const json_t *input, struct err *fault)
{
    struct framework_report r = {.iam = str_equal(s->name, "iam")};
    int result = 0;

    buf_init(&r.text, REPORT_CEILING);
    buf_init(&r.iam_text, REPORT_CEILING);
    check_input(op->input, input, add_violation, &r);
    if (r.count > 0 && r.count == r.iam_count)
        result = err_set(fault, "ValidationError", "%s", buf_text(&r.iam_text));
    else if (r.count > 0)
        result = err_set(fault, protocol == SPEC_QUERY ? "ValidationError" : "ValidationException",
                         "%u validation error%s detected: %s", r.count, r.count == 1 ? "" : "s",
                         buf_text(&r.text));
    buf_done(&r.text);
    buf_done(&r.iam_text);
    return result;
}

int validate_input(const struct spec_service *s, const struct spec_operation *op, unsigned protocol,
                   const json_t *input, struct err *fault)
{
    if (op->input == NULL)
        return 0;
    if (s->protocols & SPEC_EC2)
        return validate_ec2(op, input, fault);
    return validate_framework(s, op, protocol, input, fault);
}
