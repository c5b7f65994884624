/* The buffer and its ceiling. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* What is appended reads back as one NUL-terminated text. */
static void appends_in_order(void **state)
{
    (void)state;
    struct buf b;

    buf_init(&b, 1000);
    assert_string_equal(buf_text(&b), "");
    buf_add_str(&b, "ab");
    buf_add_char(&b, 'c');
    buf_addf(&b, "%d-%s", 12, "xyz");
    buf_add(&b, "q\0r", 3);
    assert_int_equal(b.len, 12);
    assert_memory_equal(b.data, "abc12-xyzq\0r", 13);
    buf_drop_front(&b, 3);
    assert_string_equal(buf_text(&b), "12-xyzq");
    buf_drop_front(&b, b.len);
    assert_int_equal(b.len, 0);
    buf_clear(&b);
    buf_done(&b);
}

/* Appending past the ceiling adds nothing at all, marks the buffer and stays refused until it is
 * cleared. */
static void ceiling_is_all_or_nothing(void **state)
{
    (void)state;
    struct buf b;

    buf_init(&b, 5);
    buf_add_str(&b, "12345");
    assert_false(b.overflow);
    buf_add(&b, "", 0);
    assert_false(b.overflow);
    buf_add_char(&b, '6');
    assert_true(b.overflow);
    assert_string_equal(buf_text(&b), "12345");
    buf_drop_front(&b, 3);
    buf_add_char(&b, '7');
    assert_string_equal(buf_text(&b), "45");
    buf_clear(&b);
    buf_addf(&b, "%s", "123456");
    assert_true(b.overflow);
    assert_int_equal(b.len, 0);
    buf_clear(&b);
    assert_null(buf_reserve(&b, 6));
    buf_done(&b);
}

/* Room that was reserved counts only once it is grown into. */
static void reserve_then_grow(void **state)
{
    (void)state;
    struct buf b;

    buf_init(&b, SIZE_MAX);
    char *room = buf_reserve(&b, 500);
    memset(room, 'z', 500);
    assert_int_equal(b.len, 0);
    buf_grow(&b, 200);
    assert_int_equal(strlen(buf_text(&b)), 200);
    buf_done(&b);
}

/* A taken text belongs to the caller, is never NULL, and the buffer starts anew with the same
 * ceiling. */
static void take_hands_over(void **state)
{
    (void)state;
    struct buf b;

    buf_init(&b, 4);
    char *empty = buf_take(&b);
    assert_string_equal(empty, "");
    buf_add_str(&b, "1234");
    char *text = buf_take(&b);
    assert_string_equal(text, "1234");
    assert_int_equal(b.len, 0);
    buf_add_str(&b, "12345");
    assert_true(b.overflow);
    buf_done(&b);
    free(text);
    free(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_in_order),
        cmocka_unit_test(ceiling_is_all_or_nothing),
        cmocka_unit_test(reserve_then_grow),
        cmocka_unit_test(take_hands_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
