/* Which ports of a public address this host listens on: those that rules let some client of the
 * host reach. */
#ifndef PLANT_NET_EXPOSE_H
#define PLANT_NET_EXPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPOSE_MAX       512 /* listened ports of one public address */
#define EXPOSE_RANGE_MAX 64  /* a rule's range up to this long is listened on whole */

struct forward {
    uint8_t protocol;
    bool wanted;
    uint16_t port;
    uint16_t host_port; /* 0: could not be bound */
};

struct exposure {
    struct forward *forwards;
    size_t count;
    uint32_t address; /* the public address they are bound to */
    bool guest_known; /* the two lists below were told */
    uint16_t *tcp, *udp;
    size_t tcp_count, udp_count;
};

struct port;
/* Makes what is listened on match rules, addresses and the guest. Opens, closes and reports only
 * what changed. */
void expose_update(struct port *p);
void expose_close(struct port *p); /* everything, at once */
void expose_set_guest(struct port *p, int protocol, const uint16_t *ports, size_t count);
void expose_done(struct exposure *e);

#endif
