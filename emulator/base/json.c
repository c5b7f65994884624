/* The helpers we add to jansson. */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

/* jansson's own limit is compiled in and far deeper: the brackets outside strings are counted
 * first. */
static bool too_deep(const char *bytes, size_t len)
{
    bool in_string = false;
    size_t depth = 0;

    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];
        if (c == '"')
            in_string = !in_string;
        else if (in_string && c == '\\')
            i++;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > JSON_DEPTH_MAX)
            return true;
    }
    return false;
}

json_t *json_parse(const char *bytes, size_t len, struct err *err)
{
    json_error_t reason;

    if (too_deep(bytes, len)) {
        err_set(err, "Json", "nested more than %d levels deep", JSON_DEPTH_MAX);
        return NULL;
    }
    json_t *value = json_loadb(bytes, len, JSON_DECODE_ANY, &reason);
    if (value == NULL)
        err_set(err, "Json", "%s at line %d column %d", reason.text, reason.line, reason.column);
    return value;
}

char *json_to_text(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    if (text == NULL)
        abort();
    return text;
}

const json_t *json_get(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

const char *json_str(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

const char *json_str_or(const json_t *object, const char *key, const char *fallback)
{
    const char *text = json_str(object, key);
    return text != NULL ? text : fallback;
}

int64_t json_int_or(const json_t *object, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : fallback;
}

bool json_bool_or(const json_t *object, const char *key, bool fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

void json_set_new(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        abort();
}

void json_append_new(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        abort();
}

json_t *json_text_new(const char *text)
{
    json_t *value = json_string(text);

    if (value == NULL)
        abort();
    return value;
}

void json_set_str(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        json_set_new(object, key, json_text_new(text));
}

void json_set_int(json_t *object, const char *key, int64_t value)
{
    json_set_new(object, key, json_integer(value));
}

void json_set_bool(json_t *object, const char *key, bool value)
{
    json_set_new(object, key, json_boolean(value));
}
