/* Security groups: named sets of rules that network interfaces wear. */
#ifndef SERVICES_EC2_SECURITY_GROUP_H
#define SERVICES_EC2_SECURITY_GROUP_H

#include "call/call.h"

#define SECURITY_GROUP_CIDR_SIZE 48 /* an IPv6 block as text */

struct security_group { /* text in the call's arena */
    const char *id, *vpc_id, *name, *description;
};

bool security_group_load(struct call *c, const char *id,
                         struct security_group *ret_group); /* false: fault set */
/* The group called "default" of a VPC; every VPC has one. */
const char *security_group_default_id(struct call *c, const char *vpc_id);
/* The ids (a new array, the caller's) of the groups that a request names by id and by name (either
 * may be NULL), all of them in the VPC and each once; the VPC's default group when it names none.
 * Faults: malformed, unknown, another VPC's, more than an interface may wear. */
int security_group_resolve(struct call *c, const json_t *ids, const json_t *names,
                           const char *vpc_id, json_t **ret_ids) MUST_CHECK;
/* The group every new VPC has: in from its own members, out to everywhere. */
void security_group_make_default(struct call *c, const char *vpc_id);

/* What a packet filter needs of a rule. One of cidr and peer_group is not empty. */
struct security_group_rule {
    char id[ID_SIZE];
    bool egress;
    int protocol;                        /* IP protocol number; -1: any */
    int from, to;                        /* ports, or ICMP type and code; -1: any */
    char cidr[SECURITY_GROUP_CIDR_SIZE]; /* IPv4 or IPv6 block */
    char peer_group[ID_SIZE];            /* members of this group */
};
/* The rules of a group, outside any call (converge). `*ret_rules` is on the heap, the caller's to
 * free. Returns how many. */
size_t security_group_rules(struct db *db, const char *group_id,
                            struct security_group_rule **ret_rules);

#endif
