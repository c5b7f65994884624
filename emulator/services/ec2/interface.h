/* Network interfaces: a machine's place in a subnet, its addresses and security groups. */
#ifndef SERVICES_EC2_INTERFACE_H
#define SERVICES_EC2_INTERFACE_H

#include "call/call.h"

struct interface { /* text in the call's arena */
    const char *id;
    const char *subnet_id, *vpc_id, *zone;
    const char *address; /* primary private one */
    const char *mac;
    const char *public_address; /* NULL: none now */
    bool wants_public;          /* gets one whenever its machine starts */
    const char *instance_id;    /* NULL: attached to nothing */
    const char *attachment_id;
    int device_index;
    bool delete_on_termination;
    int64_t attached_ms;
    const char *status; /* "in-use" */
    const char *description;
    bool source_dest_check;
};

struct interface_spec {
    const char *subnet_id;
    const char *address;  /* NULL: drawn */
    const json_t *groups; /* array of ids; NULL or empty: the VPC's default group */
    const char *description;
    bool wants_public;
    bool delete_on_termination;
    const char *instance_id;
    int device_index;
};

/* Makes an interface attached to spec->instance_id, with a public address when it wants one. Checks
 * subnet, address and groups. */
int interface_create(struct call *c, const struct interface_spec *spec,
                     struct interface *ret_interface) MUST_CHECK;
bool interface_find(struct call *c, const char *id, struct interface *ret_interface);
/* The interfaces of an instance by device index; returns how many were filled. */
size_t interface_of_instance(struct call *c, const char *instance_id, struct interface *out,
                             size_t capacity);
#define INTERFACES_MAX 16

void interface_give_public(struct call *c,
                           struct interface *interface); /* when it wants one and has none; pool
                                                            exhaustion leaves it without */
void interface_take_public(struct call *c, const char *instance_id); /* the machine stopped */
void interface_release(
    struct call *c,
    const char *instance_id); /* the machine is gone: deleted, or detached where kept */
json_t *interface_groups(struct call *c, const char *id); /* [{GroupId, GroupName}] */
int interface_set_groups(struct call *c, const char *id, const char *vpc_id,
                         const json_t *ids) MUST_CHECK;
/* Does the interface's subnet route to an internet gateway? */
bool interface_at_edge(struct call *c, const char *subnet_id, const char *vpc_id);
json_t *interface_to_instance_json(
    struct call *c, const struct interface *interface); /* InstanceNetworkInterface */

#endif
