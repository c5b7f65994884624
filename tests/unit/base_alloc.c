/* Arenas, allocation and errors. */
#include "base/alloc.h"
#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char order[8];
static size_t order_len;

static void note(void *ptr)
{
    order[order_len++] = *(const char *)ptr;
}

/* What an arena gives is zeroed, aligned and kept until the arena goes, whatever the sizes. */
static void arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    unsigned char *given[400];

    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        size_t size = i * 37 % 5000 + 1;
        given[i] = arena_alloc(a, size);
        assert_int_equal((uintptr_t)given[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(given[i][k], 0);
        memset(given[i], (int)(i % 250 + 1), size);
    }
    for (size_t i = 0; i < ARRAY_LEN(given); i++)
        assert_int_equal(given[i][i * 37 % 5000], i % 250 + 1);
    arena_free(a);
    arena_free(NULL);
}

/* Clearing runs what was deferred, latest first and once, and the arena can be used again. */
static void arena_clear_runs_deferred_latest_first(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    char one = '1', two = '2', three = '3';

    order_len = 0;
    arena_defer(a, note, &one);
    arena_defer(a, note, &two);
    arena_alloc(a, 100000);
    arena_clear(a);
    assert_memory_equal(order, "21", 2);
    arena_defer(a, note, &three);
    assert_string_equal(arena_printf(a, "%s-%d", "x", 7), "x-7");
    arena_free(a);
    assert_int_equal(order_len, 3);
    assert_int_equal(order[2], '3');
}

/* Copies stop at the length given or at the text's end, whichever is first. */
static void copies_are_bounded(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    char *heap = xstrndup("abcdef", 3), *printed = xasprintf("%05d", 42);

    assert_string_equal(heap, "abc");
    assert_string_equal(printed, "00042");
    assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
    assert_string_equal(arena_strndup(a, "ab", 30), "ab");
    assert_string_equal(arena_strdup(a, ""), "");
    assert_memory_equal(arena_memdup(a, "a\0b", 3), "a\0b", 4);
    assert_string_equal(arena_memdup(a, NULL, 0), "");
    free(heap);
    free(printed);
    arena_free(a);
}

/* A text that is cut still ends with a whole UTF-8 character. */
static void a_cut_error_ends_with_a_whole_character(void **state)
{
    (void)state;
    struct err err;
    char text[sizeof(err.text) + 8];

    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'x', sizeof(text));
        for (size_t i = shift; i + 3 < sizeof(text); i += 3)
            memcpy(text + i, "\xe2\x82\xac", 3);
        text[sizeof(text) - 1] = '\0';
        err_set(&err, "Long", "%s", text);
        assert_int_equal((strlen(err.text) - shift) % 3, 0);
        assert_true(strlen(err.text) > sizeof(err.text) - 4);
    }
}

/* err_set always returns -1, cuts what is too long, takes NULL and may quote the error it replaces.
 */
static void errors_are_values(void **state)
{
    (void)state;
    struct err err;
    char longer[sizeof(err.text) + 100];

    assert_int_equal(err_set(NULL, "A", "b"), -1);
    assert_int_equal(err_set(&err, "NotThere", "no %s", "file"), -1);
    assert_string_equal(err.code, "NotThere");
    err_set(&err, "Outer", "while booting: %s", err.text);
    assert_string_equal(err.text, "while booting: no file");
    assert_int_equal(err_set_errno(&err, ENOENT, "open %s", "x"), -1);
    assert_string_equal(err.code, "System");
    assert_string_equal(err.text, "open x: No such file or directory");
    memset(longer, 'y', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    err_set(&err, longer, "%s", longer);
    assert_int_equal(strlen(err.code), sizeof(err.code) - 1);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    err_set_errno(&err, EIO, "%s", longer);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_error_ends_with_a_whole_character),
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(arena_clear_runs_deferred_latest_first),
        cmocka_unit_test(copies_are_bounded),
        cmocka_unit_test(errors_are_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
