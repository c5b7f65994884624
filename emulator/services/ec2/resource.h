/* EC2's kinds of resources: prefix of their ids, their faults, their name in tags and ARNs. One row
 * a kind. */
#ifndef SERVICES_EC2_RESOURCE_H
#define SERVICES_EC2_RESOURCE_H

#include "call/call.h"

struct resource_kind {
    const char *type;           /* "instance": DescribeTags, TagSpecifications, ARNs */
    const char *prefix;         /* "i" */
    const char *malformed;      /* "InvalidInstanceID.Malformed" */
    const char *malformed_fmt;  /* "Invalid id: \"%s\"" */
    const char *not_found;      /* "InvalidInstanceID.NotFound" */
    const char *not_found_one;  /* "The instance ID '%s' does not exist" */
    const char *not_found_many; /* "The instance IDs '%s' do not exist" */
    const char *table;          /* "ec2_instance", NULL while not implemented */
};
const struct resource_kind *resource_kind_find(const char *type);
const struct resource_kind *resource_kind_of_id(const char *id); /* by prefix; NULL: unknown */
int resource_id_check(struct call *c, const char *type, const char *id); /* malformed: fault */
/* How many resources one request may name: each is looked for, and judged. */
#define RESOURCES_MAX 1000
int resource_count_check(struct call *c, size_t count); /* InvalidParameterValue */
int resource_missing(struct call *c, const char *type,
                     const json_t *ids); /* NotFound fault, naming all. -1 */
/* True when this account has it in this region; else the NotFound fault. */
bool resource_load(struct call *c, const char *type, const char *id);

#endif
