/* The switch and router between machines: ARP, DHCP, DNS, time, rules, state, domains, public
 * addresses. */
#include "plant_net_guest.h"

static const char in_group[1][NET_ID_SIZE] = {"sg-in"}, other_group[1][NET_ID_SIZE] = {"sg-other"};
static const struct net_rule all_icmp = {
    .protocol = NET_ICMP, .from_port = -1, .to_port = -1, .block = {0, 0}};

static void arp_ask(struct guest *g, uint32_t sender, uint32_t target)
{
    uint8_t frame[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t *arp = frame + 14;

    memcpy(frame + 6, g->spec.mac, 6);
    put16(frame + 12, 0x0806);
    put16(arp, 1);
    put16(arp + 2, 0x0800);
    arp[4] = 6;
    arp[5] = 4;
    put16(arp + 6, 1);
    memcpy(arp + 8, g->spec.mac, 6);
    put32(arp + 14, sender);
    put32(arp + 24, target);
    guest_send_raw(g, frame, sizeof(frame));
}

/* The router answers ARP for every address of the subnet and for link-local ones, with one hardware
 * address of its own; a neighbour that exists is shown with its own. */
static void test_arp_is_answered_for_every_address(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), NULL);
    struct guest *b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), NULL);
    uint8_t router[6];
    const uint8_t *f;

    (void)state;
    arp_ask(a, a->spec.address, IP(10, 0, 0, 1));
    f = guest_expect(a, is_arp);
    assert_int_equal(get16(f + 20), 2);
    assert_int_equal(get32(f + 28), IP(10, 0, 0, 1));
    memcpy(router, f + 22, 6);
    assert_int_equal(router[0] & 3, 2);
    arp_ask(a, a->spec.address, IP(10, 0, 0, 99));
    f = guest_expect(a, is_arp);
    assert_memory_equal(f + 22, router, 6);
    arp_ask(a, a->spec.address, IP(169, 254, 169, 254));
    f = guest_expect(a, is_arp);
    assert_memory_equal(f + 22, router, 6);
    arp_ask(a, a->spec.address, b->spec.address);
    f = guest_expect(a, is_arp);
    assert_memory_equal(f + 22, b->spec.mac, 6);
    lab_free(lab);
}

/* Nobody is told of one's own address (a probe for duplicates stays unanswered), nor of addresses
 * outside the subnet, nor when asking in another's name. */
static void test_arp_stays_silent(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), NULL);

    (void)state;
    arp_ask(a, 0, a->spec.address);
    arp_ask(a, a->spec.address, IP(10, 0, 1, 1));
    arp_ask(a, IP(10, 0, 0, 77), IP(10, 0, 0, 1));
    assert_null(guest_next(a, is_arp, QUIET_MS, NULL));
    lab_free(lab);
}
/* --- DHCP --- */

struct dhcp_ask {
    uint8_t type;
    uint32_t wanted, server, ciaddr;
    bool broadcast;
};

static void dhcp_send(struct guest *g, const struct dhcp_ask *ask)
{
    uint8_t m[300] = {1, 1, 6, 0, 0x11, 0x22, 0x33, 0x44};
    size_t at = 240;
    struct send s = {
        .dst = 0xffffffff, .proto = NET_UDP, .sport = 68, .dport = 67, .body = m, .len = sizeof(m)};
    static uint8_t frame[FRAME_MAX];
    size_t len;

    put16(m + 10, ask->broadcast ? 0x8000 : 0);
    put32(m + 12, ask->ciaddr);
    memcpy(m + 28, g->spec.mac, 6);
    put32(m + 236, 0x63825363);
    m[at++] = 53;
    m[at++] = 1;
    m[at++] = ask->type;
    if (ask->wanted != 0) {
        m[at++] = 50;
        m[at++] = 4;
        put32(m + at, ask->wanted);
        at += 4;
    }
    if (ask->server != 0) {
        m[at++] = 54;
        m[at++] = 4;
        put32(m + at, ask->server);
        at += 4;
    }
    m[at++] = 55;
    m[at++] = 2;
    m[at++] = 121;
    m[at++] = 1;
    m[at] = 255;
    len = build(frame, g, &s);
    if (ask->ciaddr == 0) {
        put32(frame + 26, 0);
        put16(frame + 24, 0);
        put16(frame + 24, test_sum(frame + 14, 20, 0));
        put16(frame + 40, 0);
    }
    guest_send_raw(g, frame, len);
}

/* The option's value, or NULL. */
static const uint8_t *dhcp_find(const uint8_t *frame, uint8_t code)
{
    const uint8_t *at = frame + 42 + 240;

    while (*at != 255) {
        if (*at == 0) {
            at++;
            continue;
        }
        if (*at == code)
            return at + 2;
        at += 2 + at[1];
    }
    return NULL;
}

static const uint8_t *dhcp_option(const uint8_t *frame, uint8_t code)
{
    const uint8_t *value = dhcp_find(frame, code);

    assert_non_null(value);
    if (value == NULL)
        abort();
    return value;
}

static const uint8_t *dhcp_answer(struct guest *g, const struct dhcp_ask *ask)
{
    dhcp_send(g, ask);
    return guest_expect(g, is_udp);
}

/* A machine is offered and given the port's one address with the settings of its subnet and domain.
 */
static void test_dhcp_gives_the_one_address(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a = guest_make(lab, "a", "vpc-1", IP(10, 0, 3, 10), NULL);
    const uint8_t *f = dhcp_answer(a, &(struct dhcp_ask){.type = 1});

    (void)state;
    check_packet(a, f, IP(10, 0, 3, 1));
    assert_int_equal(dhcp_option(f, 53)[0], 2);
    assert_int_equal(get32(f + 42 + 16), a->spec.address);
    f = dhcp_answer(
        a, &(struct dhcp_ask){.type = 3, .wanted = a->spec.address, .server = IP(10, 0, 3, 1)});
    check_packet(a, f, IP(10, 0, 3, 1));
    assert_int_equal(dhcp_option(f, 53)[0], 5);
    assert_int_equal(get32(dhcp_option(f, 1)), 0xffffff00);
    assert_int_equal(get32(dhcp_option(f, 3)), IP(10, 0, 3, 1));
    assert_int_equal(get32(dhcp_option(f, 6)), IP(10, 0, 0, 2));
    assert_int_equal(get32(dhcp_option(f, 51)), 3600);
    assert_int_equal(get16(dhcp_option(f, 26)), 9001);
    assert_memory_equal(dhcp_option(f, 12), "ip-10-0-0-10", 12);
    assert_memory_equal(dhcp_option(f, 15), "ec2.internal", 12);
    assert_int_equal(dhcp_option(f, 121)[0], 0);
    assert_int_equal(get32(dhcp_option(f, 121) + 1), IP(10, 0, 3, 1));
    lab_free(lab);
}

/* Renewing and informing are answered by unicast; another's address is refused; requests to other
 * servers are not ours. */
static void test_dhcp_renews_informs_and_refuses(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a = guest_make(lab, "a", "vpc-1", IP(10, 0, 3, 10), NULL);
    const uint8_t *f = dhcp_answer(a, &(struct dhcp_ask){.type = 3, .ciaddr = a->spec.address});

    (void)state;
    check_packet(a, f, IP(10, 0, 3, 1));
    assert_int_equal(dhcp_option(f, 53)[0], 5);
    f = dhcp_answer(a, &(struct dhcp_ask){.type = 8, .ciaddr = a->spec.address});
    check_packet(a, f, IP(10, 0, 3, 1));
    assert_int_equal(get32(f + 42 + 16), 0);
    assert_null(dhcp_find(f, 51));
    f = dhcp_answer(a, &(struct dhcp_ask){.type = 3, .wanted = IP(10, 0, 3, 66)});
    assert_int_equal(dhcp_option(f, 53)[0], 6);
    assert_int_equal(get32(f + 30), 0xffffffff);
    dhcp_send(a,
              &(struct dhcp_ask){.type = 3, .wanted = a->spec.address, .server = IP(10, 0, 3, 9)});
    dhcp_send(a, &(struct dhcp_ask){.type = 7, .ciaddr = a->spec.address});
    assert_null(guest_next(a, is_udp, QUIET_MS, NULL));
    lab_free(lab);
}

/* --- DNS and time --- */

static const uint8_t *dns_ask(struct guest *g, uint32_t server, const char *labels, size_t len,
                              uint16_t type)
{
    uint8_t m[300] = {0xab, 0xcd, 1, 0, 0, 1};
    struct send s = {.dst = server,
                     .proto = NET_UDP,
                     .sport = 4000,
                     .dport = 53,
                     .body = m,
                     .len = 12 + len + 4};

    memcpy(m + 12, labels, len);
    put16(m + 12 + len, type);
    put16(m + 12 + len + 2, 1);
    guest_send(g, &s);
    return guest_expect(g, is_udp);
}

#define NAME(text) text, sizeof(text)

/* Names of the domain are answered at base + 2 and at 169.254.169.253, whatever the rules and
 * whatever the case. */
static void test_dns_answers_names(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a = guest_make(lab, "a", "vpc-1", IP(10, 0, 3, 10), NULL);
    struct guest *b = guest_make(lab, "b", "vpc-1", IP(10, 0, 3, 11), NULL);
    const uint32_t servers[] = {IP(10, 0, 0, 2), IP(169, 254, 169, 253)};
    const size_t length = sizeof("\014ip-10-0-0-10\003ec2\010internal");
    const uint8_t *f;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        f = dns_ask(a, servers[i], "\014IP-10-0-0-10\003ec2\010internal", length, 1);
        check_packet(a, f, servers[i]);
        assert_int_equal(get16(f + 42), 0xabcd);
        assert_int_equal(get16(f + 44), 0x8180);
        assert_int_equal(get16(f + 48), 1);
        assert_int_equal(get32(f + 42 + 12 + length + 4 + 12), IP(10, 0, 0, 10));
    }
    f = dns_ask(b, servers[0], NAME("\003who\002am\001i"), 1);
    assert_int_equal(get32(f + 42 + 12 + 10 + 4 + 12), IP(2, 2, 2, 2));
    lab_free(lab);
}

/* A known name without the type asked for is an empty success; an unknown one does not exist;
 * addresses have names; nonsense is called that. */
static void test_dns_knows_what_it_does_not_know(void **state)
{
    static const char arpa[] = "\00210\0010\0010\00210\007in-addr\004arpa";
    struct lab *lab = lab_new();
    struct guest *a = guest_make(lab, "a", "vpc-1", IP(10, 0, 3, 10), NULL);
    const uint8_t *f = dns_ask(a, IP(10, 0, 0, 2), NAME("\003who\002am\001i"), 28);

    (void)state;
    assert_int_equal(get16(f + 44) & 15, 0);
    assert_int_equal(get16(f + 48), 0);
    f = dns_ask(a, IP(10, 0, 0, 2), NAME("\007example\003com"), 1);
    assert_int_equal(get16(f + 44) & 15, 3);
    f = dns_ask(a, IP(10, 0, 0, 2), NAME(arpa), 12);
    check_packet(a, f, IP(10, 0, 0, 2));
    assert_int_equal(get16(f + 48), 1);
    assert_memory_equal(f + 42 + 12 + sizeof(arpa) + 4 + 12, "\014ip-10-0-0-10\003ec2", 17);
    f = dns_ask(a, IP(10, 0, 0, 2), "\077abc", 4, 1);
    assert_int_equal(get16(f + 44) & 15, 1);
    lab_free(lab);
}

/* 169.254.169.123 tells the host's time and returns the asker's stamp. */
static void test_ntp_tells_the_time(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a = guest_make(lab, "a", "vpc-1", IP(10, 0, 3, 10), NULL);
    uint8_t m[48] = {0x23};
    struct send s = {.dst = IP(169, 254, 169, 123),
                     .proto = NET_UDP,
                     .sport = 123,
                     .dport = 123,
                     .body = m,
                     .len = 48};
    struct clock clock = {.fixed_ms = 0};
    const uint8_t *f;
    int64_t told;

    (void)state;
    memcpy(m + 40, "12345678", 8);
    guest_send(a, &s);
    f = guest_expect(a, is_udp);
    check_packet(a, f, IP(169, 254, 169, 123));
    assert_int_equal(f[42], 0x24);
    assert_memory_equal(f + 42 + 24, "12345678", 8);
    told = (int64_t)get32(f + 42 + 40) - 2208988800;
    assert_in_range(told, (uint64_t)clock_now_ms(&clock) / 1000 - 3,
                    (uint64_t)clock_now_ms(&clock) / 1000 + 1);
    lab_free(lab);
}

/* --- rules --- */

static bool pings(struct guest *from, uint32_t to, struct guest *at, uint16_t id)
{
    ping(from, to, id);
    return guest_next(at, is_icmp, QUIET_MS, NULL) != NULL;
}

/* Without a rule nothing comes in; with one it does; without it again, the next packet is dropped.
 */
static void test_rules_act_on_the_next_packet(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a, *b;
    struct net_counters counters;

    (void)state;
    lab_group(lab, "sg-in", NULL, 0);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), in_group);
    assert_false(pings(a, b->spec.address, b, 1));
    assert_true(net_port_counters(lab->net, "b", &counters));
    assert_int_equal(counters.dropped_packets, 1);
    lab_group(lab, "sg-in", &all_icmp, 1);
    assert_true(pings(a, b->spec.address, b, 1));
    lab_group(lab, "sg-in", NULL, 0);
    assert_false(pings(a, b->spec.address, b, 1));
    lab_free(lab);
}

/* The answer to what was allowed in needs no rule of its own; a new flow the other way does. */
static void test_rules_are_stateful(void **state)
{
    static const struct net_rule no_rule[1];
    struct net_group closed = {
        .id = "sg-other", .ingress = &all_icmp, .ingress_count = 1, .egress = no_rule};
    struct lab *lab = lab_new();
    struct guest *a, *b;
    struct send reply = {.proto = NET_ICMP, .sport = 0, .dport = 9, .body = "abcdefgh", .len = 8};

    (void)state;
    lab_group(lab, "sg-in", NULL, 0);
    net_group_set(lab->net, &closed);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), other_group);
    reply.dst = a->spec.address;
    guest_send(b, &reply);
    assert_null(guest_next(a, is_icmp, QUIET_MS, NULL));
    ping(a, b->spec.address, 9);
    check_packet(b, guest_expect(b, is_icmp), a->spec.address);
    guest_send(b, &reply);
    check_packet(a, guest_expect(a, is_icmp), b->spec.address);
    assert_false(pings(b, a->spec.address, a, 10));
    lab_free(lab);
}

static void udp(struct guest *g, uint32_t to, uint16_t sport, uint16_t dport)
{
    guest_send(
        g, &(struct send){
               .dst = to, .proto = NET_UDP, .sport = sport, .dport = dport, .body = "x", .len = 1});
}

/* A rule covers its ports and its peers, no more. */
static void test_rules_cover_ports_and_peers(void **state)
{
    struct net_rule rules[] = {
        {.protocol = NET_UDP, .from_port = 100, .to_port = 110, .block = {IP(10, 0, 0, 0), 28}}};
    struct lab *lab = lab_new();
    struct guest *a, *b, *far;

    (void)state;
    lab_group(lab, "sg-in", rules, 1);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), in_group);
    far = guest_make(lab, "c", "vpc-1", IP(10, 0, 0, 99), in_group);
    udp(a, b->spec.address, 5000, 99);
    udp(a, b->spec.address, 5000, 111);
    udp(far, b->spec.address, 5000, 100);
    ping(a, b->spec.address, 1);
    assert_null(guest_next(b, is_ip, QUIET_MS, NULL));
    udp(a, b->spec.address, 5000, 110);
    check_packet(b, guest_expect(b, is_udp), a->spec.address);
    lab_free(lab);
}

/* A rule that names a group lets its members in, as membership is now. */
static void test_rules_follow_membership(void **state)
{
    struct net_rule rule = {.protocol = NET_ANY, .group = "sg-other"};
    struct lab *lab = lab_new();
    struct guest *a, *b;

    (void)state;
    lab_group(lab, "sg-in", &rule, 1);
    lab_group(lab, "sg-other", NULL, 0);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), other_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), in_group);
    assert_true(pings(a, b->spec.address, b, 1));
    a->spec.groups = in_group;
    guest_apply(a);
    assert_false(pings(a, b->spec.address, b, 1));
    a->spec.groups = other_group;
    guest_apply(a);
    assert_true(pings(a, b->spec.address, b, 1));
    lab_free(lab);
}

/* A packet must also pass the sender's egress. */
static void test_rules_judge_the_sender_too(void **state)
{
    struct net_rule egress = {.protocol = NET_UDP, .from_port = 53, .to_port = 53, .block = {0, 0}};
    struct net_rule any = {.protocol = NET_ANY, .block = {0, 0}};
    struct net_group group = {
        .id = "sg-in", .ingress = &any, .ingress_count = 1, .egress = &egress, .egress_count = 1};
    struct lab *lab = lab_new();
    struct guest *a, *b;

    (void)state;
    net_group_set(lab->net, &group);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), in_group);
    udp(a, b->spec.address, 5000, 54);
    assert_null(guest_next(b, is_udp, QUIET_MS, NULL));
    udp(a, b->spec.address, 5000, 53);
    guest_expect(b, is_udp);
    lab_free(lab);
}

/* A connection under way that the switch does not know (it was restarted) goes on in both
 * directions; a stray answer to nothing that rules allow does not. */
static void test_rules_take_up_connections_under_way(void **state)
{
    struct net_rule ssh = {.protocol = NET_TCP, .from_port = 22, .to_port = 22, .block = {0, 0}};
    struct net_group group = {.id = "sg-in", .ingress = &ssh, .ingress_count = 1};
    struct lab *lab = lab_new();
    struct guest *a, *b;
    struct send s = {.proto = NET_TCP,
                     .sport = 22,
                     .dport = 40000,
                     .seq = 5,
                     .ack = 6,
                     .flags = TCP_ACK,
                     .body = "x",
                     .len = 1};

    (void)state;
    net_group_set(lab->net, &group);
    lab_group(lab, "sg-other", NULL, 0);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), other_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), in_group);
    s.dst = a->spec.address;
    guest_send(b, &s);
    check_packet(a, guest_expect(a, is_tcp), b->spec.address);
    s.sport = 23;
    guest_send(b, &s);
    s.sport = 22;
    s.dport = 40001;
    s.flags = TCP_SYN;
    guest_send(b, &s);
    assert_null(guest_next(a, is_tcp, QUIET_MS, NULL));
    lab_free(lab);
}

/* An ICMP error passes when it quotes a packet of a known flow, and not otherwise. */
static void test_rules_let_related_errors_pass(void **state)
{
    struct net_rule rule = {.protocol = NET_UDP, .from_port = 7, .to_port = 7, .block = {0, 0}};
    struct lab *lab = lab_new();
    struct guest *a, *b;
    struct send error = {.proto = NET_ICMP, .sport = 3 << 8 | 3, .len = 28};
    uint8_t quoted[28];
    const uint8_t *f;

    (void)state;
    lab_group(lab, "sg-in", &rule, 1);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), in_group);
    udp(a, b->spec.address, 5000, 7);
    f = guest_expect(b, is_udp);
    memcpy(quoted, f + 14, 28);
    error.dst = a->spec.address;
    error.body = quoted;
    guest_send(b, &error);
    check_packet(a, guest_expect(a, is_icmp), b->spec.address);
    put16(quoted + 20, 5001);
    guest_send(b, &error);
    assert_null(guest_next(a, is_icmp, QUIET_MS, NULL));
    lab_free(lab);
}

/* Pieces of a packet pass when its first piece did; others do not. */
static void test_rules_handle_fragments(void **state)
{
    struct net_rule rule = {.protocol = NET_UDP, .from_port = 7, .to_port = 7, .block = {0, 0}};
    struct lab *lab = lab_new();
    struct guest *a, *b;
    struct send first = {.proto = NET_UDP,
                         .sport = 5,
                         .dport = 7,
                         .body = "12345678",
                         .len = 8,
                         .fragment = 0x2000,
                         .id = 77};
    struct send later = {.proto = NET_UDP, .body = "abcdefgh", .len = 8, .fragment = 2, .id = 77};

    (void)state;
    lab_group(lab, "sg-in", &rule, 1);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), in_group);
    first.dst = later.dst = b->spec.address;
    guest_send(a, &later);
    assert_null(guest_next(b, is_ip, QUIET_MS, NULL));
    guest_send(a, &first);
    guest_send(a, &later);
    guest_expect(b, is_ip);
    guest_expect(b, is_ip);
    later.id = first.id = 78;
    first.dport = 8;
    guest_send(a, &first);
    guest_send(a, &later);
    assert_null(guest_next(b, is_ip, QUIET_MS, NULL));
    lab_free(lab);
}

/* --- who may say what --- */

/* Frames with a foreign hardware address never pass; packets with a foreign source only where
 * checking is off. */
static void test_sources_are_checked(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a, *b;
    struct send s = {
        .src = IP(10, 0, 0, 50), .proto = NET_ICMP, .sport = 8 << 8, .body = "abcdefgh", .len = 8};
    uint8_t frame[128];
    size_t len;

    (void)state;
    lab_group(lab, "sg-in", &all_icmp, 1);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), in_group);
    s.dst = b->spec.address;
    guest_send(a, &s);
    s.src = 0;
    len = build(frame, a, &s);
    frame[11] ^= 1;
    guest_send_raw(a, frame, len);
    assert_null(guest_next(b, is_icmp, QUIET_MS, NULL));
    a->spec.check_source = false;
    guest_apply(a);
    s.src = IP(10, 0, 0, 50);
    guest_send(a, &s);
    check_packet(b, guest_expect(b, is_icmp), IP(10, 0, 0, 50));
    lab_free(lab);
}

/* Where checking is off a machine may speak for others, but never for the network's own services.
 */
static void test_services_cannot_be_impersonated(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a, *b;
    struct send s = {
        .src = IP(169, 254, 169, 254), .proto = NET_ICMP, .sport = 8 << 8, .body = "x", .len = 1};

    (void)state;
    lab_group(lab, "sg-in", &all_icmp, 1);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), in_group);
    a->spec.check_source = false;
    guest_apply(a);
    s.dst = b->spec.address;
    guest_send(a, &s);
    assert_null(guest_next(b, is_icmp, QUIET_MS, NULL));
    lab_free(lab);
}

/* The router does not answer pings; broadcasts, multicasts and other protocols reach nobody. */
static void test_nothing_is_broadcast(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a, *b;
    uint8_t v6[60] = {0x33, 0x33, 0, 0, 0, 1};

    (void)state;
    lab_group(lab, "sg-in", &all_icmp, 1);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), in_group);
    ping(a, IP(10, 0, 0, 1), 1);
    ping(a, IP(10, 0, 0, 255), 1);
    ping(a, IP(255, 255, 255, 255), 1);
    ping(a, IP(224, 0, 0, 1), 1);
    memcpy(v6 + 6, a->spec.mac, 6);
    put16(v6 + 12, 0x86dd);
    guest_send_raw(a, v6, sizeof(v6));
    assert_null(guest_next(b, is_ip, QUIET_MS, NULL));
    assert_int_equal(b->received, 0);
    assert_int_equal(a->received, 0);
    lab_free(lab);
}

/* Between subnets of a domain packets are routed, with one hop less; inside a subnet the hop is not
 * seen. */
static void test_subnets_are_routed(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a, *b, *c;
    const uint8_t *f;

    (void)state;
    lab_group(lab, "sg-in", &all_icmp, 1);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 1, 11), in_group);
    c = guest_make(lab, "c", "vpc-1", IP(10, 0, 0, 12), in_group);
    ping(a, b->spec.address, 1);
    f = guest_expect(b, is_icmp);
    check_packet(b, f, a->spec.address);
    assert_int_equal(f[22], 63);
    ping(a, c->spec.address, 1);
    f = guest_expect(c, is_icmp);
    check_packet(c, f, a->spec.address);
    assert_int_equal(f[22], 64);
    assert_memory_equal(f + 6, a->spec.mac, 6);
    lab_free(lab);
}

/* Domains may have the same addresses; nothing gets from one to the other. */
static void test_domains_are_apart(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a, *b, *same;

    (void)state;
    lab_group(lab, "sg-in", &all_icmp, 1);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-2", IP(10, 0, 0, 11), in_group);
    assert_false(pings(a, b->spec.address, b, 1));
    same = guest_make(lab, "c", "vpc-1", IP(10, 0, 0, 11), in_group);
    assert_true(pings(a, same->spec.address, same, 1));
    assert_int_equal(b->received, 0);
    lab_free(lab);
}

/* A packet that the receiver's link cannot carry is answered with the size that it can. */
static void test_too_big_is_answered(void **state)
{
    static uint8_t body[3000];
    struct lab *lab = lab_new();
    struct guest *a, *b;
    struct send s = {.proto = NET_ICMP, .sport = 8 << 8, .body = body, .len = sizeof(body)};
    const uint8_t *f;

    (void)state;
    lab_group(lab, "sg-in", &all_icmp, 1);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), in_group);
    s.dst = b->spec.address;
    guest_send(a, &s);
    check_packet(b, guest_expect(b, is_icmp), a->spec.address);
    b->spec.mtu = 1500;
    guest_apply(b);
    guest_send(a, &s);
    f = guest_expect(a, is_icmp);
    check_packet(a, f, IP(10, 0, 0, 1));
    assert_int_equal(f[34], 3);
    assert_int_equal(f[35], 4);
    assert_int_equal(get16(f + 40), 1500);
    lab_free(lab);
}

/* --- public addresses --- */

/* Between domains, public addresses lead one to one; each side sees the other's public address and
 * errors quote what was sent. */
static void test_public_addresses_join_domains(void **state)
{
    struct net_rule rules[] = {
        all_icmp, {.protocol = NET_UDP, .from_port = 7, .to_port = 7, .block = {0, 0}}};
    struct lab *lab = lab_new();
    struct guest *a, *b;
    struct send error = {.proto = NET_ICMP, .sport = 3 << 8 | 3, .len = 28};
    uint8_t quoted[28];
    const uint8_t *f;

    (void)state;
    lab_group(lab, "sg-in", rules, 2);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-2", IP(10, 0, 0, 11), in_group);
    a->spec.public_address = public_address(1);
    b->spec.public_address = public_address(2);
    guest_apply(a);
    guest_apply(b);
    udp(a, b->spec.public_address, 5000, 7);
    f = guest_expect(b, is_udp);
    check_packet(b, f, a->spec.public_address);
    memcpy(quoted, f + 14, 28);
    error.dst = a->spec.public_address;
    error.body = quoted;
    guest_send(b, &error);
    f = guest_expect(a, is_icmp);
    check_packet(a, f, b->spec.public_address);
    assert_int_equal(get32(f + 42 + 12), a->spec.address);
    assert_int_equal(get32(f + 42 + 16), b->spec.public_address);
    assert_int_equal(test_sum(f + 42, 20, 0), 0);
    lab_free(lab);
}

/* One's own public address leads back to oneself, through one's own rules. */
static void test_public_address_of_oneself(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a;

    (void)state;
    lab_group(lab, "sg-in", &all_icmp, 1);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    a->spec.public_address = public_address(1);
    guest_apply(a);
    ping(a, a->spec.public_address, 1);
    check_packet(a, guest_expect(a, is_icmp), a->spec.public_address);
    lab_group(lab, "sg-in", NULL, 0);
    assert_false(pings(a, a->spec.public_address, a, 2));
    lab_free(lab);
}

/* Without a public address of one's own, or without a way out on either side, public addresses lead
 * nowhere. */
static void test_public_needs_a_way_out(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a, *b;

    (void)state;
    lab_group(lab, "sg-in", &all_icmp, 1);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-2", IP(10, 0, 0, 11), in_group);
    b->spec.public_address = public_address(2);
    guest_apply(b);
    assert_false(pings(a, b->spec.public_address, b, 1));
    a->spec.public_address = public_address(1);
    guest_apply(a);
    assert_true(pings(a, b->spec.public_address, b, 1));
    b->spec.edge = false;
    guest_apply(b);
    assert_false(pings(a, b->spec.public_address, b, 1));
    b->spec.edge = true;
    guest_apply(b);
    a->spec.edge = false;
    guest_apply(a);
    assert_false(pings(a, b->spec.public_address, b, 1));
    lab_free(lab);
}

/* --- floods, restarts, misuse --- */

/* A flood of new flows is bounded and leaves the network working; frames for a machine that does
 * not read are dropped, not kept. */
static void test_floods_are_bounded(void **state)
{
    static const uint8_t body[1000];
    struct net_counters counters;
    size_t before;
    struct net_rule any = {.protocol = NET_ANY, .block = {0, 0}};
    struct lab *lab = lab_new();
    struct guest *a, *b;

    (void)state;
    lab_group(lab, "sg-in", &any, 1);
    a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), in_group);
    b = guest_make(lab, "b", "vpc-1", IP(10, 0, 0, 11), in_group);
    stream_pause(b->stream, true);
    for (int i = 0; i < 20000; i++) {
        guest_send(a, &(struct send){.dst = b->spec.address,
                                     .proto = NET_UDP,
                                     .sport = (uint16_t)(1 + i),
                                     .dport = 7,
                                     .body = body,
                                     .len = sizeof(body)});
        if (i % 100 == 0)
            loop_step(lab->loop, 0);
    }
    lab_wait(lab, net_port_counters(lab->net, "a", &counters) && counters.out_packets == 20000);
    stream_pause(b->stream, false);
    do {
        before = b->received;
        lab_run(lab, 100);
    } while (before == 0 || b->received != before);
    assert_in_range(b->received, 1, 19999);
    b->kept_count = 0;
    assert_true(pings(a, b->spec.address, b, 3));
    lab_free(lab);
}

/* When the machine's socket goes away and comes back, the port finds it again by itself. */
static void test_link_dials_again(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), NULL);

    (void)state;
    stream_close(a->stream);
    a->stream = NULL;
    lab_wait(lab, a->stream != NULL);
    arp_ask(a, a->spec.address, IP(10, 0, 0, 1));
    guest_expect(a, is_arp);
    lab_free(lab);
}

/* A length that no frame has ends the connection; it is made anew and works. Frames longer than
 * ours are passed over. */
static void test_link_survives_nonsense(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), NULL);
    static uint8_t large[4 + 20000] = {0, 0, 20000 >> 8, 20000 & 255};
    static const uint8_t absurd[4] = {0xff, 0xff, 0xff, 0xff};

    (void)state;
    assert_int_equal(stream_write(a->stream, large, sizeof(large)), 0);
    arp_ask(a, a->spec.address, IP(10, 0, 0, 1));
    guest_expect(a, is_arp);
    assert_int_equal(stream_write(a->stream, absurd, sizeof(absurd)), 0);
    lab_wait(lab, a->stream == NULL);
    lab_wait(lab, a->stream != NULL);
    arp_ask(a, a->spec.address, IP(10, 0, 0, 1));
    guest_expect(a, is_arp);
    lab_free(lab);
}

/* Two ports cannot have one address, public or private; an address outside its subnet and an absurd
 * MTU are refused. */
static void test_port_set_refuses(void **state)
{
    struct lab *lab = lab_new();
    struct guest *a = guest_make(lab, "a", "vpc-1", IP(10, 0, 0, 10), NULL);
    struct net_port_spec spec;
    struct err err;

    (void)state;
    a->spec.public_address = public_address(1);
    guest_apply(a);
    spec = a->spec;
    snprintf(spec.id, sizeof(spec.id), "b");
    assert_int_equal(net_port_set(lab->net, &spec, &err), -1);
    assert_string_equal(err.code, "AddressInUse");
    spec.address++;
    assert_int_equal(net_port_set(lab->net, &spec, &err), -1);
    assert_string_equal(err.code, "AddressInUse");
    spec.public_address = 0;
    spec.mtu = 60000;
    assert_int_equal(net_port_set(lab->net, &spec, &err), -1);
    assert_string_equal(err.code, "BadMtu");
    spec.mtu = 1500;
    spec.address = IP(10, 0, 7, 7);
    assert_int_equal(net_port_set(lab->net, &spec, &err), -1);
    assert_string_equal(err.code, "BadAddress");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arp_is_answered_for_every_address),
        cmocka_unit_test(test_arp_stays_silent),
        cmocka_unit_test(test_dhcp_gives_the_one_address),
        cmocka_unit_test(test_dhcp_renews_informs_and_refuses),
        cmocka_unit_test(test_dns_answers_names),
        cmocka_unit_test(test_dns_knows_what_it_does_not_know),
        cmocka_unit_test(test_ntp_tells_the_time),
        cmocka_unit_test(test_rules_act_on_the_next_packet),
        cmocka_unit_test(test_rules_are_stateful),
        cmocka_unit_test(test_rules_cover_ports_and_peers),
        cmocka_unit_test(test_rules_follow_membership),
        cmocka_unit_test(test_rules_judge_the_sender_too),
        cmocka_unit_test(test_rules_take_up_connections_under_way),
        cmocka_unit_test(test_rules_let_related_errors_pass),
        cmocka_unit_test(test_rules_handle_fragments),
        cmocka_unit_test(test_sources_are_checked),
        cmocka_unit_test(test_services_cannot_be_impersonated),
        cmocka_unit_test(test_nothing_is_broadcast),
        cmocka_unit_test(test_subnets_are_routed),
        cmocka_unit_test(test_domains_are_apart),
        cmocka_unit_test(test_too_big_is_answered),
        cmocka_unit_test(test_public_addresses_join_domains),
        cmocka_unit_test(test_public_address_of_oneself),
        cmocka_unit_test(test_public_needs_a_way_out),
        cmocka_unit_test(test_floods_are_bounded),
        cmocka_unit_test(test_link_dials_again),
        cmocka_unit_test(test_link_survives_nonsense),
        cmocka_unit_test(test_port_set_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
