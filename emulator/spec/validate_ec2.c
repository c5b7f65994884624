/* EC2 does not use the shared validation framework: all missing parameters are named in one
 * MissingParameter; of other violations only the first is told. */
#include "spec/validate_ec2.h"

#include "base/text.h"
#include "spec/check.h"

#include <ctype.h>
#include <string.h>

#define REPORT_CEILING 8192

struct ec2_report {
    struct buf missing; /* names, separated */
    size_t missing_count;
    struct err first; /* code "" while there is none */
};

/* Values outside their enumeration for which EC2 has words of its own. Keep what is known in this
 * one table. */
static const struct {
    const char *shape;
    const char *code;
    const char *before, *after; /* around the value */
} enum_words[] = {
    {"ResourceType", "InvalidParameterValue", "'",
     "' is not a valid taggable resource type for this operation."},
    {"VolumeType", "UnknownVolumeType", "Unsupported volume type '", "' for volume creation."},
};

/* ---- paths ---- */

/* The wire's name of a member, with its first letter in the case that EC2 has in requests or in
 * texts. */
static void add_name(struct buf *out, const struct spec_member *member, bool is_request)
{
    const char *name = member->name;

    if (member->query_name != NULL && is_request)
        name = member->query_name;
    else if (member->wire_name != NULL)
        name = member->wire_name;
    buf_add_char(out, (char)(is_request ? toupper((unsigned char)name[0])
                                        : tolower((unsigned char)name[0])));
    buf_add_str(out, name + 1);
}

/* "Filter.1.Name" in a request, "filter.1.name" in a text. */
static void add_path(struct buf *out, const struct check_path *path, bool is_request)
{
    if (path == NULL)
        return;
    add_path(out, path->up, is_request);
    if (path->up != NULL)
        buf_add_char(out, '.');
    if (path->member != NULL)
        add_name(out, path->member, is_request);
    else
        buf_addf(out, "%zu", path->index + 1);
}

/* ---- words ---- */

/* "Value (x) for parameter p is invalid." EC2 sets numbers off with blanks: "Value ( 4 ) for
 * parameter ...". */
static void add_invalid(struct buf *out, const struct check_violation *v)
{
    bool is_number = json_is_number(v->culprit);

    if (v->culprit == NULL || check_is_sensitive(v->path) || json_is_object(v->culprit) ||
        json_is_array(v->culprit)) {
        buf_add_str(out, "The value");
    } else {
        buf_add_str(out, is_number ? "Value ( " : "Value (");
        validate_add_plain(out, v->culprit);
        buf_add_str(out, is_number ? " )" : ")");
    }
    buf_add_str(out, " for parameter ");
    add_path(out, v->path, false);
    buf_add_str(out, " is invalid.");
}

static void add_limit(struct buf *out, const struct spec_shape *shape, bool is_max)
{
    const char *what = "a value";

    if (shape->type == SPEC_LIST)
        what = "a number of elements";
    else if (!check_is_number(shape))
        what = "a length";
    buf_addf(out, " Expecting %s %s than or equal to ", what, is_max ? "smaller" : "greater");
    validate_add_number(out, shape, is_max ? shape->max : shape->min);
    buf_add_char(out, '.');
}

/* Which rule of its shape an element breaks. */
static enum check_kind element_kind(const struct check_violation *v)
{
    const struct spec_shape *shape = v->shape;
    double size;

    if (shape->enum_count != 0)
        return CHECK_ENUM;
    if (!json_is_string(v->culprit))
        return CHECK_TYPE;
    size = (double)check_length(shape, v->culprit);
    if (shape->has_min && size < shape->min)
        return CHECK_MIN;
    return shape->has_max && size > shape->max ? CHECK_MAX : CHECK_PATTERN;
}

static bool tell_enum(struct ec2_report *r, const struct check_violation *v)
{
    for (size_t i = 0; i < ARRAY_LEN(enum_words); i++) {
        if (strcmp(enum_words[i].shape, v->shape->name) != 0)
            continue;
        err_set(&r->first, enum_words[i].code, "%s%s%s", enum_words[i].before,
                json_string_value(v->culprit), enum_words[i].after);
        return true;
    }
    return false;
}

static void tell_invalid(struct ec2_report *r, const struct check_violation *v)
{
    enum check_kind kind = v->kind == CHECK_ELEMENTS ? element_kind(v) : v->kind;
    bool is_empty = str_equal(json_string_value(v->culprit), "");
    struct buf text;

    if (kind == CHECK_ENUM && !is_empty && tell_enum(r, v))
        return;
    buf_init(&text, REPORT_CEILING);
    add_invalid(&text, v);
    if (is_empty)
        buf_add_str(&text, " The value cannot be empty");
    else if (kind == CHECK_MIN || kind == CHECK_MAX)
        add_limit(&text, v->shape, kind == CHECK_MAX);
    err_set(&r->first, "InvalidParameterValue", "%s", buf_text(&text));
    buf_done(&text);
}

static void add_violation(void *arg, const struct check_violation *v)
{
    struct ec2_report *r = arg;

    if (v->kind == CHECK_MISSING) {
        if (r->missing_count++ > 0)
            buf_add_str(&r->missing, ", ");
        add_path(&r->missing, v->path, true);
    } else if (r->first.code[0] == '\0') {
        tell_invalid(r, v);
    }
}

int validate_ec2(const struct spec_operation *op, const json_t *input, struct err *fault)
{
    struct ec2_report r = {.missing_count = 0};
    int result = 0;

    buf_init(&r.missing, REPORT_CEILING);
    check_input(op->input, input, add_violation, &r);
    if (r.missing_count > 0)
        result = err_set(fault, "MissingParameter", "The request must contain the parameter%s %s",
                         r.missing_count == 1 ? "" : "s", buf_text(&r.missing));
    else if (r.first.code[0] != '\0')
        result = err_set(fault, r.first.code, "%s", r.first.text);
    buf_done(&r.missing);
    return result;
}
