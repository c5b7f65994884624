/* What EC2 puts into an access for its condition keys. Private to ec2's access files. */
#ifndef SERVICES_EC2_ACCESS_H
#define SERVICES_EC2_ACCESS_H

#include "services/access.h"
#include "services/ec2/launch.h"

/* The subject of what a launch will make. */
struct launch_subject {
    const struct launch *launch;
    const struct volume_spec *volume;       /* of a volume */
    const struct interface_spec *interface; /* of a network interface */
};

extern const struct condition_key ec2_access_keys[]; /* ends with an empty row */
/* RunInstances: what its defaults come to, in the place of what its members name. */
void ec2_access_launch(struct call *c, struct access_list *list);
/* The ARN of the instance profile that the request names; NULL: none, or none such. */
const char *ec2_access_profile(struct call *c);

#endif
