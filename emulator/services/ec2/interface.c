/* Network interfaces: see interface.h, and DescribeNetworkInterfaces. */
#include "services/ec2/interface.h"

#include "base/text.h"
#include "call/describe.h"
#include "call/tag.h"
#include "operations.h"
#include "services/ec2/address.h"
#include "services/ec2/instance.h"
#include "services/ec2/resource.h"
#include "services/ec2/security_group.h"
#include "services/ec2/vpc.h"

#include <string.h>

#define COLUMNS                                                                                    \
    "id, subnet_id, vpc_id, zone, address, mac, public_address, wants_public, instance_id,"        \
    " attachment_id, device_index, delete_on_termination, attached_ms, status, description,"       \
    " source_dest_check"

static struct interface interface_read(struct call *c, struct rows *r)
{
    return (struct interface){
        .id = call_text(c, r, 0),
        .subnet_id = call_text(c, r, 1),
        .vpc_id = call_text(c, r, 2),
        .zone = call_text(c, r, 3),
        .address = call_text(c, r, 4),
        .mac = call_text(c, r, 5),
        .public_address = call_text(c, r, 6),
        .wants_public = rows_int(r, 7) != 0,
        .instance_id = call_text(c, r, 8),
        .attachment_id = call_text(c, r, 9),
        .device_index = (int)rows_int(r, 10),
        .delete_on_termination = rows_int(r, 11) != 0,
        .attached_ms = rows_int(r, 12),
        .status = call_text(c, r, 13),
        .description = call_text(c, r, 14),
        .source_dest_check = rows_int(r, 15) != 0,
    };
}

bool interface_find(struct call *c, const char *id, struct interface *ret_interface)
{
    struct rows r;
    rows_open(&r, c->db,
              "SELECT " COLUMNS
              " FROM ec2_network_interface WHERE account = ? AND region = ? AND id = ?",
              "sss", c->account, c->region, id);
    if (!rows_next(&r))
        return false;
    *ret_interface = interface_read(c, &r);
    rows_close(&r);
    return true;
}

size_t interface_of_instance(struct call *c, const char *instance_id, struct interface *out,
                             size_t capacity)
{
    size_t count = 0;
    struct rows r;
    rows_open(&r, c->db,
              "SELECT " COLUMNS
              " FROM ec2_network_interface WHERE instance_id = ? ORDER BY device_index",
              "s", instance_id);
    while (count < capacity && rows_next(&r))
        out[count++] = interface_read(c, &r);
    rows_close(&r);
    return count;
}

/* --- making and ending --- */

/* Locally administered, so that no real card has it. */
static const char *mac_draw(struct call *c)
{
    uint8_t b[5];
    random_bytes(c->ids, b, sizeof(b));
    return call_printf(c, "02:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4]);
}

int interface_set_groups(struct call *c, const char *id, const char *vpc_id, const json_t *ids)
{
    json_t *groups = NULL;
    if (security_group_resolve(c, ids, NULL, vpc_id, &groups) != 0)
        return -1;
    db_exec(c->db, "DELETE FROM ec2_network_interface_group WHERE interface_id = ?", "s", id);
    size_t i;
    json_t *group;
    json_array_foreach (groups, i, group)
        db_exec(c->db,
                "INSERT INTO ec2_network_interface_group (interface_id, position, group_id) VALUES "
                "(?, ?, ?)",
                "sis", id, (int64_t)i, json_string_value(group));
    json_decref(groups);
    return 0;
}

static int subnet_read(struct call *c, const char *subnet_id, struct interface *ret)
{
    struct subnet subnet;
    if (!subnet_load(c, subnet_id, &subnet))
        return -1;
    ret->subnet_id = subnet.id;
    ret->vpc_id = subnet.vpc_id;
    ret->zone = subnet.zone;
    return 0;
}

static void interface_insert(struct call *c, const struct interface *i)
{
    db_exec(c->db,
            "INSERT INTO ec2_network_interface (account, region, " COLUMNS ")"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "sssssssssissiiissi", c->account, c->region, i->id, i->subnet_id, i->vpc_id, i->zone,
            i->address, i->mac, i->public_address, (int64_t)i->wants_public, i->instance_id,
            i->attachment_id, (int64_t)i->device_index, (int64_t)i->delete_on_termination,
            i->attached_ms, i->status, i->description, (int64_t)i->source_dest_check);
}

int interface_create(struct call *c, const struct interface_spec *spec,
                     struct interface *ret_interface)
{
    struct interface made = {
        .id = call_new_id(c, "eni"),
        .mac = mac_draw(c),
        .wants_public = spec->wants_public,
        .instance_id = spec->instance_id,
        .attachment_id = call_new_id(c, "eni-attach"),
        .device_index = spec->device_index,
        .delete_on_termination = spec->delete_on_termination,
        .attached_ms = call_now_ms(c),
        .status = "in-use",
        .description = spec->description != NULL ? spec->description : "",
        .source_dest_check = true,
    };
    if (subnet_read(c, spec->subnet_id, &made) != 0)
        return -1;
    made.address = address_draw_private(c, spec->subnet_id, spec->address);
    if (made.address == NULL)
        return -1;
    if (made.wants_public && (made.public_address = address_draw_public(c)) == NULL)
        return -1;
    interface_insert(c, &made);
    if (interface_set_groups(c, made.id, made.vpc_id, spec->groups) != 0)
        return -1;
    tag_put_specs(c, "network-interface", made.id);
    *ret_interface = made;
    return 0;
}

void interface_give_public(struct call *c, struct interface *interface)
{
    if (!interface->wants_public || interface->public_address != NULL)
        return;
    struct err before = c->err;
    interface->public_address = address_draw_public(c);
    c->err = before;
    db_exec(c->db, "UPDATE ec2_network_interface SET public_address = ? WHERE id = ?", "ss",
            interface->public_address, interface->id);
}

void interface_take_public(struct call *c, const char *instance_id)
{
    db_exec(c->db, "UPDATE ec2_network_interface SET public_address = NULL WHERE instance_id = ?",
            "s", instance_id);
}

void interface_release(struct call *c, const char *instance_id)
{
    struct interface list[INTERFACES_MAX];
    size_t count = interface_of_instance(c, instance_id, list, INTERFACES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!list[i].delete_on_termination)
            continue;
        tag_remove_all(c, list[i].id);
        db_exec(c->db, "DELETE FROM ec2_network_interface WHERE id = ?", "s", list[i].id);
    }
    db_exec(c->db,
            "UPDATE ec2_network_interface SET instance_id = NULL, attachment_id = NULL, "
            "device_index = NULL,"
            " public_address = NULL, status = 'available' WHERE instance_id = ?",
            "s", instance_id);
}

/* The subnet's own route table, or its VPC's main one, leads 0.0.0.0/0 to an internet gateway. */
bool interface_at_edge(struct call *c, const char *subnet_id, const char *vpc_id)
{
    return db_exists(
        c->db,
        "SELECT 1 FROM ec2_route WHERE destination = '0.0.0.0/0' AND target LIKE 'igw-%'"
        " AND route_table_id = coalesce("
        "  (SELECT route_table_id FROM ec2_route_table_association WHERE subnet_id = ?),"
        "  (SELECT id FROM ec2_route_table WHERE vpc_id = ? AND is_main))",
        "ss", subnet_id, vpc_id);
}

/* --- rendering --- */

json_t *interface_groups(struct call *c, const char *id)
{
    json_t *list = json_array();
    struct rows r;
    rows_open(&r, c->db,
              "SELECT g.id, g.name FROM ec2_network_interface_group m JOIN ec2_security_group g ON "
              "g.id = m.group_id"
              " WHERE m.interface_id = ? ORDER BY m.position",
              "s", id);
    while (rows_next(&r)) {
        json_t *group = json_object();
        json_set_str(group, "GroupId", rows_text(&r, 0));
        json_set_str(group, "GroupName", rows_text(&r, 1));
        json_append_new(list, group);
    }
    return list;
}

static json_t *association_to_json(struct call *c, const struct interface *i)
{
    json_t *association = json_object();
    json_set_str(association, "IpOwnerId", "amazon");
    json_set_str(association, "PublicDnsName",
                 address_public_name(c->arena, c->region, i->public_address));
    json_set_str(association, "PublicIp", i->public_address);
    return association;
}

/* What both renderings of an interface share. */
static json_t *common_to_json(struct call *c, const struct interface *i)
{
    const char *name = address_private_name(c->arena, c->region, i->address);
    json_t *address = json_object();
    json_set_bool(address, "Primary", true);
    json_set_str(address, "PrivateDnsName", name);
    json_set_str(address, "PrivateIpAddress", i->address);
    json_t *addresses = json_array();
    json_append_new(addresses, address);

    json_t *out = json_object();
    if (i->public_address != NULL) {
        json_set_new(address, "Association", association_to_json(c, i));
        json_set_new(out, "Association", association_to_json(c, i));
    }
    json_set_str(out, "Description", i->description);
    json_set_new(out, "Groups", interface_groups(c, i->id));
    json_set_str(out, "InterfaceType", "interface");
    json_set_new(out, "Ipv6Addresses", json_array());
    json_set_str(out, "MacAddress", i->mac);
    json_set_str(out, "NetworkInterfaceId", i->id);
    json_set_str(out, "OwnerId", c->account);
    json_set_str(out, "PrivateDnsName", name);
    json_set_str(out, "PrivateIpAddress", i->address);
    json_set_new(out, "PrivateIpAddresses", addresses);
    json_set_bool(out, "SourceDestCheck", i->source_dest_check);
    json_set_str(out, "Status", i->status);
    json_set_str(out, "SubnetId", i->subnet_id);
    json_set_str(out, "VpcId", i->vpc_id);
    json_t *operator= json_object();
    json_set_bool(operator, "Managed", false);
    json_set_new(out, "Operator", operator);
    return out;
}

static json_t *attachment_to_json(const struct interface *i)
{
    json_t *attachment = json_object();
    json_set_int(attachment, "AttachTime", i->attached_ms);
    json_set_str(attachment, "AttachmentId", i->attachment_id);
    json_set_bool(attachment, "DeleteOnTermination", i->delete_on_termination);
    json_set_int(attachment, "DeviceIndex", i->device_index);
    json_set_int(attachment, "NetworkCardIndex", 0);
    json_set_str(attachment, "Status", "attached");
    return attachment;
}

json_t *interface_to_instance_json(struct call *c, const struct interface *interface)
{
    json_t *out = common_to_json(c, interface);
    json_set_new(out, "Attachment", attachment_to_json(interface));
    return out;
}

static json_t *render(struct call *c, struct rows *row)
{
    struct interface i = interface_read(c, row);
    json_t *out = common_to_json(c, &i);
    if (i.instance_id != NULL) {
        json_t *attachment = attachment_to_json(&i);
        json_set_str(attachment, "InstanceId", i.instance_id);
        json_set_str(attachment, "InstanceOwnerId", c->account);
        json_set_new(out, "Attachment", attachment);
    }
    json_set_str(out, "AvailabilityZone", i.zone);
    json_set_bool(out, "RequesterManaged", false);
    json_set_new(out, "TagSet", tag_list(c, i.id));
    return out;
}

static int check_id(struct call *c, const char *id)
{
    return resource_id_check(c, "network-interface", id);
}

static int missing(struct call *c, const json_t *ids)
{
    return resource_missing(c, "network-interface", ids);
}

/* DescribeNetworkInterfaces, Filters. */
static const struct describe_filter filters[] = {
    {"addresses.association.public-ip", "PrivateIpAddresses.Association.PublicIp", NULL},
    {"addresses.association.owner-id", "PrivateIpAddresses.Association.IpOwnerId", NULL},
    {"addresses.primary", "PrivateIpAddresses.Primary", NULL},
    {"addresses.private-ip-address", "PrivateIpAddresses.PrivateIpAddress", NULL},
    {"association.allocation-id", "Association.AllocationId", NULL},
    {"association.association-id", "Association.AssociationId", NULL},
    {"association.ip-owner-id", "Association.IpOwnerId", NULL},
    {"association.public-dns-name", "Association.PublicDnsName", NULL},
    {"association.public-ip", "Association.PublicIp", NULL},
    {"attachment.attach-time", "Attachment.AttachTime", NULL},
    {"attachment.attachment-id", "Attachment.AttachmentId", NULL},
    {"attachment.delete-on-termination", "Attachment.DeleteOnTermination", NULL},
    {"attachment.device-index", "Attachment.DeviceIndex", NULL},
    {"attachment.instance-id", "Attachment.InstanceId", "instance_id"},
    {"attachment.instance-owner-id", "Attachment.InstanceOwnerId", NULL},
    {"attachment.status", "Attachment.Status", NULL},
    {"availability-zone", "AvailabilityZone", "zone"},
    {"description", "Description", NULL},
    {"group-id", "Groups.GroupId", NULL},
    {"group-name", "Groups.GroupName", NULL},
    {"interface-type", "InterfaceType", NULL},
    {"ipv6-addresses.ipv6-address", "Ipv6Addresses.Ipv6Address", NULL},
    {"mac-address", "MacAddress", NULL},
    {"network-interface-id", "NetworkInterfaceId", "id"},
    {"operator.managed", "Operator.Managed", NULL},
    {"operator.principal", "Operator.Principal", NULL},
    {"owner-id", "OwnerId", NULL},
    {"private-dns-name", "PrivateDnsName", NULL},
    {"private-ip-address", "PrivateIpAddress", "address"},
    {"requester-id", "RequesterId", NULL},
    {"requester-managed", "RequesterManaged", NULL},
    {"source-dest-check", "SourceDestCheck", NULL},
    {"status", "Status", "status"},
    {"subnet-id", "SubnetId", "subnet_id"},
    {"vpc-id", "VpcId", "vpc_id"},
};

static const struct describe describe_interfaces = {
    .ids_member = "NetworkInterfaceIds",
    .id_path = "NetworkInterfaceId",
    .id_column = "id",
    .id_check = check_id,
    .id_missing = missing,
    .tags_path = "TagSet",
    .filters = filters,
    .filter_count = ARRAY_LEN(filters),
    .page_min = 5,
    .page_max = 1000,
    .sql = "SELECT " COLUMNS " FROM ec2_network_interface WHERE account = ? AND region = ?",
    .key_column = "id",
    .render = render,
};

int ec2_describe_network_interfaces(struct call *c)
{
    return describe_reply(c, &describe_interfaces, "NetworkInterfaces");
}
