/* Watching descriptors that belong to somebody else. */
#include "loop/internal.h"

#include <stdlib.h>

struct poller {
    uv_poll_t uv;
    int events; /* those asked for */
    poller_fn fn;
    void *arg;
};

static void on_poll(uv_poll_t *uv, int status, int uv_events)
{
    struct poller *p = uv->data;
    struct err err;
    int events = 0;

    if (status < 0) { /* libuv has stopped watching */
        p->events = 0;
        err_set_uv(&err, status, "descriptor");
        p->fn(p->arg, POLLER_ERROR, &err);
        return;
    }
    if (uv_events & UV_READABLE)
        events |= POLLER_READ;
    if (uv_events & UV_WRITABLE)
        events |= POLLER_WRITE;
    if (uv_events & UV_DISCONNECT)
        events |= POLLER_ERROR;
    p->fn(p->arg, events, NULL);
}

struct poller *poller_new(struct loop *l, int fd, poller_fn fn, void *arg)
{
    struct poller *p = xcalloc(1, sizeof(*p));

    p->fn = fn;
    p->arg = arg;
    p->uv.data = p;
    uv_must(uv_poll_init(&l->uv, &p->uv, fd), "poller");
    return p;
}

void poller_set(struct poller *p, int events)
{
    int uv_events = 0;

    if (events == p->events)
        return;
    p->events = events;
    if (events == 0) {
        uv_poll_stop(&p->uv);
        return;
    }
    if (events & POLLER_READ)
        uv_events |= UV_READABLE;
    if (events & POLLER_WRITE)
        uv_events |= UV_WRITABLE;
    if (events & POLLER_ERROR)
        uv_events |= UV_DISCONNECT;
    uv_must(uv_poll_start(&p->uv, uv_events, on_poll), "poller");
}

static void poller_closed(uv_handle_t *uv)
{
    free(uv->data);
}

void poller_free(struct poller *p)
{
    if (p != NULL)
        uv_close((uv_handle_t *)&p->uv, poller_closed);
}
