/* Instance types: looked up in the generated table, and where they are offered. */
#include "services/ec2/instance_type.h"

#include "base/text.h"
#include "services/ec2/instance_type_table.h"
#include "services/ec2/region.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *key, const void *row)
{
    return strcmp(key, ((const struct instance_type *)row)->name);
}

const struct instance_type *instance_type_find(const char *name)
{
    return bsearch(name, instance_types, instance_types_count, sizeof(*instance_types), by_name);
}

size_t instance_type_count(void)
{
    return instance_types_count;
}

const struct instance_type *instance_type_at(size_t index)
{
    return index < instance_types_count ? &instance_types[index] : NULL;
}

/* Where a type is to be had, as far as AWS's pages and its own refusals say; any other type is
 * offered everywhere. The first generation stands in the regions opened before 2014, t2 in those
 * opened before 2018. Of the zones, Seoul's second and fourth came after t2, and us-east-1's third
 * is too old for Nitro. */
static const char *const before_2014[] = {
    "us-east-1",      "us-west-1",      "us-west-2", "eu-west-1", "ap-southeast-1",
    "ap-southeast-2", "ap-northeast-1", "sa-east-1", NULL,
};
static const char *const before_2018[] = {
    "eu-central-1", "ap-northeast-2", "ap-south-1", "us-east-2",
    "ca-central-1", "eu-west-2",      "eu-west-3",  NULL,
};

static bool is_listed(const char *const *list, const char *word)
{
    while (*list != NULL && !str_equal(*list, word))
        list++;
    return *list != NULL;
}

static bool is_first_generation(const char *name)
{
    return str_starts(name, "t1.") || str_starts(name, "m1.") || str_starts(name, "m2.") ||
           str_starts(name, "c1.");
}

bool instance_type_offered(const struct instance_type *type, const char *region, const char *zone)
{
    const struct region *r = region_find(region);
    const struct zone *z = r != NULL && zone != NULL ? region_zone_find(r, zone) : NULL;
    bool is_t2 = str_starts(type->name, "t2."), is_old = is_listed(before_2014, region);

    if (r == NULL || (zone != NULL && z == NULL))
        return false;
    if (is_first_generation(type->name) && !is_old)
        return false;
    if (is_t2 && !is_old && !is_listed(before_2018, region))
        return false;
    if (z == NULL)
        return true;
    if (is_t2 && (str_equal(z->id, "apne2-az2") || str_equal(z->id, "apne2-az4")))
        return false;
    return !(type->nitro && str_equal(z->id, "use1-az3"));
}
