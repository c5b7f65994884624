/* Where a frame goes. */
#ifndef PLANT_NET_ROUTER_H
#define PLANT_NET_ROUTER_H

#include "plant/net/frame.h"

struct port;
/* Frames may be changed. Both drop quietly what may not pass. */
void router_from_machine(struct port *p, uint8_t *frame, size_t len);
void router_from_uplink(struct port *p, uint8_t *frame, size_t len);
/* To the machine, whatever rules say: answers of the network itself. */
void router_to_machine(struct port *p, const uint8_t *frame, size_t len);
/* To the host's resolver, and so to the world: the question in `k`, which came to one of our
 * servers. */
void router_forward_question(struct port *p, struct packet *k);

#endif
