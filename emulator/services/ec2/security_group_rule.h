/* Rules of security groups as rows: what security_group.c and security_group_permission.c share. */
#ifndef SERVICES_EC2_SECURITY_GROUP_RULE_H
#define SERVICES_EC2_SECURITY_GROUP_RULE_H

#include "services/ec2/security_group.h"

struct rule { /* text in the call's arena */
    const char *id;
    const char *group_id;
    bool egress;
    const char *protocol; /* "tcp", "udp", "icmp", "icmpv6", "-1", or another number */
    int64_t from, to;     /* -1: any */
    const char *cidr_ipv4, *cidr_ipv6, *prefix_list_id, *peer_group_id; /* one of them */
    const char *peer_account;                                           /* of peer_group_id */
    const char *description;                                            /* or NULL */
};

#define RULE_ANY (-1)

void rule_insert(struct call *c, struct rule *rule); /* gives it an id */
void rule_delete(struct call *c, const char *id);    /* and its tags */
/* The id of the row that says the same, whatever its description; NULL: none. */
const char *rule_find_same(struct call *c, const struct rule *rule);
/* False: no such row in this account and region. */
bool rule_find(struct call *c, const char *id, struct rule *ret_rule);
json_t *rule_to_json(struct call *c, const struct rule *rule); /* SecurityGroupRule */
json_t *rule_to_revoked_json(const struct rule *rule);         /* RevokedSecurityGroupRule */
/* Adds the rule to an array of IpPermission; the last element takes it when protocol and ports
 * agree. */
void rule_add_to_permissions(json_t *permissions, const struct rule *rule);
/* Sets IpPermissions and IpPermissionsEgress of a SecurityGroup, and what filters look at besides.
 */
void rule_set_permissions(struct call *c, const char *group_id, json_t *group);
/* The group that the request's GroupId, or GroupName in the default VPC, names; else the fault is
 * set. */
int security_group_of_request(struct call *c, struct security_group *ret_group) MUST_CHECK;
bool rule_text_is_valid(
    const char *text); /* names and descriptions: length and characters that AWS allows */
#define RULE_TEXT_SET "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"

#endif
