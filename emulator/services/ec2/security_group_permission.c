/* Authorizing and revoking: a request's permissions, in either of EC2's two forms, become rules one
 * by one; then each is checked against the group and written or removed. */
#include "base/net.h"
#include "base/text.h"
#include "call/tag.h"
#include "operations.h"
#include "services/ec2/resource.h"
#include "services/ec2/security_group_rule.h"
#include "services/ec2/vpc.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RULES_PER_GROUP   60 /* a direction; IPv4 and IPv6 count apart */
#define RULES_PER_REQUEST 1000

struct ask { /* one authorize or revoke */
    struct call *c;
    struct security_group group;
    bool egress;
    struct rule *rules; /* in the call's arena */
    size_t count;
};

/* --- protocols and ports ---------------------------------------------------------------------- */

/* AWS writes four protocols by name and the others by number. NULL: fault set. */
static const char *read_protocol(struct call *c, const char *text)
{
    static const struct {
        const char *number, *name;
    } named[] = {{"6", "tcp"},     {"17", "udp"}, {"1", "icmp"},
                 {"58", "icmpv6"}, {"-1", "-1"},  {"all", "-1"}};
    int64_t number;

    if (text == NULL) {
        call_fail(c, "MissingParameter", "The request must contain the parameter ipProtocol");
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(named); i++)
        if (str_equal(named[i].number, text) || str_equal_ci(named[i].name, text))
            return named[i].name;
    if (parse_int64(text, &number) && number >= 0 && number <= 255)
        return call_printf(c, "%" PRId64, number);
    call_fail(c, "InvalidParameterValue", "Invalid value '%s' for IP protocol. Unknown protocol.",
              text);
    return NULL;
}

static int check_ports(struct call *c, int64_t from, int64_t to)
{
    int64_t ports[] = {from, to};

    for (size_t i = 0; i < ARRAY_LEN(ports); i++)
        if (ports[i] < 0 || ports[i] > 65535)
            return call_fail(c, "InvalidPermission.Malformed",
                             "TCP/UDP port (%" PRId64 ") out of range", ports[i]);
    if (from > to)
        return call_fail(c, "InvalidParameterValue",
                         "Invalid TCP/UDP port range (%" PRId64 ":%" PRId64 ")", from, to);
    return 0;
}

static int check_icmp(struct call *c, int64_t type, int64_t code)
{
    if (type < RULE_ANY || type > 255)
        return call_fail(c, "InvalidPermission.Malformed", "ICMP type (%" PRId64 ") out of range",
                         type);
    if (code < RULE_ANY || code > 255)
        return call_fail(c, "InvalidPermission.Malformed", "ICMP code (%" PRId64 ") out of range",
                         code);
    if (type == RULE_ANY && code != RULE_ANY)
        return call_fail(c, "InvalidPermission.Malformed",
                         "ICMP code (%" PRId64 ") is not allowed when all types are", code);
    return 0;
}

/* Sets protocol, from and to of the rule. Protocols without ports ignore those given. */
static int read_traffic(struct call *c, const json_t *given, struct rule *rule)
{
    const json_t *from = json_get(given, "FromPort"), *to = json_get(given, "ToPort");
    bool both = from != NULL && to != NULL;

    rule->protocol = read_protocol(c, json_str(given, "IpProtocol"));
    rule->from = rule->to = RULE_ANY;
    if (rule->protocol == NULL)
        return -1;
    bool transport = str_equal(rule->protocol, "tcp") || str_equal(rule->protocol, "udp");
    bool icmp = str_equal(rule->protocol, "icmp"), icmpv6 = str_equal(rule->protocol, "icmpv6");
    if ((transport || icmp) && !both)
        return call_fail(
            c, "InvalidParameterValue",
            "Invalid value 'Must specify both from and to ports with %s.' for portRange.",
            icmp ? "ICMP" : "TCP/UDP");
    if (!(transport || icmp || icmpv6) || !both)
        return 0;
    rule->from = json_integer_value(from);
    rule->to = json_integer_value(to);
    return transport ? check_ports(c, rule->from, rule->to) : check_icmp(c, rule->from, rule->to);
}

/* --- peers ------------------------------------------------------------------------------------ */

/* AWS takes a block with host bits and keeps its network: 10.0.0.28/29 becomes 10.0.0.24/29. */
static const char *read_cidr_ipv4(struct call *c, const char *text)
{
    struct cidr cidr;
    char canonical[CIDR_SIZE];

    if (text == NULL || !cidr_parse(text, &cidr)) {
        call_fail(c, "InvalidParameterValue", "CIDR block %s is malformed",
                  text != NULL ? text : "");
        return NULL;
    }
    cidr.address = cidr_base(cidr);
    cidr_format(cidr, canonical);
    return arena_strdup(c->arena, canonical);
}

static bool canonical_ipv6(const char *text, char out[SECURITY_GROUP_CIDR_SIZE])
{
    char address_text[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    struct in6_addr address;
    int64_t prefix;

    if (slash == NULL || (size_t)(slash - text) >= sizeof(address_text) ||
        !isdigit((unsigned char)slash[1]) || !parse_int64(slash + 1, &prefix) || prefix > 128)
        return false;
    memcpy(address_text, text, (size_t)(slash - text));
    address_text[slash - text] = '\0';
    if (inet_pton(AF_INET6, address_text, &address) != 1)
        return false;
    for (int bit = (int)prefix; bit < 128; bit++)
        address.s6_addr[bit / 8] &= (uint8_t) ~(0x80U >> (bit % 8));
    inet_ntop(AF_INET6, &address, address_text, sizeof(address_text));
    snprintf(out, SECURITY_GROUP_CIDR_SIZE, "%s/%d", address_text, (int)prefix);
    return true;
}

static const char *read_cidr_ipv6(struct call *c, const char *text)
{
    char canonical[SECURITY_GROUP_CIDR_SIZE];

    if (text != NULL && canonical_ipv6(text, canonical))
        return arena_strdup(c->arena, canonical);
    call_fail(c, "InvalidParameterValue", "CIDR block %s is malformed", text != NULL ? text : "");
    return NULL;
}

/* The peer's id: a group of the same VPC, or NULL with the fault set. */
static const char *read_peer_group(struct ask *a, const json_t *pair)
{
    struct call *c = a->c;
    const char *id = json_str(pair, "GroupId"), *name = json_str(pair, "GroupName");
    const char *owner = json_str(pair, "UserId");
    struct security_group peer;

    if (id == NULL && name != NULL) {
        json_t *names = json_pack("[s]", name), *found;
        if (security_group_resolve(c, NULL, names, a->group.vpc_id, &found) == 0) {
            id = arena_strdup(c->arena, json_string_value(json_array_get(found, 0)));
            json_decref(found);
        }
        json_decref(names);
        if (id == NULL)
            return NULL;
    }
    if (id == NULL)
        call_fail(c, "MissingParameter",
                  "The request must contain the parameter groupName or groupId");
    else if (owner != NULL && !str_equal(owner, c->account))
        call_fail(c, "InvalidGroup.NotFound", "The security group '%s' does not exist", id);
    else if (security_group_load(c, id, &peer) && !str_equal(peer.vpc_id, a->group.vpc_id))
        call_fail(c, "InvalidGroup.NotFound",
                  "You have specified two resources that belong to different networks.");
    return call_failed(c) ? NULL : id;
}

static const char *read_prefix_list(struct call *c, const char *id)
{
    call_fail(c, "InvalidPrefixListId.NotFound", "The prefix list ID '%s' does not exist",
              id != NULL ? id : "");
    return NULL;
}

static int read_description(struct call *c, const json_t *peer, struct rule *rule)
{
    const char *text = json_str(peer, "Description");

    if (text != NULL && !rule_text_is_valid(text))
        return call_fail(c, "InvalidParameterValue",
                         "Invalid rule description. Valid descriptions are strings less than 256"
                         " characters from the following set: " RULE_TEXT_SET);
    rule->description = text != NULL && *text != '\0' ? text : NULL;
    return 0;
}

/* --- from a request to rules ------------------------------------------------------------------ */

enum peer_kind { PEER_GROUP, PEER_IPV4, PEER_IPV6, PEER_PREFIX_LIST, PEER_KINDS };

static const char *const peer_lists[PEER_KINDS] = {
    [PEER_GROUP] = "UserIdGroupPairs",
    [PEER_IPV4] = "IpRanges",
    [PEER_IPV6] = "Ipv6Ranges",
    [PEER_PREFIX_LIST] = "PrefixListIds",
};

static int read_peer(struct ask *a, enum peer_kind kind, const json_t *peer, struct rule *rule)
{
    const char *value = NULL;

    switch (kind) {
    case PEER_GROUP:
        value = rule->peer_group_id = read_peer_group(a, peer);
        rule->peer_account = a->c->account;
        break;
    case PEER_IPV4:
        value = rule->cidr_ipv4 = read_cidr_ipv4(a->c, json_str(peer, "CidrIp"));
        break;
    case PEER_IPV6:
        value = rule->cidr_ipv6 = read_cidr_ipv6(a->c, json_str(peer, "CidrIpv6"));
        break;
    case PEER_PREFIX_LIST:
    case PEER_KINDS:
        value = rule->prefix_list_id = read_prefix_list(a->c, json_str(peer, "PrefixListId"));
        break;
    }
    return value != NULL ? read_description(a->c, peer, rule) : -1;
}

static size_t count_peers(const json_t *permission)
{
    size_t count = 0;

    for (size_t kind = 0; kind < PEER_KINDS; kind++)
        count += json_array_size(json_get(permission, peer_lists[kind]));
    return count;
}

static int read_peers(struct ask *a, const struct rule *traffic, enum peer_kind kind,
                      const json_t *peers)
{
    for (size_t i = 0; i < json_array_size(peers); i++) {
        struct rule *rule = &a->rules[a->count];
        *rule = *traffic;
        if (read_peer(a, kind, json_array_get(peers, i), rule) != 0)
            return -1;
        a->count++;
    }
    return 0;
}

static int read_permission(struct ask *a, const json_t *permission)
{
    struct rule traffic = {.group_id = a->group.id, .egress = a->egress};

    if (read_traffic(a->c, permission, &traffic) != 0)
        return -1;
    if (count_peers(permission) == 0)
        return call_fail(a->c, "InvalidPermission.Malformed",
                         "Missing source specification: include source security group or CIDR"
                         " information");
    for (size_t kind = 0; kind < PEER_KINDS; kind++)
        if (read_peers(a, &traffic, (enum peer_kind)kind, json_get(permission, peer_lists[kind])) !=
            0)
            return -1;
    return 0;
}

static int read_permissions(struct ask *a, const json_t *permissions)
{
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(permissions); i++)
        count += count_peers(json_array_get(permissions, i));
    if (count > RULES_PER_REQUEST)
        return call_fail(a->c, "RulesPerSecurityGroupLimitExceeded",
                         "The maximum number of rules per security group has been reached.");
    a->rules = arena_alloc(a->c->arena, (count + 1) * sizeof(*a->rules));
    for (size_t i = 0; i < json_array_size(permissions); i++)
        if (read_permission(a, json_array_get(permissions, i)) != 0)
            return -1;
    return 0;
}

/* --- the old form: IpProtocol, FromPort, ToPort, CidrIp, SourceSecurityGroupName beside the group
 */

static json_t *copy_members(struct call *c, const char *const *names, size_t count)
{
    json_t *out = json_object();

    for (size_t i = 0; i < count; i++) {
        const json_t *value = arg_get(c, names[i]);
        if (value != NULL)
            json_set_new(out, names[i], json_deep_copy(value));
    }
    return out;
}

/* A source group alone opens everything to its members: AWS makes one rule each of TCP, UDP and
 * ICMP of it. */
static json_t *whole_group(const json_t *pair)
{
    static const struct {
        const char *protocol;
        int from, to;
    } all[] = {{"tcp", 0, 65535}, {"udp", 0, 65535}, {"icmp", RULE_ANY, RULE_ANY}};
    json_t *out = json_array();

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        json_append_new(out,
                        json_pack("{s:s,s:i,s:i,s:[O]}", "IpProtocol", all[i].protocol, "FromPort",
                                  all[i].from, "ToPort", all[i].to, "UserIdGroupPairs", pair));
    return out;
}

/* The permissions that the old form says, a new array; NULL: the request has none of its members.
 */
static json_t *old_form(struct call *c)
{
    static const char *const members[] = {"IpProtocol", "FromPort", "ToPort", "CidrIp"};
    const char *source = arg_str(c, "SourceSecurityGroupName");
    json_t *permission = copy_members(c, members, ARRAY_LEN(members)), *out;
    const char *block = json_str(permission, "CidrIp");

    if (source != NULL) {
        json_t *pair = json_object();
        json_set_str(pair, "GroupName", source);
        json_set_str(pair, "UserId", arg_str(c, "SourceSecurityGroupOwnerId"));
        if (json_object_size(permission) == 0) {
            out = whole_group(pair);
            json_decref(pair);
            json_decref(permission);
            return out;
        }
        json_set_new(permission, "UserIdGroupPairs", json_pack("[o]", pair));
    }
    if (json_object_size(permission) == 0) {
        json_decref(permission);
        return NULL;
    }
    if (block != NULL)
        json_set_new(permission, "IpRanges", json_pack("[{s:s}]", "CidrIp", block));
    return json_pack("[o]", permission);
}

/* Reads the group and the rules of the request. */
static int read_ask(struct ask *a)
{
    struct call *c = a->c;

    if (security_group_of_request(c, &a->group) != 0)
        return -1;
    json_t *old = old_form(c);
    const json_t *given = arg_get(c, "IpPermissions");
    int rc;
    if (old != NULL && json_array_size(given) > 0)
        rc = call_fail(c, "InvalidParameterCombination",
                       "The parameter 'ipPermissions' may not be used in combination with"
                       " 'ipProtocol'");
    else if (old == NULL && json_array_size(given) == 0)
        rc = call_fail(c, "MissingParameter",
                       "The request must contain the parameter ipPermissions");
    else
        rc = read_permissions(a, old != NULL ? old : given);
    json_decref(old);
    return rc;
}

/* --- authorize -------------------------------------------------------------------------------- */

static bool same_rule(const struct rule *a, const struct rule *b)
{
    return str_equal(a->protocol, b->protocol) && a->from == b->from && a->to == b->to &&
           str_equal(a->cidr_ipv4, b->cidr_ipv4) && str_equal(a->cidr_ipv6, b->cidr_ipv6) &&
           str_equal(a->prefix_list_id, b->prefix_list_id) &&
           str_equal(a->peer_group_id, b->peer_group_id);
}

/* "-1" of a type or code reads ALL. */
static const char *icmp_word(struct call *c, int64_t number)
{
    return number == RULE_ANY ? "ALL" : call_printf(c, "%" PRId64, number);
}

/* `peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW`, as AWS names a rule in its faults. */
static const char *describe_rule(struct call *c, const struct rule *rule)
{
    const char *peer = rule->cidr_ipv4 != NULL   ? rule->cidr_ipv4
                       : rule->cidr_ipv6 != NULL ? rule->cidr_ipv6
                                                 : rule->peer_group_id;
    char *protocol = call_printf(c, "%s", rule->protocol);

    for (char *p = protocol; *p != '\0'; p++)
        *p = (char)toupper((unsigned char)*p);
    if (rule->protocol[0] == 't' || rule->protocol[0] == 'u')
        return call_printf(c, "peer: %s, %s, from port: %" PRId64 ", to port: %" PRId64 ", ALLOW",
                           peer, protocol, rule->from, rule->to);
    if (rule->protocol[0] == 'i')
        return call_printf(c, "peer: %s, %s, type: %s, code: %s, ALLOW", peer, protocol,
                           icmp_word(c, rule->from), icmp_word(c, rule->to));
    return call_printf(c, "peer: %s, %s, ALLOW", peer,
                       str_equal(rule->protocol, "-1") ? "ALL" : protocol);
}

static int check_new(struct ask *a)
{
    for (size_t i = 0; i < a->count; i++) {
        for (size_t k = 0; k < i; k++)
            if (same_rule(&a->rules[i], &a->rules[k]))
                return call_fail(a->c, "InvalidParameterValue",
                                 "The same permission must not appear multiple times");
        if (rule_find_same(a->c, &a->rules[i]) != NULL)
            return call_fail(a->c, "InvalidPermission.Duplicate",
                             "the specified rule \"%s\" already exists",
                             describe_rule(a->c, &a->rules[i]));
    }
    return 0;
}

/* A rule with a group as peer counts for IPv4 and for IPv6. */
static int check_limit(struct ask *a)
{
    static const char count_sql[] =
        "SELECT max(count(cidr_ipv4) + count(peer_group_id), count(cidr_ipv6) + "
        "count(peer_group_id))"
        " FROM ec2_security_group_rule WHERE group_id = ? AND is_egress = ?";

    if (db_int(a->c->db, 0, count_sql, "si", a->group.id, (int64_t)a->egress) > RULES_PER_GROUP)
        return call_fail(a->c, "RulesPerSecurityGroupLimitExceeded",
                         "The maximum number of rules per security group has been reached.");
    return 0;
}

static int authorize(struct call *c, bool egress)
{
    static const char *const tagged[] = {"security-group-rule", NULL};
    struct ask a = {.c = c, .egress = egress};

    if (read_ask(&a) != 0 || tag_check_specs(c, tagged) != 0 || check_new(&a) != 0)
        return -1;

    json_t *made = json_array();
    for (size_t i = 0; i < a.count; i++) {
        rule_insert(c, &a.rules[i]);
        tag_put_specs(c, "security-group-rule", a.rules[i].id);
        json_append_new(made, rule_to_json(c, &a.rules[i]));
    }
    work_add(c->db, call_scope(c), "ec2/firewall", a.group.id);
    call_reply(c, json_pack("{s:b,s:o}", "Return", 1, "SecurityGroupRules", made));
    return check_limit(&a);
}

int ec2_authorize_security_group_ingress(struct call *c)
{
    return authorize(c, false);
}

int ec2_authorize_security_group_egress(struct call *c)
{
    return authorize(c, true);
}

/* --- revoke ----------------------------------------------------------------------------------- */

static void revoke_rule(struct ask *a, const struct rule *rule, json_t *revoked)
{
    json_append_new(revoked, rule_to_revoked_json(rule));
    rule_delete(a->c, rule->id);
}

/* All ids must be rules of this group and direction before any goes. */
static int revoke_ids(struct ask *a, json_t *revoked)
{
    struct call *c = a->c;
    size_t count = arg_count(c, "SecurityGroupRuleIds");

    for (size_t i = 0; i < count; i++) {
        const char *id = arg_at(c, "SecurityGroupRuleIds", i);
        struct rule rule;
        if (resource_id_check(c, "security-group-rule", id) != 0)
            return -1;
        if (!rule_find(c, id, &rule) || !str_equal(rule.group_id, a->group.id) ||
            rule.egress != a->egress)
            return call_fail(c, "InvalidSecurityGroupRuleId.NotFound",
                             "The security group rule ID '%s' does not exist", id);
        revoke_rule(a, &rule, revoked);
    }
    return 0;
}

/* In the default VPC, rules that do not exist are listed and no fault, as AWS documents; elsewhere
 * they are one. */
static int revoke_permissions(struct ask *a, json_t *revoked, json_t *unknown)
{
    struct call *c = a->c;
    bool lenient = str_equal(a->group.vpc_id, vpc_default_id(c));

    for (size_t i = 0; i < a->count; i++) {
        const char *id = rule_find_same(c, &a->rules[i]);
        struct rule rule;
        if (id != NULL && rule_find(c, id, &rule))
            revoke_rule(a, &rule, revoked);
        else if (lenient)
            rule_add_to_permissions(unknown, &a->rules[i]);
        else
            return call_fail(c, "InvalidPermission.NotFound",
                             "The specified rule does not exist in this security group.");
    }
    return 0;
}

static int revoke(struct call *c, bool egress)
{
    struct ask a = {.c = c, .egress = egress};
    bool by_id = arg_count(c, "SecurityGroupRuleIds") > 0;

    if (by_id && arg_count(c, "IpPermissions") > 0)
        return call_fail(c, "InvalidParameterCombination",
                         "The parameter 'ipPermissions' may not be used in combination with"
                         " 'securityGroupRuleIds'");
    if ((by_id ? security_group_of_request(c, &a.group) : read_ask(&a)) != 0)
        return -1;

    json_t *revoked = json_array(), *unknown = json_array(), *out;
    int rc = by_id ? revoke_ids(&a, revoked) : revoke_permissions(&a, revoked, unknown);
    work_add(c->db, call_scope(c), "ec2/firewall", a.group.id);
    out = json_pack("{s:b,s:o,s:o}", "Return", 1, "RevokedSecurityGroupRules", revoked,
                    "UnknownIpPermissions", unknown);
    call_reply(c, out);
    return rc;
}

int ec2_revoke_security_group_ingress(struct call *c)
{
    return revoke(c, false);
}

int ec2_revoke_security_group_egress(struct call *c)
{
    return revoke(c, true);
}
