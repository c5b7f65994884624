/* Byte streams over unix and TCP sockets: dial, listen, read, write with a ceiling. */
#ifndef LOOP_STREAM_H
#define LOOP_STREAM_H

#include "loop/loop.h"

struct stream;
struct stream_events {
    /* After stream_dial: connected (err NULL) or failed (then `closed` is not called; the stream
     * frees itself). NULL for accepted ones. */
    void (*connected)(void *arg, struct err *err);
    void (*data)(void *arg, const char *bytes, size_t len);
    /* The peer closed (err NULL) or the stream failed. The stream frees itself after this. */
    void (*closed)(void *arg, struct err *err);
    /* What was queued has gone out (optional). What the socket took at once was never queued. */
    void (*drained)(void *arg);
};

struct stream *stream_dial_unix(struct loop *l, const char *path,
                                const struct stream_events *events, void *arg);
/* 0, or -1 (nothing queued) when more than `stream_queue_ceiling` bytes would wait. The bytes are
 * copied. */
int stream_write(struct stream *s, const void *bytes, size_t len) MUST_CHECK;
/* Two pieces as one message: a frame's header and its bytes. */
int stream_write2(struct stream *s, const void *a, size_t a_len, const void *b,
                  size_t b_len) MUST_CHECK;
void stream_set_queue_ceiling(struct stream *s, size_t bytes); /* default 4 MiB */
size_t stream_queued(const struct stream *s);
void stream_pause(struct stream *s, bool paused); /* reading */
void stream_close(
    struct stream *s); /* takes NULL; no callback runs any more; what is queued is dropped */

struct listener;
/* `fd` belongs to the callee: close it or wrap it. `peer` as accept(2) gave it. */
typedef void (*accept_fn)(void *arg, int fd, const struct sockaddr *peer, socklen_t peer_len);
struct listener *listener_unix(struct loop *l, const char *path, mode_t mode, accept_fn fn,
                               void *arg, struct err *err);
struct listener *listener_tcp(struct loop *l, const struct sockaddr *addr, socklen_t len,
                              accept_fn fn, void *arg, struct err *err);
int listener_port(
    const struct listener *s);           /* the bound one, when 0 was asked; 0 for a unix socket */
void listener_close(struct listener *s); /* takes NULL; a unix path is unlinked */
struct stream *stream_adopt(struct loop *l, int fd, const struct stream_events *events,
                            void *arg); /* takes the descriptor */

#endif
