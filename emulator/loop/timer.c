/* Timers. */
#include "loop/internal.h"

#include <stdlib.h>

struct timer {
    uv_timer_t uv;
    timer_fn fn;
    void *arg;
};

static void on_timer(uv_timer_t *uv)
{
    struct timer *t = uv->data;
    t->fn(t->arg);
}

struct timer *timer_new(struct loop *l, timer_fn fn, void *arg)
{
    struct timer *t = xcalloc(1, sizeof(*t));

    t->fn = fn;
    t->arg = arg;
    t->uv.data = t;
    uv_must(uv_timer_init(&l->uv, &t->uv), "timer");
    return t;
}

/* The turn's cached time may be old: without a fresh one a delay could end too early. */
void timer_start(struct timer *t, int64_t delay_ms, int64_t repeat_ms)
{
    if (delay_ms > 0)
        uv_update_time(t->uv.loop);
    uv_timer_start(&t->uv, on_timer, delay_ms > 0 ? (uint64_t)delay_ms : 0,
                   repeat_ms > 0 ? (uint64_t)repeat_ms : 0);
}

void timer_stop(struct timer *t)
{
    uv_timer_stop(&t->uv);
}

bool timer_active(const struct timer *t)
{
    return uv_is_active((const uv_handle_t *)&t->uv) != 0;
}

static void timer_closed(uv_handle_t *uv)
{
    free(uv->data);
}

void timer_free(struct timer *t)
{
    if (t != NULL)
        uv_close((uv_handle_t *)&t->uv, timer_closed);
}
