/* The flows that one port knows: what makes the firewall stateful. A table with a ceiling; when it
 * is full the flow that was idle longest is forgotten. Seen from the port: `own` is the machine's
 * side, `peer` the other. */
#ifndef PLANT_NET_FLOW_H
#define PLANT_NET_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOW_MAX 16384 /* of one port */

struct flow_key {
    uint32_t own, peer;
    uint16_t own_port, peer_port; /* ICMP: the identifier in own_port, who asks in peer_port */
    uint8_t proto;
    uint8_t zero[3];
};

struct flow {
    struct flow_key key;
    uint32_t bucket_next, older, newer; /* indices; 0 none */
    uint32_t generation;                /* of the rules that judged it last */
    int64_t expires_ms;
    bool inbound;       /* the peer began it */
    bool uplink;        /* it may leave by the uplink */
    bool answered;      /* both directions were seen */
    bool connected;     /* TCP: past its handshake */
    uint8_t fins;       /* TCP: 1 ours, 2 the peer's, 4 reset */
    uint8_t type, code; /* ICMP: of the packet that began it */
};

struct flows {
    struct flow *flows; /* [0] is the head of a ring by age: its `older` is the newest flow, its
                           `newer` the oldest */
    uint32_t *buckets;
    uint32_t capacity; /* a power of two; 0 until the first flow */
    uint32_t used;     /* slots ever used, of capacity */
    uint32_t vacant;   /* first of the freed slots, by bucket_next */
    uint32_t count;
};

void flows_init(struct flows *t);
void flows_done(struct flows *t);
/* NULL when unknown. A flow's pointer is good until the next flows_add. A found flow becomes the
 * newest. */
struct flow *flows_find(struct flows *t, const struct flow_key *key);
struct flow *flows_add(
    struct flows *t,
    const struct flow_key *key); /* zeroed but for its key; the key must be unknown */
void flows_remove(struct flows *t, struct flow *f);
void flows_remove_uplink(struct flows *t); /* all that go by the uplink */

#endif
