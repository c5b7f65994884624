/* The event loop: the only folder that knows libuv. Everything here is called on the loop's own
 * thread. Callbacks that may be asynchronous always are: none runs inside the call that registers
 * it. */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

struct loop;
struct loop *loop_new(void);
void loop_run(struct loop *l);  /* until loop_stop */
void loop_stop(struct loop *l); /* from a callback or signal */
/* Aborts when something is still open on it: the leak check. */
void loop_free(struct loop *l);
bool loop_step(
    struct loop *l,
    int timeout_ms); /* one turn; for tests and the way down. False: nothing left alive */
int64_t loop_now_ms(const struct loop *l); /* monotonic, cached for the turn */
/* Runs fn once, in the next turn. */
void loop_defer(struct loop *l, void (*fn)(void *arg), void *arg);
/* SIGTERM and SIGINT; SIGPIPE is ignored. */
void loop_on_signal(struct loop *l, void (*fn)(void *arg, int signum), void *arg);

/* Timers. */
struct timer;
typedef void (*timer_fn)(void *arg);
struct timer *timer_new(struct loop *l, timer_fn fn, void *arg);
/* repeat 0: once. Restarts when running. */
void timer_start(struct timer *t, int64_t delay_ms, int64_t repeat_ms);
void timer_stop(struct timer *t);
bool timer_active(const struct timer *t);
void timer_free(struct timer *t); /* takes NULL; fn never runs again */

/* Watches a descriptor of somebody else's (libmicrohttpd, libslirp, a pidfd). The descriptor is not
 * closed. After an error (events POLLER_ERROR, err set) watching has stopped: poller_set goes on.
 */
enum { POLLER_READ = 1, POLLER_WRITE = 2, POLLER_ERROR = 4 };
struct poller;
typedef void (*poller_fn)(void *arg, int events, struct err *err); /* err NULL when all is well */
struct poller *poller_new(struct loop *l, int fd, poller_fn fn, void *arg);
void poller_set(struct poller *p, int events); /* 0 stops */
void poller_free(struct poller *p); /* takes NULL; the descriptor may be closed right after */

/* Runs before every wait (libslirp wants to say what it waits for) and after it. */
struct loop_hook;
struct loop_hook *loop_hook_new(struct loop *l, void (*before)(void *arg), void (*after)(void *arg),
                                void *arg);
void loop_hook_free(struct loop_hook *h);

#endif
