/* The loop itself: turns, deferred calls, timers, pollers, hooks and signals. */
#include "loop/loop.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop *loop;
static char order[64];

static int start(void **state)
{
    (void)state;
    loop = loop_new();
    order[0] = '\0';
    return 0;
}

static int stop(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void note(void *arg)
{
    strncat(order, arg, sizeof(order) - strlen(order) - 1);
}

static void note_and_defer(void *arg)
{
    note(arg);
    loop_defer(loop, note, "late");
}

static void stop_loop(void *arg)
{
    note(arg);
    loop_stop(loop);
}

/* A deferred call never runs inside loop_defer, runs once, in order; one deferred meanwhile waits a
 * turn. */
static void deferred_calls_run_next_turn(void **state)
{
    (void)state;
    loop_defer(loop, note_and_defer, "a");
    loop_defer(loop, note, "b");
    assert_string_equal(order, "");
    loop_step(loop, 1000);
    assert_string_equal(order, "ab");
    loop_step(loop, 1000);
    assert_string_equal(order, "ablate");
    assert_false(loop_step(loop, 0));
    assert_string_equal(order, "ablate");
}

/* What is still deferred when the loop goes is run, not lost. */
static void deferred_calls_survive_to_the_end(void **state)
{
    (void)state;
    loop_free(loop);
    loop = loop_new();
    loop_defer(loop, note, "last");
    loop_free(loop);
    assert_string_equal(order, "last");
    loop = loop_new();
}

/* The loop runs until it is stopped, even while nothing is alive on it, and can run again. */
static void runs_until_stopped(void **state)
{
    (void)state;
    loop_stop(loop);
    loop_run(loop);
    for (int i = 0; i < 2; i++) {
        loop_defer(loop, stop_loop, "x");
        loop_run(loop);
    }
    assert_string_equal(order, "xx");
}

/* A timer rings after its delay, not before, and as often as asked; stopping and freeing silence
 * it. */
static void timers_ring_on_time(void **state)
{
    (void)state;
    struct timer *once = timer_new(loop, note, "1"), *often = timer_new(loop, note, "r");
    struct timer *stopped = timer_new(loop, note, "never"), *freed = timer_new(loop, note, "never");
    int64_t began = clock_monotonic_us();

    timer_start(stopped, 1, 0);
    timer_stop(stopped);
    timer_start(freed, 0, 0);
    timer_free(freed);
    timer_start(once, 30, 0);
    assert_true(timer_active(once));
    while (order[0] == '\0')
        loop_step(loop, 1000);
    assert_in_range(clock_monotonic_us() - began, 29000, 1000000);
    assert_false(timer_active(once));
    timer_start(often, 1, 1);
    for (int i = 0; i < 100 && strlen(order) < 4; i++)
        loop_step(loop, 100);
    assert_string_equal(order, "1rrr");
    timer_free(once);
    timer_free(often);
    timer_free(stopped);
    timer_free(NULL);
}

/* A delay counts from when it is asked for, however old the turn is. */
static void delays_count_from_now(void **state)
{
    (void)state;
    struct timer *t = timer_new(loop, note, "1");

    usleep(40000);
    timer_start(t, 20, 0);
    loop_step(loop, 0);
    assert_string_equal(order, "");
    loop_step(loop, 1000);
    assert_string_equal(order, "1");
    timer_free(t);
}

/* A turn waits no longer than it is told, and tells when nothing is left alive. */
static void steps_are_bounded(void **state)
{
    (void)state;
    struct timer *t = timer_new(loop, note, "1");
    int64_t began = clock_monotonic_us();

    timer_start(t, 60000, 0);
    assert_true(loop_step(loop, 20));
    assert_in_range(clock_monotonic_us() - began, 15000, 5000000);
    timer_free(t);
    loop_step(loop, 0);
    assert_false(loop_step(loop, 20));
}

static int polled;

static void note_poll(void *arg, int events, struct err *err)
{
    assert_null(err);
    polled |= events;
    (void)arg;
}

/* A poller tells what was asked for only, stops when told, and leaves the descriptor open. */
static void pollers_tell_readiness(void **state)
{
    (void)state;
    int pair[2];
    char byte;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    struct poller *p = poller_new(loop, pair[0], note_poll, NULL);
    polled = 0;
    poller_set(p, POLLER_READ);
    loop_step(loop, 5);
    assert_int_equal(polled, 0);
    assert_int_equal(write(pair[1], "x", 1), 1);
    loop_step(loop, 100);
    assert_int_equal(polled, POLLER_READ);
    poller_set(p, POLLER_READ | POLLER_WRITE);
    loop_step(loop, 100);
    assert_int_equal(polled, POLLER_READ | POLLER_WRITE);
    polled = 0;
    poller_set(p, 0);
    loop_step(loop, 5);
    assert_int_equal(polled, 0);
    poller_free(p);
    poller_free(NULL);
    assert_int_equal(read(pair[0], &byte, 1), 1);
    close(pair[0]);
    close(pair[1]);
    loop_step(loop, 5);
}

/* Hooks run before and after every wait, and do not keep the loop alive. */
static void hooks_surround_the_wait(void **state)
{
    (void)state;
    struct loop_hook *h = loop_hook_new(loop, note, note, "h");
    struct timer *t = timer_new(loop, note, "t");

    assert_false(loop_step(loop, 0));
    timer_start(t, 60000, 0);
    order[0] = '\0';
    loop_step(loop, 0);
    assert_string_equal(order, "hh");
    loop_hook_free(h);
    loop_hook_free(NULL);
    loop_step(loop, 0);
    timer_free(t);
    assert_string_equal(order, "hh");
}

static void note_signal(void *arg, int signum)
{
    assert_int_equal(signum, SIGTERM);
    stop_loop(arg);
}

/* SIGTERM is told on the loop; writing to a socket whose reader has gone does not end us. */
static void signals_are_told(void **state)
{
    (void)state;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    close(pair[1]);
    assert_int_equal(write(pair[0], "x", 1), -1);
    close(pair[0]);
    loop_on_signal(loop, note_signal, "s");
    kill(getpid(), SIGTERM);
    loop_run(loop);
    assert_string_equal(order, "s");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(deferred_calls_run_next_turn),
        TEST(deferred_calls_survive_to_the_end),
        TEST(runs_until_stopped),
        TEST(timers_ring_on_time),
        TEST(delays_count_from_now),
        TEST(steps_are_bounded),
        TEST(pollers_tell_readiness),
        TEST(hooks_surround_the_wait),
        TEST(signals_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
