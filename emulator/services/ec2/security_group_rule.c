/* Rules of security groups: rows, their renderings, and DescribeSecurityGroupRules. */
#include "services/ec2/security_group_rule.h"

#include "base/text.h"
#include "call/describe.h"
#include "call/tag.h"
#include "operations.h"
#include "services/ec2/resource.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 255

#define RULE_COLUMNS                                                                               \
    "r.id, r.group_id, r.is_egress, r.protocol, r.from_port, r.to_port, r.cidr_ipv4, r.cidr_ipv6," \
    " r.prefix_list_id, r.peer_group_id, r.peer_account, r.description"

bool rule_text_is_valid(const char *text)
{
    size_t len = strlen(text);

    return len <= TEXT_MAX && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789. _-:/()#,@[]+=&;{}!$*") == len;
}

/* --- rows ------------------------------------------------------------------------------------- */

static void rule_read(struct call *c, struct rows *row, struct rule *ret)
{
    *ret = (struct rule){
        .id = call_text(c, row, 0),
        .group_id = call_text(c, row, 1),
        .egress = rows_int(row, 2) != 0,
        .protocol = call_text(c, row, 3),
        .from = rows_int(row, 4),
        .to = rows_int(row, 5),
        .cidr_ipv4 = call_text(c, row, 6),
        .cidr_ipv6 = call_text(c, row, 7),
        .prefix_list_id = call_text(c, row, 8),
        .peer_group_id = call_text(c, row, 9),
        .peer_account = call_text(c, row, 10),
        .description = call_text(c, row, 11),
    };
}

void rule_insert(struct call *c, struct rule *rule)
{
    rule->id = call_new_id(c, "sgr");
    db_exec(
        c->db,
        "INSERT INTO ec2_security_group_rule (account, region, id, group_id, is_egress, protocol,"
        " from_port, to_port, cidr_ipv4, cidr_ipv6, prefix_list_id, peer_group_id, peer_account,"
        " description) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "ssssisiissssss", c->account, c->region, rule->id, rule->group_id, (int64_t)rule->egress,
        rule->protocol, rule->from, rule->to, rule->cidr_ipv4, rule->cidr_ipv6,
        rule->prefix_list_id, rule->peer_group_id, rule->peer_account, rule->description);
}

void rule_delete(struct call *c, const char *id)
{
    db_exec(c->db,
            "DELETE FROM ec2_security_group_rule WHERE account = ? AND region = ? AND id = ?",
            "sss", c->account, c->region, id);
    tag_remove_all(c, id);
}

const char *rule_find_same(struct call *c, const struct rule *rule)
{
    struct rows r;
    const char *id = NULL;

    rows_open(&r, c->db,
              "SELECT id FROM ec2_security_group_rule WHERE group_id = ? AND is_egress = ?"
              " AND protocol = ? AND from_port = ? AND to_port = ? AND cidr_ipv4 IS ?"
              " AND cidr_ipv6 IS ? AND prefix_list_id IS ? AND peer_group_id IS ?",
              "sisiissss", rule->group_id, (int64_t)rule->egress, rule->protocol, rule->from,
              rule->to, rule->cidr_ipv4, rule->cidr_ipv6, rule->prefix_list_id,
              rule->peer_group_id);
    if (rows_next(&r))
        id = call_text(c, &r, 0);
    rows_close(&r);
    return id;
}

bool rule_find(struct call *c, const char *id, struct rule *ret_rule)
{
    struct rows r;

    rows_open(&r, c->db,
              "SELECT " RULE_COLUMNS " FROM ec2_security_group_rule r"
              " WHERE r.account = ? AND r.region = ? AND r.id = ?",
              "sss", c->account, c->region, id);
    bool found = rows_next(&r);
    if (found)
        rule_read(c, &r, ret_rule);
    rows_close(&r);
    return found;
}

/* --- renderings ------------------------------------------------------------------------------- */

/* What SecurityGroupRule and RevokedSecurityGroupRule have in common. */
static json_t *rule_common_json(const struct rule *rule)
{
    json_t *out = json_object();

    json_set_str(out, "SecurityGroupRuleId", rule->id);
    json_set_str(out, "GroupId", rule->group_id);
    json_set_bool(out, "IsEgress", rule->egress);
    json_set_str(out, "IpProtocol", rule->protocol);
    json_set_int(out, "FromPort", rule->from);
    json_set_int(out, "ToPort", rule->to);
    json_set_str(out, "CidrIpv4", rule->cidr_ipv4);
    json_set_str(out, "CidrIpv6", rule->cidr_ipv6);
    json_set_str(out, "PrefixListId", rule->prefix_list_id);
    json_set_str(out, "Description", rule->description);
    return out;
}

json_t *rule_to_json(struct call *c, const struct rule *rule)
{
    json_t *out = rule_common_json(rule);

    json_set_str(out, "GroupOwnerId", c->account);
    if (rule->peer_group_id != NULL)
        json_set_new(
            out, "ReferencedGroupInfo",
            json_pack("{s:s,s:s}", "GroupId", rule->peer_group_id, "UserId", rule->peer_account));
    json_set_new(out, "Tags", tag_list(c, rule->id));
    json_set_str(out, "SecurityGroupRuleArn",
                 call_arn(c, "ec2", call_printf(c, "security-group-rule/%s", rule->id)));
    return out;
}

json_t *rule_to_revoked_json(const struct rule *rule)
{
    json_t *out = rule_common_json(rule);

    json_set_str(out, "ReferencedGroupId", rule->peer_group_id);
    return out;
}

/* AWS shows ports only where the protocol has ports, or types and codes. */
static bool has_ports(const char *protocol)
{
    return str_equal(protocol, "tcp") || str_equal(protocol, "udp") ||
           str_equal(protocol, "icmp") || str_equal(protocol, "icmpv6");
}

static json_t *permission_new(const struct rule *rule)
{
    json_t *out = json_object();

    json_set_str(out, "IpProtocol", rule->protocol);
    if (has_ports(rule->protocol)) {
        json_set_int(out, "FromPort", rule->from);
        json_set_int(out, "ToPort", rule->to);
    }
    json_set_new(out, "UserIdGroupPairs", json_array());
    json_set_new(out, "IpRanges", json_array());
    json_set_new(out, "Ipv6Ranges", json_array());
    json_set_new(out, "PrefixListIds", json_array());
    return out;
}

static bool permission_takes(const json_t *permission, const struct rule *rule)
{
    return permission != NULL && str_equal(json_str(permission, "IpProtocol"), rule->protocol) &&
           json_int_or(permission, "FromPort", RULE_ANY) == rule->from &&
           json_int_or(permission, "ToPort", RULE_ANY) == rule->to;
}

static void permission_add(json_t *permission, const char *list, const char *member,
                           const struct rule *rule)
{
    const char *values[] = {rule->peer_group_id, rule->cidr_ipv4, rule->cidr_ipv6,
                            rule->prefix_list_id};
    json_t *peer = json_object();

    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        json_set_str(peer, member, values[i]);
    if (rule->peer_group_id != NULL)
        json_set_str(peer, "UserId", rule->peer_account);
    json_set_str(peer, "Description", rule->description);
    json_append_new(json_object_get(permission, list), peer);
}

void rule_add_to_permissions(json_t *permissions, const struct rule *rule)
{
    size_t count = json_array_size(permissions);
    json_t *last = count > 0 ? json_array_get(permissions, count - 1) : NULL;

    if (!permission_takes(last, rule)) {
        last = permission_new(rule);
        json_append_new(permissions, last);
    }
    if (rule->peer_group_id != NULL)
        permission_add(last, "UserIdGroupPairs", "GroupId", rule);
    else if (rule->cidr_ipv4 != NULL)
        permission_add(last, "IpRanges", "CidrIp", rule);
    else if (rule->cidr_ipv6 != NULL)
        permission_add(last, "Ipv6Ranges", "CidrIpv6", rule);
    else
        permission_add(last, "PrefixListIds", "PrefixListId", rule);
}

void rule_set_permissions(struct call *c, const char *group_id, json_t *group)
{
    json_t *ways[2] = {json_array(), json_array()}, *names[2] = {json_array(), json_array()};
    struct rows r;
    struct rule rule;

    rows_open(&r, c->db,
              "SELECT " RULE_COLUMNS ", p.name FROM ec2_security_group_rule r"
              " LEFT JOIN ec2_security_group p ON p.id = r.peer_group_id WHERE r.group_id = ?"
              " ORDER BY r.is_egress, r.protocol, r.from_port, r.to_port, r.id",
              "s", group_id);
    while (rows_next(&r)) {
        rule_read(c, &r, &rule);
        rule_add_to_permissions(ways[rule.egress], &rule);
        if (!rows_null(&r, 12))
            json_append_new(names[rule.egress], json_text_new(rows_text(&r, 12)));
    }
    json_set_new(group, "IpPermissions", ways[false]);
    json_set_new(group, "IpPermissionsEgress", ways[true]);
    json_set_new(group, DESCRIBE_HIDDEN,
                 json_pack("{s:o,s:o}", "Names", names[false], "EgressNames", names[true]));
}

/* --- for the packet filter -------------------------------------------------------------------- */

static int protocol_number(const char *protocol)
{
    static const struct {
        const char *name;
        int number;
    } named[] = {{"tcp", 6}, {"udp", 17}, {"icmp", 1}, {"icmpv6", 58}};
    int64_t number;

    for (size_t i = 0; i < ARRAY_LEN(named); i++)
        if (str_equal(named[i].name, protocol))
            return named[i].number;
    return parse_int64(protocol, &number) ? (int)number : 0;
}

/* Rules of prefix lists are left out: a list expands to blocks, and none exists. */
size_t security_group_rules(struct db *db, const char *group_id,
                            struct security_group_rule **ret_rules)
{
    struct security_group_rule *rules = NULL;
    size_t count = 0;
    struct rows r;

    rows_open(
        &r, db,
        "SELECT id, is_egress, protocol, from_port, to_port, coalesce(cidr_ipv4, cidr_ipv6, ''),"
        " coalesce(peer_group_id, '') FROM ec2_security_group_rule"
        " WHERE group_id = ? AND prefix_list_id IS NULL ORDER BY id",
        "s", group_id);
    while (rows_next(&r)) {
        rules = xrealloc(rules, (count + 1) * sizeof(*rules));
        struct security_group_rule *rule = &rules[count++];
        str_copy(rule->id, sizeof(rule->id), rows_text(&r, 0));
        rule->egress = rows_int(&r, 1) != 0;
        rule->protocol = protocol_number(rows_text(&r, 2));
        rule->from = (int)rows_int(&r, 3);
        rule->to = (int)rows_int(&r, 4);
        str_copy(rule->cidr, sizeof(rule->cidr), rows_text(&r, 5));
        str_copy(rule->peer_group, sizeof(rule->peer_group), rows_text(&r, 6));
    }
    *ret_rules = rules;
    return count;
}

/* --- DescribeSecurityGroupRules --------------------------------------------------------------- */

static json_t *rule_render(struct call *c, struct rows *row)
{
    struct rule rule;

    rule_read(c, row, &rule);
    return rule_to_json(c, &rule);
}

static int rule_id_check(struct call *c, const char *id)
{
    return resource_id_check(c, "security-group-rule", id);
}

static int rule_missing(struct call *c, const json_t *ids)
{
    return resource_missing(c, "security-group-rule", ids);
}

static const struct describe_filter rule_filters[] = {
    {"group-id", "GroupId", "r.group_id"},
    {"security-group-rule-id", "SecurityGroupRuleId", "r.id"},
};

static const struct describe rules = {
    .ids_member = "SecurityGroupRuleIds",
    .id_path = "SecurityGroupRuleId",
    .id_column = "r.id",
    .id_check = rule_id_check,
    .id_missing = rule_missing,
    .tags_path = "Tags",
    .filters = rule_filters,
    .filter_count = ARRAY_LEN(rule_filters),
    .page_min = 5,
    .page_max = 1000,
    .page_with_ids = true,
    .sql = "SELECT " RULE_COLUMNS " FROM ec2_security_group_rule r"
           " WHERE r.account = ? AND r.region = ?",
    .key_column = "r.id",
    .render = rule_render,
};

int ec2_describe_security_group_rules(struct call *c)
{
    return describe_reply(c, &rules, "SecurityGroupRules");
}
