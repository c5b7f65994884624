/* Plans: tables of steps run one after another.
 *
 * One timer drives a plan. It rings at once to begin, at once again when the awaited thing has
 * happened, and at the deadline when nothing has; each ring runs steps until one waits. The first
 * failure turns the plan round: from then on the same walk goes down through the undo functions. */
#include "loop/plan.h"

#include "base/log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STEP_TIMEOUT_MS 30000

struct plan {
    struct loop *loop;
    struct plan_spec spec;
    char *subject;
    struct timer *timer;
    size_t at;          /* the step being run or undone */
    struct err err;     /* why the plan failed: the first reason */
    struct err awaited; /* how the awaited thing failed, with `awaited_failed` */
    bool undoing;       /* set by the first failure */
    bool waiting;       /* the current step is */
    bool woken;         /* what it waits for has happened */
    bool awaited_failed;
    bool cancelled; /* from inside a step */
    bool abandoned; /* from inside a step or done */
    bool inside;    /* a function of the plan's owner is running */
};

static void plan_free(struct plan *p)
{
    timer_free(p->timer);
    free(p->subject);
    free(p);
}

static void plan_finish(struct plan *p)
{
    log_debug("plan %s %s: %s", p->spec.name, p->subject, p->undoing ? p->err.text : "done");
    p->inside = true;
    if (p->spec.done != NULL)
        p->spec.done(p->spec.arg, p->undoing ? &p->err : NULL);
    plan_free(p);
}

/* Turns the plan round. `begun`: the current step has something of its own to undo. */
static void plan_turn(struct plan *p, bool begun)
{
    p->undoing = true;
    log_debug("plan %s %s: '%s' failed: %s", p->spec.name, p->subject, plan_step_name(p),
              p->err.text);
    if (begun)
        p->at++;
}

static enum step_result step_call(struct plan *p, struct err *err)
{
    const struct step *step = &p->spec.steps[p->at];

    if (p->undoing && step->undo == NULL)
        return STEP_DONE;
    log_debug("plan %s %s: %s'%s'", p->spec.name, p->subject, p->undoing ? "undo " : "",
              step->name);
    p->inside = true;
    enum step_result result = (p->undoing ? step->undo : step->run)(p, p->spec.arg, err);
    p->inside = false;
    return result;
}

static void step_wait(struct plan *p)
{
    int64_t timeout_ms = p->spec.steps[p->at].timeout_ms;

    p->waiting = true;
    p->woken = p->awaited_failed = false;
    timer_start(p->timer, timeout_ms > 0 ? timeout_ms : STEP_TIMEOUT_MS, 0);
}

static void plan_pass_over(struct plan *p, const struct err *err)
{
    log_debug("plan %s %s: undo '%s' failed: %s", p->spec.name, p->subject, plan_step_name(p),
              err->text);
}

/* One step up. True when the walk goes on at once. */
static bool plan_run_step(struct plan *p)
{
    struct err err = {.code = "Failed", .text = "failed"};
    enum step_result result = step_call(p, &err);

    if (p->abandoned)
        return false;
    if (result == STEP_FAIL) {
        if (!p->cancelled)
            p->err = err;
        plan_turn(p, false);
        return true;
    }
    if (p->cancelled) {
        plan_turn(p, true);
        return true;
    }
    if (result == STEP_WAIT) {
        step_wait(p);
        return false;
    }
    p->at++;
    return true;
}

/* One step down. */
static bool plan_undo_step(struct plan *p)
{
    struct err err = {.code = "Failed", .text = "failed"};

    p->at--;
    enum step_result result = step_call(p, &err);
    if (p->abandoned)
        return false;
    if (result == STEP_WAIT) {
        step_wait(p);
        return false;
    }
    if (result == STEP_FAIL)
        plan_pass_over(p, &err);
    return true;
}

static void plan_walk(struct plan *p)
{
    bool on = true;

    while (on && (p->undoing ? p->at > 0 : p->at < p->spec.step_count))
        on = p->undoing ? plan_undo_step(p) : plan_run_step(p);
    if (p->abandoned)
        plan_free(p);
    else if (on)
        plan_finish(p);
}

/* The awaited thing happened, failed, or did not happen in time. */
static void plan_settle(struct plan *p)
{
    const struct step *step = &p->spec.steps[p->at];

    p->waiting = false;
    if (!p->woken) {
        err_set(&p->awaited, "Timeout", "'%s' took longer than %" PRId64 " ms", step->name,
                step->timeout_ms > 0 ? step->timeout_ms : (int64_t)STEP_TIMEOUT_MS);
        p->awaited_failed = true;
    }
    if (p->undoing && p->awaited_failed) {
        plan_pass_over(p, &p->awaited);
    } else if (p->awaited_failed) {
        p->err = p->awaited;
        plan_turn(p, true);
    } else if (!p->undoing) {
        p->at++;
    }
}

static void plan_ring(void *arg)
{
    struct plan *p = arg;

    if (p->waiting)
        plan_settle(p);
    else if (p->cancelled && !p->undoing)
        plan_turn(p, false); /* before its first step */
    plan_walk(p);
}

struct plan *plan_start(struct loop *l, const struct plan_spec *spec)
{
    struct plan *p = xcalloc(1, sizeof(*p));

    *p = (struct plan){.loop = l, .spec = *spec, .subject = xstrdup(spec->subject)};
    p->spec.subject = p->subject;
    p->timer = timer_new(l, plan_ring, p);
    timer_start(p->timer, 0, 0);
    return p;
}

void plan_wake(struct plan *p, const struct err *err)
{
    assert(!p->inside);
    if (!p->waiting || p->woken) {
        log_debug("plan %s %s: woken for nothing", p->spec.name, p->subject);
        return;
    }
    p->woken = true;
    p->awaited_failed = err != NULL;
    if (err != NULL)
        p->awaited = *err;
    timer_start(p->timer, 0, 0);
}

void plan_cancel(struct plan *p, const char *why)
{
    if (p->undoing || p->cancelled)
        return;
    p->cancelled = true;
    err_set(&p->err, "Cancelled", "%s", why);
    if (p->waiting) {
        p->woken = p->awaited_failed = true;
        p->awaited = p->err;
        timer_start(p->timer, 0, 0);
    }
}

void plan_abandon(struct plan *p)
{
    if (p->inside)
        p->abandoned = true;
    else
        plan_free(p);
}

const char *plan_step_name(const struct plan *p)
{
    return p->at < p->spec.step_count ? p->spec.steps[p->at].name : "";
}
