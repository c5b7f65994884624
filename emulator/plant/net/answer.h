/* What the network itself answers a machine: its address, names and the time. */
#ifndef PLANT_NET_ANSWER_H
#define PLANT_NET_ANSWER_H

#include "plant/net/frame.h"

#define DNS_LINK_LOCAL 0xa9fea9fdu /* 169.254.169.253 */
#define NTP_LINK_LOCAL 0xa9fea97bu /* 169.254.169.123 */

struct port;
/* True when the packet was meant for them, answered or not. */
bool answer_dhcp(struct port *p, const struct packet *k);
bool answer_dns(struct port *p, struct packet *k);
bool answer_ntp(struct port *p, const struct packet *k);
/* Is this the answer to a question that went to the world? Then it is made to come from the server
 * that was asked. */
bool dns_is_forwarded(const struct port *p, struct packet *k);

#endif
