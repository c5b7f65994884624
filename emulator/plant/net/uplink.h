/* The way between one port and this host: its own libslirp. Only uplink.c knows libslirp. */
#ifndef PLANT_NET_UPLINK_H
#define PLANT_NET_UPLINK_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPLINK_HOST                                                                                \
    0xa9fea901u /* 169.254.169.1: this host's loopback clients, as machines see them */
#define UPLINK_NAMESERVER                                                                          \
    0xa9fea902u                  /* 169.254.169.2: the host's resolver, inside the uplink only */
#define UPLINK_FIRST 0xa9fea903u /* an address the library wants for a DHCP server that is off */

struct net;
struct port;
struct service;
struct uplink;
struct uplinks; /* what all uplinks of a network share: the turn of the loop */

struct uplinks *uplinks_new(struct net *n);
void uplinks_free(struct uplinks *s); /* every uplink is gone before */

struct uplink *uplink_new(struct port *p); /* NULL when libslirp refuses */
void uplink_free(struct uplink *u); /* takes NULL; connections, listeners and sockets are closed */

struct uplink_forward {
    int protocol; /* NET_TCP or NET_UDP */
    uint32_t address;
    uint16_t host_port;
    uint16_t port; /* of the machine */
};
int uplink_listen(struct uplink *u, const struct uplink_forward *f) MUST_CHECK; /* 0 or an errno */
void uplink_unlisten(struct uplink *u, const struct uplink_forward *f);

/* A frame from the machine; the caller has made sure that it may leave. */
void uplink_input(struct uplink *u, const uint8_t *frame, size_t len);
/* False while the machine holds too many connections: nothing that begins one may go in. */
bool uplink_has_room(const struct uplink *u);
/* Makes the service's socket for this port on first use. False when it cannot be made. */
bool uplink_serve(struct uplink *u, struct service *s);
/* A connection to a service begins: false while too many wait for the end of their handshake. */
bool uplink_open(struct uplink *u);
/* It is about to end its handshake: false when the machine has too many, or this turn of the loop
 * had enough. */
bool uplink_admit(struct uplink *u);

#endif
