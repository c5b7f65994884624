/* AWS's regions and their zones: public facts, one row a region. */
#ifndef SERVICES_EC2_REGION_H
#define SERVICES_EC2_REGION_H

#include "call/call.h"

#define REGION_ZONES_MAX 6

struct zone {
    const char *name;      /* "us-east-1a" */
    const char *id;        /* "use1-az1" */
    const char *group;     /* "us-east-1-zg-1" */
    const char *long_name; /* of the group: "US East (N. Virginia) 1" */
};

struct region {
    const char *name;                        /* "us-east-1" */
    const char *long_name;                   /* "US East (N. Virginia)" */
    const char *country;                     /* "United States of America" */
    bool opt_in;                             /* off in a new account */
    struct zone zones[REGION_ZONES_MAX + 1]; /* in order; ends with name NULL */
};

size_t region_count(void);
const struct region *region_at(size_t index); /* by name, ascending; NULL past the end */
const struct region *region_find(const char *name);
size_t region_zone_count(const struct region *r);
const struct zone *region_zone(const struct region *r, size_t index); /* NULL past the end */
const struct zone *region_zone_find(const struct region *r, const char *zone_name);
/* The zone must be one of the call's region; else InvalidParameterValue. */
int zone_check(struct call *c, const char *zone_name) MUST_CHECK;

#endif
