/* JSON by shape: the bodies of awsJson and rest-json. Strings are shared with the parsed text's
 * tree, the rest is built anew; null is absent, and what the shape does not know is left out. */
#include "wire/parse.h"
#include "wire/scalar.h"
#include "wire/shape_io.h"

#include "base/encode.h"
#include "base/timefmt.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int value_read(const struct spec_member *member, const json_t *in, json_t **ret,
                      struct err *fault);

static const char *token_name(const json_t *in)
{
    switch (json_typeof(in)) {
    case JSON_STRING:
        return "STRING_VALUE";
    case JSON_INTEGER:
    case JSON_REAL:
        return "NUMBER_VALUE";
    case JSON_TRUE:
        return "TRUE_VALUE";
    case JSON_FALSE:
        return "FALSE_VALUE";
    case JSON_NULL:
    case JSON_OBJECT:
    case JSON_ARRAY:
        break;
    }
    return "VALUE_NULL";
}

static const char *type_name(const struct spec_shape *shape)
{
    static const char *const names[] = {
        [SPEC_STRUCTURE] = "Structure", [SPEC_LIST] = "List",       [SPEC_MAP] = "Map",
        [SPEC_STRING] = "String",       [SPEC_INTEGER] = "Integer", [SPEC_LONG] = "Long",
        [SPEC_FLOAT] = "Float",         [SPEC_DOUBLE] = "Double",   [SPEC_BOOLEAN] = "Boolean",
        [SPEC_TIMESTAMP] = "Timestamp", [SPEC_BLOB] = "Blob",
    };
    return names[shape->type];
}

static int fault_type(const struct spec_shape *shape, const json_t *in, struct err *fault)
{
    if (json_is_object(in))
        return err_set(fault, "SerializationException",
                       "Start of structure or map found where not expected.");
    if (json_is_array(in))
        return err_set(fault, "SerializationException", "Start of list found where not expected.");
    return err_set(fault, "SerializationException", "%s cannot be converted to %s", token_name(in),
                   type_name(shape));
}

static int structure_read(const struct spec_shape *shape, const json_t *in, json_t **ret,
                          struct err *fault)
{
    json_t *object = json_object();
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct spec_member *member = &shape->members[i];
        const json_t *from = json_object_get(in, member_wire_name(member));
        json_t *value = NULL;
        if (from == NULL || member->location != SPEC_IN_BODY)
            continue;
        if (value_read(member, from, &value, fault) != 0) {
            json_decref(object);
            return -1;
        }
        if (value != NULL)
            json_set_new(object, member->name, value);
    }
    *ret = object;
    return 0;
}

static int list_read(const struct spec_shape *shape, const json_t *in, json_t **ret,
                     struct err *fault)
{
    json_t *array = json_array();
    for (size_t i = 0; i < json_array_size(in); i++) {
        const json_t *from = json_array_get(in, i);
        json_t *value = NULL;
        int result = json_is_null(from) ? fault_type(shape->members[0].shape, from, fault)
                                        : value_read(&shape->members[0], from, &value, fault);
        if (result != 0) {
            json_decref(array);
            return -1;
        }
        json_append_new(array, value);
    }
    *ret = array;
    return 0;
}

static int map_read(const struct spec_shape *shape, const json_t *in, json_t **ret,
                    struct err *fault)
{
    json_t *object = json_object();
    for (void *at = json_object_iter((json_t *)(uintptr_t)in); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)in, at)) {
        json_t *value = NULL;
        if (value_read(&shape->members[1], json_object_iter_value(at), &value, fault) != 0) {
            json_decref(object);
            return -1;
        }
        if (value != NULL)
            json_set_new(object, json_object_iter_key(at), value);
    }
    *ret = object;
    return 0;
}

/* An integer, also one written with a fraction of zero. */
static json_t *integer_read(const struct spec_shape *shape, const json_t *in)
{
    if (json_is_integer(in) && scalar_integer_fits(shape, json_integer_value(in)))
        return json_integer(json_integer_value(in));
    double real = json_real_value(in);
    if (json_is_real(in) && fabs(real) < 9e15 && !(floor(real) < real) &&
        scalar_integer_fits(shape, (int64_t)real))
        return json_integer((int64_t)real);
    return NULL;
}

static json_t *time_read(const struct spec_shape *shape, const json_t *in)
{
    int64_t ms;
    if (json_is_string(in))
        return scalar_parse(shape, json_string_value(in));
    if (json_is_number(in) && scalar_seconds_to_ms(json_number_value(in), &ms))
        return json_integer(ms);
    return NULL;
}

static json_t *real_read(const struct spec_shape *shape, const json_t *in)
{
    if (json_is_number(in))
        return json_real(json_number_value(in));
    const char *text = json_string_value(in);
    bool is_special = text != NULL && (text[0] == 'N' || text[0] == 'I' || text[0] == '-');
    json_t *value = is_special ? scalar_parse(shape, text) : NULL;
    if (value != NULL && !json_is_string(value)) { /* "-1" is a number in a string */
        json_decref(value);
        value = NULL;
    }
    return value;
}

static json_t *scalar_read(const struct spec_shape *shape, const json_t *in)
{
    switch ((enum spec_type)shape->type) {
    case SPEC_STRING:
        return json_is_string(in) ? json_incref((json_t *)(uintptr_t)in) : NULL;
    case SPEC_INTEGER:
    case SPEC_LONG:
        return integer_read(shape, in);
    case SPEC_FLOAT:
    case SPEC_DOUBLE:
        return real_read(shape, in);
    case SPEC_BOOLEAN:
        return json_is_boolean(in) ? json_boolean(json_is_true(in)) : NULL;
    case SPEC_TIMESTAMP:
        return time_read(shape, in);
    case SPEC_BLOB:
        return json_is_string(in) ? scalar_parse(shape, json_string_value(in)) : NULL;
    case SPEC_STRUCTURE:
    case SPEC_LIST:
    case SPEC_MAP:
        break;
    }
    return NULL;
}

static int value_read(const struct spec_member *member, const json_t *in, json_t **ret,
                      struct err *fault)
{
    const struct spec_shape *shape = member->shape;
    if (json_is_null(in)) {
        *ret = NULL;
        return 0;
    }
    if (shape->type == SPEC_STRUCTURE && json_is_object(in))
        return structure_read(shape, in, ret, fault);
    if (shape->type == SPEC_LIST && json_is_array(in))
        return list_read(shape, in, ret, fault);
    if (shape->type == SPEC_MAP && json_is_object(in))
        return map_read(shape, in, ret, fault);
    *ret = scalar_read(shape, in);
    return *ret != NULL ? 0 : fault_type(shape, in, fault);
}

int json_read(const struct spec_shape *shape, const char *bytes, size_t len, json_t **ret_input,
              struct err *fault)
{
    const struct spec_member body = {.name = "", .shape = shape};
    json_t *in = json_parse(bytes, len, NULL);
    json_t *value = NULL;
    if (in == NULL)
        return err_set(fault, "SerializationException", "%s", "");
    int result = value_read(&body, in, &value, fault);
    json_decref(in);
    if (result == 0)
        *ret_input = value;
    return result;
}

/* --- writing --- */

static void value_write(struct buf *out, const struct spec_member *member, const json_t *value);

void json_write_text(struct buf *out, const char *text)
{
    const char *start = text;
    buf_add_char(out, '"');
    for (const char *at = text;; at++) {
        unsigned char c = (unsigned char)*at;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(out, start, (size_t)(at - start));
        start = at + 1;
        if (c == '\0')
            break;
        if (c == '"' || c == '\\')
            buf_addf(out, "\\%c", c);
        else if (c == '\n')
            buf_add_str(out, "\\n");
        else
            buf_addf(out, "\\u%04x", c);
    }
    buf_add_char(out, '"');
}

static void structure_write(struct buf *out, const struct spec_shape *shape, const json_t *value)
{
    bool is_first = true;
    buf_add_char(out, '{');
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct spec_member *member = &shape->members[i];
        const json_t *child = json_object_get(value, member->name);
        if (child == NULL || member->location != SPEC_IN_BODY)
            continue;
        if (!is_first)
            buf_add_char(out, ',');
        is_first = false;
        json_write_text(out, member_wire_name(member));
        buf_add_char(out, ':');
        value_write(out, member, child);
    }
    buf_add_char(out, '}');
}

static void list_write(struct buf *out, const struct spec_shape *shape, const json_t *value)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (i > 0)
            buf_add_char(out, ',');
        value_write(out, &shape->members[0], json_array_get(value, i));
    }
    buf_add_char(out, ']');
}

static void map_write(struct buf *out, const struct spec_shape *shape, const json_t *value)
{
    json_t *object = (json_t *)(uintptr_t)value;
    bool is_first = true;
    buf_add_char(out, '{');
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        if (!is_first)
            buf_add_char(out, ',');
        is_first = false;
        json_write_text(out, json_object_iter_key(at));
        buf_add_char(out, ':');
        value_write(out, &shape->members[1], json_object_iter_value(at));
    }
    buf_add_char(out, '}');
}

static void value_write(struct buf *out, const struct spec_member *member, const json_t *value)
{
    const struct spec_shape *shape = member->shape;
    enum spec_time time = scalar_time(member, SPEC_TIME_UNIX);
    char room[SCALAR_SIZE];

    if (shape->type == SPEC_STRUCTURE)
        structure_write(out, shape, value);
    else if (shape->type == SPEC_LIST)
        list_write(out, shape, value);
    else if (shape->type == SPEC_MAP)
        map_write(out, shape, value);
    else if (json_is_string(value) || (shape->type == SPEC_TIMESTAMP && time != SPEC_TIME_UNIX))
        json_write_text(out, scalar_text(shape, time, value, room));
    else
        buf_add_str(out, scalar_text(shape, time, value, room));
}

void json_write(struct buf *out, const struct spec_shape *shape, const json_t *value)
{
    const struct spec_member body = {.name = "", .shape = shape};
    value_write(out, &body, value);
}
