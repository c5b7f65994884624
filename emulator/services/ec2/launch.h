/* A launch: what RunInstances was asked for, read and checked, before anything is written. Private
 * to ec2. */
#ifndef SERVICES_EC2_LAUNCH_H
#define SERVICES_EC2_LAUNCH_H

#include "services/ec2/image.h"
#include "services/ec2/instance_type.h"
#include "services/ec2/interface.h"
#include "services/ec2/profile_association.h"
#include "services/ec2/volume.h"

struct launch {
    const struct image *image;
    const struct instance_type *type;
    int64_t count;
    const char *key_name, *public_key; /* NULL: none */
    const char *subnet_id, *zone;      /* of the first interface */
    struct interface_spec interfaces[INTERFACES_MAX];
    size_t interface_count;
    struct volume_spec volumes[VOLUMES_MAX]; /* the root first */
    size_t volume_count;
    const char *cpu_credits; /* NULL: not a burstable type */
    bool has_profile;
    struct iam_profile profile;
    const char *user_data;
    json_t *doc; /* static part of each instance; in the arena's care */
};

int launch_read(struct call *c, struct launch *ret_launch) MUST_CHECK;
/* Its parts, each in a file of its own. */
int launch_read_network(struct call *c, struct launch *l) MUST_CHECK;
int launch_read_disks(struct call *c, struct launch *l) MUST_CHECK;
int launch_read_options(struct call *c, struct launch *l) MUST_CHECK;

#endif
