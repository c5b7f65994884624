/* The event loop around libuv's: running and stopping, deferred calls, signals, hooks.
 *
 * A deferred call waits in a list. While the list is not empty an idle handle is active; it keeps
 * the turn from waiting and runs exactly what the list held when its phase began. */
#include "loop/internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct deferred {
    struct list node;
    void (*fn)(void *arg);
    void *arg;
};

struct loop_hook {
    uv_prepare_t prepare;
    uv_check_t check;
    void (*before)(void *arg);
    void (*after)(void *arg);
    void *arg;
};

void uv_must(int result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "%s: %s\n", what, uv_strerror(result));
        abort();
    }
}

int err_set_uv(struct err *err, int result, const char *what)
{
    return err_set(err, "System", "%s: %s", what, uv_strerror(result));
}

static void on_wake(uv_async_t *wake)
{
    struct loop *l = wake->data;

    if (l->stopped)
        uv_stop(&l->uv);
}

static void run_deferred(uv_idle_t *idle)
{
    struct loop *l = idle->data;
    struct list now;

    list_init(&now);
    while (!list_empty(&l->deferred)) {
        struct list *node = l->deferred.next;
        list_remove(node);
        list_append(&now, node);
    }
    while (!list_empty(&now)) {
        struct deferred *d = list_entry(now.next, struct deferred, node);
        list_remove(&d->node);
        d->fn(d->arg);
        free(d);
    }
    if (list_empty(&l->deferred))
        uv_idle_stop(idle);
}

static void on_step_timer(uv_timer_t *timer)
{
    (void)timer; /* its only use is to end the wait */
}

struct loop *loop_new(void)
{
    struct loop *l = xcalloc(1, sizeof(*l));

    signal(SIGPIPE, SIG_IGN);
    list_init(&l->deferred);
    list_init(&l->forgotten);
    uv_must(uv_loop_init(&l->uv), "loop");
    uv_must(uv_async_init(&l->uv, &l->wake, on_wake), "loop");
    uv_must(uv_idle_init(&l->uv, &l->deferring), "loop");
    uv_must(uv_timer_init(&l->uv, &l->step_timer), "loop");
    l->wake.data = l->deferring.data = l;
    uv_unref((uv_handle_t *)&l->wake);
    uv_unref((uv_handle_t *)&l->step_timer);
    for (size_t i = 0; i < ARRAY_LEN(l->signals); i++) {
        uv_must(uv_signal_init(&l->uv, &l->signals[i]), "loop");
        l->signals[i].data = l;
        uv_unref((uv_handle_t *)&l->signals[i]);
    }
    return l;
}

void loop_run(struct loop *l)
{
    uv_ref((uv_handle_t *)&l->wake); /* a loop with nothing to do waits to be stopped */
    while (!l->stopped)
        uv_run(&l->uv, UV_RUN_DEFAULT);
    uv_unref((uv_handle_t *)&l->wake);
    l->stopped = false;
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
    uv_async_send(&l->wake);
}

bool loop_step(struct loop *l, int timeout_ms)
{
    if (timeout_ms <= 0)
        return uv_run(&l->uv, UV_RUN_NOWAIT) != 0;
    /* It repeats: one that was due before the wait began would leave the wait without a bound. */
    uv_update_time(&l->uv);
    uv_timer_start(&l->step_timer, on_step_timer, (uint64_t)timeout_ms, (uint64_t)timeout_ms);
    bool alive = uv_run(&l->uv, UV_RUN_ONCE) != 0;
    uv_timer_stop(&l->step_timer);
    return alive;
}

static void complain(uv_handle_t *handle, void *arg)
{
    (void)arg;
    fprintf(stderr, "still open on the loop: %s %p\n",
            uv_handle_type_name(uv_handle_get_type(handle)), (void *)handle);
}

void loop_free(struct loop *l)
{
    while (l->works > 0)
        uv_run(&l->uv, UV_RUN_ONCE);
    if (!list_empty(&l->deferred))
        uv_run(&l->uv, UV_RUN_NOWAIT);
    children_forget_all(l);
    uv_close((uv_handle_t *)&l->wake, NULL);
    uv_close((uv_handle_t *)&l->deferring, NULL);
    uv_close((uv_handle_t *)&l->step_timer, NULL);
    for (size_t i = 0; i < ARRAY_LEN(l->signals); i++)
        uv_close((uv_handle_t *)&l->signals[i], NULL);
    for (int turn = 0; turn < 3; turn++) /* closing a handle may take until the turn after */
        uv_run(&l->uv, UV_RUN_NOWAIT);
    if (uv_loop_close(&l->uv) != 0) {
        uv_walk(&l->uv, complain, NULL);
        abort();
    }
    free(l);
}

int64_t loop_now_ms(const struct loop *l)
{
    return (int64_t)uv_now(&l->uv);
}

void loop_defer(struct loop *l, void (*fn)(void *arg), void *arg)
{
    struct deferred *d = xmalloc(sizeof(*d));

    *d = (struct deferred){.fn = fn, .arg = arg};
    list_append(&l->deferred, &d->node);
    uv_idle_start(&l->deferring, run_deferred);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct loop *l = handle->data;
    l->on_signal(l->on_signal_arg, signum);
}

void loop_on_signal(struct loop *l, void (*fn)(void *arg, int signum), void *arg)
{
    l->on_signal = fn;
    l->on_signal_arg = arg;
    uv_must(uv_signal_start(&l->signals[0], on_signal, SIGTERM), "signal");
    uv_must(uv_signal_start(&l->signals[1], on_signal, SIGINT), "signal");
}

static void hook_before(uv_prepare_t *prepare)
{
    struct loop_hook *h = prepare->data;
    h->before(h->arg);
}

static void hook_after(uv_check_t *check)
{
    struct loop_hook *h = check->data;
    h->after(h->arg);
}

struct loop_hook *loop_hook_new(struct loop *l, void (*before)(void *arg), void (*after)(void *arg),
                                void *arg)
{
    struct loop_hook *h = xcalloc(1, sizeof(*h));

    h->before = before;
    h->after = after;
    h->arg = arg;
    h->prepare.data = h->check.data = h;
    uv_must(uv_prepare_init(&l->uv, &h->prepare), "hook");
    uv_must(uv_check_init(&l->uv, &h->check), "hook");
    uv_unref((uv_handle_t *)&h->prepare);
    uv_unref((uv_handle_t *)&h->check);
    if (before != NULL)
        uv_prepare_start(&h->prepare, hook_before);
    if (after != NULL)
        uv_check_start(&h->check, hook_after);
    return h;
}

static void hook_check_closed(uv_handle_t *check)
{
    free(check->data);
}

static void hook_prepare_closed(uv_handle_t *prepare)
{
    struct loop_hook *h = prepare->data;
    uv_close((uv_handle_t *)&h->check, hook_check_closed);
}

void loop_hook_free(struct loop_hook *h)
{
    if (h == NULL)
        return;
    uv_prepare_stop(&h->prepare);
    uv_check_stop(&h->check);
    uv_close((uv_handle_t *)&h->prepare, hook_prepare_closed);
}
