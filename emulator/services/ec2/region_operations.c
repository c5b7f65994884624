/* DescribeRegions and DescribeAvailabilityZones: both read the table of region.h. */
#include "call/describe.h"
#include "operations.h"
#include "services/ec2/region.h"

#include <string.h>

static json_t *named_list(const char *name)
{
    json_t *list = json_array(), *element = json_object();

    json_set_str(element, "Name", name);
    json_append_new(list, element);
    return list;
}

/* --- regions ---------------------------------------------------------------------------------- */

static json_t *region_nth(struct call *c, size_t index)
{
    const struct region *r = region_at(index);
    json_t *out;

    (void)c;
    if (r == NULL)
        return NULL;
    out = json_object();
    json_set_str(out, "RegionName", r->name);
    json_set_new(out, "Endpoint", json_sprintf("ec2.%s.amazonaws.com", r->name));
    json_set_str(out, "OptInStatus", r->opt_in ? "not-opted-in" : "opt-in-not-required");
    json_set_new(out, "Geography", named_list(r->country));
    return out;
}

static int region_missing(struct call *c, const json_t *names)
{
    return call_fail(c, "InvalidParameterValue", "Invalid region names: [%s]", call_join(c, names));
}

static const struct describe_filter region_filters[] = {
    {"endpoint", "Endpoint", NULL},
    {"opt-in-status", "OptInStatus", NULL},
    {"region-name", "RegionName", NULL},
};

static const struct describe regions = {
    .ids_member = "RegionNames",
    .id_path = "RegionName",
    .id_missing = region_missing,
    .filters = region_filters,
    .filter_count = ARRAY_LEN(region_filters),
    .nth = region_nth,
};

/* Only regions that are on are shown, unless the call asks for all or names them. */
int ec2_describe_regions(struct call *c)
{
    bool all = arg_bool_or(c, "AllRegions", false) || arg_count(c, "RegionNames") > 0;
    json_t *records, *record, *shown;
    const char *token;
    size_t i;

    if (describe_run(c, &regions, &records, &token) != 0)
        return -1;
    shown = json_array();
    json_array_foreach (records, i, record) {
        bool on = strcmp(json_str_or(record, "OptInStatus", ""), "not-opted-in") != 0;
        if (all || on)
            json_append_new(shown, json_incref(record));
    }
    json_decref(records);
    return call_reply(c, json_pack("{s:o}", "Regions", shown));
}

/* --- zones ------------------------------------------------------------------------------------ */

static json_t *zone_nth(struct call *c, size_t index)
{
    const struct region *r = region_find(c->region);
    const struct zone *z = r != NULL ? region_zone(r, index) : NULL;
    json_t *out;

    if (z == NULL)
        return NULL;
    out = json_object();
    json_set_str(out, "State", "available");
    json_set_str(out, "OptInStatus", "opt-in-not-required");
    json_set_new(out, "Messages", json_array());
    json_set_str(out, "RegionName", r->name);
    json_set_str(out, "ZoneName", z->name);
    json_set_str(out, "ZoneId", z->id);
    json_set_str(out, "GroupName", z->group);
    json_set_str(out, "GroupLongName", z->long_name);
    json_set_str(out, "NetworkBorderGroup", r->name);
    json_set_str(out, "ZoneType", "availability-zone");
    json_set_new(out, "Geography", named_list(r->country));
    return out;
}

static int zone_name_missing(struct call *c, const json_t *names)
{
    return call_fail(c, "InvalidParameterValue", "Invalid availability zones: [%s]",
                     call_join(c, names));
}

static int zone_id_missing(struct call *c, const json_t *ids)
{
    return call_fail(c, "InvalidParameterValue", "Invalid availability zone-ids: [%s]",
                     call_join(c, ids));
}

static const struct describe_filter zone_filters[] = {
    {"group-long-name", "GroupLongName", NULL},
    {"group-name", "GroupName", NULL},
    {"message", "Messages.Message", NULL},
    {"network-border-group", "NetworkBorderGroup", NULL},
    {"opt-in-status", "OptInStatus", NULL},
    {"parent-zone-id", "ParentZoneId", NULL},
    {"parent-zone-name", "ParentZoneName", NULL},
    {"region-name", "RegionName", NULL},
    {"state", "State", NULL},
    {"zone-id", "ZoneId", NULL},
    {"zone-name", "ZoneName", NULL},
    {"zone-type", "ZoneType", NULL},
};

static const struct describe_ids zone_ids = {"ZoneIds", "ZoneId", NULL, NULL, zone_id_missing};

static const struct describe zones = {
    .ids_member = "ZoneNames",
    .id_path = "ZoneName",
    .id_missing = zone_name_missing,
    .more_ids = &zone_ids,
    .more_ids_count = 1,
    .filters = zone_filters,
    .filter_count = ARRAY_LEN(zone_filters),
    .nth = zone_nth,
};

int ec2_describe_availability_zones(struct call *c)
{
    return describe_reply(c, &zones, "AvailabilityZones");
}
