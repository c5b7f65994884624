/* Addresses and the names that follow from them. */
#ifndef SERVICES_EC2_ADDRESS_H
#define SERVICES_EC2_ADDRESS_H

#include "call/call.h"

/* ip-172-31-1-2.ap-northeast-2.compute.internal; us-east-1: ip-172-31-1-2.ec2.internal. In the
 * arena. */
const char *address_private_name(struct arena *a, const char *region, const char *address);
/* ec2-43-203-212-193.ap-northeast-2.compute.amazonaws.com; us-east-1: ...compute-1.amazonaws.com */
const char *address_public_name(struct arena *a, const char *region, const char *address);
const char *address_search_domain(struct arena *a, const char *region);

/* A public address nobody has, from the site's pool. NULL with the fault set when the pool is used
 * up. */
const char *address_draw_public(struct call *c);
/* A private address nobody has in the subnet; `wanted` NULL: any. NULL with the fault set: not in
 * the subnet, reserved, in use, or none left. */
const char *address_draw_private(struct call *c, const char *subnet_id, const char *wanted);

#endif
