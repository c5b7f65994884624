/* Where the machines of a launch are plugged in: subnet and zone, interfaces, security groups,
 * public address. */
#include "services/ec2/launch.h"

#include "base/text.h"
#include "services/ec2/region.h"
#include "services/ec2/security_group.h"
#include "services/ec2/vpc.h"

/* The default subnet of the first zone that offers the type. */
static bool subnet_default_fitting(struct call *c, const struct launch *l, struct subnet *ret)
{
    const struct region *region = region_find(c->region);
    for (size_t i = 0; region != NULL && i < region_zone_count(region); i++) {
        const char *zone = region_zone(region, i)->name;
        if (instance_type_offered(l->type, c->region, zone) && subnet_default_find(c, zone, ret))
            return true;
    }
    return false;
}

/* Without a subnet AWS takes the default one of the zone, and chooses a zone that offers the type
 * when none is asked for. */
static int subnet_default(struct call *c, const struct launch *l, const char *zone,
                          struct subnet *ret)
{
    if (zone == NULL && subnet_default_fitting(c, l, ret))
        return 0;
    if (subnet_default_find(c, zone, ret))
        return 0;
    if (vpc_default_load(c) == NULL)
        return -1;
    if (zone == NULL)
        return call_fail(c, "MissingInput",
                         "No subnets found for the default VPC. Please specify a subnet.");
    return call_fail(c, "InvalidInput", "No default subnet for availability zone: '%s'.", zone);
}

static int check_offered(struct call *c, const struct launch *l, const char *zone)
{
    if (instance_type_offered(l->type, c->region, zone))
        return 0;
    if (!instance_type_offered(l->type, c->region, NULL))
        return call_fail(c, "Unsupported",
                         "The requested configuration is currently not supported. Please check the "
                         "documentation for supported configurations.");
    const struct region *region = region_find(c->region);
    const char *fitting = "";
    for (size_t i = 0; i < region_zone_count(region); i++) {
        const char *name = region_zone(region, i)->name;
        if (instance_type_offered(l->type, c->region, name))
            fitting = call_printf(c, "%s%s%s", fitting, fitting[0] != '\0' ? ", " : "", name);
    }
    return call_fail(c, "Unsupported",
                     "Your requested instance type (%s) is not supported in your requested "
                     "Availability Zone (%s). Please retry your request by not specifying an "
                     "Availability Zone or choosing %s.",
                     l->type->name, zone, fitting);
}

static int subnet_choose(struct call *c, const struct launch *l, const char *id, struct subnet *ret)
{
    const char *zone = json_str(arg_get(c, "Placement"), "AvailabilityZone");
    if (zone != NULL && zone[0] == '\0')
        zone = NULL; /* some clients send it empty when they mean any */
    if (zone != NULL && zone_check(c, zone) != 0)
        return -1;
    if (id == NULL ? subnet_default(c, l, zone, ret) != 0 : !subnet_load(c, id, ret))
        return -1;
    if (zone != NULL && !str_equal(zone, ret->zone))
        return call_fail(c, "InvalidParameterValue",
                         "The availability zone '%s' does not match the subnet '%s' (%s)", zone, id,
                         ret->zone);
    return check_offered(c, l, ret->zone);
}

/* No interfaces asked for: one, from the request's own SubnetId, groups and address. */
static int read_plain(struct call *c, struct launch *l)
{
    struct subnet subnet;
    const char *subnet_id = arg_str(c, "SubnetId");
    const json_t *names = arg_get(c, "SecurityGroups");
    if (subnet_id != NULL && json_array_size(names) > 0)
        return call_fail(c, "InvalidParameterCombination",
                         "The parameter groupName cannot be used with the parameter subnet");
    if (subnet_choose(c, l, subnet_id, &subnet) != 0)
        return -1;
    json_t *groups = NULL;
    if (security_group_resolve(c, arg_get(c, "SecurityGroupIds"), names, subnet.vpc_id, &groups) !=
        0)
        return -1;
    arena_defer(c->arena, (void (*)(void *))json_decref, groups);
    if (arg_int_or(c, "Ipv6AddressCount", 0) > 0 || arg_count(c, "Ipv6Addresses") > 0)
        return call_fail(c, "InvalidParameterValue", "The subnet '%s' has no IPv6 CIDR block",
                         subnet.id);
    const char *address = arg_str(c, "PrivateIpAddress");
    if (address != NULL && arg_int_or(c, "MaxCount", 1) > 1)
        return call_fail(c, "InvalidParameterCombination",
                         "A private IP address can be given for one instance only");
    l->interfaces[0] = (struct interface_spec){
        .subnet_id = subnet.id,
        .address = address,
        .groups = groups,
        .wants_public = subnet.map_public,
        .delete_on_termination = true,
    };
    l->interface_count = 1;
    l->subnet_id = subnet.id;
    l->zone = subnet.zone;
    return 0;
}

static int check_interface(struct call *c, const json_t *wanted)
{
    const char *existing = json_str(wanted, "NetworkInterfaceId");
    if (existing != NULL)
        return call_fail(
            c, "UnsupportedOperation",
            "Network interface '%s': existing network interfaces cannot be attached at launch",
            existing);
    if (json_get(wanted, "DeviceIndex") == NULL)
        return call_fail(c, "MissingParameter", "Each network interface requires a device index.");
    if (json_int_or(wanted, "Ipv6AddressCount", 0) > 0 ||
        json_array_size(json_get(wanted, "Ipv6Addresses")) > 0)
        return call_fail(c, "InvalidParameterValue", "The subnet has no IPv6 CIDR block");
    if (json_int_or(wanted, "SecondaryPrivateIpAddressCount", 0) > 0 ||
        json_array_size(json_get(wanted, "PrivateIpAddresses")) > 1)
        return call_fail(c, "UnsupportedOperation",
                         "Secondary private IP addresses are not supported at launch");
    return 0;
}

static const char *wanted_address(const json_t *wanted)
{
    const char *address = json_str(wanted, "PrivateIpAddress");
    const json_t *first = json_array_get(json_get(wanted, "PrivateIpAddresses"), 0);
    return address != NULL ? address : json_str(first, "PrivateIpAddress");
}

static int read_interface(struct call *c, struct launch *l, const json_t *wanted)
{
    struct subnet subnet;
    if (check_interface(c, wanted) != 0 ||
        subnet_choose(c, l, json_str(wanted, "SubnetId"), &subnet) != 0)
        return -1;
    json_t *groups = NULL;
    if (security_group_resolve(c, json_get(wanted, "Groups"), NULL, subnet.vpc_id, &groups) != 0)
        return -1;
    arena_defer(c->arena, (void (*)(void *))json_decref, groups);
    int64_t index = json_int_or(wanted, "DeviceIndex", 0);
    for (size_t i = 0; i < l->interface_count; i++)
        if (l->interfaces[i].device_index == index)
            return call_fail(c, "InvalidParameterValue", "The device index %lld is used twice",
                             (long long)index);
    struct interface_spec *spec = &l->interfaces[l->interface_count++];
    *spec = (struct interface_spec){
        .subnet_id = subnet.id,
        .address = wanted_address(wanted),
        .groups = groups,
        .description = json_str(wanted, "Description"),
        .wants_public =
            json_bool_or(wanted, "AssociatePublicIpAddress", index == 0 && subnet.map_public),
        .delete_on_termination = json_bool_or(wanted, "DeleteOnTermination", true),
        .device_index = (int)index,
    };
    if (index != 0)
        return 0;
    l->subnet_id = subnet.id;
    l->zone = subnet.zone;
    return 0;
}

static int read_interfaces(struct call *c, struct launch *l, const json_t *wanted)
{
    if (arg_has(c, "SubnetId"))
        return call_fail(c, "InvalidParameterCombination",
                         "Network interfaces and an instance-level subnet ID may not be specified "
                         "on the same request");
    if (arg_count(c, "SecurityGroupIds") > 0 || arg_count(c, "SecurityGroups") > 0)
        return call_fail(c, "InvalidParameterCombination",
                         "Network interfaces and an instance-level security groups may not be "
                         "specified on the same request");
    if (arg_has(c, "PrivateIpAddress"))
        return call_fail(c, "InvalidParameterCombination",
                         "Network interfaces and an instance-level private IP address may not be "
                         "specified on the same request");
    size_t count = json_array_size(wanted), most = (size_t)l->type->max_interfaces;
    if (count > most || count > INTERFACES_MAX)
        return call_fail(c, "AttachmentLimitExceeded",
                         "Interface count %zu exceeds the limit for %s", count, l->type->name);
    for (size_t i = 0; i < count; i++)
        if (read_interface(c, l, json_array_get(wanted, i)) != 0)
            return -1;
    if (l->subnet_id == NULL)
        return call_fail(c, "InvalidParameterCombination",
                         "A network interface with device index 0 is required");
    for (size_t i = 0; count > 1 && i < count; i++)
        if (json_bool_or(json_array_get(wanted, i), "AssociatePublicIpAddress", false))
            return call_fail(c, "InvalidParameterCombination",
                             "The associatePublicIPAddress parameter cannot be specified when "
                             "launching with multiple network interfaces.");
    return 0;
}

int launch_read_network(struct call *c, struct launch *l)
{
    const json_t *wanted = arg_get(c, "NetworkInterfaces");
    return json_array_size(wanted) > 0 ? read_interfaces(c, l, wanted) : read_plain(c, l);
}
