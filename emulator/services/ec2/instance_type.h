/* Instance types: const tables generated from api-spec/data. */
#ifndef SERVICES_EC2_INSTANCE_TYPE_H
#define SERVICES_EC2_INSTANCE_TYPE_H

#include "call/call.h"

struct instance_type {
    const char *name; /* "t2.micro" */
    int vcpus;
    int cores, threads_per_core;
    int64_t memory_mib;
    bool x86_64, arm64, i386;
    bool burstable; /* has CPU credits */
    bool free_tier;
    bool ebs_optimized; /* by default */
    bool ena;           /* supported or required */
    bool nitro;         /* hypervisor nitro; else xen */
    bool current_generation;
    int max_interfaces;
    int addresses_per_interface;
    const char *doc; /* JSON text: the type as DescribeInstanceTypes answers it */
};

const struct instance_type *instance_type_find(const char *name); /* NULL: none */
size_t instance_type_count(void);
const struct instance_type *instance_type_at(
    size_t index); /* by name, ascending; NULL past the end */
/* Offered in this region (and zone, when not NULL)? */
bool instance_type_offered(const struct instance_type *type, const char *region, const char *zone);

#endif
