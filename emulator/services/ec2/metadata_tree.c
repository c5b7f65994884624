/* The tree below /latest/ of the metadata service, made anew for each question from the instance's
 * rows. Names and order are those of "Instance metadata categories", EC2 user guide. */
#include "services/ec2/metadata_tree.h"

#include "base/arn.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "call/tag.h"
#include "services/ec2/address.h"
#include "services/ec2/image.h"
#include "services/ec2/instance_type.h"
#include "services/ec2/region.h"
#include "services/ec2/volume.h"

#include <stdio.h>
#include <string.h>

#define EMPTY_LIST "[]"

/* The member of every group of an interface, a line each. */
static const char *group_lines(struct metadata *m, const char *interface_id, const char *member)
{
    json_t *groups = interface_groups(&m->call, interface_id), *group;
    const char *text = "";
    size_t i;
    json_array_foreach (groups, i, group)
        text = call_printf(&m->call, "%s%s%s", text, i > 0 ? "\n" : "",
                           json_str_or(group, member, ""));
    json_decref(groups);
    return text;
}

static const char *cidr_of(struct metadata *m, const char *sql, const char *id)
{
    struct rows r;
    const char *cidr = NULL;
    rows_open(&r, m->call.db, sql, "s", id);
    if (rows_next(&r)) {
        cidr = call_text(&m->call, &r, 0);
        rows_close(&r);
    }
    return cidr;
}

/* --- network/interfaces/macs/MAC
 * ---------------------------------------------------------------------- */

static json_t *interface_tree(struct metadata *m, const struct interface *i)
{
    struct call *c = &m->call;
    json_t *out = json_object();
    const char *public_name = i->public_address != NULL
                                  ? address_public_name(c->arena, c->region, i->public_address)
                                  : NULL;
    const char *vpc_cidr = cidr_of(m, "SELECT cidr FROM ec2_vpc WHERE id = ?", i->vpc_id);
    json_set_new(out, "device-number", json_sprintf("%d", i->device_index));
    json_set_str(out, "interface-id", i->id);
    if (i->public_address != NULL)
        json_set_new(out, "ipv4-associations", json_pack("{ss}", i->public_address, i->address));
    json_set_str(out, "local-hostname", address_private_name(c->arena, c->region, i->address));
    json_set_str(out, "local-ipv4s", i->address);
    json_set_str(out, "mac", i->mac);
    json_set_str(out, "owner-id", c->account);
    json_set_str(out, "public-hostname", public_name);
    json_set_str(out, "public-ipv4s", i->public_address);
    json_set_str(out, "security-group-ids", group_lines(m, i->id, "GroupId"));
    json_set_str(out, "security-groups", group_lines(m, i->id, "GroupName"));
    json_set_str(out, "subnet-id", i->subnet_id);
    json_set_str(out, "subnet-ipv4-cidr-block",
                 cidr_of(m, "SELECT cidr FROM ec2_subnet WHERE id = ?", i->subnet_id));
    json_set_str(out, "vpc-id", i->vpc_id);
    json_set_str(out, "vpc-ipv4-cidr-block", vpc_cidr);
    json_set_str(out, "vpc-ipv4-cidr-blocks", vpc_cidr);
    return out;
}

static json_t *network_tree(struct metadata *m)
{
    json_t *macs = json_object();
    for (size_t i = 0; i < m->interface_count; i++)
        json_set_new(macs, m->interfaces[i].mac, interface_tree(m, &m->interfaces[i]));
    return json_pack("{s:{s:o}}", "interfaces", "macs", macs);
}

/* --- the other directories
 * --------------------------------------------------------------------------- */

static json_t *devices_tree(struct metadata *m)
{
    struct volume list[VOLUMES_MAX];
    size_t count = volume_of_instance(&m->call, m->instance.id, list, VOLUMES_MAX), number = 0;
    const char *root = json_str_or(m->instance.doc, "RootDeviceName", "/dev/xvda");
    json_t *out = json_object();
    json_set_str(out, "ami", root);
    for (size_t i = 0; i < count; i++) {
        const char *device = list[i].device != NULL ? list[i].device : "";
        if (str_equal(device, root))
            continue;
        json_set_str(out, call_printf(&m->call, "ebs%zu", ++number),
                     str_starts(device, "/dev/") ? device + 5 : device);
    }
    json_set_str(out, "root", root);
    return out;
}

static json_t *placement_tree(struct metadata *m)
{
    const struct zone *zone = region_zone_find(region_find(m->call.region), m->instance.zone);
    const json_t *placement = json_get(m->instance.doc, "Placement");
    const char *group = json_str_or(placement, "GroupName", "");
    json_t *out = json_object();
    json_set_str(out, "availability-zone", m->instance.zone);
    json_set_str(out, "availability-zone-id", zone != NULL ? zone->id : NULL);
    json_set_str(out, "group-name", group[0] != '\0' ? group : NULL);
    json_set_str(out, "region", m->call.region);
    return out;
}

static json_t *credentials_tree(struct metadata *m)
{
    char now[TIME_SIZE];
    time_format_iso8601(call_now_ms(&m->call), now);
    const char *info = call_printf(&m->call,
                                   "{\n  \"Code\" : \"Success\",\n  \"LastUpdated\" : \"%s\",\n"
                                   "  \"AccountId\" : \"%s\"\n}",
                                   now, m->call.account);
    return json_pack("{s:{s:s}}", "ec2", "info", info);
}

static json_t *keys_tree(struct metadata *m)
{
    json_t *key = json_object();
    json_set_str(key, METADATA_LABEL, m->instance.key_name);
    json_set_new(key, "openssh-key", json_sprintf("%s\n", m->instance.public_key));
    return json_pack("{s:o}", "0", key);
}

static json_t *tags_tree(struct metadata *m)
{
    json_t *tags = tag_list(&m->call, m->instance.id), *tag, *out = json_object();
    size_t i;
    json_array_foreach (tags, i, tag)
        json_set_str(out, json_str_or(tag, "Key", ""), json_str_or(tag, "Value", ""));
    json_decref(tags);
    return json_pack("{s:o}", "instance", out);
}

/* --- meta-data
 * ---------------------------------------------------------------------------------------- */

static const char *system_word(const struct metadata *m)
{
    const struct instance_type *type = instance_type_find(m->instance.type);
    if (type == NULL || !type->nitro)
        return "xen";
    return str_ends(type->name, ".metal") ? "baremetal" : "nitro";
}

static void add_public(struct metadata *m, json_t *out)
{
    const char *address = m->interface_count > 0 ? m->interfaces[0].public_address : NULL;
    if (address == NULL)
        return;
    json_set_str(out, "public-hostname",
                 address_public_name(m->call.arena, m->call.region, address));
    json_set_str(out, "public-ipv4", address);
}

static void add_rest(struct metadata *m, json_t *out)
{
    const json_t *options = json_get(m->instance.doc, "MetadataOptions");
    const char *interface_id = m->interface_count > 0 ? m->interfaces[0].id : "";
    if (m->instance.key_name != NULL && m->instance.public_key != NULL)
        json_set_new(out, "public-keys", keys_tree(m));
    json_set_str(out, "reservation-id", m->instance.reservation_id);
    json_set_str(out, "security-groups", group_lines(m, interface_id, "GroupName"));
    json_set_new(out, "services",
                 json_pack("{ssss}", "domain", "amazonaws.com", "partition",
                           region_partition(m->call.region)));
    json_set_str(out, "system", system_word(m));
    if (str_equal(json_str(options, "InstanceMetadataTags"), "enabled"))
        json_set_new(out, "tags", tags_tree(m));
}

static json_t *meta_data_tree(struct metadata *m)
{
    struct call *c = &m->call;
    const struct instance *i = &m->instance;
    const struct interface *first = m->interface_count > 0 ? &m->interfaces[0] : NULL;
    const char *name =
        first != NULL ? address_private_name(c->arena, c->region, first->address) : NULL;
    json_t *out = json_object();
    json_set_str(out, "ami-id", i->image_id);
    json_set_new(out, "ami-launch-index", json_sprintf("%lld", (long long)i->launch_index));
    json_set_str(out, "ami-manifest-path", "(unknown)");
    json_set_new(out, "block-device-mapping", devices_tree(m));
    json_set_new(
        out, "events",
        json_pack("{s:{ssss}}", "maintenance", "history", EMPTY_LIST, "scheduled", EMPTY_LIST));
    json_set_new(out, "hibernation", json_pack("{ss}", "configured", "false"));
    json_set_str(out, "hostname", name);
    json_t *iam = metadata_iam_tree(m);
    if (iam != NULL)
        json_set_new(out, "iam", iam);
    json_set_new(out, "identity-credentials", credentials_tree(m));
    json_set_str(out, "instance-action", "none");
    json_set_str(out, "instance-id", i->id);
    json_set_str(out, "instance-life-cycle", "on-demand");
    json_set_str(out, "instance-type", i->type);
    json_set_str(out, "local-hostname", name);
    json_set_str(out, "local-ipv4", first != NULL ? first->address : NULL);
    json_set_str(out, "mac", first != NULL ? first->mac : NULL);
    json_set_new(out, "metrics",
                 json_pack("{ss}", "vhostmd", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
    json_set_new(out, "network", network_tree(m));
    json_set_new(out, "placement", placement_tree(m));
    json_set_str(out, "profile", "default-hvm");
    add_public(m, out);
    add_rest(m, out);
    return out;
}

json_t *metadata_tree(struct metadata *m)
{
    json_t *out = json_object();
    json_set_new(out, "dynamic",
                 json_pack("{s:{s:n,s:n,s:n,s:n}}", "instance-identity", "document", "pkcs7",
                           "rsa2048", "signature"));
    json_set_new(out, "meta-data", meta_data_tree(m));
    if (m->instance.user_data != NULL)
        json_set_new(out, "user-data", json_null());
    return out;
}
