/* The table of resource kinds and the checks that read it. */
#include "services/ec2/resource.h"

#include "base/text.h"
#include "services/ec2/image.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#define EXPECTING(prefix) "Invalid id: \"%s\" (expecting \"" prefix "-...\")"

static const struct resource_kind kinds[] = {
    {"instance", "i", "InvalidInstanceID.Malformed", "Invalid id: \"%s\"",
     "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist",
     "The instance IDs '%s' do not exist", "ec2_instance"},
    {"volume", "vol", "InvalidVolumeID.Malformed", EXPECTING("vol"), "InvalidVolume.NotFound",
     "The volume '%s' does not exist.", "The volumes '%s' do not exist.", "ec2_volume"},
    {"network-interface", "eni", "InvalidNetworkInterfaceId.Malformed", EXPECTING("eni"),
     "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist",
     "The networkInterface IDs '%s' do not exist", "ec2_network_interface"},
    {"security-group", "sg", "InvalidGroupId.Malformed", EXPECTING("sg"), "InvalidGroup.NotFound",
     "The security group '%s' does not exist", "The security groups '%s' do not exist",
     "ec2_security_group"},
    {"security-group-rule", "sgr", "InvalidSecurityGroupRuleId.Malformed", EXPECTING("sgr"),
     "InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist",
     "The security group rule IDs '%s' do not exist", "ec2_security_group_rule"},
    {"vpc", "vpc", "InvalidVpcID.Malformed", EXPECTING("vpc"), "InvalidVpcID.NotFound",
     "The vpc ID '%s' does not exist", "The vpc IDs '%s' do not exist", "ec2_vpc"},
    {"subnet", "subnet", "InvalidSubnetID.Malformed", EXPECTING("subnet"),
     "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist",
     "The subnet IDs '%s' do not exist", "ec2_subnet"},
    {"internet-gateway", "igw", "InvalidInternetGatewayId.Malformed", EXPECTING("igw"),
     "InvalidInternetGatewayID.NotFound", "The internetGateway ID '%s' does not exist",
     "The internetGateway IDs '%s' do not exist", "ec2_internet_gateway"},
    {"route-table", "rtb", "InvalidRouteTableId.Malformed", EXPECTING("rtb"),
     "InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist",
     "The routeTable IDs '%s' do not exist", "ec2_route_table"},
    {"network-acl", "acl", "InvalidNetworkAclId.Malformed", EXPECTING("acl"),
     "InvalidNetworkAclID.NotFound", "The networkAcl ID '%s' does not exist",
     "The networkAcl IDs '%s' do not exist", "ec2_network_acl"},
    {"dhcp-options", "dopt", "InvalidDhcpOptionsId.Malformed", EXPECTING("dopt"),
     "InvalidDhcpOptionID.NotFound", "The dhcpOption ID '%s' does not exist",
     "The dhcpOption IDs '%s' do not exist", "ec2_dhcp_options"},
    {"key-pair", "key", "InvalidParameterValue", EXPECTING("key"), "InvalidKeyPair.NotFound",
     "The key pair ID '%s' does not exist", "The key pair IDs '%s' do not exist", "ec2_key_pair"},
    {"image", "ami", "InvalidAMIID.Malformed", EXPECTING("ami"), "InvalidAMIID.NotFound",
     "The image id '[%s]' does not exist", "The image ids '[%s]' do not exist", NULL},
    {"snapshot", "snap", "InvalidSnapshotID.Malformed", EXPECTING("snap"),
     "InvalidSnapshot.NotFound", "The snapshot '%s' does not exist.",
     "The snapshots '%s' do not exist.", NULL},
    {"elastic-ip", "eipalloc", "InvalidParameterValue", EXPECTING("eipalloc"),
     "InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist",
     "The allocation IDs '%s' do not exist", NULL},
    {"launch-template", "lt", "InvalidLaunchTemplateId.Malformed", EXPECTING("lt"),
     "InvalidLaunchTemplateId.NotFound",
     "The specified launch template, with template ID %s, does not exist.",
     "The specified launch templates, with template IDs %s, do not exist.", NULL},
    {"natgateway", "nat", "NatGatewayMalformed", EXPECTING("nat"), "NatGatewayNotFound",
     "The Nat Gateway %s was not found", "The Nat Gateways %s were not found", NULL},
    {"placement-group", "pg", "InvalidPlacementGroupId.Malformed", EXPECTING("pg"),
     "InvalidPlacementGroup.Unknown", "The placement group '%s' is unknown",
     "The placement groups '%s' are unknown", NULL},
};

const struct resource_kind *resource_kind_find(const char *type)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_equal(kinds[i].type, type))
            return &kinds[i];
    return NULL;
}

const struct resource_kind *resource_kind_of_id(const char *id)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t len = strlen(kinds[i].prefix);
        if (strncmp(kinds[i].prefix, id, len) == 0 && id[len] == '-')
            return &kinds[i];
    }
    return NULL;
}

/* Ids made since 2016 have 17 hexadecimal digits, older ones 8. */
static bool is_well_formed(const struct resource_kind *kind, const char *id)
{
    size_t len = strlen(kind->prefix), digits = 0;

    if (strncmp(kind->prefix, id, len) != 0 || id[len] != '-')
        return false;
    for (const char *p = id + len + 1; *p != '\0'; p++, digits++)
        if (!isxdigit((unsigned char)*p) || isupper((unsigned char)*p))
            return false;
    return digits == 8 || digits == 17;
}

/* The texts of the table are formats with one %s: they are filled in here, away from printf. */
static const char *fill_in(struct call *c, const char *format, const char *word)
{
    const char *hole = strstr(format, "%s");

    return call_printf(c, "%.*s%s%s", (int)(hole - format), format, word, hole + 2);
}

/* The row of a type named in our own code. */
static const struct resource_kind *kind_of(const char *type)
{
    const struct resource_kind *kind = resource_kind_find(type);

    assert(kind != NULL);
    return kind;
}

int resource_id_check(struct call *c, const char *type, const char *id)
{
    const struct resource_kind *kind = kind_of(type);

    if (is_well_formed(kind, id))
        return 0;
    return call_fail(c, kind->malformed, "%s", fill_in(c, kind->malformed_fmt, id));
}

int resource_count_check(struct call *c, size_t count)
{
    if (count <= RESOURCES_MAX)
        return 0;
    return call_fail(c, "InvalidParameterValue", "More than %d resources are named", RESOURCES_MAX);
}

int resource_missing(struct call *c, const char *type, const json_t *ids)
{
    const struct resource_kind *kind = kind_of(type);
    bool one = json_array_size(ids) == 1;

    return call_fail(
        c, kind->not_found, "%s",
        fill_in(c, one ? kind->not_found_one : kind->not_found_many, call_join(c, ids)));
}

bool resource_load(struct call *c, const char *type, const char *id)
{
    const struct resource_kind *kind = kind_of(type);

    if (str_equal(type, "image"))
        return image_load(c, id) !=
               NULL; /* a file, not a row; public ones may be tagged by anybody */
    if (resource_id_check(c, type, id) != 0)
        return false;
    if (kind->table != NULL &&
        db_exists(c->db,
                  call_printf(c, "SELECT 1 FROM %s WHERE account = ? AND region = ? AND id = ?",
                              kind->table),
                  "sss", c->account, c->region, id))
        return true;
    call_fail(c, kind->not_found, "%s", fill_in(c, kind->not_found_one, id));
    return false;
}
