/* Plans. */
#include "base/alloc.h"
#include "base/text.h"
#include "loop/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* What each function of the plan does when it is called, and what has happened so far. */
static struct {
    enum step_result run[3], undo[3];
    bool cancel_in[3], abandon_in[3];
    char story[200]; /* "A" runs, "a" is undone, "." waits, "=" ends well, "!" ends badly */
    struct err err;
} play;
static struct loop *loop;
static struct plan *plan;

static void tell(const char *word)
{
    strncat(play.story, word, sizeof(play.story) - strlen(play.story) - 1);
}

static enum step_result act(enum step_result result, struct err *err)
{
    if (result == STEP_FAIL)
        err_set(err, "Broken", "it broke");
    if (result == STEP_WAIT)
        tell(".");
    return result;
}

static enum step_result run(struct plan *p, size_t i, struct err *err)
{
    static const char *const words[] = {"A", "B", "C"};

    assert_string_equal(plan_step_name(p), words[i]);
    tell(words[i]);
    if (play.cancel_in[i])
        plan_cancel(p, "changed my mind");
    if (play.abandon_in[i])
        plan_abandon(p);
    return act(play.run[i], err);
}

static enum step_result undo(size_t i, struct err *err)
{
    static const char *const words[] = {"a", "b", "c"};

    tell(words[i]);
    return act(play.undo[i], err);
}

#define STEP(name, index)                                                                          \
    static enum step_result run_##name(struct plan *p, void *arg, struct err *err)                 \
    {                                                                                              \
        assert_ptr_equal(arg, &play);                                                              \
        return run(p, index, err);                                                                 \
    }                                                                                              \
    static enum step_result undo_##name(struct plan *p, void *arg, struct err *err)                \
    {                                                                                              \
        (void)p;                                                                                   \
        assert_ptr_equal(arg, &play);                                                              \
        return undo(index, err);                                                                   \
    }
STEP(a, 0)
STEP(b, 1)
STEP(c, 2)

static const struct step steps[] = {
    {"A", run_a, undo_a, 60000},
    {"B", run_b, undo_b, 60000},
    {"C", run_c, undo_c, 60000},
};
static const struct step hasty_steps[] = {
    {"A", run_a, undo_a, 20},
    {"B", run_b, undo_b, 20},
    {"C", run_c, undo_c, 20},
};
static const struct step steps_b_keeps[] = {
    {"A", run_a, undo_a, 0},
    {"B", run_b, NULL, 0},
    {"C", run_c, undo_c, 0},
};

static void done(void *arg, struct err *err)
{
    assert_ptr_equal(arg, &play);
    tell(err == NULL ? "=" : "!");
    if (err != NULL)
        play.err = *err;
    plan = NULL;
}

static void begin_with(const struct step *table)
{
    const struct plan_spec spec = {.name = "test/play",
                                   .subject = "i-1",
                                   .steps = table,
                                   .step_count = 3,
                                   .done = done,
                                   .arg = &play};
    plan = plan_start(loop, &spec);
    assert_string_equal(play.story, ""); /* nothing runs inside plan_start */
}

static void begin(void)
{
    begin_with(steps);
}

/* Lets the plan go on and says what has happened since the start. */
static const char *story(int turns)
{
    for (int i = 0; i < turns; i++)
        loop_step(loop, 1);
    return play.story;
}

static const char *story_after_deadline(void)
{
    size_t len = strlen(play.story);

    for (int i = 0; i < 300 && strlen(play.story) == len; i++)
        loop_step(loop, 5);
    return story(3);
}

static int start(void **state)
{
    (void)state;
    loop = loop_new();
    memset(&play, 0, sizeof(play));
    plan = NULL;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    loop_free(loop); /* aborts if a plan has left anything behind */
    return 0;
}

/* Steps run in order, beginning in the next turn; then done is told without an error. */
static void steps_run_in_order(void **state)
{
    (void)state;
    begin();
    assert_string_equal(story(3), "ABC=");
}

/* A waiting step holds the plan until it is woken; waking runs nothing at once. */
static void waiting_steps_hold_the_plan(void **state)
{
    (void)state;
    play.run[1] = STEP_WAIT;
    begin();
    assert_string_equal(story(3), "AB.");
    assert_string_equal(plan_step_name(plan), "B");
    plan_wake(plan, NULL);
    assert_string_equal(play.story, "AB.");
    assert_string_equal(story(3), "AB.C=");
}

/* A failing step is not undone, for it has cleaned up; the finished ones are, in reverse, and the
 * reason is told. */
static void failure_undoes_in_reverse(void **state)
{
    (void)state;
    play.run[2] = STEP_FAIL;
    begin();
    assert_string_equal(story(3), "ABCba!");
    assert_string_equal(play.err.code, "Broken");
    assert_string_equal(play.err.text, "it broke");
}

/* A failure of the first step has nothing to undo. */
static void first_step_may_fail(void **state)
{
    (void)state;
    play.run[0] = STEP_FAIL;
    begin();
    assert_string_equal(story(3), "A!");
}

/* A step without an undo is passed over on the way back. */
static void steps_without_undo_are_passed_over(void **state)
{
    (void)state;
    play.run[2] = STEP_FAIL;
    begin_with(steps_b_keeps);
    assert_string_equal(story(3), "ABCa!");
}

/* Woken with an error, a step has begun something: it is undone itself, then those before it. */
static void wake_with_error_fails_the_step(void **state)
{
    (void)state;
    struct err err;

    play.run[1] = STEP_WAIT;
    begin();
    story(3);
    err_set(&err, "Gone", "the other side has gone");
    plan_wake(plan, &err);
    assert_string_equal(story(3), "AB.ba!");
    assert_string_equal(play.err.code, "Gone");
}

/* The first of two wakes counts; one when nothing is awaited is ignored. */
static void second_wake_is_ignored(void **state)
{
    (void)state;
    struct err err;

    play.run[1] = play.run[2] = STEP_WAIT;
    begin();
    plan_wake(plan, NULL);
    assert_string_equal(story(3), "AB.");
    err_set(&err, "Late", "too late");
    plan_wake(plan, NULL);
    plan_wake(plan, &err);
    assert_string_equal(story(3), "AB.C.");
    plan_wake(plan, NULL);
    assert_string_equal(story(3), "AB.C.=");
}

/* A step that is not woken in time fails, with the step's name in the reason. */
static void deadlines_fail_the_step(void **state)
{
    (void)state;
    play.run[1] = STEP_WAIT;
    begin_with(hasty_steps);
    while (play.story[0] == '\0')
        loop_step(loop, 1);
    assert_string_equal(play.story, "AB.");
    assert_string_equal(story_after_deadline(), "AB.ba!");
    assert_string_equal(play.err.code, "Timeout");
    assert_non_null(strstr(play.err.text, "'B' took longer than 20 ms"));
}

/* Undoing may wait too; its failures and missed deadlines are passed over, and the first reason
 * stands. */
static void undo_goes_on_whatever_happens(void **state)
{
    (void)state;
    struct err err;

    play.run[2] = STEP_FAIL;
    play.undo[1] = STEP_WAIT;
    play.undo[0] = STEP_FAIL;
    begin();
    assert_string_equal(story(3), "ABCb.");
    err_set(&err, "Other", "another reason");
    plan_wake(plan, &err);
    assert_string_equal(story(3), "ABCb.a!");
    assert_string_equal(play.err.code, "Broken");
    memset(play.story, 0, sizeof(play.story));
    begin_with(hasty_steps);
    while (play.story[0] == '\0')
        loop_step(loop, 1);
    assert_string_equal(story_after_deadline(), "ABCb.a!");
    assert_string_equal(play.err.code, "Broken");
}

/* Cancelled while it waits, a plan undoes from the waiting step; cancelling again changes nothing.
 */
static void cancel_while_waiting(void **state)
{
    (void)state;
    play.run[1] = STEP_WAIT;
    play.undo[0] = STEP_WAIT;
    begin();
    story(3);
    plan_cancel(plan, "terminated");
    plan_cancel(plan, "terminated twice");
    assert_string_equal(play.story, "AB.");
    assert_string_equal(story(3), "AB.ba.");
    plan_cancel(plan, "terminated thrice");
    plan_wake(plan, NULL);
    assert_string_equal(story(3), "AB.ba.!");
    assert_string_equal(play.err.code, "Cancelled");
    assert_string_equal(play.err.text, "terminated");
}

/* Cancelled before its first step, a plan runs none; cancelled from inside one, it undoes that one
 * too. */
static void cancel_early_and_inside(void **state)
{
    (void)state;
    begin();
    plan_cancel(plan, "not wanted");
    assert_string_equal(story(3), "!");
    memset(play.story, 0, sizeof(play.story));
    play.cancel_in[1] = true;
    begin();
    assert_string_equal(story(3), "ABba!");
    memset(play.story, 0, sizeof(play.story));
    play.run[1] = STEP_WAIT;
    begin();
    assert_string_equal(story(3), "AB.ba!");
    assert_string_equal(play.err.code, "Cancelled");
}

/* An abandoned plan is gone without undo and without a word, from outside as from inside a step. */
static void abandon_leaves_all_as_it_is(void **state)
{
    (void)state;
    play.run[1] = STEP_WAIT;
    begin();
    assert_string_equal(story(3), "AB.");
    plan_abandon(plan);
    assert_string_equal(story(3), "AB.");
    memset(play.story, 0, sizeof(play.story));
    play.abandon_in[1] = true;
    begin();
    assert_string_equal(story(3), "AB.");
    play.run[1] = STEP_FAIL;
    memset(play.story, 0, sizeof(play.story));
    begin();
    assert_string_equal(story(3), "AB");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(steps_run_in_order),
        TEST(waiting_steps_hold_the_plan),
        TEST(failure_undoes_in_reverse),
        TEST(first_step_may_fail),
        TEST(steps_without_undo_are_passed_over),
        TEST(wake_with_error_fails_the_step),
        TEST(second_wake_is_ignored),
        TEST(deadlines_fail_the_step),
        TEST(undo_goes_on_whatever_happens),
        TEST(cancel_while_waiting),
        TEST(cancel_early_and_inside),
        TEST(abandon_leaves_all_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
