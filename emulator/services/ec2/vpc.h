/* VPCs and subnets. */
#ifndef SERVICES_EC2_VPC_H
#define SERVICES_EC2_VPC_H

#include "call/call.h"

struct subnet { /* text in the call's arena */
    const char *id, *vpc_id;
    const char *zone; /* "us-east-1a" */
    const char *cidr;
    bool is_default;
    bool map_public; /* its instances get a public address unless asked otherwise */
};

/* NULL when the account has deleted its default VPC. */
const char *vpc_default_id(struct call *c);
/* The default VPC's id, or NULL with VPCIdNotSpecified. */
const char *vpc_default_load(struct call *c);
bool subnet_load(struct call *c, const char *id, struct subnet *ret_subnet); /* false: fault set */
/* The default subnet of a zone, or (zone NULL) of the first zone that has one. False: there is
 * none; no fault. */
bool subnet_default_find(struct call *c, const char *zone, struct subnet *ret_subnet);

#endif
