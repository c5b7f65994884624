/* How long somebody who guesses has to wait. */
#include "gateway/lockout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW_MS 1767225600000

static void fail_times(struct lockout *l, enum lockout_kind kind, int times)
{
    for (int i = 0; i < times; i++)
        lockout_failed(l, kind, "somebody", NOW_MS);
}

static int64_t wait_ms(struct lockout *l, enum lockout_kind kind)
{
    return lockout_wait_ms(l, kind, "somebody", NOW_MS);
}

/* A name waits from its fifth failure on, an address from its thirtieth: a second, then twice as
 * long each time, at most a quarter of an hour. */
static void waits_grow(void **state)
{
    struct lockout *l = lockout_new();

    (void)state;
    fail_times(l, LOCKOUT_NAME, 4);
    assert_int_equal(wait_ms(l, LOCKOUT_NAME), 0);
    for (int64_t expected = 1000; expected < 900000; expected *= 2) {
        fail_times(l, LOCKOUT_NAME, 1);
        assert_int_equal(wait_ms(l, LOCKOUT_NAME), expected);
    }
    fail_times(l, LOCKOUT_NAME, 100);
    assert_int_equal(wait_ms(l, LOCKOUT_NAME), 900000);
    assert_int_equal(wait_ms(l, LOCKOUT_ADDRESS), 0);
    fail_times(l, LOCKOUT_ADDRESS, 29);
    assert_int_equal(wait_ms(l, LOCKOUT_ADDRESS), 0);
    fail_times(l, LOCKOUT_ADDRESS, 1);
    assert_int_equal(wait_ms(l, LOCKOUT_ADDRESS), 1000);
    lockout_free(l);
}

/* Waiting ends; a success forgets the failures, and so does an hour without one. */
static void failures_are_forgotten(void **state)
{
    struct lockout *l = lockout_new();

    (void)state;
    fail_times(l, LOCKOUT_NAME, 5);
    assert_int_equal(lockout_wait_ms(l, LOCKOUT_NAME, "somebody", NOW_MS + 999), 1);
    assert_int_equal(lockout_wait_ms(l, LOCKOUT_NAME, "somebody", NOW_MS + 1000), 0);
    assert_int_equal(lockout_wait_ms(l, LOCKOUT_NAME, "another", NOW_MS), 0);
    lockout_forget(l, LOCKOUT_NAME, "somebody");
    fail_times(l, LOCKOUT_NAME, 4);
    assert_int_equal(wait_ms(l, LOCKOUT_NAME), 0);
    lockout_failed(l, LOCKOUT_NAME, "somebody", NOW_MS + 3600001);
    assert_int_equal(lockout_wait_ms(l, LOCKOUT_NAME, "somebody", NOW_MS + 3600001), 0);
    lockout_free(l);
}

/* However many names are tried, what is remembered has an end; who waits is remembered as long as
 * there is room. */
static void memory_is_bounded(void **state)
{
    struct lockout *l = lockout_new();
    char name[32];

    (void)state;
    fail_times(l, LOCKOUT_NAME, 5);
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof(name), "name-%d", i);
        lockout_failed(l, LOCKOUT_NAME, name, NOW_MS);
    }
    assert_int_equal(wait_ms(l, LOCKOUT_NAME), 1000);
    assert_true(lockout_count(l) <= 16384);
    lockout_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_grow),
        cmocka_unit_test(failures_are_forgotten),
        cmocka_unit_test(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
