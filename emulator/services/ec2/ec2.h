/* EC2: what other services and converge may ask of it. */
#ifndef SERVICES_EC2_EC2_H
#define SERVICES_EC2_EC2_H

#include "call/call.h"

extern const struct migration ec2_migrations[];
extern const size_t ec2_migration_count;

/* First look at a region by an account: the default VPC and what belongs to it. */
int ec2_prepare(struct call *c);

struct ec2_parameter { /* a public parameter of Systems Manager; text in the call's arena, or
                          lasting */
    const char *name;  /* "/aws/service/ami-amazon-linux-latest/..." */
    const char *value;
    const char *data_type; /* "text" or "aws:ec2:image" */
    int64_t modified_ms;
};
/* All of them, by name; in the call's arena. Returns how many. */
size_t ec2_public_parameters(struct call *c, const struct ec2_parameter **ret_list);

#endif
