/* Rules and state. Each port judges on its own: a packet between two machines passes the sender's
 * egress and the receiver's ingress, each with the flows of that port. A flow is judged when it
 * begins and again whenever rules, groups or members have changed since, so that a change acts on
 * the next packet of every flow. */
#include "plant/net/firewall.h"

#include "base/text.h"
#include "plant/net/port.h"
#include "plant/net/uplink.h"

enum {
    TCP_CONNECTED_MS = 5 * 24 * 3600 * 1000, /* idle, as AWS keeps tracked connections */
    TCP_HANDSHAKE_MS = 60 * 1000,
    TCP_CLOSED_MS = 60 * 1000,
    TCP_RESET_MS = 10 * 1000,
    UDP_MS = 30 * 1000,
    STREAM_MS = 180 * 1000, /* UDP and others that were answered */
    ICMP_MS = 30 * 1000,
    FRAGMENT_MS = 30 * 1000,
};
enum { FIN_OWN = 1, FIN_PEER = 2, FIN_RESET = 4 };

struct question { /* would the rules let such a flow begin? */
    const struct port *port;
    enum direction direction; /* of its first packet */
    int protocol;
    uint32_t peer;
    int from, to; /* the destination port in both; ICMP: type and code */
};

static bool peer_is_member(const struct port *p, uint32_t peer, const char *group)
{
    const struct port *other = domain_port(p->domain, peer);

    if (other == NULL)
        return false;
    for (size_t i = 0; i < other->spec.group_count; i++)
        if (str_equal(other->groups[i], group))
            return true;
    return false;
}

static bool rule_covers(const struct net_rule *rule, const struct question *q)
{
    if (rule->protocol != NET_ANY && rule->protocol != q->protocol)
        return false;
    if (rule->protocol == NET_TCP || rule->protocol == NET_UDP) {
        if (q->from < rule->from_port || q->from > rule->to_port)
            return false;
    } else if (rule->protocol == NET_ICMP) {
        if ((rule->from_port != -1 && rule->from_port != q->from) ||
            (rule->to_port != -1 && rule->to_port != q->to))
            return false;
    }
    if (rule->group[0] != '\0')
        return peer_is_member(q->port, q->peer, rule->group);
    return cidr_contains(rule->block, q->peer == UPLINK_HOST ? HOST_ADDRESS : q->peer);
}

static bool rules_allow(const struct question *q)
{
    const struct port *p = q->port;

    for (size_t i = 0; i < p->spec.group_count; i++) {
        const struct net_group *group = hash_get(p->net->groups, p->groups[i]);
        const struct net_rule *rules;
        size_t count;

        if (group == NULL)
            continue;
        rules = q->direction == DIRECTION_IN ? group->ingress : group->egress;
        count = q->direction == DIRECTION_IN ? group->ingress_count : group->egress_count;
        for (size_t r = 0; r < count; r++)
            if (rule_covers(&rules[r], q))
                return true;
    }
    return false;
}

static bool icmp_asks(uint8_t type)
{
    return type == ICMP_ECHO || type == 13 || type == 15 ||
           type == 17; /* timestamp, information, mask */
}

static struct flow_key flow_key_of(const struct packet *k, enum direction direction)
{
    bool out = direction == DIRECTION_OUT;
    struct flow_key key = {
        .own = out ? k->src : k->dst,
        .peer = out ? k->dst : k->src,
        .own_port = out ? k->sport : k->dport,
        .peer_port = out ? k->dport : k->sport,
        .proto = k->proto,
    };

    if (k->proto == NET_ICMP) /* who asks, so that both sides may ask with one identifier */
        key.peer_port = out == icmp_asks(k->type);
    return key;
}

/* Would the rules let this flow begin, as it began? */
static bool flow_allowed(const struct port *p, const struct flow *f)
{
    int port = f->inbound ? f->key.own_port : f->key.peer_port;
    bool icmp = f->key.proto == NET_ICMP;
    struct question q = {
        .port = p,
        .direction = f->inbound ? DIRECTION_IN : DIRECTION_OUT,
        .protocol = f->key.proto,
        .peer = f->key.peer,
        .from = icmp ? f->type : port,
        .to = icmp ? f->code : port,
    };

    return rules_allow(&q);
}

static int64_t flow_lifetime_ms(const struct flow *f)
{
    switch (f->key.proto) {
    case NET_TCP:
        if (f->fins & FIN_RESET)
            return TCP_RESET_MS;
        if ((f->fins & (FIN_OWN | FIN_PEER)) == (FIN_OWN | FIN_PEER))
            return TCP_CLOSED_MS;
        return f->connected ? TCP_CONNECTED_MS : TCP_HANDSHAKE_MS;
    case NET_ICMP:
        return ICMP_MS;
    default:
        return f->answered ? STREAM_MS : UDP_MS;
    }
}

static void flow_touch(struct flow *f, const struct passage *p)
{
    bool by_peer = p->direction == DIRECTION_IN;
    uint8_t flags = p->packet->tcp_flags;

    if (by_peer != f->inbound)
        f->answered = true;
    if (f->key.proto == NET_TCP) {
        if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
            f->connected = false;
            f->fins = 0;
        }
        if (flags & TCP_FIN)
            f->fins |= by_peer ? FIN_PEER : FIN_OWN;
        if (flags & TCP_RST)
            f->fins |= FIN_RESET;
        if ((flags & (TCP_SYN | TCP_ACK)) == TCP_ACK && f->answered)
            f->connected = true;
    }
    f->expires_ms = loop_now_ms(p->port->net->loop) + flow_lifetime_ms(f);
}

/* The known flow of this key, if it still lives and the rules of now would let it begin. */
static struct flow *flow_known(struct port *p, const struct flow_key *key)
{
    struct flow *f = flows_find(&p->flows, key);

    if (f == NULL)
        return NULL;
    if (f->expires_ms >= loop_now_ms(p->net->loop)) {
        if (f->generation == p->net->generation)
            return f;
        if (flow_allowed(p, f)) {
            f->generation = p->net->generation;
            return f;
        }
    }
    flows_remove(&p->flows, f);
    return NULL;
}

/* A connection under way that we have lost, by our restart or in a crowd: either side may have
 * begun it. */
static bool is_midway(const struct passage *p)
{
    return p->packet->proto == NET_TCP && !p->from_uplink &&
           (p->packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_ACK;
}

/* Only one who begins may be let through the uplink: what is left of a lost connection is of no use
 * there. */
static bool may_begin(const struct passage *p)
{
    if (!p->from_uplink)
        return true;
    return p->packet->proto != NET_TCP || (p->packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static struct flow *flow_begin(const struct passage *p, const struct flow_key *key)
{
    struct flow wanted = {
        .key = *key,
        .inbound = p->direction == DIRECTION_IN,
        .uplink = p->from_uplink,
        .type = p->packet->type,
        .code = p->packet->code,
        .generation = p->port->net->generation,
    };
    struct flow *f;

    if (!may_begin(p))
        return NULL;
    if (!flow_allowed(p->port, &wanted)) {
        wanted.inbound = !wanted.inbound;
        if (!is_midway(p) || !flow_allowed(p->port, &wanted))
            return NULL;
    }
    f = flows_add(&p->port->flows, key);
    f->inbound = wanted.inbound;
    f->uplink = wanted.uplink;
    f->type = wanted.type;
    f->code = wanted.code;
    f->generation = wanted.generation;
    f->answered = is_midway(p);
    return f;
}

/* An ICMP error belongs to the flow of the packet that it quotes; without one, rules may let it
 * pass by type and code. */
static bool error_passes(const struct passage *p)
{
    struct question q = {
        .port = p->port,
        .direction = p->direction,
        .protocol = NET_ICMP,
        .peer = p->direction == DIRECTION_IN ? p->packet->src : p->packet->dst,
        .from = p->packet->type,
        .to = p->packet->code,
    };
    enum direction quoted_direction = p->direction == DIRECTION_IN ? DIRECTION_OUT : DIRECTION_IN;
    struct packet quoted;
    struct flow_key key;

    if (packet_parse_quoted(&quoted, p->packet)) {
        key = flow_key_of(&quoted, quoted_direction);
        if (flow_known(p->port, &key) != NULL)
            return true;
    }
    return !p->from_uplink && rules_allow(&q);
}

static bool fragment_seen(const struct fragments *f, const struct packet *k, int64_t now_ms)
{
    for (unsigned i = 0; i < FRAGMENTS_MAX; i++)
        if (f->seen[i].expires_ms > now_ms && f->seen[i].id == k->id && f->seen[i].src == k->src &&
            f->seen[i].dst == k->dst && f->seen[i].proto == k->proto)
            return true;
    return false;
}

static void fragment_note(struct fragments *f, const struct packet *k, int64_t now_ms)
{
    unsigned at = f->next++ % FRAGMENTS_MAX;

    f->seen[at].src = k->src;
    f->seen[at].dst = k->dst;
    f->seen[at].id = k->id;
    f->seen[at].proto = k->proto;
    f->seen[at].expires_ms = now_ms + FRAGMENT_MS;
}

static bool judge(const struct passage *p, struct flow **ret_flow)
{
    struct flow_key key;
    struct flow *f;

    *ret_flow = NULL;
    if (p->packet->later_fragment)
        return fragment_seen(&p->port->fragments[p->direction], p->packet,
                             loop_now_ms(p->port->net->loop));
    if (packet_is_icmp_error(p->packet))
        return error_passes(p);
    key = flow_key_of(p->packet, p->direction);
    f = flow_known(p->port, &key);
    if (f == NULL)
        f = flow_begin(p, &key);
    if (f == NULL)
        return false;
    flow_touch(f, p);
    *ret_flow = f;
    return true;
}

bool firewall_pass(const struct passage *p, struct flow **ret_flow)
{
    if (!judge(p, ret_flow)) {
        p->port->counters.dropped_packets++;
        return false;
    }
    if (p->packet->first_fragment)
        fragment_note(&p->port->fragments[p->direction], p->packet,
                      loop_now_ms(p->port->net->loop));
    return true;
}

struct flow *firewall_track(const struct passage *p)
{
    struct flow_key key = flow_key_of(p->packet, p->direction);
    struct flow *f = flows_find(&p->port->flows, &key);

    if (f == NULL)
        f = flows_add(&p->port->flows, &key);
    flow_touch(f, p);
    return f;
}
