/* The helpers around jansson. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static json_t *parse(const char *text, struct err *err)
{
    return json_parse(text, strlen(text), err);
}

/* Any value is read; a reason with its place is given for what is not JSON. */
static void parse_reads_any_value(void **state)
{
    (void)state;
    struct err err;
    json_t *value = parse("[1, {\"a\": \"]]\\\"[[\"}]", &err);
    char *text = json_to_text(value);

    assert_string_equal(text, "[1,{\"a\":\"]]\\\"[[\"}]");
    free(text);
    json_decref(value);
    value = parse("\"x\"", &err);
    assert_string_equal(json_string_value(value), "x");
    json_decref(value);
    assert_null(parse("{\"a\":}", &err));
    assert_string_equal(err.code, "Json");
    assert_non_null(strstr(err.text, "line 1"));
    assert_null(parse("{} {}", &err));
    assert_null(parse("", &err));
}

/* Nesting has a ceiling, and brackets inside strings do not count. */
static void parse_limits_depth(void **state)
{
    (void)state;
    struct err err;
    char text[2 * JSON_DEPTH_MAX + 3];
    size_t depth = JSON_DEPTH_MAX;

    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    json_t *value = json_parse(text, 2 * depth, &err);
    assert_non_null(value);
    json_decref(value);
    depth++;
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    assert_null(json_parse(text, 2 * depth, &err));
    assert_string_equal(err.text, "nested more than 64 levels deep");
    memset(text, '[', sizeof(text));
    text[0] = text[sizeof(text) - 1] = '"';
    value = json_parse(text, sizeof(text), &err);
    assert_non_null(value);
    json_decref(value);
}

/* An absent member, or one of another type, reads as the fallback; absent values set no member. */
static void members(void **state)
{
    (void)state;
    json_t *object = json_object();

    json_set_str(object, "name", "x");
    json_set_str(object, "absent", NULL);
    json_set_int(object, "count", INT64_MAX);
    json_set_bool(object, "on", true);
    json_t *list = json_array();
    json_append_new(list, json_text_new("\xc3\xa9"));
    json_set_new(object, "list", list);
    assert_int_equal(json_object_size(object), 4);
    assert_string_equal(json_str(object, "name"), "x");
    assert_null(json_str(object, "count"));
    assert_null(json_get(object, "absent"));
    assert_string_equal(json_str_or(object, "absent", "y"), "y");
    assert_true(json_int_or(object, "count", 0) == INT64_MAX);
    assert_int_equal(json_int_or(object, "name", 3), 3);
    assert_true(json_bool_or(object, "on", false));
    assert_true(json_bool_or(object, "count", true));
    assert_null(json_str(NULL, "name"));
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_reads_any_value),
        cmocka_unit_test(parse_limits_depth),
        cmocka_unit_test(members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
