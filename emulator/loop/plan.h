/* Slow work as a table of steps that reads top to bottom.
 *
 * A step does one thing: it finishes (STEP_DONE), fails after cleaning up after itself (STEP_FAIL,
 * err set), or starts exactly one asynchronous thing and waits (STEP_WAIT). The thing's callback
 * does nothing but plan_wake(). On failure the finished steps are undone in reverse; a step that
 * failed while it waited (woken with an error, past its deadline, cancelled) has begun something
 * and is undone first, so that an undo copes with what is half there. Every step has a deadline.
 * plan_wake is never called from inside a step. Every `run` is idempotent: after a crash the whole
 * plan runs again. */
#ifndef LOOP_PLAN_H
#define LOOP_PLAN_H

#include "loop/loop.h"

enum step_result { STEP_DONE, STEP_WAIT, STEP_FAIL };

struct plan;
struct step {
    const char *name; /* for the log */
    enum step_result (*run)(struct plan *p, void *arg, struct err *err);
    /* NULL: nothing to undo. It may wait too. A failure is logged and passed over. */
    enum step_result (*undo)(struct plan *p, void *arg, struct err *err);
    int64_t timeout_ms; /* 0: 30 s */
};

struct plan_spec {
    const char *name;    /* "instance/boot" */
    const char *subject; /* id, copied */
    const struct step *steps;
    size_t step_count;
    void (*done)(void *arg, struct err *err); /* err NULL: every step finished. Called from the
                                                 loop, the plan is freed after it */
    void *arg;
};

/* The first step runs in the next turn. */
struct plan *plan_start(struct loop *l, const struct plan_spec *spec);
/* The awaited thing happened (err NULL), or failed. Ignored when nothing is awaited, or after a
 * first wake. */
void plan_wake(struct plan *p, const struct err *err);
/* Fails the current step and undoes; `done` is called, with code "Cancelled". May be called from
 * inside a step. */
void plan_cancel(struct plan *p, const char *why);
/* On the way down: no undo, no done; what was begun is found again at the next start. */
void plan_abandon(struct plan *p);
const char *plan_step_name(const struct plan *p);

#endif
