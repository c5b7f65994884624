/* A line-by-line JSON peer on a unix socket.
 *
 * Happy path: `pace` fires -> dial -> connected -> kind->opened speaks -> data -> whole lines ->
 * kind->message -> channel_answer finds the request -> its fn. When the connection ends, the
 * requests on it are answered "NotConnected" and `pace` is set again. */
#include "plant/channel.h"

#include "base/log.h"
#include "loop/stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIAL_PAUSE_FIRST_MS = 20,
    DIAL_PAUSE_LAST_MS = 1000,
    BREACH_PAUSE_FIRST_MS = 1000,
    BREACH_PAUSE_LAST_MS = 60000,
    GOOD_CONDUCT_MS = 60000, /* a connection this old wipes out earlier breaches */
    LINE_COST = 1024,
    BURST_S = 4,
    QUEUE_CEILING = 2 << 20,
    LINE_KEPT = 16 << 10, /* a line buffer larger than this is given back after use */
};

struct request {
    struct list node;
    int64_t id;
    int64_t deadline_ms;
    bool unsent; /* there was no connection, or it ended */
    machine_reply_fn fn;
    void *arg;
};

static void request_finish(struct request *r, const json_t *result, struct err *err)
{
    machine_reply_fn fn = r->fn;
    void *arg = r->arg;

    list_remove(&r->node);
    free(r);
    if (fn != NULL)
        fn(arg, result, err);
}

static void arm_expiry(struct channel *c)
{
    int64_t earliest = INT64_MAX;
    int64_t delay;

    list_foreach (it, &c->requests) {
        const struct request *r = list_entry(it, struct request, node);
        if (r->deadline_ms < earliest)
            earliest = r->deadline_ms;
    }
    timer_stop(c->expiry);
    if (earliest == INT64_MAX)
        return;
    delay = earliest - loop_now_ms(c->loop);
    timer_start(c->expiry, delay > 0 ? delay : 0, 0);
}

/* The analyzer does not see that list_remove took a freed request out of the list. */
static struct request *expired_request(struct channel *c, int64_t last_id)
{
    list_foreach (it, &c->requests) {
        struct request *r = list_entry(it, struct request, node);
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): see above */
        if (r->deadline_ms <= loop_now_ms(c->loop) && r->id <= last_id)
            return r;
    }
    return NULL;
}

/* Each fn may end the channel or add requests: the search starts over every time, and what is added
 * waits for the next turn. */
static void expire_requests(struct channel *c)
{
    int64_t last_id = c->last_id;
    struct request *r;

    while ((r = expired_request(c, last_id)) != NULL) {
        struct err err;
        if (r->unsent)
            err_set(&err, "NotConnected", "the %s is not connected", c->kind->name);
        else
            err_set(&err, "Timeout", "the %s did not answer in time", c->kind->name);
        request_finish(r, NULL, &err);
    }
}

static void on_expiry(void *arg)
{
    struct channel *c = arg;

    expire_requests(c);
    if (!c->done)
        arm_expiry(c);
}

static void refuse_requests(struct channel *c)
{
    list_foreach (it, &c->requests) {
        struct request *r = list_entry(it, struct request, node);
        r->unsent = true;
        r->deadline_ms = 0;
    }
    arm_expiry(c);
}

/* The connection is over: everything that belonged to it goes, and the next dial is set. */
static void connection_end(struct channel *c, int64_t pause_ms)
{
    stream_close(c->stream);
    c->stream = NULL;
    c->open = c->ready = false;
    c->generation++;
    buf_done(&c->line);
    buf_init(&c->line, c->kind->line_ceiling);
    timer_start(c->pace, pause_ms, 0);
    refuse_requests(c);
}

static void breach(struct channel *c, const char *what)
{
    int64_t pause;

    if (c->open && loop_now_ms(c->loop) - c->opened_ms >= GOOD_CONDUCT_MS)
        c->breach_pause_ms = 0;
    pause = c->breach_pause_ms * 2;
    if (pause < BREACH_PAUSE_FIRST_MS)
        pause = BREACH_PAUSE_FIRST_MS;
    if (pause > BREACH_PAUSE_LAST_MS)
        pause = BREACH_PAUSE_LAST_MS;
    c->breach_pause_ms = pause;
    log_debug("%s %s: %s; dialling again in %" PRId64 " ms", c->kind->name, c->path, what, pause);
    connection_end(c, pause);
}

static int64_t next_dial_pause(struct channel *c)
{
    int64_t pause = c->dial_pause_ms;

    c->dial_pause_ms = pause * 2 < DIAL_PAUSE_LAST_MS ? pause * 2 : DIAL_PAUSE_LAST_MS;
    return pause;
}

static void on_connected(void *arg, struct err *err)
{
    struct channel *c = arg;

    if (err != NULL) {
        c->stream = NULL; /* it frees itself */
        timer_start(c->pace, next_dial_pause(c), 0);
        return;
    }
    c->open = true;
    c->opened_ms = c->allowance_ms = loop_now_ms(c->loop);
    c->allowance = c->kind->bytes_per_s * BURST_S;
    if (c->kind->handshake_ms > 0)
        timer_start(c->pace, c->kind->handshake_ms, 0);
    c->kind->opened(c->arg);
}

static bool within_rate(struct channel *c, size_t len)
{
    int64_t rate = c->kind->bytes_per_s;
    int64_t now = loop_now_ms(c->loop);

    if (rate == 0)
        return true;
    c->allowance += rate * (now - c->allowance_ms) / 1000;
    c->allowance_ms = now;
    if (c->allowance > rate * BURST_S)
        c->allowance = rate * BURST_S;
    c->allowance -= (int64_t)len + LINE_COST;
    return c->allowance >= 0;
}

/* One whole line stands in c->line. Returns what is wrong with it, NULL when all is well. */
static const char *take_line(struct channel *c)
{
    json_t *message;
    int judged;

    if (!within_rate(c, c->line.len))
        return "too much at once";
    if (strspn(buf_text(&c->line), " \t\r\n") == c->line.len)
        return NULL;
    message = json_parse(c->line.data, c->line.len, NULL);
    if (!json_is_object(message)) {
        json_decref(message);
        return "not a JSON object";
    }
    judged = c->kind->message(c->arg, message);
    json_decref(message);
    return judged == 0 ? NULL : "not a message of this protocol";
}

static void on_data(void *arg, const char *bytes, size_t len)
{
    struct channel *c = arg;
    unsigned generation = c->generation;

    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end != NULL ? (size_t)(end - bytes) + 1 : len;
        const char *wrong = NULL;

        buf_add(&c->line, bytes, part);
        bytes += part;
        len -= part;
        if (c->line.overflow)
            wrong = "a line without end";
        else if (end != NULL)
            wrong = take_line(c);
        if (c->generation != generation)
            return; /* a callback ended this connection, or the channel */
        if (wrong != NULL) {
            breach(c, wrong);
            return;
        }
        if (end == NULL)
            return;
        buf_clear(&c->line);
        if (c->line.capacity > LINE_KEPT) {
            buf_done(&c->line);
            buf_init(&c->line, c->kind->line_ceiling);
        }
    }
}

static void on_closed(void *arg, struct err *err)
{
    struct channel *c = arg;

    (void)err; /* however it ended, it is dialled again */
    c->stream = NULL;
    connection_end(c, next_dial_pause(c));
}

static void on_pace(void *arg)
{
    static const struct stream_events events = {
        .connected = on_connected, .data = on_data, .closed = on_closed};
    struct channel *c = arg;

    if (c->open) {
        breach(c, "no handshake");
        return;
    }
    c->stream = stream_dial_unix(c->loop, c->path, &events, c);
    stream_set_queue_ceiling(c->stream, QUEUE_CEILING);
}

void channel_init(struct channel *c, struct loop *l, const char *path,
                  const struct channel_kind *kind, void *arg)
{
    *c =
        (struct channel){.loop = l, .kind = kind, .arg = arg, .dial_pause_ms = DIAL_PAUSE_FIRST_MS};
    c->path = xstrdup(path);
    c->pace = timer_new(l, on_pace, c);
    c->expiry = timer_new(l, on_expiry, c);
    c->allowance = kind->bytes_per_s * BURST_S;
    c->allowance_ms = loop_now_ms(l);
    buf_init(&c->line, kind->line_ceiling);
    list_init(&c->requests);
    timer_start(c->pace, 0, 0);
}

void channel_done(struct channel *c)
{
    if (c->done || c->loop == NULL)
        return;
    c->done = true;
    c->open = c->ready = false;
    c->generation++;
    stream_close(c->stream);
    c->stream = NULL;
    timer_free(c->pace);
    timer_free(c->expiry);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as in expired_request */
    list_foreach_safe (it, &c->requests) {
        struct request *r = list_entry(it, struct request, node);
        list_remove(&r->node);
        free(r);
    }
    buf_done(&c->line);
    free(c->path);
    c->path = NULL;
}

void channel_ready(struct channel *c)
{
    c->ready = true;
    c->dial_pause_ms = DIAL_PAUSE_FIRST_MS;
    timer_stop(c->pace);
}

void channel_redial(struct channel *c)
{
    if (!c->open)
        return;
    connection_end(c, 0);
}

void channel_end(struct channel *c)
{
    if (c->done)
        return;
    refuse_requests(c);
    expire_requests(c);
    channel_done(c);
}

static struct request *request_new(struct channel *c, machine_reply_fn fn, void *arg)
{
    struct request *r = xcalloc(1, sizeof(*r));

    r->id = ++c->last_id;
    r->fn = fn;
    r->arg = arg;
    r->unsent = true;
    list_append(&c->requests, &r->node);
    return r;
}

void channel_speak(struct channel *c, json_t *request, int64_t timeout_ms, machine_reply_fn fn,
                   void *arg)
{
    if (!c->done) {
        struct request *r = request_new(c, fn, arg);
        json_set_int(request, "id", r->id);
        char *text = json_to_text(request);
        if (c->open && stream_write2(c->stream, text, strlen(text), "\n", 1) == 0) {
            r->unsent = false;
            r->deadline_ms = loop_now_ms(c->loop) + timeout_ms;
        }
        arm_expiry(c);
        free(text);
    }
    json_decref(request);
}

void channel_request(struct channel *c, json_t *request, int64_t timeout_ms, machine_reply_fn fn,
                     void *arg)
{
    if (c->ready || c->done) {
        channel_speak(c, request, timeout_ms, fn, arg);
        return;
    }
    request_new(c, fn, arg);
    arm_expiry(c);
    json_decref(request);
}

void channel_answer(struct channel *c, int64_t id, const json_t *result, struct err *err)
{
    list_foreach (it, &c->requests) {
        struct request *r = list_entry(it, struct request, node);
        if (r->id == id && !r->unsent) {
            request_finish(r, result, err);
            return;
        }
    }
}
