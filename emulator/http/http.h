/* The HTTP server: libmicrohttpd on our loop. It bounds what it takes in, hands whole requests to a
 * handler and sends replies; it knows nothing of AWS. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "loop/loop.h"

#include <stdbool.h>
#include <stdint.h>

struct http_header {
    const char *name; /* as received */
    const char *value;
};

struct http_request {
    const char *method;
    const char *target; /* raw, as on the wire: path and query, still percent-encoded */
    const char *path;   /* raw path */
    const char *query;  /* raw, without '?', "" when there is none */
    const struct http_header *headers;
    size_t header_count;
    const char *body; /* never NULL */
    size_t body_len;
    const char *peer;    /* "127.0.0.1", "" for a unix socket */
    const char *channel; /* the id given to http_add_connection; NULL on the main listener */
    bool secure;         /* it came over TLS */
    int64_t received_us; /* monotonic, when its headers were complete */
    struct http_exchange *exchange;
};
const char *http_request_header(const struct http_request *r,
                                const char *name); /* first, case-insensitive, or NULL */

struct http_reply {
    int status;
    const struct http_header *headers;
    size_t header_count;
    const char *body; /* copied unless `body_owned` */
    size_t body_len;
    bool body_owned; /* malloc'ed: the server frees it */
    int file_fd;     /* > 0: the body is this file (closed by the server), body ignored */
    uint64_t file_offset, file_len;
};

struct http_server;
/* Called once per complete request. It answers by http_answer, exactly once, at once or in a later
 * turn; the request's memory lives until then. A client that has gone meanwhile is noticed only
 * when it is answered: every exchange can be. */
typedef void (*http_handler_fn)(struct http_request *r, void *arg);

struct http_config {
    struct sockaddr_storage
        address; /* ss_family 0: no listener of its own (connections are added) */
    socklen_t address_len;
    size_t body_ceiling;             /* 413 beyond */
    unsigned connection_limit;       /* in all */
    unsigned timeout_s;              /* idle connections */
    const char *tls_key, *tls_chain; /* PEM; both NULL: plain HTTP */
    http_handler_fn handler;
    void *arg;
};
struct http_server *http_server_open(struct loop *l, const struct http_config *config,
                                     struct err *err);
int http_server_port(const struct http_server *s); /* the bound one, when 0 was asked */
/* Serves a connection that somebody else accepted; takes the descriptor. `channel` is copied and
 * shown in its requests. */
int http_add_connection(struct http_server *s, int fd, const char *channel,
                        struct err *err) MUST_CHECK;
void http_answer(struct http_exchange *x, const struct http_reply *reply);
/* Takes no new requests (503), lets answers go out, then calls closed, always in a later turn. */
void http_server_close(struct http_server *s, void (*closed)(void *arg), void *arg);

#endif
