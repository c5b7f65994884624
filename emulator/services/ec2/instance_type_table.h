/* The generated table of instance types (api-spec/generate_types.c), private to instance_type.c. */
#ifndef SERVICES_EC2_INSTANCE_TYPE_TABLE_H
#define SERVICES_EC2_INSTANCE_TYPE_TABLE_H

#include "services/ec2/instance_type.h"

extern const struct instance_type instance_types[]; /* by name, ascending */
extern const size_t instance_types_count;

#endif
