/* Byte streams. One kind of libuv handle serves unix and TCP sockets alike: once connected both are
 * read and written the same way.
 *
 * A write first goes straight to the socket; what the socket does not take is copied and queued.
 * Whatever ends a stream, it is marked closing, its owner is told at most once, and libuv's close
 * callback frees it. */
#include "loop/stream.h"

#include "loop/internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define QUEUE_CEILING ((size_t)4 << 20)

struct stream {
    struct loop *loop;
    uv_pipe_t pipe;
    uv_connect_t connect;
    const struct stream_events *events;
    void *arg;
    size_t ceiling;
    struct err dial_err; /* of a dial that could not begin, while `refused` */
    bool connected, paused, closing;
    bool refused; /* dial_refused is to come, and closes */
};

struct write {
    uv_write_t uv;
    char bytes[];
};

static struct stream *stream_new(struct loop *l, const struct stream_events *events, void *arg)
{
    struct stream *s = xcalloc(1, sizeof(*s));

    *s = (struct stream){.loop = l, .events = events, .arg = arg, .ceiling = QUEUE_CEILING};
    uv_must(uv_pipe_init(&l->uv, &s->pipe, 0), "stream");
    s->pipe.data = s;
    return s;
}

static void stream_closed(uv_handle_t *pipe)
{
    free(pipe->data);
}

void stream_close(struct stream *s)
{
    if (s == NULL || s->closing)
        return;
    s->closing = true;
    if (!s->refused)
        uv_close((uv_handle_t *)&s->pipe, stream_closed);
}

/* Marked before the owner is told, so that a stream_close in its callback does nothing. */
static void stream_end(struct stream *s, struct err *err)
{
    if (s->closing)
        return;
    s->closing = true;
    if (s->events->closed != NULL)
        s->events->closed(s->arg, err);
    uv_close((uv_handle_t *)&s->pipe, stream_closed);
}

static void stream_fail(struct stream *s, int result)
{
    struct err err;

    err_set_uv(&err, result, "stream");
    stream_end(s, &err);
}

static void stream_alloc(uv_handle_t *pipe, size_t wanted, uv_buf_t *ret_buf)
{
    struct stream *s = pipe->data;

    (void)wanted;
    *ret_buf = uv_buf_init(s->loop->read_bytes, READ_SIZE);
}

static void stream_read(uv_stream_t *pipe, ssize_t len, const uv_buf_t *bytes)
{
    struct stream *s = pipe->data;

    if (len == UV_EOF)
        stream_end(s, NULL);
    else if (len < 0)
        stream_fail(s, (int)len);
    else if (len > 0 && s->events->data != NULL)
        s->events->data(s->arg, bytes->base, (size_t)len);
}

static void stream_begin(struct stream *s)
{
    s->connected = true;
    if (!s->paused)
        uv_read_start((uv_stream_t *)&s->pipe, stream_alloc, stream_read);
}

/* The owner hears of a failed dial by `connected` alone. */
static void dial_end(struct stream *s, struct err *err)
{
    s->closing = true;
    s->events->connected(s->arg, err);
    uv_close((uv_handle_t *)&s->pipe, stream_closed);
}

static void dial_refused(void *arg)
{
    struct stream *s = arg;

    if (s->closing)
        uv_close((uv_handle_t *)&s->pipe, stream_closed);
    else
        dial_end(s, &s->dial_err);
}

static void dial_done(uv_connect_t *connect, int status)
{
    struct stream *s = container_of(connect, struct stream, connect);
    struct err err;

    if (s->closing)
        return;
    if (status < 0) {
        err_set_uv(&err, status, "dial");
        dial_end(s, &err);
        return;
    }
    stream_begin(s);
    s->events->connected(s->arg, NULL);
}

struct stream *stream_dial_unix(struct loop *l, const char *path,
                                const struct stream_events *events, void *arg)
{
    struct stream *s = stream_new(l, events, arg);

    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
        err_set(&s->dial_err, "System", "dial: path of a socket too long: %s", path);
        s->refused = true;
        loop_defer(l, dial_refused, s);
        return s;
    }
    uv_pipe_connect(&s->connect, &s->pipe, path, dial_done);
    return s;
}

struct stream *stream_adopt(struct loop *l, int fd, const struct stream_events *events, void *arg)
{
    struct stream *s = stream_new(l, events, arg);
    int on = 1;

    /* Small messages that wait for answers; a unix socket refuses the option, which is as well. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    uv_must(uv_pipe_open(&s->pipe, fd), "stream");
    stream_begin(s);
    return s;
}

static void write_done(uv_write_t *uv, int status)
{
    struct stream *s = uv->handle->data;

    free(container_of(uv, struct write, uv));
    if (s->closing)
        return;
    if (status < 0)
        stream_fail(s, status);
    else if (stream_queued(s) == 0 && s->events->drained != NULL)
        s->events->drained(s->arg);
}

/* Queues what is left of both pieces after the first `sent` bytes. */
static void write_queue(struct stream *s, const uv_buf_t pieces[2], size_t sent)
{
    size_t total = pieces[0].len + pieces[1].len, at = 0;
    struct write *w = xmalloc(sizeof(*w) + total - sent);

    for (int i = 0; i < 2; i++) {
        size_t skip = sent < pieces[i].len ? sent : pieces[i].len;
        memcpy(w->bytes + at, pieces[i].base + skip, pieces[i].len - skip);
        at += pieces[i].len - skip;
        sent -= skip;
    }
    uv_buf_t rest = uv_buf_init(w->bytes, (unsigned)at);
    uv_must(uv_write(&w->uv, (uv_stream_t *)&s->pipe, &rest, 1, write_done), "stream");
}

int stream_write2(struct stream *s, const void *a, size_t a_len, const void *b, size_t b_len)
{
    union { /* libuv's buffers are not const; these are only read */
        const void *given;
        char *taken;
    } first = {.given = a_len > 0 ? a : ""}, second = {.given = b_len > 0 ? b : ""};
    const uv_buf_t pieces[2] = {{.base = first.taken, .len = a_len},
                                {.base = second.taken, .len = b_len}};
    size_t total = a_len + b_len, queued = stream_queued(s);
    int sent = 0;

    if (s->closing || total > s->ceiling || queued > s->ceiling - total)
        return -1;
    if (total == 0)
        return 0;
    if (s->connected && queued == 0)
        sent = uv_try_write((uv_stream_t *)&s->pipe, pieces, 2);
    if (sent < 0) /* a real failure comes back to write_done */
        sent = 0;
    if ((size_t)sent < total)
        write_queue(s, pieces, (size_t)sent);
    return 0;
}

int stream_write(struct stream *s, const void *bytes, size_t len)
{
    return stream_write2(s, bytes, len, NULL, 0);
}

void stream_set_queue_ceiling(struct stream *s, size_t bytes)
{
    s->ceiling = bytes;
}

size_t stream_queued(const struct stream *s)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&s->pipe);
}

void stream_pause(struct stream *s, bool paused)
{
    if (s->paused == paused)
        return;
    s->paused = paused;
    if (!s->connected || s->closing)
        return;
    if (paused)
        uv_read_stop((uv_stream_t *)&s->pipe);
    else
        uv_read_start((uv_stream_t *)&s->pipe, stream_alloc, stream_read);
}
