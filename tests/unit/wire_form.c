/* Urlencoded forms as trees. */
#include "base/text.h"
#include "wire/form.h"
#include "wire/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct form_text text_of(const char *text)
{
    return (struct form_text){.bytes = text, .len = strlen(text)};
}

static struct form_node *form(const char *text)
{
    struct form_text one = text_of(text);
    struct err err;
    return form_parse(&one, 1, arena, &err);
}

/* "name=value" of every node with a value, in tree order, for comparison. */
static void walk(const struct form_node *node, char *out, size_t size)
{
    if (node->value != NULL) {
        size_t len = strlen(out);
        snprintf(out + len, size - len, "%s=%s;", form_key(node, arena), node->value);
    }
    for (const struct form_node *child = node->first; child != NULL; child = child->next)
        walk(child, out, size);
}

static void assert_walk(const char *text, const char *expected)
{
    char out[1024] = "";
    struct form_node *root = form(text);
    assert_non_null(root);
    walk(root, out, sizeof(out));
    assert_string_equal(out, expected);
}

/* Numbered siblings are ordered by number, not by text, and come before names. */
static void test_order(void **state)
{
    (void)state;
    assert_walk("L.10=j&L.2=b&L.1=a&L.x=n", "L.1=a;L.2=b;L.10=j;L.x=n;");
    assert_walk("L.99999999999999999999=z&L.3=c", "L.3=c;L.99999999999999999999=z;");
}

/* 1 and 01 are one index; of equal keys the first stands. */
static void test_equal_keys(void **state)
{
    (void)state;
    assert_walk("L.01=a&L.1=b", "L.01=a;");
    assert_walk("A=1&B=2&A=3", "A=1;B=2;");
}

/* A key may have both a value and children; one that begins another does not catch it. */
static void test_shared_paths(void **state)
{
    (void)state;
    assert_walk("Tag=x&Tag.1=y&TagSpecification.1=z", "Tag=x;Tag.1=y;TagSpecification.1=z;");
}

/* Empty pairs are none; a key without '=' has the empty value; empty parts are kept. */
static void test_odd_pairs(void **state)
{
    (void)state;
    assert_walk("", "");
    assert_walk("&&a&&b=&", "a=;b=;");
    assert_walk("=v&a..b=1", "=v;a..b=1;");
    assert_walk("a=b=c", "a=b=c;");
}

/* Ceilings: one key too many and one part too deep are refused, the limits themselves are not. */
static void test_ceilings(void **state)
{
    (void)state;
    char *text = arena_alloc(arena, 2 * WIRE_FORM_KEYS_MAX + 8);
    for (size_t i = 0; i < WIRE_FORM_KEYS_MAX; i++)
        memcpy(text + 2 * i, i > 0 ? "&a" : "aa", 2);
    assert_non_null(form(text));
    strcat(text, "&a");
    assert_null(form(text));

    char deep[2 * WIRE_FORM_DEPTH_MAX + 2] = "";
    for (int i = 0; i < WIRE_FORM_DEPTH_MAX - 1; i++)
        strcat(deep, "a.");
    strcat(deep, "a");
    assert_non_null(form(deep));
    strcat(deep, ".");
    assert_null(form(deep));
}

/* The look-up without a tree finds whole names only, decodes, and takes the first. */
static void test_peek(void **state)
{
    (void)state;
    struct form_text text = text_of("Actions=x&Action=Run%20It+now&Action=y&Bad=%zz");
    assert_string_equal(form_peek(text, "Action", arena), "Run It now");
    assert_null(form_peek(text, "Act", arena));
    assert_null(form_peek(text, "Bad", arena));
}

/* Pairs come one by one, decoded; a malformed one ends it. */
static void test_next(void **state)
{
    (void)state;
    struct form_text text = text_of("&a.b=1&c&%zz=1");
    const char *key, *value;
    assert_int_equal(form_next(&text, arena, &key, &value), 1);
    assert_string_equal(key, "a.b");
    assert_string_equal(value, "1");
    assert_int_equal(form_next(&text, arena, &key, &value), 1);
    assert_string_equal(key, "c");
    assert_string_equal(value, "");
    assert_int_equal(form_next(&text, arena, &key, &value), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equal_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shared_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_odd_pairs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ceilings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_peek, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_next, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
