/* EC2: what other services and converge may ask of it. */
#ifndef SERVICES_EC2_EC2_H
#define SERVICES_EC2_EC2_H

#include "call/call.h"

extern const struct migration ec2_migrations[];
extern const size_t ec2_migration_count;

/* First look at a region by an account: the default VPC and what belongs to it. */
int ec2_prepare(struct call *c);

#endif
