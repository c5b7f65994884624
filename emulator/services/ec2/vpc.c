/* VPCs and subnets: the default VPC that an account finds in every region, and how both are
 * described. */
#include "services/ec2/vpc.h"

#include "base/text.h"
#include "call/describe.h"
#include "call/tag.h"
#include "operations.h"
#include "services/ec2/ec2.h"
#include "services/ec2/key_maker.h"
#include "services/ec2/region.h"
#include "services/ec2/resource.h"
#include "services/ec2/security_group.h"

#include <string.h>

#define DEFAULT_VPC_CIDR   "172.31.0.0/16"
#define SUBNET_PREFIX      20
#define ADDRESSES_RESERVED 5 /* network, router, DNS, one for later, broadcast */

/* --- the default VPC -------------------------------------------------------------------------- */

static const char *make_dhcp_options(struct call *c)
{
    const char *id = call_new_id(c, "dopt");
    const char *domain = str_equal(c->region, "us-east-1")
                             ? "ec2.internal"
                             : call_printf(c, "%s.compute.internal", c->region);
    json_t *doc = json_pack("{s:[{s:s,s:[{s:s}]},{s:s,s:[{s:s}]}]}", "DhcpConfigurations", "Key",
                            "domain-name", "Values", "Value", domain, "Key", "domain-name-servers",
                            "Values", "Value", "AmazonProvidedDNS");

    db_exec(c->db, "INSERT INTO ec2_dhcp_options (account, region, id, doc) VALUES (?, ?, ?, ?)",
            "sssj", c->account, c->region, id, doc);
    json_decref(doc);
    return id;
}

static void make_vpc(struct call *c, const char *vpc_id)
{
    json_t *doc = json_pack("{s:[{s:s,s:s,s:{s:s}}]}", "CidrBlockAssociationSet", "AssociationId",
                            call_new_id(c, "vpc-cidr-assoc"), "CidrBlock", DEFAULT_VPC_CIDR,
                            "CidrBlockState", "State", "associated");

    db_exec(c->db,
            "INSERT INTO ec2_vpc (account, region, id, cidr, is_default, dhcp_options_id, doc)"
            " VALUES (?, ?, ?, ?, 1, ?, ?)",
            "sssssj", c->account, c->region, vpc_id, DEFAULT_VPC_CIDR, make_dhcp_options(c), doc);
    json_decref(doc);
}

/* One subnet for each zone, in order: 172.31.0.0/20, 172.31.16.0/20, ... Returns the ACL's
 * associations with them. */
static json_t *make_subnets(struct call *c, const char *vpc_id, const struct region *region)
{
    json_t *associations = json_array();
    struct cidr block;
    char text[CIDR_SIZE];

    cidr_parse(DEFAULT_VPC_CIDR, &block);
    block.prefix = SUBNET_PREFIX;
    for (const struct zone *z = region->zones; z->name != NULL; z++) {
        const char *id = call_new_id(c, "subnet");
        cidr_format(block, text);
        db_exec(c->db,
                "INSERT INTO ec2_subnet (account, region, id, vpc_id, zone, cidr, is_default,"
                " map_public) VALUES (?, ?, ?, ?, ?, ?, 1, 1)",
                "ssssss", c->account, c->region, id, vpc_id, z->name, text);
        json_append_new(associations, json_pack("{s:s,s:s}", "NetworkAclAssociationId",
                                                call_new_id(c, "aclassoc"), "SubnetId", id));
        block.address += (uint32_t)cidr_count(block);
    }
    return associations;
}

static json_t *acl_entry(bool egress, int number, const char *action)
{
    return json_pack("{s:i,s:s,s:s,s:b,s:s}", "RuleNumber", number, "Protocol", "-1", "RuleAction",
                     action, "Egress", egress, "CidrBlock", "0.0.0.0/0");
}

static void make_network_acl(struct call *c, const char *vpc_id, json_t *associations)
{
    json_t *doc = json_object(), *entries = json_array();

    for (int egress = 1; egress >= 0; egress--) {
        json_append_new(entries, acl_entry(egress != 0, 100, "allow"));
        json_append_new(entries, acl_entry(egress != 0, 32767, "deny"));
    }
    json_set_new(doc, "Entries", entries);
    json_set_new(doc, "Associations", associations);
    db_exec(c->db,
            "INSERT INTO ec2_network_acl (account, region, id, vpc_id, is_default, doc)"
            " VALUES (?, ?, ?, ?, 1, ?)",
            "ssssj", c->account, c->region, call_new_id(c, "acl"), vpc_id, doc);
    json_decref(doc);
}

static void make_routes(struct call *c, const char *vpc_id)
{
    const char *gateway = call_new_id(c, "igw"), *table = call_new_id(c, "rtb");
    static const char add_route[] =
        "INSERT INTO ec2_route (route_table_id, destination, target, origin) VALUES (?, ?, ?, ?)";

    db_exec(c->db,
            "INSERT INTO ec2_internet_gateway (account, region, id, vpc_id) VALUES (?, ?, ?, ?)",
            "ssss", c->account, c->region, gateway, vpc_id);
    db_exec(c->db,
            "INSERT INTO ec2_route_table (account, region, id, vpc_id, is_main)"
            " VALUES (?, ?, ?, ?, 1)",
            "ssss", c->account, c->region, table, vpc_id);
    db_exec(c->db,
            "INSERT INTO ec2_route_table_association (account, region, id, route_table_id)"
            " VALUES (?, ?, ?, ?)",
            "ssss", c->account, c->region, call_new_id(c, "rtbassoc"), table);
    db_exec(c->db, add_route, "ssss", table, DEFAULT_VPC_CIDR, "local", "CreateRouteTable");
    db_exec(c->db, add_route, "ssss", table, "0.0.0.0/0", gateway, "CreateRoute");
}

static void make_default_vpc(struct call *c, const struct region *region)
{
    const char *vpc_id = call_new_id(c, "vpc");

    make_vpc(c, vpc_id);
    make_network_acl(c, vpc_id, make_subnets(c, vpc_id, region));
    make_routes(c, vpc_id);
    security_group_make_default(c, vpc_id);
}

int ec2_prepare(struct call *c)
{
    const struct region *region = region_find(c->region);

    if (region == NULL)
        return call_fail(c, "AuthFailure",
                         "AWS was not able to validate the provided access credentials");
    key_maker_start();
    if (db_exists(c->db, "SELECT 1 FROM ec2_region_seen WHERE account = ? AND region = ?", "ss",
                  c->account, c->region))
        return 0;
    db_exec(c->db, "INSERT INTO ec2_region_seen (account, region) VALUES (?, ?)", "ss", c->account,
            c->region);
    make_default_vpc(c, region);
    return 0;
}

const char *vpc_default_id(struct call *c)
{
    struct rows r;
    const char *id = NULL;

    rows_open(&r, c->db, "SELECT id FROM ec2_vpc WHERE account = ? AND region = ? AND is_default",
              "ss", c->account, c->region);
    if (rows_next(&r))
        id = call_text(c, &r, 0);
    rows_close(&r);
    return id;
}

const char *vpc_default_load(struct call *c)
{
    const char *id = vpc_default_id(c);

    if (id == NULL)
        call_fail(c, "VPCIdNotSpecified", "No default VPC for this user");
    return id;
}

/* --- VPCs ------------------------------------------------------------------------------------- */

static json_t *vpc_render(struct call *c, struct rows *row)
{
    const char *id = rows_text(row, 0);
    json_t *out = rows_json(row, 4);

    if (out == NULL)
        out = json_object();
    json_set_str(out, "VpcId", id);
    json_set_str(out, "OwnerId", c->account);
    json_set_str(out, "State", "available");
    json_set_str(out, "CidrBlock", rows_text(row, 1));
    json_set_bool(out, "IsDefault", rows_int(row, 2) != 0);
    json_set_str(out, "DhcpOptionsId", rows_text(row, 3));
    if (json_get(out, "InstanceTenancy") == NULL)
        json_set_str(out, "InstanceTenancy", "default");
    json_set_new(out, "BlockPublicAccessStates",
                 json_pack("{s:s}", "InternetGatewayBlockMode", "off"));
    json_set_new(out, "Tags", tag_list(c, id));
    return out;
}

static int vpc_id_check(struct call *c, const char *id)
{
    return resource_id_check(c, "vpc", id);
}

static int vpc_missing(struct call *c, const json_t *ids)
{
    return resource_missing(c, "vpc", ids);
}

static const struct describe_filter vpc_filters[] = {
    {"cidr", "CidrBlock", "cidr"},
    {"cidr-block-association.association-id", "CidrBlockAssociationSet.AssociationId", NULL},
    {"cidr-block-association.cidr-block", "CidrBlockAssociationSet.CidrBlock", NULL},
    {"cidr-block-association.state", "CidrBlockAssociationSet.CidrBlockState.State", NULL},
    {"dhcp-options-id", "DhcpOptionsId", "dhcp_options_id"},
    {"instance-tenancy", "InstanceTenancy", NULL},
    {"ipv6-cidr-block-association.association-id", "Ipv6CidrBlockAssociationSet.AssociationId",
     NULL},
    {"ipv6-cidr-block-association.ipv6-cidr-block", "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock",
     NULL},
    {"ipv6-cidr-block-association.ipv6-pool", "Ipv6CidrBlockAssociationSet.Ipv6Pool", NULL},
    {"ipv6-cidr-block-association.state", "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",
     NULL},
    {"is-default", "IsDefault", NULL},
    {"isDefault", "IsDefault", NULL},
    {"owner-id", "OwnerId", NULL},
    {"state", "State", NULL},
    {"vpc-id", "VpcId", "id"},
};

static const struct describe vpcs = {
    .ids_member = "VpcIds",
    .id_path = "VpcId",
    .id_column = "id",
    .id_check = vpc_id_check,
    .id_missing = vpc_missing,
    .tags_path = "Tags",
    .filters = vpc_filters,
    .filter_count = ARRAY_LEN(vpc_filters),
    .page_min = 5,
    .page_max = 1000,
    .page_with_ids = true,
    .sql = "SELECT id, cidr, is_default, dhcp_options_id, doc FROM ec2_vpc"
           " WHERE account = ? AND region = ?",
    .key_column = "id",
    .render = vpc_render,
};

int ec2_describe_vpcs(struct call *c)
{
    return describe_reply(c, &vpcs, "Vpcs");
}

/* --- subnets ---------------------------------------------------------------------------------- */

#define SUBNET_COLUMNS "id, vpc_id, zone, cidr, is_default, map_public"

static void subnet_read(struct call *c, struct rows *row, struct subnet *ret)
{
    *ret = (struct subnet){
        .id = call_text(c, row, 0),
        .vpc_id = call_text(c, row, 1),
        .zone = call_text(c, row, 2),
        .cidr = call_text(c, row, 3),
        .is_default = rows_int(row, 4) != 0,
        .map_public = rows_int(row, 5) != 0,
    };
}

bool subnet_load(struct call *c, const char *id, struct subnet *ret_subnet)
{
    struct rows r;

    if (!resource_load(c, "subnet", id))
        return false;
    rows_open(&r, c->db,
              "SELECT " SUBNET_COLUMNS
              " FROM ec2_subnet WHERE account = ? AND region = ? AND id = ?",
              "sss", c->account, c->region, id);
    bool found = rows_next(&r);
    if (found)
        subnet_read(c, &r, ret_subnet);
    rows_close(&r);
    return found;
}

bool subnet_default_find(struct call *c, const char *zone, struct subnet *ret_subnet)
{
    struct rows r;

    rows_open(&r, c->db,
              "SELECT " SUBNET_COLUMNS " FROM ec2_subnet WHERE account = ?1 AND region = ?2"
              " AND is_default AND (?3 IS NULL OR zone = ?3) ORDER BY zone LIMIT 1",
              "sss", c->account, c->region, zone);
    bool found = rows_next(&r);
    if (found)
        subnet_read(c, &r, ret_subnet);
    rows_close(&r);
    return found;
}

static int64_t free_addresses(const char *block, int64_t taken)
{
    struct cidr cidr = {0};

    return cidr_parse(block, &cidr) ? (int64_t)cidr_count(cidr) - ADDRESSES_RESERVED - taken : 0;
}

static json_t *subnet_render(struct call *c, struct rows *row)
{
    struct subnet s;
    json_t *out = rows_json(row, 7);

    subnet_read(c, row, &s);
    if (out == NULL)
        out = json_object();
    const struct zone *zone = region_zone_find(region_find(c->region), s.zone);
    json_set_str(out, "SubnetId", s.id);
    json_set_str(out, "SubnetArn", call_arn(c, "ec2", call_printf(c, "subnet/%s", s.id)));
    json_set_str(out, "VpcId", s.vpc_id);
    json_set_str(out, "OwnerId", c->account);
    json_set_str(out, "State", "available");
    json_set_str(out, "CidrBlock", s.cidr);
    json_set_str(out, "AvailabilityZone", s.zone);
    json_set_str(out, "AvailabilityZoneId", zone != NULL ? zone->id : NULL);
    json_set_int(out, "AvailableIpAddressCount", free_addresses(s.cidr, rows_int(row, 6)));
    json_set_bool(out, "DefaultForAz", s.is_default);
    json_set_bool(out, "MapPublicIpOnLaunch", s.map_public);
    json_set_bool(out, "MapCustomerOwnedIpOnLaunch", false);
    json_set_bool(out, "AssignIpv6AddressOnCreation", false);
    json_set_new(out, "Ipv6CidrBlockAssociationSet", json_array());
    json_set_bool(out, "EnableDns64", false);
    json_set_bool(out, "Ipv6Native", false);
    json_set_new(out, "PrivateDnsNameOptionsOnLaunch",
                 json_pack("{s:s,s:b,s:b}", "HostnameType", "ip-name",
                           "EnableResourceNameDnsARecord", 0, "EnableResourceNameDnsAAAARecord",
                           0));
    json_set_new(out, "BlockPublicAccessStates",
                 json_pack("{s:s}", "InternetGatewayBlockMode", "off"));
    json_set_new(out, "Tags", tag_list(c, s.id));
    return out;
}

static int subnet_id_check(struct call *c, const char *id)
{
    return resource_id_check(c, "subnet", id);
}

static int subnet_missing(struct call *c, const json_t *ids)
{
    return resource_missing(c, "subnet", ids);
}

static const struct describe_filter subnet_filters[] = {
    {"availability-zone", "AvailabilityZone", "zone"},
    {"availabilityZone", "AvailabilityZone", "zone"},
    {"availability-zone-id", "AvailabilityZoneId", NULL},
    {"availabilityZoneId", "AvailabilityZoneId", NULL},
    {"available-ip-address-count", "AvailableIpAddressCount", NULL},
    {"cidr", "CidrBlock", "cidr"},
    {"cidr-block", "CidrBlock", "cidr"},
    {"cidrBlock", "CidrBlock", "cidr"},
    {"customer-owned-ipv4-pool", "CustomerOwnedIpv4Pool", NULL},
    {"default-for-az", "DefaultForAz", NULL},
    {"defaultForAz", "DefaultForAz", NULL},
    {"enable-dns64", "EnableDns64", NULL},
    {"enable-lni-at-device-index", "EnableLniAtDeviceIndex", NULL},
    {"ipv6-cidr-block-association.association-id", "Ipv6CidrBlockAssociationSet.AssociationId",
     NULL},
    {"ipv6-cidr-block-association.ipv6-cidr-block", "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock",
     NULL},
    {"ipv6-cidr-block-association.state", "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",
     NULL},
    {"ipv6-native", "Ipv6Native", NULL},
    {"map-customer-owned-ip-on-launch", "MapCustomerOwnedIpOnLaunch", NULL},
    {"map-public-ip-on-launch", "MapPublicIpOnLaunch", NULL},
    {"outpost-arn", "OutpostArn", NULL},
    {"owner-id", "OwnerId", NULL},
    {"private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
     "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord", NULL},
    {"private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
     "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord", NULL},
    {"private-dns-name-options-on-launch.hostname-type",
     "PrivateDnsNameOptionsOnLaunch.HostnameType", NULL},
    {"state", "State", NULL},
    {"subnet-arn", "SubnetArn", NULL},
    {"subnet-id", "SubnetId", "id"},
    {"vpc-id", "VpcId", "vpc_id"},
};

static const struct describe subnets = {
    .ids_member = "SubnetIds",
    .id_path = "SubnetId",
    .id_column = "id",
    .id_check = subnet_id_check,
    .id_missing = subnet_missing,
    .tags_path = "Tags",
    .filters = subnet_filters,
    .filter_count = ARRAY_LEN(subnet_filters),
    .page_min = 5,
    .page_max = 1000,
    .page_with_ids = true,
    .sql = "SELECT " SUBNET_COLUMNS ","
           " (SELECT count(*) FROM ec2_network_interface i WHERE i.subnet_id = ec2_subnet.id), doc"
           " FROM ec2_subnet WHERE account = ? AND region = ?",
    .key_column = "id",
    .render = subnet_render,
};

int ec2_describe_subnets(struct call *c)
{
    return describe_reply(c, &subnets, "Subnets");
}
