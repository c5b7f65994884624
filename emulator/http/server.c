/* The server: libmicrohttpd without a thread of its own, driven by our loop.
 *
 * The daemon keeps its sockets in one epoll descriptor, which a poller watches. That epoll is
 * edge-triggered, so after every MHD_run the daemon is asked when it wants to run again, and a
 * timer says so; the same timer runs it in the next turn when a connection was added or an answer
 * came late. Closing stops listening, waits until every answer has gone out, and then takes the
 * daemon down from the loop, never from inside one of its callbacks. */
#include "http/internal.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* Of one connection: request line and headers, and the room an upload is read into. */
#define CONNECTION_MEMORY ((size_t)65536)
#define TLS_PACE_MS       2

static void server_free(struct http_server *s)
{
    void (*closed)(void *arg) = s->closed;
    void *arg = s->closed_arg;

    poller_free(s->poller);
    MHD_stop_daemon(s->daemon);
    timer_free(s->timer); /* the daemon's last callbacks may still start it */
    free(s);
    if (closed != NULL)
        closed(arg);
}

/* While a TLS handshake waits for the client the daemon (libmicrohttpd 0.9.75) wants to run at
 * once, again and again; the loop has other things to do. */
static int64_t paced(const struct http_server *s, MHD_UNSIGNED_LONG_LONG wait_ms)
{
    int64_t least = s->config.tls_key != NULL ? TLS_PACE_MS : 0;
    int64_t wanted = wait_ms < INT32_MAX ? (int64_t)wait_ms : INT32_MAX;

    return wanted > least ? wanted : least;
}

static void server_run(struct http_server *s)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    s->run_soon = false;
    MHD_run(s->daemon);
    if (s->closing && s->in_flight == 0)
        server_free(s);
    else if (s->run_soon)
        timer_start(s->timer, 0, 0);
    else if (MHD_get_timeout(s->daemon, &wait_ms) == MHD_YES)
        timer_start(s->timer, paced(s, wait_ms), 0);
    else
        timer_stop(s->timer);
}

void server_run_soon(struct http_server *s)
{
    if (!s->run_soon)
        timer_start(s->timer, 0, 0);
    s->run_soon = true;
}

static void server_due(void *arg)
{
    server_run(arg);
}

static void server_ready(void *arg, int events, struct err *err)
{
    (void)events;
    (void)err; /* an epoll descriptor does not fail */
    server_run(arg);
}

static void server_log(void *cls, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void server_log(void *cls, const char *fmt, va_list ap)
{
    char line[512];

    (void)cls;
    vsnprintf(line, sizeof(line), fmt, ap);
    line[strcspn(line, "\n")] = '\0';
    log_debug("http: %s", line);
}

static void peer_format(struct connection *c, const struct sockaddr *addr)
{
    const void *any = addr;
    const struct sockaddr_in6 *v6 = any;
    const struct sockaddr_in *v4 = any;

    if (addr == NULL)
        return;
    if (addr->sa_family == AF_INET)
        inet_ntop(AF_INET, &v4->sin_addr, c->peer, sizeof(c->peer));
    else if (addr->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], c->peer, sizeof(c->peer));
    else if (addr->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &v6->sin6_addr, c->peer, sizeof(c->peer));
}

static void connection_free(struct connection *c)
{
    list_remove(&c->node);
    free(c->channel);
    free(c);
}

static struct connection *connection_new(int fd)
{
    struct connection *c = xcalloc(1, sizeof(*c));

    list_init(&c->node);
    c->fd = fd;
    return c;
}

static struct connection *connection_arrived(struct http_server *s, int fd)
{
    list_foreach (it, &s->arriving) {
        struct connection *c = list_entry(it, struct connection, node);
        if (c->fd == fd) {
            list_remove(it);
            return c;
        }
    }
    return connection_new(fd);
}

/* When one goes, the daemon must run again: at its limit it listens again only then. */
static void connection_notify(void *cls, struct MHD_Connection *mhd, void **context,
                              enum MHD_ConnectionNotificationCode code)
{
    const union MHD_ConnectionInfo *info;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*context != NULL)
            connection_free(*context);
        *context = NULL;
        server_run_soon(cls);
        return;
    }
    info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct connection *c = connection_arrived(cls, info->connect_fd);
    info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    peer_format(c, info != NULL ? info->client_addr : NULL);
    *context = c;
}

/* Paths and arguments stay as they were on the wire. */
static size_t keep_escaped(void *cls, struct MHD_Connection *c, char *text)
{
    (void)cls;
    (void)c;
    return strlen(text);
}

/* The daemon takes texts that it only reads as void *. */
static void *tls_text(const char *text)
{
    return (void *)(uintptr_t)text;
}

static struct MHD_Daemon *daemon_start(struct http_server *s)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    union { /* the address is behind a pointer of varying type */
        struct sockaddr_storage *storage;
        struct sockaddr *any;
    } address = {.storage = &s->config.address};

    if (address.any->sa_family == AF_UNSPEC)
        flags |= MHD_USE_NO_LISTEN_SOCKET;
    if (address.any->sa_family == AF_INET6)
        flags |= MHD_USE_DUAL_STACK;
    struct MHD_OptionItem listen_options[] = {
        {MHD_OPTION_SOCK_ADDR, 0, address.any},
        {MHD_OPTION_LISTEN_BACKLOG_SIZE, SOMAXCONN, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    if (flags & MHD_USE_NO_LISTEN_SOCKET)
        listen_options[0].option = MHD_OPTION_END;
    struct MHD_OptionItem tls_options[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, tls_text(s->config.tls_key)},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, tls_text(s->config.tls_chain)},
        {MHD_OPTION_END, 0, NULL},
    };
    if (s->config.tls_key != NULL)
        flags |= MHD_USE_TLS;
    else
        tls_options[0].option = MHD_OPTION_END;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, exchange_continue, s, MHD_OPTION_EXTERNAL_LOGGER, server_log, s,
        MHD_OPTION_ARRAY, listen_options, MHD_OPTION_ARRAY, tls_options,
        MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, s, MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped,
        s, MHD_OPTION_NOTIFY_COMPLETED, exchange_end, s, MHD_OPTION_NOTIFY_CONNECTION,
        connection_notify, s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_LIMIT, s->config.connection_limit, MHD_OPTION_CONNECTION_TIMEOUT,
        s->config.timeout_s, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
}

struct http_server *http_server_open(struct loop *l, const struct http_config *config,
                                     struct err *err)
{
    struct http_server *s = xcalloc(1, sizeof(*s));

    *s = (struct http_server){.loop = l, .config = *config};
    list_init(&s->arriving);
    errno = 0;
    s->daemon = daemon_start(s);
    if (s->daemon == NULL) {
        err_set_errno(err, errno, "http server");
        free(s);
        return NULL;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    s->poller = poller_new(l, info->epoll_fd, server_ready, s);
    poller_set(s->poller, POLLER_READ);
    s->timer = timer_new(l, server_due, s);
    server_run_soon(s);
    return s;
}

int http_server_port(const struct http_server *s)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info != NULL ? info->port : 0;
}

/* Frees it unless the daemon has announced it: then it went with the daemon's connection. */
static void arriving_drop(struct http_server *s, const struct connection *c)
{
    list_foreach (it, &s->arriving) {
        if (it == &c->node) {
            connection_free(list_entry(it, struct connection, node));
            return;
        }
    }
}

int http_add_connection(struct http_server *s, int fd, const char *channel, struct err *err)
{
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
    } peer = {.storage = {0}};
    socklen_t peer_len = sizeof(peer);

    /* TLS reads until there is nothing left: the whole loop would wait for a client. */
    if (s->closing || getpeername(fd, &peer.any, &peer_len) != 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        close(fd);
        return err_set(err, "Closed", s->closing ? "the server is closing" : "the client has gone");
    }
    if (peer.any.sa_family == AF_UNIX)
        peer_len = sizeof(struct sockaddr_un); /* libmicrohttpd wants room for it, named or not */
    struct connection *c = connection_new(fd);
    c->channel = channel != NULL ? xstrdup(channel) : NULL;
    list_append(&s->arriving, &c->node);
    if (MHD_add_connection(s->daemon, fd, &peer.any, peer_len) != MHD_YES) { /* closed by now */
        int reason = errno;
        arriving_drop(s, c);
        return err_set_errno(err, reason, "add a connection");
    }
    server_run_soon(s);
    return 0;
}

void http_server_close(struct http_server *s, void (*closed)(void *arg), void *arg)
{
    s->closing = true;
    s->closed = closed;
    s->closed_arg = arg;
    int fd = MHD_quiesce_daemon(s->daemon);
    if (fd >= 0)
        close(fd);
    server_run_soon(s);
}
