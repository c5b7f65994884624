/* Where the values of EC2's condition keys come from: rows of what is there, the launch of what is
 * about to be made. */
#include "services/ec2/access.h"

#include "base/text.h"
#include "services/ec2/instance.h"
#include "services/ec2/region.h"
#include "services/ec2/vpc.h"

#include <ctype.h>
#include <string.h>

#define OF(table, column)                                                                          \
    "SELECT " column " FROM " table " WHERE account = ?1 AND region = ?2 AND id = ?3"

static const struct launch_subject *subject_of(const struct access *access)
{
    return access->subject;
}

/* --- instances ----------------------------------------------------------------------------------
 */

/* What DescribeInstances says that does not change, of the instance or of those to be made. */
static const json_t *instance_doc(struct call *c, const struct access *access)
{
    const struct launch_subject *made = subject_of(access);
    struct instance instance;
    if (made != NULL)
        return made->launch->doc;
    return access->id != NULL && instance_find(c, access->id, &instance) ? instance.doc : NULL;
}

static const json_t *at_path(const json_t *value, const char *path)
{
    char word[64];
    while (*path != '\0' && value != NULL) {
        size_t len = strcspn(path, ".");
        (void)snprintf(word, sizeof(word), "%.*s", (int)len, path);
        value = json_get(value, word);
        path += path[len] == '.' ? len + 1 : len;
    }
    return value;
}

static bool get_from_doc(struct call *c, const struct access *access,
                         const struct condition_key *key, const char *behind,
                         struct policy_values *ret)
{
    (void)behind;
    return access_values(c, at_path(instance_doc(c, access), key->path), ret);
}

static bool get_type(struct call *c, const struct access *access, const struct condition_key *key,
                     const char *behind, struct policy_values *ret)
{
    (void)behind;
    (void)key; /* of what exists a row says it */
    const struct launch_subject *made = subject_of(access);
    return made != NULL && access_value(c, made->launch->type->name, ret);
}

static bool get_profile(struct call *c, const struct access *access,
                        const struct condition_key *key, const char *behind,
                        struct policy_values *ret)
{
    (void)behind;
    (void)key;
    return access->subject != NULL && access_value(c, ec2_access_profile(c), ret);
}

static bool get_new_profile(struct call *c, const struct access *access,
                            const struct condition_key *key, const char *behind,
                            struct policy_values *ret)
{
    (void)access;
    (void)key;
    (void)behind;
    return access_value(c, ec2_access_profile(c), ret);
}

/* --- attributes ---------------------------------------------------------------------------------
 */

static bool is_attribute(const char *member)
{
    static const char *const others[] = {"DryRun", "Attribute", "Value"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (str_equal(member, others[i]))
            return false;
    return !str_ends(member, "Id");
}

/* The attribute of "Attribute=instanceType&Value=...": "InstanceType". */
static const char *named_attribute(struct call *c)
{
    const char *name = json_str(c->in, "Attribute");
    if (name == NULL || name[0] == '\0')
        return NULL;
    return call_printf(c, "%c%s", toupper((unsigned char)name[0]), name + 1);
}

/* ec2:Attribute: the attributes that the request sets. */
static bool get_attributes(struct call *c, const struct access *access,
                           const struct condition_key *key, const char *behind,
                           struct policy_values *ret)
{
    (void)access;
    (void)key;
    (void)behind;
    const char **list = arena_alloc(c->arena, (json_object_size(c->in) + 1) * sizeof(*list));
    const char *name = named_attribute(c);
    size_t n = 0;
    json_t *value;
    if (name != NULL)
        list[n++] = name;
    json_object_foreach (c->in, name, value)
        if (is_attribute(name))
            list[n++] = name;
    *ret = (struct policy_values){.text = list, .count = n};
    return n > 0;
}

/* ec2:Attribute/InstanceType: the value that it sets. */
static bool get_attribute(struct call *c, const struct access *access,
                          const struct condition_key *key, const char *behind,
                          struct policy_values *ret)
{
    (void)access;
    (void)key;
    const char *named = named_attribute(c), *name;
    json_t *value;
    if (named != NULL && str_equal_ci(named, behind))
        return access_value(c, json_str(c->in, "Value"), ret);
    json_object_foreach (c->in, name, value)
        if (is_attribute(name) && str_equal_ci(name, behind))
            return access_values(c, json_is_object(value) ? json_get(value, "Value") : value, ret);
    return false;
}

/* --- zones and ARNs -----------------------------------------------------------------------------
 */

static const char *zone_of(struct call *c, const struct access *access, const char *sql)
{
    const struct launch_subject *made = subject_of(access);
    if (made != NULL)
        return made->volume != NULL ? made->volume->zone : made->launch->zone;
    return access->id != NULL ? access_row_text(c, access, sql) : NULL;
}

static bool get_zone(struct call *c, const struct access *access, const struct condition_key *key,
                     const char *behind, struct policy_values *ret)
{
    (void)behind;
    return access_value(c, zone_of(c, access, key->sql), ret);
}

static const char zone_sql_instance[] = OF("ec2_instance", "zone");
static const char zone_sql_subnet[] = OF("ec2_subnet", "zone");
static const char zone_sql_volume[] = OF("ec2_volume", "zone");

/* `path` is the statement for the zone's name. */
static bool get_zone_id(struct call *c, const struct access *access,
                        const struct condition_key *key, const char *behind,
                        struct policy_values *ret)
{
    (void)behind;
    const char *name = zone_of(c, access, key->path);
    const struct zone *zone = name != NULL ? region_zone_find(region_find(c->region), name) : NULL;
    return access_value(c, zone != NULL ? zone->id : NULL, ret);
}

static const char *arn_of(struct call *c, const char *type, const char *id)
{
    return id != NULL ? call_arn(c, "ec2", call_printf(c, "%s/%s", type, id)) : NULL;
}

/* `path` is the statement for the VPC's id. */
static bool get_vpc(struct call *c, const struct access *access, const struct condition_key *key,
                    const char *behind, struct policy_values *ret)
{
    (void)behind;
    const struct launch_subject *made = subject_of(access);
    struct access subnet = {
        .id = made != NULL && made->interface != NULL ? made->interface->subnet_id : NULL};
    const char *id = NULL;
    if (subnet.id != NULL)
        id = access_row_text(c, &subnet, OF("ec2_subnet", "vpc_id"));
    else if (access->id != NULL)
        id = access_row_text(c, access, key->path);
    return access_value(c, arn_of(c, "vpc", id), ret);
}

/* --- volumes and interfaces ---------------------------------------------------------------------
 */

static bool get_number(struct call *c, int64_t value, struct policy_values *ret)
{
    return access_value(c, value > 0 ? call_printf(c, "%lld", (long long)value) : NULL, ret);
}

/* `path` names the property of a volume to be made; of one that exists a row says it. */
static bool get_volume(struct call *c, const struct access *access, const struct condition_key *key,
                       const char *behind, struct policy_values *ret)
{
    (void)behind;
    const struct launch_subject *made = subject_of(access);
    const struct volume_spec *volume = made != NULL ? made->volume : NULL;
    if (volume == NULL)
        return false;
    if (str_equal(key->path, "size"))
        return get_number(c, volume->size_gib, ret);
    if (str_equal(key->path, "iops"))
        return get_number(c, volume->iops, ret);
    if (str_equal(key->path, "throughput"))
        return get_number(c, volume->throughput, ret);
    if (str_equal(key->path, "type"))
        return access_value(c, volume->type, ret);
    return access_value(c, volume->encrypted ? "true" : "false", ret);
}

/* The ARN of a snapshot has no account. */
static bool get_parent_snapshot(struct call *c, const struct access *access,
                                const struct condition_key *key, const char *behind,
                                struct policy_values *ret)
{
    (void)behind;
    const struct launch_subject *made = subject_of(access);
    const char *id = NULL;
    if (made != NULL && made->volume != NULL)
        id = made->volume->snapshot_id;
    else if (access->id != NULL)
        id = access_row_text(c, access, key->path);
    if (id == NULL)
        return false;
    return access_value(c, access_arn(c, access_type("ec2:RunInstances", "snapshot")->type, id),
                        ret);
}

static bool get_subnet(struct call *c, const struct access *access, const struct condition_key *key,
                       const char *behind, struct policy_values *ret)
{
    (void)behind;
    const struct launch_subject *made = subject_of(access);
    const char *id = NULL;
    if (made != NULL && made->interface != NULL)
        id = made->interface->subnet_id;
    else if (access->id != NULL)
        id = access_row_text(c, access, key->path);
    return access_value(c, arn_of(c, "subnet", id), ret);
}

static bool get_public_address(struct call *c, const struct access *access,
                               const struct condition_key *key, const char *behind,
                               struct policy_values *ret)
{
    (void)key;
    (void)behind;
    const struct launch_subject *made = subject_of(access);
    if (made == NULL || made->interface == NULL)
        return false;
    return access_value(c, made->interface->wants_public ? "true" : "false", ret);
}

/* --- images and what is known by its id ---------------------------------------------------------
 */

static bool get_owner(struct call *c, const struct access *access, const struct condition_key *key,
                      const char *behind, struct policy_values *ret)
{
    (void)key;
    (void)behind;
    const struct image *image = c->site->images != NULL && access->id != NULL
                                    ? image_find(c->site->images, access->id)
                                    : NULL;
    if (image == NULL)
        return false;
    return access_value(c, image->owner_alias != NULL ? image->owner_alias : image->owner_id, ret);
}

static bool get_region(struct call *c, const struct access *access, const struct condition_key *key,
                       const char *behind, struct policy_values *ret)
{
    (void)access;
    (void)key;
    (void)behind;
    return access_value(c, c->region, ret);
}

static bool get_id(struct call *c, const struct access *access, const struct condition_key *key,
                   const char *behind, struct policy_values *ret)
{
    (void)key;
    (void)behind;
    return access_value(c, access->id, ret);
}

/* --- the table ----------------------------------------------------------------------------------
 */

/* Keys without any source: no launch templates, placement groups, product codes, managed resources
 * and Elastic Fabric are here yet, so no request has them. */
const struct condition_key ec2_access_keys[] = {
    {.key = "ec2:Region", .get = get_region},
    {.key = "ec2:CreateAction"}, /* of ec2:CreateTags while something is made */
    {.key = "ec2:IsLaunchTemplateResource", .otherwise = "false"},
    {.key = "ec2:LaunchTemplate"},
    {.key = "ec2:ManagedResourceOperator"},
    {.key = "ec2:Attribute", .get = get_attributes},
    {.key = "ec2:Attribute/", .get = get_attribute},

    {.key = "ec2:AvailabilityZone", .type = "instance", .get = get_zone, .sql = zone_sql_instance},
    {.key = "ec2:AvailabilityZoneId",
     .type = "instance",
     .get = get_zone_id,
     .path = zone_sql_instance},
    {.key = "ec2:CpuOptionsAmdSevSnp",
     .type = "instance",
     .get = get_from_doc,
     .path = "CpuOptions.AmdSevSnp"},
    {.key = "ec2:EbsOptimized", .type = "instance", .get = get_from_doc, .path = "EbsOptimized"},
    {.key = "ec2:InstanceAutoRecovery",
     .type = "instance",
     .get = get_from_doc,
     .path = "MaintenanceOptions.AutoRecovery",
     .otherwise = "default"},
    {.key = "ec2:InstanceBandwidthWeighting",
     .type = "instance",
     .get = get_from_doc,
     .path = "NetworkPerformanceOptions.BandwidthWeighting",
     .otherwise = "default"},
    {.key = "ec2:InstanceID", .type = "instance", .get = get_id, .otherwise = "*"},
    {.key = "ec2:InstanceMarketType", .type = "instance", .otherwise = "on-demand"},
    {.key = "ec2:InstanceMetadataTags",
     .type = "instance",
     .get = get_from_doc,
     .path = "MetadataOptions.InstanceMetadataTags"},
    {.key = "ec2:InstanceProfile",
     .type = "instance",
     .get = get_profile,
     .sql = "SELECT profile_arn FROM ec2_profile_association"
            " WHERE account = ?1 AND region = ?2 AND instance_id = ?3"},
    {.key = "ec2:InstanceType",
     .type = "instance",
     .get = get_type,
     .sql = OF("ec2_instance", "type")},
    {.key = "ec2:MetadataHttpEndpoint",
     .type = "instance",
     .get = get_from_doc,
     .path = "MetadataOptions.HttpEndpoint"},
    {.key = "ec2:MetadataHttpPutResponseHopLimit",
     .type = "instance",
     .get = get_from_doc,
     .path = "MetadataOptions.HttpPutResponseHopLimit"},
    {.key = "ec2:MetadataHttpTokens",
     .type = "instance",
     .get = get_from_doc,
     .path = "MetadataOptions.HttpTokens"},
    {.key = "ec2:NewInstanceProfile", .type = "instance", .get = get_new_profile},
    {.key = "ec2:PlacementGroup", .type = "instance"},
    {.key = "ec2:ProductCode", .type = "instance"},
    {.key = "ec2:RootDeviceType",
     .type = "instance",
     .get = get_from_doc,
     .path = "RootDeviceType"},
    {.key = "ec2:Tenancy", .type = "instance", .get = get_from_doc, .path = "Placement.Tenancy"},

    {.key = "ec2:ImageID", .type = "image", .get = get_id},
    {.key = "ec2:ImageType", .type = "image", .otherwise = "machine"},
    {.key = "ec2:Owner", .type = "image", .get = get_owner},
    {.key = "ec2:Public", .type = "image", .otherwise = "true"},
    {.key = "ec2:RootDeviceType", .type = "image", .otherwise = "ebs"},

    {.key = "ec2:KeyPairName", .type = "key-pair", .sql = OF("ec2_key_pair", "name")},
    {.key = "ec2:KeyPairType",
     .type = "key-pair",
     .member = "KeyType",
     .sql = OF("ec2_key_pair", "type"),
     .otherwise = "rsa"},

    {.key = "ec2:AssociatePublicIpAddress",
     .type = "network-interface",
     .get = get_public_address,
     .sql = OF("ec2_network_interface", "CASE WHEN wants_public THEN 'true' ELSE 'false' END")},
    {.key = "ec2:AuthorizedService", .type = "network-interface"},
    {.key = "ec2:AuthorizedUser", .type = "network-interface"},
    {.key = "ec2:AvailabilityZone",
     .type = "network-interface",
     .get = get_zone,
     .sql = OF("ec2_network_interface", "zone")},
    {.key = "ec2:NetworkInterfaceID", .type = "network-interface", .get = get_id, .otherwise = "*"},
    {.key = "ec2:Permission", .type = "network-interface"},
    {.key = "ec2:Subnet",
     .type = "network-interface",
     .get = get_subnet,
     .path = OF("ec2_network_interface", "subnet_id")},
    {.key = "ec2:Vpc",
     .type = "network-interface",
     .get = get_vpc,
     .path = OF("ec2_network_interface", "vpc_id")},

    {.key = "ec2:SecurityGroupID", .type = "security-group", .get = get_id},
    {.key = "ec2:Vpc",
     .type = "security-group",
     .get = get_vpc,
     .path = OF("ec2_security_group", "vpc_id")},

    {.key = "ec2:AvailabilityZone", .type = "subnet", .sql = zone_sql_subnet},
    {.key = "ec2:AvailabilityZoneId",
     .type = "subnet",
     .get = get_zone_id,
     .path = zone_sql_subnet},
    {.key = "ec2:SubnetID", .type = "subnet", .get = get_id},
    {.key = "ec2:Vpc", .type = "subnet", .get = get_vpc, .path = OF("ec2_subnet", "vpc_id")},

    {.key = "ec2:Tenancy", .type = "vpc", .otherwise = "default"},
    {.key = "ec2:VpcID", .type = "vpc", .get = get_id},

    {.key = "ec2:AvailabilityZone", .type = "volume", .get = get_zone, .sql = zone_sql_volume},
    {.key = "ec2:AvailabilityZoneId",
     .type = "volume",
     .get = get_zone_id,
     .path = zone_sql_volume},
    {.key = "ec2:Encrypted",
     .type = "volume",
     .get = get_volume,
     .path = "encrypted",
     .sql = OF("ec2_volume", "CASE WHEN encrypted THEN 'true' ELSE 'false' END")},
    {.key = "ec2:ParentSnapshot",
     .type = "volume",
     .get = get_parent_snapshot,
     .path = OF("ec2_volume", "snapshot_id")},
    {.key = "ec2:ParentVolume", .type = "volume"},
    {.key = "ec2:VolumeID", .type = "volume", .get = get_id, .otherwise = "*"},
    {.key = "ec2:VolumeInitializationRate", .type = "volume"},
    {.key = "ec2:VolumeIops",
     .type = "volume",
     .get = get_volume,
     .path = "iops",
     .sql = OF("ec2_volume", "iops")},
    {.key = "ec2:VolumeSize",
     .type = "volume",
     .get = get_volume,
     .path = "size",
     .sql = OF("ec2_volume", "size_gib")},
    {.key = "ec2:VolumeThroughput",
     .type = "volume",
     .get = get_volume,
     .path = "throughput",
     .sql = OF("ec2_volume", "throughput")},
    {.key = "ec2:VolumeType",
     .type = "volume",
     .get = get_volume,
     .path = "type",
     .sql = OF("ec2_volume", "type")},

    {0},
};
