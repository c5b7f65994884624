/* The guest's network cards: their MAC, addresses, routes; and 127/8, which holds the public
 * addresses of guests. */
#ifndef AGENT_NETWORK_H
#define AGENT_NETWORK_H

#include "identity.h"

/* Makes the cards what the identity says. May be repeated; what was there of IPv4 on these cards
 * and is not wanted goes. */
int network_apply(const struct identity *identity, struct err *err)
    __attribute__((warn_unused_result));

/* Writes /etc/resolv.conf from the members "dns" and "search". */
int network_write_resolver(const struct identity *identity, struct err *err)
    __attribute__((warn_unused_result));

#endif
