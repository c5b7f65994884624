/* For the tests of plant/net: a network with machines that are no machines. A guest listens where
 * QEMU would, speaks its stream protocol and keeps what it receives; frames are built and read by
 * hand, so that a test sees every byte. */
#ifndef TESTS_UNIT_PLANT_NET_GUEST_H
#define TESTS_UNIT_PLANT_NET_GUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "loop/stream.h"
#include "plant/net/frame.h"
#include "plant/net/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IP(a, b, c, d)                                                                             \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define KEPT_MAX 64
#define WAIT_MS  2000
#define QUIET_MS 60 /* long enough for a frame that should not come */

struct guest {
    struct lab *lab;
    struct net_port_spec spec;
    char socket[128];
    struct listener *listener;
    struct stream *stream;
    uint8_t input[FRAME_MAX + 4];
    size_t input_len;
    struct kept {
        uint8_t bytes[FRAME_MAX];
        size_t len;
    } kept[KEPT_MAX]; /* received and not yet taken */
    size_t kept_count;
    size_t received;    /* frames in all */
    uint16_t echo_port; /* answers TCP connections to this port with what they send; 0: none */
    size_t echo_bytes;
    uint32_t echo_next[256]; /* the next sequence number, by the peer's port modulo 256 */
    bool echo_silent;        /* takes, does not send back */
};

struct lab {
    char folder[64];
    struct loop *loop;
    struct net *net;
    struct guest *guests[8];
    size_t guest_count;
    int exposed_count;
    int exposed_protocol, exposed_port, exposed_host_port; /* the last report */
    int accepted_fd;                                       /* the last, of a service */
    int accepted_count;
    char accepted_port[NET_ID_SIZE];
};

/* --- sums and frames, written apart from the code under test --- */

static inline uint16_t test_sum(const uint8_t *bytes, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++)
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* The transport's checksum over the pseudo header; 0 when it is right. */
static inline uint16_t test_transport_sum(const uint8_t *ip)
{
    size_t header = (size_t)(ip[0] & 15) * 4, len = get16(ip + 2) - header;
    uint32_t sum = ip[9] == NET_ICMP ? 0 : ip[9] + (uint32_t)len;

    if (ip[9] != NET_ICMP)
        for (size_t i = 12; i < 20; i += 2)
            sum += get16(ip + i);
    return test_sum(ip + header, len, sum);
}

struct send { /* an IPv4 packet to build */
    uint32_t src, dst;
    uint8_t proto;
    uint16_t sport, dport; /* ICMP: type << 8 | code, and identifier */
    uint32_t seq, ack;
    uint8_t flags;
    const void *body;
    size_t len;
    uint16_t fragment, id; /* the flags and offset field; the body is then taken as it is when the
                              offset is not 0 */
    bool no_dont_fragment;
};

static inline size_t build_transport(uint8_t *at, const struct send *s)
{
    size_t header = s->proto == NET_TCP ? 20 : 8;

    if (s->fragment & 0x1fff) {
        memcpy(at, s->body, s->len);
        return s->len;
    }
    memset(at, 0, header);
    put16(at, s->sport);
    put16(at + 2, s->dport);
    if (s->proto == NET_TCP) {
        put32(at + 4, s->seq);
        put32(at + 8, s->ack);
        at[12] = 0x50;
        at[13] = s->flags;
        put16(at + 14, 65535);
    } else if (s->proto == NET_UDP) {
        put16(at + 4, (unsigned)(8 + s->len));
    } else {
        put16(at + 2, 0);
        put16(at + 4, s->dport);
        put16(at + 6, 1);
    }
    if (s->len > 0)
        memcpy(at + header, s->body, s->len);
    return header + s->len;
}

static inline size_t build(uint8_t *frame, const struct guest *g, const struct send *s)
{
    static const uint8_t router[6] = {2, 0, 0, 0, 0, 1};
    uint8_t *ip = frame + 14;
    size_t len;
    size_t at = s->proto == NET_TCP ? 16 : s->proto == NET_UDP ? 6 : 2;

    memcpy(frame, router, 6);
    memcpy(frame + 6, g->spec.mac, 6);
    put16(frame + 12, 0x0800);
    memset(ip, 0, 20);
    ip[0] = 0x45;
    put16(ip + 4, s->id);
    put16(ip + 6, s->fragment != 0 || s->no_dont_fragment ? s->fragment : 0x4000);
    ip[8] = 64;
    ip[9] = s->proto;
    put32(ip + 12, s->src != 0 ? s->src : g->spec.address);
    put32(ip + 16, s->dst);
    len = build_transport(ip + 20, s);
    put16(ip + 2, (unsigned)(20 + len));
    put16(ip + 10, test_sum(ip, 20, 0));
    if (!(s->fragment & 0x1fff) && (s->fragment & 0x2000) == 0)
        put16(ip + 20 + at, test_transport_sum(ip));
    return 34 + len;
}

static inline void guest_send_raw(struct guest *g, const uint8_t *frame, size_t len)
{
    uint8_t header[4];

    put32(header, (uint32_t)len);
    assert_non_null(g->stream);
    assert_int_equal(stream_write2(g->stream, header, 4, frame, len), 0);
}

static inline void guest_send(struct guest *g, const struct send *s)
{
    static uint8_t frame[FRAME_MAX];

    guest_send_raw(g, frame, build(frame, g, s));
}

/* --- the guest's small TCP: it echoes and neither loses nor repeats anything --- */

static inline bool guest_echo(struct guest *g, const uint8_t *frame)
{
    static uint8_t body[FRAME_MAX];
    const uint8_t *ip = frame + 14, *tcp = ip + 20;
    size_t header = (size_t)(tcp[12] >> 4) * 4;
    size_t len = (size_t)get16(ip + 2) - 20 - header;
    uint8_t flags = tcp[13];
    struct send s = {.dst = get32(ip + 12),
                     .proto = NET_TCP,
                     .sport = get16(tcp + 2),
                     .dport = get16(tcp),
                     .ack = get32(tcp + 4) + (uint32_t)len,
                     .flags = TCP_ACK};

    if (g->echo_port == 0 || get16(frame + 12) != 0x0800 || ip[9] != NET_TCP ||
        get16(tcp + 2) != g->echo_port)
        return false;
    uint32_t *next = &g->echo_next[s.dport % 256];
    if (flags & TCP_SYN) {
        *next = 7000;
        s.ack++;
        s.flags |= TCP_SYN;
    } else if (flags & TCP_FIN) {
        s.ack++;
        s.flags |= TCP_FIN;
    } else if (len == 0 || (flags & TCP_RST)) {
        return true;
    }
    if (len > 0) {
        g->echo_bytes += len;
        memcpy(body, tcp + header, len);
        s.body = body;
        s.len = g->echo_silent ? 0 : len;
    }
    s.seq = *next;
    *next += (uint32_t)s.len + ((s.flags & (TCP_SYN | TCP_FIN)) != 0);
    guest_send(g, &s);
    return true;
}

static inline void guest_frame(struct guest *g, const uint8_t *frame, size_t len)
{
    g->received++;
    if (len >= 54 && guest_echo(g, frame))
        return;
    if (g->kept_count == KEPT_MAX)
        return;
    memcpy(g->kept[g->kept_count].bytes, frame, len);
    g->kept[g->kept_count++].len = len;
}

static inline void guest_data(void *arg, const char *bytes, size_t len)
{
    struct guest *g = arg;

    while (len > 0) {
        size_t want = g->input_len < 4 ? 4 : 4 + (size_t)get32(g->input);
        size_t part = want - g->input_len < len ? want - g->input_len : len;

        assert_true(want <= sizeof(g->input));
        memcpy(g->input + g->input_len, bytes, part);
        g->input_len += part;
        bytes += part;
        len -= part;
        if (g->input_len < 4 || g->input_len < 4 + (size_t)get32(g->input))
            continue;
        guest_frame(g, g->input + 4, g->input_len - 4);
        g->input_len = 0;
    }
}

static inline void guest_closed(void *arg, struct err *err)
{
    struct guest *g = arg;

    (void)err;
    g->stream = NULL;
    g->input_len = 0;
}

static inline void guest_accept(void *arg, int fd, const struct sockaddr *peer, socklen_t peer_len)
{
    static const struct stream_events events = {.data = guest_data, .closed = guest_closed};
    struct guest *g = arg;

    (void)peer;
    (void)peer_len;
    g->stream = stream_adopt(g->lab->loop, fd, &events, g);
    stream_set_queue_ceiling(g->stream, 64 * 1024 * 1024);
}

/* --- the lab --- */

static inline bool lab_resolve(void *arg, const char *port_id, const char *name,
                               uint32_t *ret_address)
{
    (void)arg;
    if (strcmp(name, "who.am.i") == 0)
        *ret_address = strcmp(port_id, "a") == 0 ? IP(1, 1, 1, 1) : IP(2, 2, 2, 2);
    else if (strcmp(name, "ip-10-0-0-10.ec2.internal") == 0)
        *ret_address = IP(10, 0, 0, 10);
    else
        return false;
    return true;
}

static inline bool lab_resolve_reverse(void *arg, const char *port_id, uint32_t address,
                                       char *ret_name, size_t size)
{
    (void)arg;
    (void)port_id;
    if (address != IP(10, 0, 0, 10))
        return false;
    snprintf(ret_name, size, "ip-10-0-0-10.ec2.internal");
    return true;
}

static inline void lab_exposed(void *arg, const char *port_id, int protocol, int port,
                               int host_port)
{
    struct lab *lab = arg;

    (void)port_id;
    lab->exposed_count++;
    lab->exposed_protocol = protocol;
    lab->exposed_port = port;
    lab->exposed_host_port = host_port;
}

static inline void lab_accepted(void *arg, const char *port_id, int fd)
{
    struct lab *lab = arg;

    if (lab->accepted_fd >= 0)
        close(lab->accepted_fd);
    lab->accepted_fd = fd;
    lab->accepted_count++;
    snprintf(lab->accepted_port, sizeof(lab->accepted_port), "%s", port_id);
}

static inline struct lab *lab_new_with(bool allow_internet)
{
    struct lab *lab = calloc(1, sizeof(*lab));
    struct net_config config;
    struct err err;

    assert_non_null(lab);
    snprintf(lab->folder, sizeof(lab->folder), "/tmp/net-test-XXXXXX");
    assert_non_null(mkdtemp(lab->folder));
    lab->loop = loop_new();
    lab->accepted_fd = -1;
    config = (struct net_config){.loop = lab->loop,
                                 .allow_internet = allow_internet,
                                 .low_port_offset = 20000,
                                 .resolve = lab_resolve,
                                 .resolve_reverse = lab_resolve_reverse,
                                 .exposed = lab_exposed,
                                 .arg = lab};
    lab->net = net_new(&config, &err);
    assert_non_null(lab->net);
    return lab;
}

static inline struct lab *lab_new(void)
{
    return lab_new_with(false);
}

static inline void lab_free(struct lab *lab)
{
    char command[128];

    net_free(lab->net);
    for (size_t i = 0; i < lab->guest_count; i++) {
        listener_close(lab->guests[i]->listener);
        stream_close(lab->guests[i]->stream);
        free(lab->guests[i]);
    }
    if (lab->accepted_fd >= 0)
        close(lab->accepted_fd);
    for (int i = 0; i < 20; i++)
        loop_step(lab->loop, 0);
    loop_free(lab->loop);
    snprintf(command, sizeof(command), "rm -rf %s", lab->folder);
    assert_int_equal(system(command), 0);
    free(lab);
}

static inline void lab_run(struct lab *lab, int ms)
{
    int64_t end_us = clock_monotonic_us() + (int64_t)ms * 1000;

    while (clock_monotonic_us() < end_us)
        loop_step(lab->loop, 5);
}

#define lab_wait(lab, condition)                                                                   \
    do {                                                                                           \
        int64_t end_us_ = clock_monotonic_us() + WAIT_MS * 1000;                                   \
        while (!(condition) && clock_monotonic_us() < end_us_)                                     \
            loop_step((lab)->loop, 5);                                                             \
        assert_true(condition);                                                                    \
    } while (0)

/* One group with all out, and in what `rules` say. */
static inline void lab_group(struct lab *lab, const char *id, const struct net_rule *rules,
                             size_t count)
{
    static const struct net_rule all = {.protocol = NET_ANY, .block = {0, 0}};
    struct net_group group = {
        .ingress = rules, .ingress_count = count, .egress = &all, .egress_count = 1};

    snprintf(group.id, sizeof(group.id), "%s", id);
    net_group_set(lab->net, &group);
}

static inline void guest_apply(struct guest *g)
{
    struct err err;

    if (net_port_set(g->lab->net, &g->spec, &err) != 0)
        fail_msg("%s: %s", err.code, err.text);
}

static inline struct guest *guest_make(struct lab *lab, const char *id, const char *domain,
                                       uint32_t address, const char (*groups)[NET_ID_SIZE])
{
    struct guest *g = calloc(1, sizeof(*g));
    struct err err;

    assert_non_null(g);
    g->lab = lab;
    snprintf(g->spec.id, sizeof(g->spec.id), "%s", id);
    snprintf(g->spec.domain, sizeof(g->spec.domain), "%s", domain);
    g->spec.mac[0] = 0x0a;
    put32(g->spec.mac + 1, address);
    g->spec.mac[5] = (uint8_t)id[0];
    g->spec.address = address;
    g->spec.subnet = (struct cidr){address & 0xffffff00, 24};
    g->spec.domain_block = (struct cidr){address & 0xffff0000, 16};
    g->spec.check_source = true;
    g->spec.edge = true;
    g->spec.mtu = 9001;
    g->spec.hostname = "ip-10-0-0-10";
    g->spec.domain_name = "ec2.internal";
    g->spec.groups = groups;
    g->spec.group_count = groups == NULL ? 0 : 1;
    guest_apply(g);
    snprintf(g->socket, sizeof(g->socket), "%s/%s.sock", lab->folder, id);
    g->listener = listener_unix(lab->loop, g->socket, 0600, guest_accept, g, &err);
    assert_non_null(g->listener);
    assert_int_equal(net_port_plug(lab->net, id, g->socket, &err), 0);
    lab_wait(lab, g->stream != NULL);
    lab->guests[lab->guest_count++] = g;
    return g;
}

/* The next frame for which `matches` says yes, within the time; the others are passed over. NULL:
 * none came. */
typedef bool (*match_fn)(const uint8_t *frame, size_t len);
static inline const uint8_t *guest_next(struct guest *g, match_fn matches, int ms, size_t *ret_len)
{
    static struct kept found;
    int64_t end_us = clock_monotonic_us() + (int64_t)ms * 1000;

    for (;;) {
        for (size_t i = 0; i < g->kept_count; i++) {
            if (!matches(g->kept[i].bytes, g->kept[i].len))
                continue;
            found = g->kept[i];
            memmove(&g->kept[0], &g->kept[i + 1], (g->kept_count - i - 1) * sizeof(g->kept[0]));
            g->kept_count -= i + 1;
            if (ret_len != NULL)
                *ret_len = found.len;
            return found.bytes;
        }
        if (clock_monotonic_us() >= end_us)
            return NULL;
        loop_step(g->lab->loop, 5);
    }
}

/* The same, where a frame must come. */
static inline const uint8_t *guest_expect(struct guest *g, match_fn matches)
{
    const uint8_t *frame = guest_next(g, matches, WAIT_MS, NULL);

    assert_non_null(frame);
    if (frame == NULL)
        abort();
    return frame;
}

static inline bool is_arp(const uint8_t *f, size_t len)
{
    return len >= 42 && get16(f + 12) == 0x0806;
}
static inline bool is_ip(const uint8_t *f, size_t len)
{
    return len >= 34 && get16(f + 12) == 0x0800;
}
static inline bool is_udp(const uint8_t *f, size_t len)
{
    return is_ip(f, len) && f[23] == NET_UDP;
}
static inline bool is_tcp(const uint8_t *f, size_t len)
{
    return is_ip(f, len) && f[23] == NET_TCP;
}
static inline bool is_icmp(const uint8_t *f, size_t len)
{
    return is_ip(f, len) && f[23] == NET_ICMP;
}

/* Sums of every header right, addressed to the guest, and from whom: what any received packet must
 * be. */
static inline void check_packet(const struct guest *g, const uint8_t *frame, uint32_t from)
{
    assert_non_null(frame);
    assert_memory_equal(frame, g->spec.mac, 6);
    assert_int_equal(test_sum(frame + 14, 20, 0), 0);
    assert_int_equal(test_transport_sum(frame + 14), 0);
    assert_int_equal(get32(frame + 26), from);
    assert_int_equal(get32(frame + 30), g->spec.address);
}

static inline void ping(struct guest *g, uint32_t to, uint16_t id)
{
    struct send s = {
        .dst = to, .proto = NET_ICMP, .sport = 8 << 8, .dport = id, .body = "abcdefgh", .len = 8};

    guest_send(g, &s);
}

/* --- the host's side --- */

static inline struct sockaddr_in host_address(uint32_t address, int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(address),
                                .sin_port = htons((uint16_t)port)};
}

/* A TCP connection being made; -1 when refused at once. */
static inline int host_connect(struct lab *lab, uint32_t address, int port)
{
    struct sockaddr_in sa = host_address(address, port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof(error);

    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 && errno != EINPROGRESS)
        error = errno;
    for (int i = 0; error == 0 && i < 400 && poll(&p, 1, 0) == 0; i++)
        loop_step(lab->loop, 5);
    if (error == 0)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0 && poll(&p, 1, 0) == 1)
        return fd;
    close(fd);
    return -1;
}

/* Reads exactly len bytes within the time; how many came. */
static inline size_t host_read(struct lab *lab, int fd, void *bytes, size_t len, int ms)
{
    int64_t end_us = clock_monotonic_us() + (int64_t)ms * 1000;
    size_t have = 0;

    while (have < len && clock_monotonic_us() < end_us) {
        ssize_t got = read(fd, (char *)bytes + have, len - have);

        if (got == 0)
            break;
        if (got > 0)
            have += (size_t)got;
        else
            loop_step(lab->loop, 5);
    }
    return have;
}

/* Public addresses that no other test of this machine uses at the same time. */
static inline uint32_t public_address(int n)
{
    uint32_t pid = (uint32_t)getpid();

    return IP(127, 77, (pid >> 5) & 255, ((pid & 31) << 3) | (uint32_t)n);
}

#endif
