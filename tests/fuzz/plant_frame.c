/* What a machine may put on its wire. An input is a number of frames, each after a byte that
 * chooses its sender and a byte or two of length; sums and hardware addresses are made right where
 * they could be, so that more than the first check is reached. Frames pass the whole switch: rules,
 * DHCP, names, public addresses, and libslirp with a service behind it. Rewriting must keep sums
 * right. */
#include "base/net.h"
#include "plant/net/frame.h"
#include "plant/net/net.h"
#include "plant/net/port.h"
#include "plant/net/router.h"
#include "plant/net/uplink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PORTS = 3 };
static struct loop *loop;
static struct net *net;
static struct port *ports[PORTS];
static char folder[] = "/tmp/groundschool-fuzz-XXXXXX";

static void must(bool claim, const char *what)
{
    if (claim)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

static bool resolve(void *arg, const char *port_id, const char *name, uint32_t *ret_address)
{
    (void)arg;
    must(strlen(name) < 256 && port_id[0] != '\0', "names are bounded");
    *ret_address = 0x0a000001;
    return strlen(name) % 2 == 0;
}

static bool resolve_reverse(void *arg, const char *port_id, uint32_t address, char *ret_name,
                            size_t size)
{
    (void)arg;
    (void)port_id;
    snprintf(ret_name, size, "a.b.internal");
    return address % 2 == 0;
}

static void accepted(void *arg, const char *port_id, int fd)
{
    (void)arg;
    must(port_id[0] == 'e', "services know the port");
    close(fd);
}

static struct port *make_port(int n)
{
    static const char groups[1][NET_ID_SIZE] = {"sg-1"};
    struct net_port_spec spec = {
        .mac = {2, 0, 0, 0, 0, (uint8_t)n},
        .address = 0x0a000010 + (uint32_t)n,
        .subnet = {0x0a000000, 24},
        .domain_block = {0x0a000000, 16},
        .public_address = 0x7f4d0001 + (uint32_t)n,
        .edge = true,
        .check_source = n != 1,
        .mtu = n == 2 ? 1500 : 9001,
        .hostname = "host",
        .domain_name = "internal",
        .groups = groups,
        .group_count = 1,
    };
    struct err err;

    snprintf(spec.id, sizeof(spec.id), "eni-%d", n);
    snprintf(spec.domain, sizeof(spec.domain), "vpc-%d", n == 2 ? 2 : 1);
    must(net_port_set(net, &spec, &err) == 0, "ports can be made");
    return hash_get(net->ports, spec.id);
}

static void stop(void)
{
    net_free(net);
    rmdir(folder);
}

static void start_once(void)
{
    static const struct net_rule rules[] = {{.protocol = NET_ICMP, .from_port = -1, .to_port = -1},
                                            {.protocol = NET_TCP, .from_port = 1, .to_port = 500},
                                            {.protocol = NET_UDP, .from_port = 1, .to_port = 500}};
    struct net_config config = {.resolve = resolve, .resolve_reverse = resolve_reverse};
    struct net_group group = {.id = "sg-1",
                              .ingress = rules,
                              .ingress_count = ARRAY_LEN(rules),
                              .egress = rules,
                              .egress_count = ARRAY_LEN(rules)};
    struct net_service service = {.address = 0xa9fea9fe, .port = 80, .accepted = accepted};
    struct err err;

    if (loop != NULL)
        return;
    service.socket_folder = mkdtemp(folder);
    must(service.socket_folder != NULL, "there is a folder for sockets");
    config.loop = loop = loop_new();
    net = net_new(&config, &err);
    must(net != NULL, "a network can be made");
    must(net_service_add(net, &service, &err) == 0, "a service can be added");
    net_group_set(net, &group);
    for (int i = 0; i < PORTS; i++)
        ports[i] = make_port(i);
    atexit(stop);
}

static uint8_t *sum_place(struct packet *k)
{
    if (k->later_fragment || k->first_fragment)
        return NULL;
    if (k->proto == NET_TCP)
        return k->body + 16;
    if (k->proto == NET_UDP)
        return k->body + 6;
    return k->proto == NET_ICMP ? k->body + 2 : NULL;
}

/* The sum over addresses, protocol, length and body: 0 when the sum inside is right. */
static uint16_t body_sum(const struct packet *k)
{
    static uint8_t whole[12 + FRAME_MAX];

    if (k->proto == NET_ICMP)
        return frame_checksum(k->body, k->body_len);
    memcpy(whole, k->ip + 12, 8);
    put16(whole + 8, k->proto);
    put16(whole + 10, (unsigned)k->body_len);
    memcpy(whole + 12, k->body, k->body_len);
    return frame_checksum(whole, 12 + k->body_len);
}

static void repair(struct port *p, uint8_t *frame, size_t len)
{
    struct packet k;
    size_t header;
    uint8_t *sum;

    memcpy(frame + MAC_SIZE, p->spec.mac, MAC_SIZE);
    if (frame_ethertype(frame, len) != ETHER_IPV4 || len < ETHER_SIZE + IP_SIZE)
        return;
    header = (size_t)(frame[ETHER_SIZE] & 15) * 4;
    if (header < IP_SIZE || ETHER_SIZE + header > len)
        return;
    put16(frame + ETHER_SIZE + 10, 0);
    put16(frame + ETHER_SIZE + 10, frame_checksum(frame + ETHER_SIZE, header));
    if (!packet_parse(&k, frame, len))
        return;
    sum = sum_place(&k);
    if (sum == NULL)
        return;
    put16(sum, 0);
    put16(sum, body_sum(&k));
}

static void rewriting_keeps_sums(const uint8_t *frame, size_t len)
{
    static uint8_t copy[FRAME_MAX];
    struct packet k, again;
    bool right;

    memcpy(copy, frame, len);
    if (!packet_parse(&k, copy, len))
        return;
    right = sum_place(&k) != NULL && body_sum(&k) == 0 && get16(sum_place(&k)) != 0;
    packet_set_source(&k, 0x01020304);
    packet_set_destination(&k, 0xfffefdfc);
    packet_set_ttl(&k, 7);
    must(packet_parse(&again, copy, len), "what was sound stays sound");
    must(again.src == 0x01020304 && again.dst == 0xfffefdfc && packet_ttl(&again) == 7,
         "what was written can be read");
    must(again.sport == k.sport && again.dport == k.dport && again.frame_len == k.frame_len,
         "nothing else changes");
    must(!right || body_sum(&again) == 0, "sums stay right");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t frame[FRAME_MAX];

    start_once();
    while (size > 2) {
        struct port *p = ports[data[0] % PORTS];
        size_t len = (size_t)(data[0] >> 6) << 8 | data[1];

        data += 2;
        size -= 2;
        len = len < size ? len : size;
        if (len >= ETHER_SIZE) {
            memcpy(frame, data, len);
            repair(p, frame, len);
            rewriting_keeps_sums(frame, len);
            router_from_machine(p, frame, len);
        }
        data += len;
        size -= len;
    }
    loop_step(loop, 0);
    return 0;
}
