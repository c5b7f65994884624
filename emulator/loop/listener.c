/* Sockets that listen. A turn accepts a bounded number of connections; the rest stay readable for
 * the next.
 *
 * When no descriptor is left, one that was held back is given up to accept the connection and close
 * it: otherwise it would stay in the queue and wake the loop for ever. */
#include "loop/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPTS_A_TURN 64

struct listener {
    int fd, spare_fd;
    char *path; /* unix only */
    struct poller *poller;
    accept_fn fn;
    void *arg;
    bool *closed_flag; /* set while accepting: tells that the listener is gone */
};

static int spare_open(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void shed_connection(struct listener *s)
{
    if (s->spare_fd >= 0)
        close(s->spare_fd);
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    s->spare_fd = spare_open();
}

/* The callback may close the listener: `closed` on the stack outlives it. */
static void listener_ready(void *arg, int events, struct err *err)
{
    struct listener *s = arg;
    bool closed = false;

    (void)events;
    if (err != NULL) { /* a listening socket recovers: watch it again */
        poller_set(s->poller, POLLER_READ);
        return;
    }
    s->closed_flag = &closed;
    for (int i = 0; i < ACCEPTS_A_TURN && !closed; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t peer_len = sizeof(peer);
        int fd = accept4(s->fd, (struct sockaddr *)&peer, &peer_len, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == ECONNABORTED || errno == EINTR))
            continue;
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE)
                shed_connection(s);
            break;
        }
        s->fn(s->arg, fd, (const struct sockaddr *)&peer, peer_len);
    }
    if (!closed)
        s->closed_flag = NULL;
}

static struct listener *listener_new(struct loop *l, int fd, accept_fn fn, void *arg)
{
    struct listener *s = xcalloc(1, sizeof(*s));

    *s = (struct listener){.fd = fd, .spare_fd = spare_open(), .fn = fn, .arg = arg};
    s->poller = poller_new(l, fd, listener_ready, s);
    poller_set(s->poller, POLLER_READ);
    return s;
}

/* A socket file left behind by a dead owner refuses connections; one that answers is in use. */
static bool stale_socket(const struct sockaddr_un *addr)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return false;
    bool refused =
        connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) != 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static int bind_unix(int fd, const struct sockaddr_un *addr)
{
    if (bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return -1;
    if (!stale_socket(addr) || unlink(addr->sun_path) != 0) {
        errno = EADDRINUSE;
        return -1;
    }
    return bind(fd, (const struct sockaddr *)addr, sizeof(*addr));
}

struct listener *listener_unix(struct loop *l, const char *path, mode_t mode, accept_fn fn,
                               void *arg, struct err *err)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(addr.sun_path)) {
        err_set(err, "System", "path of a socket too long: %s", path);
        return NULL;
    }
    memcpy(addr.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        err_set_errno(err, errno, "socket");
        return NULL;
    }
    /* Nobody can connect before listen: the mode stands by then. */
    if (bind_unix(fd, &addr) != 0 || chmod(path, mode) != 0 || listen(fd, SOMAXCONN) != 0) {
        err_set_errno(err, errno, "listen on %s", path);
        close(fd);
        return NULL;
    }
    struct listener *s = listener_new(l, fd, fn, arg);
    s->path = xstrdup(path);
    return s;
}

struct listener *listener_tcp(struct loop *l, const struct sockaddr *addr, socklen_t len,
                              accept_fn fn, void *arg, struct err *err)
{
    int on = 1, fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        err_set_errno(err, errno, "socket");
        return NULL;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, addr, len) != 0 || listen(fd, SOMAXCONN) != 0) {
        err_set_errno(err, errno, "listen");
        close(fd);
        return NULL;
    }
    return listener_new(l, fd, fn, arg);
}

int listener_port(const struct listener *s)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage storage;
    } addr = {.storage = {0}};
    socklen_t len = sizeof(addr);

    if (getsockname(s->fd, &addr.any, &len) != 0)
        return 0;
    if (addr.any.sa_family == AF_INET)
        return ntohs(addr.v4.sin_port);
    return addr.any.sa_family == AF_INET6 ? ntohs(addr.v6.sin6_port) : 0;
}

void listener_close(struct listener *s)
{
    if (s == NULL)
        return;
    if (s->closed_flag != NULL)
        *s->closed_flag = true;
    poller_free(s->poller);
    close(s->fd);
    if (s->spare_fd >= 0)
        close(s->spare_fd);
    if (s->path != NULL)
        unlink(s->path);
    free(s->path);
    free(s);
}
