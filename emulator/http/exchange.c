/* One request and its answer.
 *
 * libmicrohttpd calls exchange_begin with the raw target, exchange_continue when the headers are
 * complete, then with each piece of the body, then once more without any: that is when the handler
 * is called. If it answers at once the reply is queued at once. If not, the connection is
 * suspended; http_answer resumes it, and the daemon calls exchange_continue again to queue the
 * reply. exchange_end frees everything. A suspended connection is not read, so a client that has
 * gone is noticed only when its answer is sent: an exchange is always there to be answered. */
#include "http/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct http_exchange {
    struct arena *arena; /* holds this struct too */
    struct http_server *server;
    struct MHD_Connection *connection;
    struct http_request request;
    struct buf body;
    size_t refused_bytes; /* of the body, past its ceiling */
    struct MHD_Response *response;
    int status;
    bool begun, handled, suspended;
};

void *exchange_begin(void *cls, const char *uri, struct MHD_Connection *c)
{
    struct arena *arena = arena_new();
    struct http_exchange *x = arena_alloc(arena, sizeof(*x));
    struct http_server *s = cls;

    *x = (struct http_exchange){.arena = arena, .server = s, .connection = c};
    x->request.target = arena_strdup(arena, uri);
    x->request.exchange = x;
    buf_init(&x->body, s->config.body_ceiling);
    return x;
}

void exchange_end(void *cls, struct MHD_Connection *c, void **exchange,
                  enum MHD_RequestTerminationCode code)
{
    struct http_exchange *x = *exchange;

    (void)cls;
    (void)c;
    (void)code;
    if (x == NULL)
        return;
    if (x->handled)
        x->server->in_flight--;
    if (x->response != NULL)
        MHD_destroy_response(x->response);
    buf_done(&x->body);
    *exchange = NULL;
    arena_free(x->arena);
}

/* An answer of the server's own, when a request does not get as far as the handler. */
static enum MHD_Result refuse(struct http_exchange *x, unsigned status)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);

    MHD_add_response_header(response, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(x->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* Headers are complete. A body that announces itself as too large is refused before it is sent. */
static enum MHD_Result exchange_headers(struct http_exchange *x, const char *method)
{
    const char *length =
        MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Content-Length");
    int64_t announced;

    x->begun = true;
    x->request.received_us = clock_monotonic_us();
    x->request.method = arena_strdup(x->arena, method);
    if (length != NULL && parse_int64(length, &announced) && announced > 0 &&
        (uint64_t)announced > x->server->config.body_ceiling)
        return refuse(x, MHD_HTTP_CONTENT_TOO_LARGE);
    return MHD_YES;
}

/* A body without a length that turns out too large is read on a while, for the client to come to
 * its end and read the refusal; then the connection is cut. */
static enum MHD_Result exchange_body(struct http_exchange *x, const char *bytes, size_t *len)
{
    buf_add(&x->body, bytes, *len);
    if (x->body.overflow) {
        x->refused_bytes += *len;
        if (x->refused_bytes > x->server->config.body_ceiling)
            return MHD_NO;
        x->body.len = 0;
    }
    *len = 0;
    return MHD_YES;
}

struct header_walk {
    struct arena *arena;
    struct http_header *headers;
    size_t count, capacity;
};

/* Space around a value is no part of it; the daemon has taken away what was before it. */
static const char *value_trimmed(struct arena *arena, const char *value)
{
    size_t len = value != NULL ? strlen(value) : 0, trimmed = len;

    while (trimmed > 0 && (value[trimmed - 1] == ' ' || value[trimmed - 1] == '\t'))
        trimmed--;
    if (len == 0)
        return "";
    return trimmed < len ? arena_strndup(arena, value, trimmed) : value;
}

static enum MHD_Result header_collect(void *cls, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
    struct header_walk *walk = cls;

    (void)kind;
    if (walk->count == walk->capacity)
        return MHD_NO;
    walk->headers[walk->count++] =
        (struct http_header){.name = name, .value = value_trimmed(walk->arena, value)};
    return MHD_YES;
}

/* Names and values stay in the daemon's memory of the connection, which lasts until the answer is
 * out. */
static void request_fill(struct http_exchange *x)
{
    struct http_request *r = &x->request;
    int count = MHD_get_connection_values(x->connection, MHD_HEADER_KIND, NULL, NULL);
    struct header_walk walk = {.arena = x->arena, .capacity = count > 0 ? (size_t)count : 0};
    const struct connection *c =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    size_t path_len = strcspn(r->target, "?");

    walk.headers = arena_alloc(x->arena, walk.capacity * sizeof(*walk.headers));
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, header_collect, &walk);
    r->headers = walk.headers;
    r->header_count = walk.count;
    r->path = arena_strndup(x->arena, r->target, path_len);
    r->query = r->target + path_len + (r->target[path_len] == '?' ? 1 : 0);
    r->body = buf_text(&x->body);
    r->body_len = x->body.len;
    r->peer = c->peer;
    r->channel = c->channel;
    r->secure = x->server->config.tls_key != NULL;
}

static enum MHD_Result exchange_queue(struct http_exchange *x)
{
    if (x->server->closing)
        MHD_add_response_header(x->response, "Connection", "close");
    return MHD_queue_response(x->connection, (unsigned)x->status, x->response);
}

static enum MHD_Result exchange_handle(struct http_exchange *x)
{
    struct http_server *s = x->server;

    if (x->body.overflow)
        return refuse(x, MHD_HTTP_CONTENT_TOO_LARGE);
    if (s->closing)
        return refuse(x, MHD_HTTP_SERVICE_UNAVAILABLE);
    request_fill(x);
    x->handled = true;
    s->in_flight++;
    s->config.handler(&x->request, s->config.arg);
    if (x->response != NULL)
        return exchange_queue(x);
    x->suspended = true;
    MHD_suspend_connection(x->connection);
    return MHD_YES;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
enum MHD_Result exchange_continue(void *cls, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_len, void **exchange)
{
    struct http_exchange *x = *exchange;

    (void)cls;
    (void)c;
    (void)url;
    (void)version;
    if (!x->begun)
        return exchange_headers(x, method);
    if (*upload_len > 0)
        return exchange_body(x, upload, upload_len);
    return x->handled ? exchange_queue(x) : exchange_handle(x);
}

static struct MHD_Response *response_new(const struct http_reply *reply)
{
    union { /* the daemon takes the body without const, and copies it or is given it */
        const char *given;
        void *taken;
    } body = {.given = reply->body};

    if (reply->file_fd > 0)
        return MHD_create_response_from_fd_at_offset64(reply->file_len, reply->file_fd,
                                                       reply->file_offset);
    if (reply->body_owned && reply->body != NULL)
        return MHD_create_response_from_buffer(reply->body_len, body.taken, MHD_RESPMEM_MUST_FREE);
    return MHD_create_response_from_buffer(reply->body_len, body.taken, MHD_RESPMEM_MUST_COPY);
}

void http_answer(struct http_exchange *x, const struct http_reply *reply)
{
    assert(x->handled && x->response == NULL);
    x->response = response_new(reply);
    if (x->response == NULL)
        abort(); /* out of memory */
    x->status = reply->status;
    for (size_t i = 0; i < reply->header_count; i++) {
        const struct http_header *h = &reply->headers[i];
        if (MHD_add_response_header(x->response, h->name, h->value) != MHD_YES)
            log_debug("http: header %s of an answer left out", h->name);
    }
    if (x->suspended) {
        x->suspended = false;
        MHD_resume_connection(x->connection);
        server_run_soon(x->server);
    }
}

const char *http_request_header(const struct http_request *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++) {
        if (str_equal_ci(r->headers[i].name, name))
            return r->headers[i].value;
    }
    return NULL;
}
