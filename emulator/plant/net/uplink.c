/* The way between one port and this host: its own libslirp, whose small network is 169.254.0.0/16
 * with this host at UPLINK_HOST.
 *
 * libslirp wants to be asked before every wait which descriptors it cares for (fill), and to be
 * told after the wait what happened to them (poll). That is done only for uplinks with something to
 * say: one that got a frame, an event or a timeout is `due` and polled; then it is `stale` and
 * filled again before the next wait. An uplink at rest costs nothing. Its descriptors are watched
 * by pollers in a table indexed by descriptor, so that libslirp's index of a descriptor is the
 * descriptor.
 *
 * libslirp guards nothing here (its `restricted` would cut replies over UDP, its loopback switch
 * too): the router lets in only what may leave. Sending from inside libslirp never calls back into
 * it. */
#include "plant/net/uplink.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/net.h"
#include "loop/stream.h"
#include "plant/net/port.h"
#include "plant/net/router.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <slirp/libslirp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
    UPLINK_WATCHES_MAX = 512, /* descriptors beyond which a machine may not begin connections */
    UPLINK_BACKLOG = 128,
    UPLINK_ADMIT_MAX =
        32, /* per turn: connect(2) to our own socket must never wait for us to accept */
    UPLINK_OPENING_MAX = 256,
    UPLINK_OPENING_RATE = 16,    /* forgotten a second */
    UPLINK_QUIET_MS = 60 * 1000, /* after it, an uplink without connections needs no timer */
    UPLINK_PATH_MAX = sizeof(((struct sockaddr_un *)NULL)->sun_path),
};

struct watch_fd {     /* one descriptor of libslirp's */
    struct list node; /* in its uplink's watches */
    struct uplink *uplink;
    struct poller *poller;
    int wanted;   /* POLLER_ bits of this fill */
    int happened; /* SLIRP_POLL_ bits since the last poll */
};

struct uplinks {
    struct net *net;
    struct loop_hook *hook;
    struct watch_fd **watches; /* by descriptor */
    size_t watches_size;
    struct list due, stale;
};

struct service_socket {
    struct list node;
    struct uplink *uplink;
    struct service *service;
    struct listener *listener;
};

struct uplink {
    struct uplinks *shared;
    struct port *port;
    Slirp *slirp;
    struct timer *timer;
    struct list due_node, stale_node;
    struct list sockets; /* struct service_socket */
    struct list watches;
    size_t watch_count;
    size_t forward_count;
    size_t filled;     /* descriptors in the last fill */
    int64_t busy_ms;   /* when it was last due */
    int64_t opening;   /* connections to services that began and did not end their handshake */
    int64_t opened_ms; /* when some of them were last forgotten */
    unsigned admitted; /* in this turn */
};

/* --- the turn of the loop --- */

static void mark(struct list *set, struct list *node)
{
    if (list_empty(node))
        list_append(set, node);
}

static void uplink_mark_due(struct uplink *u)
{
    u->busy_ms = loop_now_ms(u->shared->net->loop);
    mark(&u->shared->due, &u->due_node);
}

static struct watch_fd *watch_of(const struct uplinks *s, int fd)
{
    return fd >= 0 && (size_t)fd < s->watches_size ? s->watches[fd] : NULL;
}

static void watch_happened(void *arg, int events, struct err *err)
{
    struct watch_fd *w = arg;

    if (err != NULL || (events & POLLER_ERROR))
        w->happened |= SLIRP_POLL_ERR | SLIRP_POLL_HUP;
    if (events & POLLER_READ)
        w->happened |= SLIRP_POLL_IN;
    if (events & POLLER_WRITE)
        w->happened |= SLIRP_POLL_OUT;
    uplink_mark_due(w->uplink);
}

/* libslirp listens with a backlog of one, too short for a browser that opens six connections at
 * once. */
static void widen_backlog(int fd)
{
    int accepting = 0;
    socklen_t size = sizeof(accepting);

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &size) == 0 && accepting)
        (void)listen(fd, UPLINK_BACKLOG);
}

static void watches_grow(struct uplinks *s, int fd)
{
    size_t size = (size_t)fd * 2 + 16;

    s->watches = xrealloc(s->watches, size * sizeof(struct watch_fd *));
    memset(s->watches + s->watches_size, 0, (size - s->watches_size) * sizeof(struct watch_fd *));
    s->watches_size = size;
}

static void watch_add(int fd, void *arg)
{
    struct uplink *u = arg;
    struct uplinks *s = u->shared;
    struct watch_fd *w;

    if (fd < 0 || watch_of(s, fd) != NULL)
        return;
    if ((size_t)fd >= s->watches_size)
        watches_grow(s, fd);
    widen_backlog(fd);
    w = xcalloc(1, sizeof(*w));
    w->uplink = u;
    w->poller = poller_new(s->net->loop, fd, watch_happened, w);
    list_append(&u->watches, &w->node);
    u->watch_count++;
    s->watches[fd] = w;
}

static void watch_remove(int fd, void *arg)
{
    struct uplink *u = arg;
    struct watch_fd *w = watch_of(u->shared, fd);

    if (w == NULL || w->uplink != u)
        return;
    u->shared->watches[fd] = NULL;
    u->watch_count--;
    list_remove(&w->node);
    poller_free(w->poller);
    free(w);
}

static int fill_add(int fd, int events, void *arg)
{
    struct uplink *u = arg;
    struct watch_fd *w;

    watch_add(fd, u);
    w = watch_of(u->shared, fd);
    if (w == NULL)
        return -1;
    u->filled++;
    if (events & (SLIRP_POLL_IN | SLIRP_POLL_PRI))
        w->wanted |= POLLER_READ;
    if (events & SLIRP_POLL_OUT)
        w->wanted |= POLLER_WRITE;
    return fd;
}

static int poll_events(int fd, void *arg)
{
    struct uplink *u = arg;
    struct watch_fd *w = watch_of(u->shared, fd);
    int happened;

    if (w == NULL || w->uplink != u)
        return 0;
    happened = w->happened;
    w->happened = 0;
    return happened;
}

static void uplink_poll(struct uplink *u)
{
    list_remove(&u->due_node);
    slirp_pollfds_poll(u->slirp, 0, poll_events, u);
    mark(&u->shared->stale, &u->stale_node);
}

/* Asks what to wait for. The descriptors that are not named any more stay in the table, unwatched,
 * until libslirp closes them. */
static void uplink_fill(struct uplink *u)
{
    struct uplinks *s = u->shared;
    uint32_t timeout_ms = UINT32_MAX;

    list_remove(&u->stale_node);
    u->filled = 0;
    slirp_pollfds_fill(u->slirp, &timeout_ms, fill_add, u);
    list_foreach (it, &u->watches) {
        struct watch_fd *w = list_entry(it, struct watch_fd, node);

        poller_set(w->poller, w->wanted);
        w->wanted = 0;
    }
    if (u->filled > u->forward_count || loop_now_ms(s->net->loop) - u->busy_ms < UPLINK_QUIET_MS)
        timer_start(u->timer, timeout_ms, 0);
    else
        timer_stop(u->timer);
}

static void uplinks_poll_due(struct uplinks *s)
{
    while (!list_empty(&s->due))
        uplink_poll(list_entry(s->due.next, struct uplink, due_node));
}

static void uplinks_after_wait(void *arg)
{
    uplinks_poll_due(arg);
}

static void uplinks_before_wait(void *arg)
{
    struct uplinks *s = arg;

    uplinks_poll_due(s);
    while (!list_empty(&s->stale)) {
        struct uplink *u = list_entry(s->stale.next, struct uplink, stale_node);

        u->admitted = 0;
        uplink_fill(u);
    }
}

struct uplinks *uplinks_new(struct net *n)
{
    struct uplinks *s = xcalloc(1, sizeof(*s));

    s->net = n;
    list_init(&s->due);
    list_init(&s->stale);
    s->hook = loop_hook_new(n->loop, uplinks_before_wait, uplinks_after_wait, s);
    return s;
}

void uplinks_free(struct uplinks *s)
{
    if (s == NULL)
        return;
    loop_hook_free(s->hook);
    free(s->watches);
    free(s);
}

/* --- one uplink --- */

static ssize_t uplink_send(const void *frame, size_t len, void *arg)
{
    struct uplink *u = arg;
    struct net *n = u->port->net;

    if (len <= sizeof(n->scratch)) {
        memcpy(n->scratch, frame, len);
        router_from_uplink(u->port, n->scratch, len);
    }
    return (ssize_t)len;
}

static void uplink_guest_error(const char *text, void *arg)
{
    struct uplink *u = arg;

    log_debug("network port %s: %s", u->port->spec.id, text);
}

static int64_t uplink_now_ns(void *arg)
{
    (void)arg;
    return clock_monotonic_us() * 1000;
}

static void uplink_notify(void *arg)
{
    struct uplink *u = arg;

    mark(&u->shared->stale, &u->stale_node);
}

static void uplink_timeout(void *arg)
{
    struct uplink *u = arg;

    mark(&u->shared->due, &u->due_node);
}

/* Timers are for IPv6 router advertisements alone, and IPv6 is off. */
static const SlirpCb callbacks = {
    .send_packet = uplink_send,
    .guest_error = uplink_guest_error,
    .clock_get_ns = uplink_now_ns,
    .register_poll_fd = watch_add,
    .unregister_poll_fd = watch_remove,
    .notify = uplink_notify,
};

/* Tells libslirp the machine's hardware address, so that it never has to ask: it would hold the
 * first packet back for an answer. */
static void uplink_introduce(struct uplink *u)
{
    static const uint8_t broadcast[MAC_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const struct net_port_spec *spec = &u->port->spec;
    uint8_t frame[60] = {0};
    uint8_t *arp = frame + ETHER_SIZE;

    frame_set_macs(frame, broadcast, spec->mac);
    put16(frame + 12, ETHER_ARP);
    put16(arp, 1);
    put16(arp + 2, ETHER_IPV4);
    arp[4] = MAC_SIZE;
    arp[5] = 4;
    put16(arp + 6, 1);
    memcpy(arp + 8, spec->mac, MAC_SIZE);
    put32(arp + 14, spec->address);
    put32(arp + 24, spec->address);
    slirp_input(u->slirp, frame, sizeof(frame));
}

struct uplink *uplink_new(struct port *p)
{
    struct uplink *u = xcalloc(1, sizeof(*u));
    SlirpConfig config = {
        .version = SLIRP_CONFIG_VERSION_MAX,
        .in_enabled = true,
        .vnetwork.s_addr = htonl(LINK_LOCAL_BASE),
        .vnetmask.s_addr = htonl(0xffff0000u),
        .vhost.s_addr = htonl(UPLINK_HOST),
        .vnameserver.s_addr = htonl(UPLINK_NAMESERVER),
        .vdhcp_start.s_addr = htonl(UPLINK_FIRST),
        .if_mtu = (size_t)p->spec.mtu,
        .if_mru = (size_t)p->spec.mtu,
        .disable_dns = !p->net->config.allow_internet,
        .disable_dhcp = true,
    };

    u->shared = p->net->uplinks;
    u->port = p;
    list_init(&u->due_node);
    list_init(&u->stale_node);
    list_init(&u->sockets);
    list_init(&u->watches);
    u->slirp = slirp_new(&config, &callbacks, u);
    if (u->slirp == NULL) {
        free(u);
        return NULL;
    }
    u->timer = timer_new(p->net->loop, uplink_timeout, u);
    u->busy_ms = loop_now_ms(p->net->loop);
    uplink_introduce(u);
    return u;
}

void uplink_free(struct uplink *u)
{
    if (u == NULL)
        return;
    slirp_cleanup(u->slirp);
    list_foreach_safe (it, &u->watches) {
        struct watch_fd *w = list_entry(it, struct watch_fd, node);

        list_remove(&w->node);
        poller_free(w->poller);
        free(w);
    }
    list_foreach_safe (it, &u->sockets) {
        struct service_socket *s = list_entry(it, struct service_socket, node);

        listener_close(s->listener);
        free(s);
    }
    list_remove(&u->due_node);
    list_remove(&u->stale_node);
    timer_free(u->timer);
    free(u);
}

static struct sockaddr_in socket_address(uint32_t address, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(address),
        .sin_port = htons(port),
    };
}

int uplink_listen(struct uplink *u, const struct uplink_forward *f)
{
    struct sockaddr_in host = socket_address(f->address, f->host_port);
    struct sockaddr_in guest = socket_address(u->port->spec.address, f->port);
    int flags = f->protocol == NET_UDP ? SLIRP_HOSTFWD_UDP : 0;

    errno = 0;
    if (slirp_add_hostxfwd(u->slirp, (struct sockaddr *)&host, sizeof(host),
                           (struct sockaddr *)&guest, sizeof(guest), flags) != 0)
        return errno != 0 ? errno : EIO;
    u->forward_count++;
    mark(&u->shared->stale, &u->stale_node);
    return 0;
}

void uplink_unlisten(struct uplink *u, const struct uplink_forward *f)
{
    struct sockaddr_in host = socket_address(f->address, f->host_port);
    int flags = f->protocol == NET_UDP ? SLIRP_HOSTFWD_UDP : 0;

    if (slirp_remove_hostxfwd(u->slirp, (struct sockaddr *)&host, sizeof(host), flags) == 0)
        u->forward_count--;
    mark(&u->shared->stale, &u->stale_node);
}

void uplink_input(struct uplink *u, const uint8_t *frame, size_t len)
{
    slirp_input(u->slirp, frame, (int)len);
    u->busy_ms = loop_now_ms(u->shared->net->loop);
    mark(&u->shared->stale, &u->stale_node);
}

bool uplink_has_room(const struct uplink *u)
{
    return u->watch_count < u->forward_count + UPLINK_WATCHES_MAX;
}

/* Each costs libslirp two large buffers until it gives up after 75 s, so those that never end are
 * let in slowly. */
bool uplink_open(struct uplink *u)
{
    int64_t now_ms = loop_now_ms(u->shared->net->loop);
    int64_t forgotten = (now_ms - u->opened_ms) * UPLINK_OPENING_RATE / 1000;

    if (forgotten > 0) {
        u->opening = u->opening > forgotten ? u->opening - forgotten : 0;
        u->opened_ms = now_ms;
    }
    if (u->opening >= UPLINK_OPENING_MAX || !uplink_has_room(u))
        return false;
    u->opening++;
    return true;
}

bool uplink_admit(struct uplink *u)
{
    if (!uplink_has_room(u) || u->admitted >= UPLINK_ADMIT_MAX)
        return false;
    u->admitted++;
    if (u->opening > 0)
        u->opening--;
    return true;
}

/* --- services --- */

static void service_accept(void *arg, int fd, const struct sockaddr *peer, socklen_t peer_len)
{
    const struct service_socket *s = arg;

    (void)peer;
    (void)peer_len;
    s->service->spec.accepted(s->service->spec.arg, s->uplink->port->spec.id, fd);
}

bool uplink_serve(struct uplink *u, struct service *service)
{
    const char *id = u->port->spec.id;
    char path[UPLINK_PATH_MAX];
    struct in_addr address = {.s_addr = htonl(service->spec.address)};
    struct service_socket *s;
    struct err err;
    int len;

    list_foreach (it, &u->sockets) {
        if (list_entry(it, struct service_socket, node)->service == service)
            return true;
    }
    len = snprintf(path, sizeof(path), "%s/%016" PRIx64 "-%u", service->folder,
                   hash_bytes(id, strlen(id)), service->number);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        log_debug("network port %s: %s is too long a folder for sockets", id, service->folder);
        return false;
    }
    s = xcalloc(1, sizeof(*s));
    s->uplink = u;
    s->service = service;
    s->listener = listener_unix(u->shared->net->loop, path, 0600, service_accept, s, &err);
    if (s->listener == NULL || slirp_add_unix(u->slirp, path, &address, service->spec.port) != 0) {
        log_debug("network port %s: no service socket: %s", id,
                  s->listener == NULL ? err.text : "libslirp refused");
        listener_close(s->listener);
        free(s);
        return false;
    }
    list_append(&u->sockets, &s->node);
    return true;
}
