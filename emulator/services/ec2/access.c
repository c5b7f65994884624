/* What EC2's requests are about: resources by id, and what a launch comes to with its defaults.
 * Tags given to what is made need ec2:CreateTags, and a role for an instance needs iam:PassRole. */
#include "services/ec2/access.h"

#include "base/text.h"
#include "services/ec2/resource.h"
#include "services/ec2/security_group.h"
#include "services/iam/iam.h"

#include <string.h>

/* --- resources that members name ----------------------------------------------------------------
 */

/* One text of this account and region; NULL: there is no such row. */
static const char *look_up(struct call *c, const char *sql, const char *value)
{
    return access_row_text(c, &(struct access){.id = value}, sql);
}

static void resolve_group_name(struct call *c, const char *value, struct access *access)
{
    access->id = look_up(c,
                         "SELECT g.id FROM ec2_security_group g JOIN ec2_vpc v ON v.id = g.vpc_id"
                         " WHERE g.account = ?1 AND g.region = ?2 AND g.name = ?3"
                         " ORDER BY v.is_default DESC LIMIT 1",
                         value);
    access->arn = access_arn(c, access->resource->type, access->id != NULL ? access->id : "*");
}

/* Key pairs are named in ARNs; their tags hang on their id. */
static void resolve_key_name(struct call *c, const char *value, struct access *access)
{
    access->id = look_up(
        c, "SELECT id FROM ec2_key_pair WHERE account = ?1 AND region = ?2 AND name = ?3", value);
}

static void resolve_key_id(struct call *c, const char *value, struct access *access)
{
    const char *name = look_up(
        c, "SELECT name FROM ec2_key_pair WHERE account = ?1 AND region = ?2 AND id = ?3", value);
    access->arn = access_arn(c, access->resource->type, name != NULL ? name : "*");
}

/* An image belongs to who made it, but its ARN has no account. */
static void resolve_image(struct call *c, const char *value, struct access *access)
{
    const struct image *image = c->site->images != NULL ? image_find(c->site->images, value) : NULL;
    if (image != NULL)
        access->facts = call_keep(c, json_pack("{ss}", "aws:ResourceAccount", image->owner_id));
}

static void resolve_association(struct call *c, const char *value, struct access *access)
{
    access->id = look_up(c,
                         "SELECT instance_id FROM ec2_profile_association"
                         " WHERE account = ?1 AND region = ?2 AND id = ?3",
                         value);
    access->arn = access_arn(c, access->resource->type, access->id != NULL ? access->id : "*");
}

static const struct access_member members[] = {
    {"image", "ImageId", resolve_image},
    {"instance", "InstanceId", NULL},
    {"instance", "InstanceIds", NULL},
    {"instance", "InstanceCreditSpecifications.InstanceId", NULL},
    {"instance", "AssociationId", resolve_association},
    {"key-pair", "KeyName", resolve_key_name},
    {"key-pair", "KeyNames", resolve_key_name},
    {"key-pair", "KeyPairId", resolve_key_id},
    {"security-group", "GroupId", NULL},
    {"security-group", "SecurityGroupIds", NULL},
    {"security-group", "GroupName", resolve_group_name},
    {"security-group", "SecurityGroups", resolve_group_name},
    {"security-group", "Groups", NULL},
    {0},
};

/* --- further actions ----------------------------------------------------------------------------
 */

/* CreateTags and DeleteTags: each resource is of the type that its id says. */
static void name_tagged(struct call *c, struct access_list *list)
{
    const json_t *ids = json_get(c->in, "Resources");
    bool tags = str_equal(c->op->name, "CreateTags") || str_equal(c->op->name, "DeleteTags");
    if (!tags || json_array_size(ids) == 0)
        return;
    list->count = 0;
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        const struct resource_kind *kind = resource_kind_of_id(id);
        struct access access = {.action = c->op->iam_action, .arn = "*"};
        if (kind != NULL)
            access.resource = access_type(access.action, kind->type);
        if (access.resource != NULL) {
            access.id = id;
            access.arn = access_arn(c, access.resource->type, id);
        }
        if (access.resource != NULL && str_equal(kind->type, "key-pair"))
            resolve_key_id(c, id, &access);
        access_add(c, list, &access);
    }
}

/* "Grant permission to tag Amazon EC2 resources during creation", EC2 user guide. */
static void add_tagging(struct call *c, struct access_list *list)
{
    const json_t *specs = json_get(c->in, "TagSpecifications");
    for (size_t i = 0; i < json_array_size(specs); i++) {
        const json_t *spec = json_array_get(specs, i);
        const char *type = json_str(spec, "ResourceType");
        const struct spec_action_resource *resource =
            type != NULL ? access_type("ec2:CreateTags", type) : NULL;
        if (resource == NULL || json_array_size(json_get(spec, "Tags")) == 0)
            continue;
        struct access access = {
            .action = "ec2:CreateTags",
            .resource = resource,
            .arn = access_arn(c, resource->type, "*"),
            .facts = call_keep(c, json_pack("{ss}", "ec2:CreateAction", c->op->name)),
        };
        access_add(c, list, &access);
    }
}

/* ModifyInstanceAttribute names volumes by the devices that they are. */
static void add_volumes(struct call *c, struct access_list *list)
{
    const json_t *mappings = json_get(c->in, "BlockDeviceMappings");
    struct volume *volumes = arena_alloc(c->arena, VOLUMES_MAX * sizeof(*volumes));
    size_t count = volume_of_instance(c, json_str(c->in, "InstanceId"), volumes, VOLUMES_MAX);
    for (size_t i = 0; i < json_array_size(mappings); i++) {
        const char *device = json_str(json_array_get(mappings, i), "DeviceName");
        for (size_t v = 0; v < count; v++) {
            if (!str_equal(volumes[v].device, device))
                continue;
            struct access access = {.action = c->op->iam_action,
                                    .resource = access_type(c->op->iam_action, "volume"),
                                    .id = volumes[v].id};
            access.arn = access_arn(c, access.resource->type, access.id);
            access_add(c, list, &access);
        }
    }
}

static bool find_profile(struct call *c, struct iam_profile *ret)
{
    const json_t *wanted = json_get(c->in, "IamInstanceProfile");
    const char *arn = json_str(wanted, "Arn"), *name = json_str(wanted, "Name");
    if (arn != NULL)
        return iam_profile_find_arn(c, arn, ret);
    return name != NULL && iam_profile_find(c, name, ret);
}

const char *ec2_access_profile(struct call *c)
{
    struct iam_profile profile;
    return find_profile(c, &profile) ? profile.entity.arn : NULL;
}

/* "Grant a user permissions to pass a role to an AWS service", IAM User Guide. */
static void add_pass_role(struct call *c, struct access_list *list)
{
    struct iam_profile profile;
    struct iam_entity role;
    if (!find_profile(c, &profile) || profile.role_id == NULL ||
        !iam_entity_find_id(c, profile.role_id, &role))
        return;
    const char *instance = json_str(c->in, "InstanceId");
    const struct spec_action_resource *type = access_type(c->op->iam_action, "instance");
    const char *receiver = access_arn(c, type->type, instance != NULL ? instance : "*");
    struct access access = {
        .action = "iam:PassRole",
        .resource = access_type("iam:PassRole", "role"),
        .arn = role.arn,
        .id = role.id,
        .facts = call_keep(c, json_pack("{ssss}", "iam:PassedToService", "ec2.amazonaws.com",
                                        "iam:AssociatedResourceArn", receiver)),
    };
    access_add(c, list, &access);
}

static int adjust(struct call *c, struct access_list *list)
{
    size_t tagged = json_array_size(json_get(c->in, "Resources"));
    if (resource_count_check(c, tagged > list->count ? tagged : list->count) != 0)
        return -1;
    name_tagged(c, list);
    if (str_equal(c->op->name, "RunInstances"))
        ec2_access_launch(c, list);
    if (str_equal(c->op->name, "ModifyInstanceAttribute"))
        add_volumes(c, list);
    add_tagging(c, list);
    if (access_type(c->op->iam_action, "instance") != NULL)
        add_pass_role(c, list);
    return 0;
}

const struct service_access ec2_access = {
    .members = members,
    .keys = ec2_access_keys,
    .adjust = adjust,
};
