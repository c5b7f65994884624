/* A peer that listens on a unix socket and speaks one JSON object a line; QEMU's monitor and the
 * agent inside a guest are both such peers. A channel dials, dials again whenever the connection
 * ends, splits what arrives into objects, and pairs answers with requests by `id`.
 *
 * Nothing a peer sends may cost more than bounded memory and time: a line has a ceiling, lines have
 * a rate, and a peer that breaks a rule (a breach) is cut off and dialled again after a pause that
 * doubles up to a minute. */
#ifndef PLANT_CHANNEL_H
#define PLANT_CHANNEL_H

#include "base/json.h"
#include "base/list.h"
#include "loop/loop.h"

#include "plant/machine.h"

struct channel;
struct stream;

struct channel_kind {     /* one per protocol */
    const char *name;     /* for the log */
    size_t line_ceiling;  /* bytes */
    int64_t bytes_per_s;  /* what a peer may send in the long run, a line counting 1 KiB more than
                             its length; four seconds' worth at once. 0: unlimited */
    int64_t handshake_ms; /* channel_ready must follow `opened` within; 0: as long as it takes */
    void (*opened)(void *arg);
    int (*message)(void *arg, const json_t *message); /* an object; -1: a breach */
};

struct channel {
    struct loop *loop;
    const struct channel_kind *kind;
    void *arg;
    char *path;
    struct stream *stream; /* NULL between dials */
    bool open, ready, done;
    unsigned generation; /* of connections: a callback that ended one is noticed by the loop that
                            called it */
    int64_t opened_ms;
    int64_t dial_pause_ms, breach_pause_ms;
    int64_t allowance, allowance_ms; /* bytes that may still come, as of */
    struct timer *pace;              /* the next dial, or the end of the handshake */
    struct timer *expiry;            /* the earliest deadline of a request */
    struct buf line;
    struct list requests;
    int64_t last_id;
};

/* The struct is the caller's. The first dial happens in the next turn. `path` is copied. */
void channel_init(struct channel *c, struct loop *l, const char *path,
                  const struct channel_kind *kind, void *arg);
/* No callback runs any more, nor those of requests still out. The struct's memory must stay until
 * the next turn of the loop when this is called from one of the channel's callbacks. May be called
 * twice. */
void channel_done(struct channel *c);
void channel_ready(struct channel *c); /* the handshake is over */
/* Drops the connection, with what is under way on it, and dials at once. */
void channel_redial(struct channel *c);
/* Answers every request with "NotConnected" now, and dials no more: the peer is gone for good. */
void channel_end(struct channel *c);
/* Sends `request` (stolen, an object) with an `id`; fn (NULL: nobody asks) is called once, never
 * from in here: by channel_answer, or with err "Timeout", or "NotConnected" (also while the
 * handshake is not over). After channel_done nothing happens. */
void channel_request(struct channel *c, json_t *request, int64_t timeout_ms, machine_reply_fn fn,
                     void *arg);
/* The same for the handshake's own requests: an open connection is enough. */
void channel_speak(struct channel *c, json_t *request, int64_t timeout_ms, machine_reply_fn fn,
                   void *arg);
/* Hands the answer to request `id` on; one that nobody waits for (it came too late, or was never
 * asked) is dropped. */
void channel_answer(struct channel *c, int64_t id, const json_t *result, struct err *err);

#endif
