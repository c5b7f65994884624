/* Where a frame goes. What a machine sends is judged by address alone: the destination MAC is of no
 * meaning, so that traffic inside a subnet passes the rules like any other.
 *
 *   ARP             answered for every address but the asker's own
 *   DHCP, DNS, NTP  answered here, whatever rules say
 *   a service       through the uplink to our own socket
 *   the domain      the sender's egress, the receiver's ingress, its machine
 *   elsewhere       the sender's egress, then its private address becomes its public one: either to
 * the port that has that public address (whose private one it becomes: one to one, also to
 * oneself), or out by the uplink */
#include "plant/net/router.h"

#include "plant/net/answer.h"
#include "plant/net/link.h"
#include "plant/net/port.h"
#include "plant/net/uplink.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_link_local(uint32_t address)
{
    return (address & 0xffff0000u) == LINK_LOCAL_BASE;
}

static bool is_unicast(uint32_t address)
{
    return address >> 24 != 0 && address >> 24 < 224;
}

/* Whose packets may a machine pass on that is not checked? Not those of the network's own servers.
 */
static bool may_speak_for(uint32_t address)
{
    return is_unicast(address) && !is_link_local(address);
}

void router_to_machine(struct port *p, const uint8_t *frame, size_t len)
{
    if (p->link == NULL || !link_send(p->link, frame, len))
        return;
    p->counters.in_packets++;
    p->counters.in_bytes += (int64_t)len;
}

/* --- ARP --- */

/* The neighbour's own address where there is one, as machines know each other; else the router's.
 */
static const uint8_t *arp_answer_mac(const struct port *p, uint32_t address)
{
    const struct port *other = domain_port(p->domain, address);

    return other != NULL && cidr_contains(p->spec.subnet, address) ? other->spec.mac
                                                                   : p->gateway_mac;
}

static void answer_arp(struct port *p, const uint8_t *frame, size_t len)
{
    const uint8_t *ask = frame + ETHER_SIZE;
    uint8_t reply[60] = {0};
    uint8_t *arp = reply + ETHER_SIZE;
    uint32_t sender, target;

    if (len < ETHER_SIZE + 28 || get16(ask) != 1 || get16(ask + 2) != ETHER_IPV4 ||
        ask[4] != MAC_SIZE || ask[5] != 4 || get16(ask + 6) != 1)
        return;
    sender = get32(ask + 14);
    target = get32(ask + 24);
    if (memcmp(ask + 8, p->spec.mac, MAC_SIZE) != 0)
        return;
    if (p->spec.check_source && sender != 0 && sender != p->spec.address)
        return;
    if (target == p->spec.address || target == sender)
        return;
    if (!cidr_contains(p->spec.subnet, target) && !is_link_local(target))
        return;
    memcpy(arp, ask, 6);
    put16(arp + 6, 2);
    memcpy(arp + 8, arp_answer_mac(p, target), MAC_SIZE);
    put32(arp + 14, target);
    memcpy(arp + 18, p->spec.mac, MAC_SIZE);
    put32(arp + 24, sender);
    frame_set_macs(reply, p->spec.mac, arp + 8);
    put16(reply + 12, ETHER_ARP);
    router_to_machine(p, reply, sizeof(reply));
}

/* --- between machines --- */

/* Tells the sender what fits, as routers do, so that its TCP sends smaller segments. */
static void answer_too_big(struct port *p, const struct packet *k, int mtu)
{
    uint8_t frame[128];
    struct endpoints ends = {
        .src_mac = p->gateway_mac, .dst_mac = p->spec.mac, .src = p->gateway, .dst = k->src};

    if (k->do_not_fragment && !packet_is_icmp_error(k))
        router_to_machine(p, frame, frame_make_too_big(frame, &ends, k, mtu));
}

static bool hop(struct packet *k)
{
    uint8_t ttl = packet_ttl(k);

    if (ttl <= 1)
        return false;
    packet_set_ttl(k, (uint8_t)(ttl - 1));
    return true;
}

/* The last leg: the receiver's rules, its machine. */
static void deliver(struct port *p, struct packet *k, const uint8_t *from_mac, bool from_uplink)
{
    struct passage in = {
        .port = p, .packet = k, .direction = DIRECTION_IN, .from_uplink = from_uplink};
    struct flow *flow;

    if (!firewall_pass(&in, &flow))
        return;
    frame_set_macs(k->frame, p->spec.mac, from_mac);
    router_to_machine(p, k->frame, k->frame_len);
}

static void to_domain(struct port *p, struct packet *k)
{
    struct port *other = domain_port(p->domain, k->dst);
    bool same_subnet;

    if (other == NULL || other == p)
        return;
    if (k->ip_len > (size_t)other->spec.mtu) {
        answer_too_big(p, k, other->spec.mtu);
        return;
    }
    same_subnet = cidr_contains(p->spec.subnet, k->dst);
    if (!same_subnet && !hop(k))
        return;
    deliver(other, k, same_subnet ? p->spec.mac : other->gateway_mac, false);
}

static void to_public(struct port *p, struct port *other, struct packet *k)
{
    if (k->ip_len > (size_t)other->spec.mtu) {
        answer_too_big(p, k, other->spec.mtu);
        return;
    }
    if (!hop(k))
        return;
    packet_set_source(k, p->spec.public_address);
    packet_set_destination(k, other->spec.address);
    deliver(other, k, other->gateway_mac, false);
}

/* --- through the uplink --- */

/* Only an address of this host can be bound to. */
static bool is_address_of_host(uint32_t address)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool bound;

    if (fd < 0)
        return true;
    bound = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;
    (void)close(fd);
    return bound;
}

static bool is_tcp_opening(const struct packet *k)
{
    return k->proto == NET_TCP && (k->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* May what the machine sends leave by the uplink? What answers a client of the host may, but not
 * open a connection back to it. A segment of a connection that is gone may: libslirp answers it
 * with a reset. Everything else needs the internet. */
static bool may_leave(struct port *p, const struct packet *k, struct flow *flow)
{
    bool inside = is_link_local(k->dst) || k->dst >> 24 == 127;

    if (k->first_fragment || k->later_fragment)
        return false;
    if (flow == NULL)
        return p->uplink != NULL && !inside;
    if (flow->uplink)
        return !(flow->inbound && is_tcp_opening(k));
    if (k->proto == NET_TCP && !(k->tcp_flags & TCP_SYN))
        return p->uplink != NULL;
    if (!p->net->config.allow_internet || inside || is_address_of_host(k->dst))
        return false;
    if (port_uplink(p) == NULL || !uplink_has_room(p->uplink))
        return false;
    flow->uplink = true;
    return true;
}

static void to_outside(struct port *p, struct packet *k, struct flow *flow)
{
    struct port *other;

    if (!port_is_public(p) || k->src != p->spec.address || !is_unicast(k->dst))
        return;
    other = net_public_port(p->net, k->dst);
    if (other != NULL)
        to_public(p, other, k);
    else if (may_leave(p, k, flow))
        uplink_input(p->uplink, k->frame, k->frame_len);
}

static void to_service(struct port *p, struct packet *k, struct service *service)
{
    struct passage out = {.port = p, .packet = k, .direction = DIRECTION_OUT};
    struct uplink *uplink;
    struct flow *flow;

    if (service->spec.filtered && !p->spec.edge)
        return;
    if (!service->spec.filtered)
        flow = firewall_track(&out);
    else if (!firewall_pass(&out, &flow))
        return;
    uplink = port_uplink(p);
    if (flow == NULL || k->first_fragment || uplink == NULL || !uplink_serve(uplink, service))
        return;
    flow->uplink = true;
    if (is_tcp_opening(k)) {
        if (!uplink_open(uplink))
            return;
    } else if (!flow->connected) {
        if (!uplink_admit(uplink))
            return;
        flow->connected = true;
    }
    uplink_input(uplink, k->frame, k->frame_len);
}

void router_forward_question(struct port *p, struct packet *k)
{
    struct uplink *uplink = port_uplink(p);

    if (uplink == NULL || !uplink_has_room(uplink))
        return;
    packet_set_destination(k, UPLINK_NAMESERVER);
    uplink_input(uplink, k->frame, k->frame_len);
}

/* --- the two ways in --- */

static struct service *service_of(struct port *p, const struct packet *k, bool from_machine)
{
    if (k->proto != NET_TCP || k->later_fragment)
        return NULL;
    return from_machine ? net_service_find(p->net, k->dst, k->dport)
                        : net_service_find(p->net, k->src, k->sport);
}

static void route(struct port *p, struct packet *k)
{
    struct passage out = {.port = p, .packet = k, .direction = DIRECTION_OUT};
    struct service *service = service_of(p, k, true);
    struct flow *flow;

    if (service != NULL) {
        to_service(p, k, service);
        return;
    }
    if (k->dst == p->gateway || !is_unicast(k->dst) || !firewall_pass(&out, &flow))
        return;
    if (cidr_contains(p->spec.domain_block, k->dst))
        to_domain(p, k);
    else
        to_outside(p, k, flow);
}

void router_from_machine(struct port *p, uint8_t *frame, size_t len)
{
    struct packet k;

    if (memcmp(frame + MAC_SIZE, p->spec.mac, MAC_SIZE) != 0)
        return;
    p->counters.out_packets++;
    p->counters.out_bytes += (int64_t)len;
    if (frame_ethertype(frame, len) == ETHER_ARP) {
        answer_arp(p, frame, len);
        return;
    }
    if (!packet_parse(&k, frame, len) || answer_dhcp(p, &k))
        return;
    if (k.src != p->spec.address && (p->spec.check_source || !may_speak_for(k.src)))
        return;
    if (!answer_dns(p, &k) && !answer_ntp(p, &k))
        route(p, &k);
}

void router_from_uplink(struct port *p, uint8_t *frame, size_t len)
{
    struct service *service;
    struct packet k;

    if (!packet_parse(&k, frame, len) || k.dst != p->spec.address)
        return;
    service = service_of(p, &k, false);
    if (service != NULL || dns_is_forwarded(p, &k)) {
        if (service != NULL && p->spec.service_ttl != 0)
            packet_set_ttl(&k, (uint8_t)p->spec.service_ttl);
        frame_set_macs(frame, p->spec.mac, p->gateway_mac);
        router_to_machine(p, frame, k.frame_len);
        return;
    }
    if (port_is_public(p) && !cidr_contains(p->spec.domain_block, k.src))
        deliver(p, &k, p->gateway_mac, true);
}
