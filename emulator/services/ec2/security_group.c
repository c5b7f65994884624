/* Security groups: making, deleting, naming and describing them. */
#include "services/ec2/security_group.h"

#include "base/text.h"
#include "call/describe.h"
#include "call/tag.h"
#include "operations.h"
#include "services/ec2/resource.h"
#include "services/ec2/security_group_rule.h"
#include "services/ec2/vpc.h"

#include <string.h>

#define GROUPS_PER_INTERFACE 5
#define GROUPS_PER_REGION    2500

#define GROUP_COLUMNS "id, vpc_id, name, description"

/* --- rows ------------------------------------------------------------------------------------- */

static void group_read(struct call *c, struct rows *row, struct security_group *ret)
{
    *ret = (struct security_group){
        .id = call_text(c, row, 0),
        .vpc_id = call_text(c, row, 1),
        .name = call_text(c, row, 2),
        .description = call_text(c, row, 3),
    };
}

bool security_group_load(struct call *c, const char *id, struct security_group *ret_group)
{
    struct rows r;

    if (!resource_load(c, "security-group", id))
        return false;
    rows_open(&r, c->db,
              "SELECT " GROUP_COLUMNS " FROM ec2_security_group"
              " WHERE account = ? AND region = ? AND id = ?",
              "sss", c->account, c->region, id);
    bool found = rows_next(&r);
    if (found)
        group_read(c, &r, ret_group);
    rows_close(&r);
    return found;
}

/* The id of a VPC's group of that name, or NULL. */
static const char *id_of_name(struct call *c, const char *vpc_id, const char *name)
{
    struct rows r;
    const char *id = NULL;

    rows_open(&r, c->db,
              "SELECT id FROM ec2_security_group WHERE account = ? AND region = ? AND vpc_id = ?"
              " AND name = ?",
              "ssss", c->account, c->region, vpc_id, name);
    if (rows_next(&r))
        id = call_text(c, &r, 0);
    rows_close(&r);
    return id;
}

const char *security_group_default_id(struct call *c, const char *vpc_id)
{
    return id_of_name(c, vpc_id, "default");
}

static void group_insert(struct call *c, const struct security_group *g)
{
    struct rule everywhere = {
        .group_id = g->id,
        .egress = true,
        .protocol = "-1",
        .from = RULE_ANY,
        .to = RULE_ANY,
        .cidr_ipv4 = "0.0.0.0/0",
    };

    db_exec(c->db,
            "INSERT INTO ec2_security_group (account, region, id, vpc_id, name, description)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            "ssssss", c->account, c->region, g->id, g->vpc_id, g->name, g->description);
    rule_insert(c, &everywhere);
    work_add(c->db, call_scope(c), "ec2/firewall", g->id);
}

void security_group_make_default(struct call *c, const char *vpc_id)
{
    struct security_group group = {
        .id = call_new_id(c, "sg"),
        .vpc_id = vpc_id,
        .name = "default",
        .description = "default VPC security group",
    };
    struct rule members = {
        .group_id = group.id,
        .protocol = "-1",
        .from = RULE_ANY,
        .to = RULE_ANY,
        .peer_group_id = group.id,
        .peer_account = c->account,
    };

    group_insert(c, &group);
    rule_insert(c, &members);
}

/* --- naming groups ---------------------------------------------------------------------------- */

/* Ids are text; the array takes each once. */
static void append_once(json_t *ids, const char *id)
{
    size_t i;
    json_t *have;

    json_array_foreach (ids, i, have) {
        if (str_equal(json_string_value(have), id))
            return;
    }
    json_append_new(ids, json_text_new(id));
}

static int resolve_id(struct call *c, const char *id, const char *vpc_id, json_t *ids)
{
    struct security_group group;

    if (!security_group_load(c, id, &group))
        return -1;
    if (!str_equal(group.vpc_id, vpc_id))
        return call_fail(c, "InvalidGroup.NotFound",
                         "The security group '%s' does not exist in VPC '%s'", id, vpc_id);
    append_once(ids, id);
    return 0;
}

static int resolve_name(struct call *c, const char *name, const char *vpc_id, json_t *ids)
{
    const char *id = id_of_name(c, vpc_id, name);

    if (id == NULL)
        return call_fail(c, "InvalidGroup.NotFound",
                         "The security group '%s' does not exist in %s '%s'", name,
                         str_equal(vpc_id, vpc_default_id(c)) ? "default VPC" : "VPC", vpc_id);
    append_once(ids, id);
    return 0;
}

int security_group_resolve(struct call *c, const json_t *ids, const json_t *names,
                           const char *vpc_id, json_t **ret_ids)
{
    json_t *found = json_array(), *word;
    size_t i;
    int rc = 0;

    json_array_foreach (ids, i, word) {
        if (rc == 0)
            rc = resolve_id(c, json_string_value(word), vpc_id, found);
    }
    json_array_foreach (names, i, word) {
        if (rc == 0)
            rc = resolve_name(c, json_string_value(word), vpc_id, found);
    }
    if (rc == 0 && json_array_size(found) == 0)
        append_once(found, security_group_default_id(c, vpc_id));
    if (rc == 0 && json_array_size(found) > GROUPS_PER_INTERFACE)
        rc = call_fail(c, "SecurityGroupsPerInterfaceLimitExceeded",
                       "The maximum number of security groups per interface has been reached.");
    if (rc == 0)
        *ret_ids = found;
    else
        json_decref(found);
    return rc;
}

/* --- CreateSecurityGroup ---------------------------------------------------------------------- */

static int check_ascii(struct call *c, const char *member, const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p >= 0x80)
            return call_fail(c, "InvalidParameterValue",
                             "Value (%s) for parameter %s is invalid. Character sets beyond ASCII"
                             " are not supported.",
                             text, member);
    return 0;
}

static int check_name(struct call *c, const char *name)
{
    if (*name == '\0')
        return call_fail(c, "MissingParameter", "The request must contain the parameter GroupName");
    if (check_ascii(c, "GroupName", name) != 0)
        return -1;
    if (!rule_text_is_valid(name))
        return call_fail(c, "InvalidParameterValue",
                         "Invalid security group name. Valid names are strings less than 256"
                         " characters from the following set:  " RULE_TEXT_SET);
    if (str_starts(name, "sg-"))
        return call_fail(c, "InvalidParameterValue",
                         "Value (%s) for parameter GroupName is invalid. Group names may not be in"
                         " the format sg-*.",
                         name);
    if (str_equal_ci(name, "default"))
        return call_fail(c, "InvalidParameterValue", "Cannot use reserved security group name: %s",
                         name);
    return 0;
}

static int check_description(struct call *c, const char *description)
{
    if (*description == '\0')
        return call_fail(c, "MissingParameter",
                         "The request must contain the parameter GroupDescription");
    if (check_ascii(c, "GroupDescription", description) != 0)
        return -1;
    if (!rule_text_is_valid(description))
        return call_fail(c, "InvalidParameterValue",
                         "Invalid security group description. Valid descriptions are strings less"
                         " than 256 characters from the following set:  " RULE_TEXT_SET);
    return 0;
}

/* AWS drops the spaces a name ends with. */
static const char *without_trailing_spaces(struct call *c, const char *name)
{
    size_t len = strlen(name);

    while (len > 0 && name[len - 1] == ' ')
        len--;
    return arena_strndup(c->arena, name, len);
}

static int check_room(struct call *c, const struct security_group *g)
{
    if (id_of_name(c, g->vpc_id, g->name) != NULL)
        return call_fail(c, "InvalidGroup.Duplicate",
                         "The security group '%s' already exists for VPC '%s'", g->name, g->vpc_id);
    if (db_int(c->db, 0, "SELECT count(*) FROM ec2_security_group WHERE account = ? AND region = ?",
               "ss", c->account, c->region) >= GROUPS_PER_REGION)
        return call_fail(c, "SecurityGroupLimitExceeded",
                         "The maximum number of security groups for VPC '%s' has been reached.",
                         g->vpc_id);
    return 0;
}

int ec2_create_security_group(struct call *c)
{
    static const char *const tagged[] = {"security-group", NULL};
    struct security_group group = {
        .name = without_trailing_spaces(c, arg_str_or(c, "GroupName", "")),
        .description = arg_str_or(c, "Description", ""),
        .vpc_id = arg_str(c, "VpcId"),
    };

    if (check_name(c, group.name) != 0 || check_description(c, group.description) != 0 ||
        tag_check_specs(c, tagged) != 0)
        return -1;
    if (group.vpc_id == NULL)
        group.vpc_id = vpc_default_load(c);
    else if (!resource_load(c, "vpc", group.vpc_id))
        return -1;
    if (group.vpc_id == NULL || check_room(c, &group) != 0)
        return -1;

    group.id = call_new_id(c, "sg");
    group_insert(c, &group);
    tag_put_specs(c, "security-group", group.id);

    json_t *out = json_object();
    json_set_str(out, "GroupId", group.id);
    json_set_new(out, "Tags", tag_list(c, group.id));
    json_set_str(out, "SecurityGroupArn",
                 call_arn(c, "ec2", call_printf(c, "security-group/%s", group.id)));
    return call_reply(c, out);
}

/* --- DeleteSecurityGroup ---------------------------------------------------------------------- */

int security_group_of_request(struct call *c, struct security_group *ret_group)
{
    const char *id = arg_str(c, "GroupId");
    const char *name = call_accepts(c, "GroupName") ? arg_str(c, "GroupName") : NULL;

    if (id != NULL && name != NULL)
        return call_fail(c, "InvalidParameterCombination",
                         "The parameter 'groupName' may not be used in combination with 'groupId'");
    if (id == NULL && name == NULL)
        return call_fail(c, "MissingParameter",
                         "The request must contain the parameter groupName or groupId");
    if (id == NULL) {
        json_t *found = json_array();
        const char *vpc_id = vpc_default_load(c);
        if (vpc_id != NULL && resolve_name(c, name, vpc_id, found) == 0)
            id = arena_strdup(c->arena, json_string_value(json_array_get(found, 0)));
        json_decref(found);
    }
    return id != NULL && security_group_load(c, id, ret_group) ? 0 : -1;
}

static int check_unused(struct call *c, const struct security_group *g)
{
    if (str_equal(g->name, "default"))
        return call_fail(
            c, "CannotDelete",
            "the specified group: \"%s\" name: \"default\" cannot be deleted by a user", g->id);
    if (db_exists(c->db, "SELECT 1 FROM ec2_network_interface_group WHERE group_id = ?", "s",
                  g->id) ||
        db_exists(
            c->db,
            "SELECT 1 FROM ec2_security_group_rule WHERE peer_group_id = ?1 AND group_id <> ?1",
            "s", g->id))
        return call_fail(c, "DependencyViolation", "resource %s has a dependent object", g->id);
    return 0;
}

int ec2_delete_security_group(struct call *c)
{
    struct security_group group = {0};

    if (security_group_of_request(c, &group) != 0 || check_unused(c, &group) != 0)
        return -1;
    db_exec(c->db,
            "DELETE FROM tag WHERE account = ? AND resource IN"
            " (SELECT id FROM ec2_security_group_rule WHERE group_id = ?)",
            "ss", c->account, group.id);
    db_exec(c->db, "DELETE FROM ec2_security_group_rule WHERE group_id = ?", "s", group.id);
    db_exec(c->db, "DELETE FROM ec2_security_group WHERE account = ? AND region = ? AND id = ?",
            "sss", c->account, c->region, group.id);
    tag_remove_all(c, group.id);
    work_add(c->db, call_scope(c), "ec2/firewall", group.id);

    json_t *out = json_object();
    json_set_bool(out, "Return", true);
    json_set_str(out, "GroupId", group.id);
    return call_reply(c, out);
}

/* --- DescribeSecurityGroups ------------------------------------------------------------------- */

static json_t *group_render(struct call *c, struct rows *row)
{
    struct security_group g;
    json_t *out = json_object();

    group_read(c, row, &g);
    json_set_str(out, "GroupId", g.id);
    json_set_str(out, "GroupName", g.name);
    json_set_str(out, "Description", g.description);
    json_set_str(out, "OwnerId", c->account);
    json_set_str(out, "VpcId", g.vpc_id);
    json_set_str(out, "SecurityGroupArn",
                 call_arn(c, "ec2", call_printf(c, "security-group/%s", g.id)));
    rule_set_permissions(c, g.id, out);
    json_set_new(out, "Tags", tag_list(c, g.id));
    return out;
}

static int group_id_check(struct call *c, const char *id)
{
    return resource_id_check(c, "security-group", id);
}

static int group_missing(struct call *c, const json_t *ids)
{
    return resource_missing(c, "security-group", ids);
}

static int group_name_missing(struct call *c, const json_t *names)
{
    json_t *found = json_array();
    const char *vpc_id = vpc_default_load(c);

    if (vpc_id != NULL)
        (void)!resolve_name(c, json_string_value(json_array_get(names, 0)), vpc_id, found);
    json_decref(found);
    return call_failed(c) ? -1 : 0;
}

static const struct describe_filter group_filters[] = {
    {"description", "Description", "description"},
    {"egress.ip-permission.cidr", "IpPermissionsEgress.IpRanges.CidrIp", NULL},
    {"egress.ip-permission.from-port", "IpPermissionsEgress.FromPort", NULL},
    {"egress.ip-permission.group-id", "IpPermissionsEgress.UserIdGroupPairs.GroupId", NULL},
    {"egress.ip-permission.group-name", DESCRIBE_HIDDEN ".EgressNames", NULL},
    {"egress.ip-permission.ipv6-cidr", "IpPermissionsEgress.Ipv6Ranges.CidrIpv6", NULL},
    {"egress.ip-permission.prefix-list-id", "IpPermissionsEgress.PrefixListIds.PrefixListId", NULL},
    {"egress.ip-permission.protocol", "IpPermissionsEgress.IpProtocol", NULL},
    {"egress.ip-permission.to-port", "IpPermissionsEgress.ToPort", NULL},
    {"egress.ip-permission.user-id", "IpPermissionsEgress.UserIdGroupPairs.UserId", NULL},
    {"group-id", "GroupId", "id"},
    {"group-name", "GroupName", "name"},
    {"ip-permission.cidr", "IpPermissions.IpRanges.CidrIp", NULL},
    {"ip-permission.from-port", "IpPermissions.FromPort", NULL},
    {"ip-permission.group-id", "IpPermissions.UserIdGroupPairs.GroupId", NULL},
    {"ip-permission.group-name", DESCRIBE_HIDDEN ".Names", NULL},
    {"ip-permission.ipv6-cidr", "IpPermissions.Ipv6Ranges.CidrIpv6", NULL},
    {"ip-permission.prefix-list-id", "IpPermissions.PrefixListIds.PrefixListId", NULL},
    {"ip-permission.protocol", "IpPermissions.IpProtocol", NULL},
    {"ip-permission.to-port", "IpPermissions.ToPort", NULL},
    {"ip-permission.user-id", "IpPermissions.UserIdGroupPairs.UserId", NULL},
    {"owner-id", "OwnerId", NULL},
    {"vpc-id", "VpcId", "vpc_id"},
};

/* A name alone means the default VPC's group. */
static const struct describe_ids group_names = {
    "GroupNames", "GroupName",
    "(CASE WHEN vpc_id IN (SELECT v.id FROM ec2_vpc v WHERE v.account = ?1 AND v.region = ?2"
    " AND v.is_default) THEN name END)",
    NULL, group_name_missing};

static const struct describe security_groups = {
    .ids_member = "GroupIds",
    .id_path = "GroupId",
    .id_column = "id",
    .id_check = group_id_check,
    .id_missing = group_missing,
    .more_ids = &group_names,
    .more_ids_count = 1,
    .tags_path = "Tags",
    .filters = group_filters,
    .filter_count = ARRAY_LEN(group_filters),
    .page_min = 5,
    .page_max = 1000,
    .page_with_ids = true,
    .sql = "SELECT " GROUP_COLUMNS " FROM ec2_security_group WHERE account = ? AND region = ?",
    .key_column = "id",
    .render = group_render,
};

int ec2_describe_security_groups(struct call *c)
{
    return describe_reply(c, &security_groups, "SecurityGroups");
}
