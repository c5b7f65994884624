/* Between this host and machines: what is listened on, who gets in, services, and that nothing else
 * of the host is reached. */
#include "plant_net_guest.h"

#include <dirent.h>
#include <linux/capability.h>
#include <sys/syscall.h>

static const char in_group[1][NET_ID_SIZE] = {"sg-in"};
#define PORT 2222

static struct net_rule tcp_rule(int from, int to)
{
    return (struct net_rule){
        .protocol = NET_TCP, .from_port = from, .to_port = to, .block = {0, 0}};
}

static void allow(struct lab *lab, int from, int to)
{
    struct net_rule rule = tcp_rule(from, to);

    lab_group(lab, "sg-in", &rule, 1);
}

/* A machine with a public address that echoes TCP at PORT, open by `rules` of group sg-in. */
static struct guest *public_guest(struct lab *lab, const char *id, int n)
{
    struct guest *g = guest_make(lab, id, "vpc-1", IP(10, 0, 0, 10 + n), in_group);

    g->spec.public_address = public_address(n);
    g->echo_port = PORT;
    guest_apply(g);
    return g;
}

static size_t descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(d);
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    return count;
}

/* True when `text` goes to the machine and comes back. */
static bool echoes(struct lab *lab, int fd, const char *text)
{
    char back[64] = "";

    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    return host_read(lab, fd, back, strlen(text), WAIT_MS) == strlen(text) &&
           strcmp(back, text) == 0;
}

/* A port that a rule opens to the world is served on the public address and leads to that machine
 * and no other. */
static void test_host_reaches_the_open_port(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a, *b;
    int fd;

    (void)state;
    allow(lab, PORT, PORT);
    a = public_guest(lab, "a", 1);
    b = public_guest(lab, "b", 2);
    assert_int_equal(lab->exposed_count, 2);
    assert_int_equal(lab->exposed_port, PORT);
    assert_int_equal(lab->exposed_host_port, PORT);
    fd = host_connect(lab, b->spec.public_address, PORT);
    assert_true(fd >= 0);
    assert_true(echoes(lab, fd, "hello"));
    assert_int_equal(b->echo_bytes, 5);
    assert_int_equal(a->echo_bytes, 0);
    close(fd);
    lab_free(lab);
}

/* Ports without a rule, of machines that are not plugged in, without a public address or without a
 * way out refuse; so does a port whose rule is taken away, at once. */
static void test_host_is_refused_elsewhere(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a;
    struct err err;

    (void)state;
    allow(lab, PORT, PORT);
    a = public_guest(lab, "a", 1);
    assert_int_equal(host_connect(lab, public_address(1), PORT + 1), -1);
    allow(lab, PORT + 1, PORT + 1);
    assert_int_equal(host_connect(lab, public_address(1), PORT), -1);
    allow(lab, PORT, PORT);
    a->spec.edge = false;
    guest_apply(a);
    assert_int_equal(host_connect(lab, public_address(1), PORT), -1);
    a->spec.edge = true;
    a->spec.public_address = 0;
    guest_apply(a);
    assert_int_equal(host_connect(lab, public_address(1), PORT), -1);
    a->spec.public_address = public_address(3);
    guest_apply(a);
    assert_int_equal(host_connect(lab, public_address(1), PORT), -1);
    net_port_unplug(lab->net, "a");
    assert_int_equal(host_connect(lab, public_address(3), PORT), -1);
    lab_wait(lab, a->stream == NULL);
    assert_int_equal(net_port_plug(lab->net, "a", a->socket, &err), 0);
    lab_wait(lab, a->stream != NULL);
    close(host_connect(lab, public_address(3), PORT));
    lab_free(lab);
}

/* Taking the rule away silences connections that are open, in both directions. */
static void test_host_connection_ends_with_its_rule(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a;
    char byte;
    int fd;

    (void)state;
    allow(lab, PORT, PORT);
    a = public_guest(lab, "a", 1);
    fd = host_connect(lab, a->spec.public_address, PORT);
    assert_true(fd >= 0);
    assert_true(echoes(lab, fd, "hello"));
    allow(lab, 1, 1);
    assert_int_equal(write(fd, "again", 5), 5);
    assert_int_equal(host_read(lab, fd, &byte, 1, QUIET_MS), 0);
    assert_int_equal(a->echo_bytes, 5);
    close(fd);
    lab_free(lab);
}

/* Clients on the host's loopback are judged as 127.0.0.1: a rule for another address keeps them
 * out. */
static void test_host_is_judged_as_loopback(void **state)
{
    struct net_rule rule = tcp_rule(PORT, PORT);
    struct lab *lab = lab_new();
    struct guest *a;
    int fd;

    (void)state;
    rule.block = (struct cidr){IP(203, 0, 113, 0), 24};
    lab_group(lab, "sg-in", &rule, 1);
    a = public_guest(lab, "a", 1);
    fd = host_connect(lab, a->spec.public_address, PORT);
    lab_run(lab, QUIET_MS);
    assert_int_equal(a->received, 0);
    if (fd >= 0)
        close(fd);
    rule.block = (struct cidr){IP(127, 0, 0, 0), 8};
    lab_group(lab, "sg-in", &rule, 1);
    fd = host_connect(lab, a->spec.public_address, PORT);
    assert_true(fd >= 0);
    assert_true(echoes(lab, fd, "hello"));
    close(fd);
    lab_free(lab);
}

/* UDP goes both ways, for several clients at once. */
static void test_host_exchanges_datagrams(void **state)
{
    struct net_rule rule = {
        .protocol = NET_UDP, .from_port = PORT, .to_port = PORT, .block = {0, 0}};
    struct lab *lab = lab_new();
    struct sockaddr_in to = host_address(public_address(1), PORT);
    struct guest *a;
    int fds[2];

    (void)state;
    lab_group(lab, "sg-in", &rule, 1);
    a = public_guest(lab, "a", 1);
    for (int i = 0; i < 2; i++) {
        char text[] = {'a', 's', 'k', ' ', (char)('0' + i), '!', '\0'};
        const uint8_t *f;
        struct send s = {.proto = NET_UDP, .sport = PORT, .len = 6};

        fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        assert_int_equal(sendto(fds[i], text, 6, 0, (struct sockaddr *)&to, sizeof(to)), 6);
        f = guest_expect(a, is_udp);
        assert_int_equal(test_transport_sum(f + 14), 0);
        assert_memory_equal(f + 42, text, 6);
        s.dst = get32(f + 26);
        s.dport = get16(f + 34);
        s.body = text;
        guest_send(a, &s);
    }
    for (int i = 0; i < 2; i++) {
        char text[] = {'a', 's', 'k', ' ', (char)('0' + i), '!', '\0'}, back[8] = "";

        assert_int_equal(host_read(lab, fds[i], back, 6, WAIT_MS), 6);
        assert_string_equal(back, text);
        close(fds[i]);
    }
    lab_free(lab);
}

/* A packet in pieces does not leave: libslirp would keep pieces that never become whole. */
static void test_fragments_do_not_leave(void **state)
{
    struct net_rule rule = {
        .protocol = NET_UDP, .from_port = PORT, .to_port = PORT, .block = {0, 0}};
    struct lab *lab = lab_new();
    struct sockaddr_in to = host_address(public_address(1), PORT);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct send first = {
        .proto = NET_UDP, .sport = PORT, .body = "12345678", .len = 8, .fragment = 0x2000, .id = 5};
    struct send later = {.proto = NET_UDP, .body = "12345678", .len = 8, .fragment = 2, .id = 5};
    struct guest *a;
    const uint8_t *f;
    char back[16];

    (void)state;
    lab_group(lab, "sg-in", &rule, 1);
    a = public_guest(lab, "a", 1);
    assert_int_equal(sendto(fd, "ask", 3, 0, (struct sockaddr *)&to, sizeof(to)), 3);
    f = guest_expect(a, is_udp);
    first.dst = later.dst = get32(f + 26);
    first.dport = get16(f + 34);
    guest_send(a, &first);
    guest_send(a, &later);
    assert_int_equal(host_read(lab, fd, back, 1, QUIET_MS), 0);
    close(fd);
    lab_free(lab);
}

/* A connection that the host makes to a port where the guest has nothing is reset, as the guest
 * says. */
static void test_host_hears_the_guests_refusal(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a;
    const uint8_t *f;
    struct send s = {.proto = NET_TCP, .flags = TCP_RST | TCP_ACK};
    int fd;

    (void)state;
    allow(lab, PORT, PORT);
    a = public_guest(lab, "a", 1);
    a->echo_port = 0;
    fd = host_connect(lab, a->spec.public_address, PORT);
    assert_true(fd >= 0);
    f = guest_expect(a, is_tcp);
    s.dst = get32(f + 26);
    s.sport = get16(f + 36);
    s.dport = get16(f + 34);
    s.ack = get32(f + 38) + 1;
    guest_send(a, &s);
    for (int i = 0; i < 400; i++) {
        char byte;
        ssize_t got = read(fd, &byte, 1);

        if (got == 0 || (got < 0 && errno != EAGAIN))
            break;
        assert_true(i < 399);
        loop_step(lab->loop, 5);
    }
    close(fd);
    lab_free(lab);
}

/* --- which ports --- */

/* A short range is listened on whole; of a wide one the usual ports, until the guest says what it
 * listens on: then those. */
static void test_expose_chooses_ports(void **state)
{
    struct net_rule any = {.protocol = NET_ANY, .block = {0, 0}};
    const uint16_t listening[] = {PORT, 9999};
    struct lab *lab = lab_new();
    int before, fd;

    (void)state;
    allow(lab, 3000, 3063);
    public_guest(lab, "a", 1);
    assert_int_equal(lab->exposed_count, 64);
    allow(lab, 1024, 65535);
    before = lab->exposed_count;
    fd = host_connect(lab, public_address(1), 8080);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(host_connect(lab, public_address(1), 9999), -1);
    net_port_set_listening(lab->net, "a", listening, 2, listening + 1, 1);
    assert_true(lab->exposed_count > before);
    assert_int_equal(host_connect(lab, public_address(1), 8080), -1);
    fd = host_connect(lab, public_address(1), 9999);
    assert_true(fd >= 0);
    close(fd);
    lab_group(lab, "sg-in", &any, 1);
    assert_int_equal(lab->exposed_protocol, NET_UDP);
    assert_int_equal(lab->exposed_port, 9999);
    lab_free(lab);
}

/* A rule for members of a group, or for addresses of the domain itself, is no reason to listen. */
static void test_expose_ignores_inner_peers(void **state)
{
    struct net_rule rules[] = {tcp_rule(PORT, PORT), tcp_rule(PORT, PORT)};
    struct lab *lab = lab_new();

    (void)state;
    rules[0].block = (struct cidr){IP(10, 0, 0, 0), 24};
    snprintf(rules[1].group, sizeof(rules[1].group), "sg-in");
    lab_group(lab, "sg-in", rules, 2);
    public_guest(lab, "a", 1);
    assert_int_equal(lab->exposed_count, 0);
    assert_int_equal(host_connect(lab, public_address(1), PORT), -1);
    lab_free(lab);
}

/* A port that somebody else has is reported as such. */
static void test_expose_reports_a_port_in_use(void **state)
{
    struct sockaddr_in sa = host_address(public_address(1), PORT);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct lab *lab = lab_new();
    int on = 1;

    (void)state;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
    assert_int_equal(listen(fd, 1), 0);
    allow(lab, PORT, PORT);
    public_guest(lab, "a", 1);
    assert_int_equal(lab->exposed_count, 1);
    assert_int_equal(lab->exposed_host_port, 0);
    close(fd);
    allow(lab, PORT, PORT);
    assert_int_equal(lab->exposed_count, 2);
    assert_int_equal(lab->exposed_host_port, PORT);
    lab_free(lab);
}

static void set_bind_capability(bool on)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    const uint32_t bit = 1u << CAP_NET_BIND_SERVICE;

    assert_int_equal(syscall(SYS_capget, &header, data), 0);
    data[0].effective =
        on ? data[0].effective | (data[0].permitted & bit) : data[0].effective & ~bit;
    assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

static bool may_bind_low(void)
{
    struct sockaddr_in sa = host_address(public_address(5), 22);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool may = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 || errno != EACCES;

    close(fd);
    return may;
}

/* Where ports below 1024 are not ours to bind, they are served at an offset, and it is said where.
 */
static void test_expose_moves_low_ports(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a;
    int fd;

    (void)state;
    set_bind_capability(false);
    if (may_bind_low()) { /* this kernel lets everybody: net.ipv4.ip_unprivileged_port_start */
        lab_free(lab);
        skip();
    }
    allow(lab, 22, 22);
    a = public_guest(lab, "a", 1);
    a->echo_port = 22;
    set_bind_capability(true);
    assert_int_equal(lab->exposed_port, 22);
    assert_int_equal(lab->exposed_host_port, 20022);
    fd = host_connect(lab, public_address(1), 20022);
    assert_true(fd >= 0);
    assert_true(echoes(lab, fd, "hello"));
    close(fd);
    lab_free(lab);
}

/* --- what machines may not --- */

static void syn(struct guest *g, uint32_t to, uint16_t sport, uint16_t dport)
{
    guest_send(g, &(struct send){.dst = to,
                                 .proto = NET_TCP,
                                 .sport = sport,
                                 .dport = dport,
                                 .seq = 1,
                                 .flags = TCP_SYN});
}

/* No machine reaches a server on this host: neither by the address that stands for it, nor by
 * loopback, nor by the host's own addresses; not even where the internet is allowed, and not by
 * turning a connection around. */
static void host_stays_out_of_reach(bool allow_internet)
{
    struct lab *lab = lab_new_with(allow_internet);
    struct sockaddr_in sa = host_address(INADDR_ANY, 0);
    socklen_t size = sizeof(sa);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct guest *a;
    uint16_t port;
    char byte;
    int fd;

    assert_int_equal(bind(server, (struct sockaddr *)&sa, sizeof(sa)), 0);
    assert_int_equal(listen(server, 5), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&sa, &size), 0);
    assert_int_equal(bind(datagrams, (struct sockaddr *)&sa, sizeof(sa)), 0);
    port = ntohs(sa.sin_port);
    allow(lab, PORT, PORT);
    a = public_guest(lab, "a", 1);
    fd = host_connect(lab, public_address(1), PORT); /* the uplink is in use */
    assert_true(fd >= 0 && echoes(lab, fd, "hello"));
    syn(a, IP(169, 254, 169, 1), 3000, port);
    syn(a, IP(169, 254, 169, 2), 3000, port);
    syn(a, IP(169, 254, 169, 254), 3000, port);
    syn(a, IP(127, 0, 0, 1), 3000, port);
    syn(a, IP(127, 77, 0, 1), 3000, port);
    syn(a, IP(0, 0, 0, 0), 3000, port);
    syn(a, IP(255, 255, 255, 255), 3000, port);
    for (int i = 0; i < 2; i++) {
        uint32_t to = i == 0 ? IP(169, 254, 169, 1) : IP(127, 0, 0, 1);

        guest_send(
            a,
            &(struct send){
                .dst = to, .proto = NET_UDP, .sport = 3000, .dport = port, .body = "x", .len = 1});
    }
    /* The client of the open connection, asked to accept one: a server of its own at the same port.
     */
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &size), 0);
    syn(a, IP(169, 254, 169, 1), PORT, ntohs(sa.sin_port));
    lab_run(lab, QUIET_MS);
    assert_int_equal(accept(server, NULL, NULL), -1);
    assert_int_equal(recv(datagrams, &byte, 1, 0), -1);
    assert_true(echoes(lab, fd, "hello"));
    close(fd);
    close(server);
    close(datagrams);
    lab_free(lab);
}

static void test_host_stays_out_of_reach(void **state)
{
    (void)state;
    host_stays_out_of_reach(false);
}

static void test_host_stays_out_of_reach_with_internet(void **state)
{
    (void)state;
    host_stays_out_of_reach(true);
}

/* --- services --- */

#define METADATA IP(169, 254, 169, 254)

static void add_service(struct lab *lab, bool filtered)
{
    struct net_service service = {.address = METADATA,
                                  .port = 80,
                                  .filtered = filtered,
                                  .socket_folder = lab->folder,
                                  .accepted = lab_accepted,
                                  .arg = lab};
    struct err err;

    assert_int_equal(net_service_add(lab->net, &service, &err), 0);
}

static bool is_syn_ack(const uint8_t *f, size_t len)
{
    return is_tcp(f, len) && f[47] == (TCP_SYN | TCP_ACK);
}

/* Connects and sends "ask"; the socket that the service got, or -1. */
static int service_connect(struct guest *g, uint16_t sport)
{
    struct send s = {
        .dst = METADATA, .proto = NET_TCP, .sport = sport, .dport = 80, .seq = 2, .flags = TCP_ACK};
    struct lab *lab = g->lab;
    const uint8_t *f;

    lab->accepted_port[0] = '\0';
    syn(g, METADATA, sport, 80);
    f = guest_next(g, is_syn_ack, QUIET_MS, NULL);
    if (f == NULL)
        return -1;
    check_packet(g, f, METADATA);
    s.ack = get32(f + 38) + 1;
    guest_send(g, &s);
    s.body = "ask";
    s.len = 3;
    guest_send(g, &s);
    lab_wait(lab, strcmp(lab->accepted_port, g->spec.id) == 0);
    return lab->accepted_fd;
}

/* A service gets a socket that says which port it comes from, whatever the rules and without a
 * public address; its answers come from the service's address with the hop limit asked for. */
static void test_service_knows_who_asks(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a, *b;
    const uint8_t *f;
    char text[4] = "";
    int fd;

    (void)state;
    add_service(lab, false);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), NULL);
    b = guest_make(lab, "b", "vpc-2", IP(10, 0, 0, 10), NULL);
    b->spec.service_ttl = 1;
    b->spec.edge = false;
    guest_apply(b);
    fd = service_connect(a, 4000);
    assert_true(fd >= 0);
    assert_string_equal(lab->accepted_port, "a");
    fd = service_connect(b, 4000);
    assert_true(fd >= 0);
    assert_string_equal(lab->accepted_port, "b");
    assert_int_equal(host_read(lab, fd, text, 3, WAIT_MS), 3);
    assert_string_equal(text, "ask");
    assert_int_equal(write(fd, "told", 4), 4);
    do
        f = guest_expect(b, is_tcp);
    while (get16(f + 16) == 40);
    check_packet(b, f, METADATA);
    assert_memory_equal(f + 54, "told", 4);
    assert_int_equal(f[22], 1);
    lab_free(lab);
}

/* A filtered service asks egress rules and a way out. */
static void test_service_may_be_filtered(void **state)
{
    struct net_group closed = {.id = "sg-in"};
    struct net_rule web = tcp_rule(80, 80);
    struct lab *lab = lab_new();
    struct guest *a;

    (void)state;
    add_service(lab, true);
    net_group_set(lab->net, &closed);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    assert_int_equal(service_connect(a, 4000), -1);
    closed.egress = &web;
    closed.egress_count = 1;
    net_group_set(lab->net, &closed);
    assert_true(service_connect(a, 4001) >= 0);
    a->spec.edge = false;
    guest_apply(a);
    assert_int_equal(service_connect(a, 4002), -1);
    lab_free(lab);
}

/* Services have link-local addresses, each its own. */
static void test_service_add_refuses(void **state)
{
    struct lab *lab = lab_new();
    struct net_service service = {.address = IP(10, 0, 0, 1), .port = 80, .socket_folder = "/tmp"};
    struct err err;

    (void)state;
    assert_int_equal(net_service_add(lab->net, &service, &err), -1);
    assert_string_equal(err.code, "BadAddress");
    add_service(lab, false);
    service.address = METADATA;
    assert_int_equal(net_service_add(lab->net, &service, &err), -1);
    assert_string_equal(err.code, "AddressInUse");
    lab_free(lab);
}

/* However many connections a machine begins, the sockets it can take from the host are bounded,
 * nothing stops, and other machines still get theirs. */
static void test_service_floods_are_bounded(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a, *b;
    size_t before;

    (void)state;
    add_service(lab, false);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), NULL);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), NULL);
    before = descriptors();
    for (int i = 0; i < 3000; i++)
        syn(a, METADATA, (uint16_t)(1000 + i), 80);
    for (int i = 0; i < 100 && a->received < 200; i++)
        lab_run(lab, 50);
    lab_wait(lab, a->received >= 250);
    lab_run(lab, QUIET_MS);
    assert_in_range(a->received, 250, 350); /* answered; the rest waits for others to end */
    for (int i = 0; i < 3000; i++) {
        const uint8_t *f = guest_next(a, is_tcp, 0, NULL);
        struct send s = {
            .dst = METADATA, .proto = NET_TCP, .dport = 80, .seq = 2, .flags = TCP_ACK};

        if (f == NULL) {
            loop_step(lab->loop, 0);
            continue;
        }
        s.sport = get16(f + 36);
        s.ack = get32(f + 38) + 1;
        guest_send(a, &s);
    }
    lab_run(lab, 50);
    assert_in_range(descriptors(), before, before + 600);
    assert_true(service_connect(b, 4000) >= 0);
    assert_string_equal(lab->accepted_port, "b");
    lab_free(lab);
}

/* --- ends --- */

/* When a port is removed its listeners, connections and socket files are gone before the call
 * returns. */
static void test_port_remove_leaves_nothing(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a;
    size_t before;
    int fd;

    (void)state;
    add_service(lab, false);
    allow(lab, PORT, PORT + 20);
    lab_run(lab, 10);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    lab_run(lab, 10);
    before = descriptors();
    a->spec.public_address = public_address(1);
    a->echo_port = PORT;
    guest_apply(a);
    assert_true(descriptors() >= before + 21);
    fd = host_connect(lab, public_address(1), PORT);
    assert_true(fd >= 0);
    assert_true(echoes(lab, fd, "hello"));
    close(fd);
    assert_true(service_connect(a, 4000) >= 0);
    close(lab->accepted_fd);
    lab->accepted_fd = -1;
    net_port_remove(lab->net, "a");
    assert_int_equal(host_connect(lab, public_address(1), PORT), -1);
    lab_wait(lab, a->stream == NULL);
    lab_run(lab, 10);
    assert_int_equal(descriptors(), before - 2); /* both ends of the machine's own socket */
    lab_free(lab);
}

/* A connection that has ended leaves no socket behind. */
static void test_closed_connections_are_forgotten(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a;
    size_t before;

    (void)state;
    allow(lab, PORT, PORT);
    a = public_guest(lab, "a", 1);
    lab_run(lab, 10);
    before = descriptors();
    for (int i = 0; i < 20; i++) {
        int fd = host_connect(lab, a->spec.public_address, PORT);

        assert_true(fd >= 0);
        assert_true(echoes(lab, fd, "hello"));
        close(fd);
    }
    for (int i = 0; i < 15000 && descriptors() != before; i += 10) /* TIME_WAIT is 10 s */
        lab_run(lab, 10);
    assert_int_equal(descriptors(), before);
    lab_free(lab);
}

/* Six connections made at the same moment, as browsers do, are all answered at once. */
static void test_host_may_connect_in_parallel(void **state)
{
    struct sockaddr_in sa = host_address(public_address(1), PORT);
    struct lab *lab = lab_new();
    int64_t start_us;
    int fds[20];

    (void)state;
    allow(lab, PORT, PORT);
    public_guest(lab, "a", 1);
    lab_run(lab, 10);
    start_us = clock_monotonic_us();
    for (int i = 0; i < 20; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(fds[i], (struct sockaddr *)&sa, sizeof(sa)) != 0)
            assert_int_equal(errno, EINPROGRESS);
    }
    lab_run(lab, 20);
    for (int i = 0; i < 20; i++) {
        assert_true(echoes(lab, fds[i], "hello"));
        close(fds[i]);
    }
    assert_in_range(clock_monotonic_us() - start_us, 0, 900000);
    lab_free(lab);
}

/* Much data arrives whole and in order, both ways. */
static void test_host_moves_much_data(void **state)
{
    enum { ROUNDS = 300, PIECE = 20000 };
    static uint8_t out[PIECE], in[PIECE];
    struct lab *lab = lab_new();
    struct guest *a;
    int fd;

    (void)state;
    allow(lab, PORT, PORT);
    a = public_guest(lab, "a", 1);
    fd = host_connect(lab, a->spec.public_address, PORT);
    assert_true(fd >= 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < PIECE; i++)
            out[i] = (uint8_t)((round * PIECE + i) * 2654435761u >> 24);
        assert_int_equal(write(fd, out, PIECE), PIECE);
        assert_int_equal(host_read(lab, fd, in, PIECE, WAIT_MS), PIECE);
        assert_memory_equal(in, out, PIECE);
    }
    close(fd);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_reaches_the_open_port),
        cmocka_unit_test(test_host_is_refused_elsewhere),
        cmocka_unit_test(test_host_connection_ends_with_its_rule),
        cmocka_unit_test(test_host_is_judged_as_loopback),
        cmocka_unit_test(test_host_exchanges_datagrams),
        cmocka_unit_test(test_fragments_do_not_leave),
        cmocka_unit_test(test_host_hears_the_guests_refusal),
        cmocka_unit_test(test_expose_chooses_ports),
        cmocka_unit_test(test_expose_ignores_inner_peers),
        cmocka_unit_test(test_expose_reports_a_port_in_use),
        cmocka_unit_test(test_expose_moves_low_ports),
        cmocka_unit_test(test_host_stays_out_of_reach),
        cmocka_unit_test(test_host_stays_out_of_reach_with_internet),
        cmocka_unit_test(test_service_knows_who_asks),
        cmocka_unit_test(test_service_may_be_filtered),
        cmocka_unit_test(test_service_add_refuses),
        cmocka_unit_test(test_service_floods_are_bounded),
        cmocka_unit_test(test_port_remove_leaves_nothing),
        cmocka_unit_test(test_closed_connections_are_forgotten),
        cmocka_unit_test(test_host_may_connect_in_parallel),
        cmocka_unit_test(test_host_moves_much_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
