/* What the files of this folder share. Nobody outside includes it. */
#ifndef LOOP_INTERNAL_H
#define LOOP_INTERNAL_H

#include "base/list.h"
#include "loop/loop.h"

#include <uv.h>

#define READ_SIZE ((size_t)65536)

struct loop {
    uv_loop_t uv;
    uv_async_t wake;       /* ends the wait for loop_stop */
    uv_idle_t deferring;   /* active while something is deferred, so that the turn does not wait */
    uv_timer_t step_timer; /* bounds the wait of loop_step */
    uv_signal_t signals[2];
    void (*on_signal)(void *arg, int signum);
    void *on_signal_arg;
    struct list deferred;  /* struct deferred */
    struct list forgotten; /* children nobody asks about any more; see child.c */
    size_t works;          /* on worker threads now */
    bool stopped;
    char read_bytes[READ_SIZE]; /* one read at a time, whichever stream it is for */
};

/* Aborts with libuv's reason: for calls that fail only by our own mistake or for want of memory. */
void uv_must(int result, const char *what);
int err_set_uv(struct err *err, int result, const char *what); /* always -1 */
void children_forget_all(struct loop *l);                      /* child.c, for loop_free */

#endif
