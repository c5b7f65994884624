/* Rules and state: may this packet pass? */
#ifndef PLANT_NET_FIREWALL_H
#define PLANT_NET_FIREWALL_H

#include "plant/net/flow.h"
#include "plant/net/frame.h"

#define HOST_ADDRESS 0x7f000001u /* as whom rules see this host's loopback clients */

struct port;
enum direction { DIRECTION_OUT, DIRECTION_IN }; /* of the port's machine */

#define FRAGMENTS_MAX 16
struct fragments { /* packets in pieces whose first one passed; the oldest gives way */
    struct {
        uint32_t src, dst;
        uint16_t id;
        uint8_t proto;
        int64_t expires_ms; /* 0: vacant */
    } seen[FRAGMENTS_MAX];
    unsigned next;
};

struct passage { /* one packet at one port */
    struct port *port;
    const struct packet *packet;
    enum direction direction;
    bool from_uplink;
};

/* False: drop it (counted). `*ret_flow` is the flow it belongs to, NULL when there is none to keep
 * (fragments, ICMP errors). */
bool firewall_pass(const struct passage *p, struct flow **ret_flow);
/* The flow of a packet to a service that rules do not touch; kept all the same, so that handshakes
 * can be counted. */
struct flow *firewall_track(const struct passage *p);

#endif
