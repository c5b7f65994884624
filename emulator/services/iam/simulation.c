/* The imagined request of the policy simulator: see simulation.h. Documents given in the call are
 * compiled for it alone. What AWS's API reference says of each parameter stands at its reading. */
#include "services/iam/simulation.h"

#include "base/arn.h"
#include "base/hash.h"
#include "base/text.h"
#include "call/tag.h"
#include "services/iam/policy_cache.h"
#include "services/iam/principal_policies.h"

#include <stdlib.h>
#include <string.h>

#define SOURCE_TYPE "IAM Policy" /* what AWS calls every source of a matched statement */

static const char allow_all[] =
    "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\","
    "\"Resource\":\"*\"}}";

/* --- documents -------------------------------------------------------------------------------- */

static void forget_policy(void *policy)
{
    policy_free(policy);
}

/* Compiled, for as long as the call; NULL with InvalidInput. */
static const struct policy *compile(struct call *c, const char *text, enum policy_kind kind)
{
    struct err err = {.code = ""};
    struct policy *policy = policy_compile(text, strlen(text), kind, &err);

    if (policy == NULL) {
        call_fail(c, "InvalidInput", "%s", err.text);
        return NULL;
    }
    arena_defer(c->arena, forget_policy, policy);
    return policy;
}

/* A resource's policy; a role's trust policy, which has no Resource, is one as well. */
static int read_resource_policy(struct simulation *s)
{
    const char *text = arg_str(s->c, "ResourcePolicy");
    struct err err;

    if (text == NULL)
        return 0;
    struct policy *trust = policy_compile(text, strlen(text), POLICY_TRUST, &err);
    s->trust = trust != NULL;
    policy_free(trust);
    s->resource_policy = compile(s->c, text, s->trust ? POLICY_TRUST : POLICY_RESOURCE);
    return s->resource_policy != NULL ? 0 : -1;
}

int simulation_documents(struct call *c, const char *member, struct policy_list *ret_list)
{
    size_t count = arg_count(c, member);
    struct policy_entry *entries = arena_alloc(c->arena, (count + 1) * sizeof(*entries));

    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct policy_entry){
            .policy = compile(c, arg_at(c, member, i), POLICY_IDENTITY),
            .id = call_printf(c, "%s.%zu", member, i + 1),
            .type = SOURCE_TYPE,
        };
        if (entries[i].policy == NULL)
            return -1;
    }
    *ret_list = (struct policy_list){entries, count};
    return 0;
}

static struct policy_list join(struct call *c, struct policy_list a, struct policy_list b)
{
    struct policy_entry *all = arena_alloc(c->arena, (a.count + b.count + 1) * sizeof(*all));

    for (size_t i = 0; i < a.count; i++)
        all[i] = a.entries[i];
    for (size_t i = 0; i < b.count; i++)
        all[a.count + i] = b.entries[i];
    return (struct policy_list){all, a.count + b.count};
}

/* A boundary given in the call takes the place of the entity's own; there can be only one. */
static int read_policies(struct simulation *s, const struct iam_entity *entity)
{
    static const struct principal_policies none;
    struct policy_list given, boundaries;

    if (simulation_documents(s->c, "PolicyInputList", &given) != 0 ||
        simulation_documents(s->c, "PermissionsBoundaryPolicyInputList", &boundaries) != 0 ||
        read_resource_policy(s) != 0)
        return -1;
    if (boundaries.count > 1)
        return call_fail(s->c, "InvalidInput",
                         "PermissionsBoundaryPolicyInputList can contain only one policy.");
    const struct principal_policies *own =
        entity != NULL ? principal_policies_of(s->c, entity->id) : &none;
    if (own == NULL)
        return call_fail_internal(s->c, "the policies of %s cannot be read", entity->arn);
    s->identity = join(s->c, own->identity, given);
    s->boundary = boundaries.count > 0 ? boundaries.entries[0].policy : own->boundary;
    return 0;
}

/* --- actions and resources -------------------------------------------------------------------- */

/* "This operation does not support using wildcards in an action name." */
static int check_actions(struct call *c)
{
    for (size_t i = 0; i < arg_count(c, "ActionNames"); i++) {
        const char *action = arg_at(c, "ActionNames", i);
        const char *colon = strchr(action, ':');
        if (colon == NULL || colon == action || colon[1] == '\0' || strpbrk(action, "*?") != NULL)
            return call_fail(c, "InvalidInput", "'%s' is not a valid action name.", action);
    }
    return 0;
}

static int check_resources(struct simulation *s)
{
    struct arn parts;
    size_t i;
    json_t *given;

    json_array_foreach (s->resources, i, given) {
        const char *arn = json_string_value(given);
        if (!str_equal(arn, "*") && !arn_parse(s->c->arena, arn, &parts))
            return call_fail(s->c, "InvalidInput",
                             "ResourceNames are not in a valid ARN format: %s.", arn);
    }
    return 0;
}

/* What each scenario of ResourceHandlingOption needs a resource of (API reference of
 * SimulatePrincipalPolicy). */
struct scenario {
    const char *name;
    const char *kinds[6]; /* in the ARN, ended by NULL */
};
static const struct scenario scenarios[] = {
    {"EC2-Classic-InstanceStore", {"instance/", "image/", "security-group/"}},
    {"EC2-Classic-EBS", {"instance/", "image/", "security-group/", "volume/"}},
    {"EC2-VPC-InstanceStore", {"instance/", "image/", "security-group/", "network-interface/"}},
    {"EC2-VPC-InstanceStore-Subnet",
     {"instance/", "image/", "security-group/", "network-interface/", "subnet/"}},
    {"EC2-VPC-EBS", {"instance/", "image/", "security-group/", "network-interface/", "volume/"}},
    {"EC2-VPC-EBS-Subnet",
     {"instance/", "image/", "security-group/", "network-interface/", "subnet/", "volume/"}},
};

static bool has_resource(const struct simulation *s, const char *kind)
{
    struct arn parts;
    size_t i;
    json_t *given;

    json_array_foreach (s->resources, i, given) {
        if (arn_parse(s->c->arena, json_string_value(given), &parts) &&
            str_starts(parts.resource, kind))
            return true;
    }
    return false;
}

static int check_scenario(struct simulation *s)
{
    const char *name = arg_str(s->c, "ResourceHandlingOption");
    const struct scenario *scenario = NULL;

    if (name == NULL)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(scenarios); i++)
        if (str_equal(scenarios[i].name, name))
            scenario = &scenarios[i];
    if (scenario == NULL)
        return call_fail(s->c, "InvalidInput", "'%s' is not a valid ResourceHandlingOption.", name);
    for (size_t i = 0; i < ARRAY_LEN(scenario->kinds) && scenario->kinds[i] != NULL; i++)
        if (!has_resource(s, scenario->kinds[i]))
            return call_fail(s->c, "InvalidInput",
                             "ResourceHandlingOption %s requires a resource of type %.*s.", name,
                             (int)strlen(scenario->kinds[i]) - 1, scenario->kinds[i]);
    s->together = true;
    return 0;
}

/* "An ARN representing the AWS account ID that specifies the owner of any simulated resource that
 * does not identify its owner in the resource ARN." */
static int read_owner(struct simulation *s)
{
    const char *owner = arg_str(s->c, "ResourceOwner");
    struct arn parts;

    if (owner == NULL)
        return 0;
    if (!arn_parse(s->c->arena, owner, &parts) || parts.account[0] == '\0')
        return call_fail(s->c, "InvalidInput", "'%s' is not a valid as a Resource Owner.", owner);
    s->owner = parts.account;
    return 0;
}

/* --- who asks --------------------------------------------------------------------------------- */

static const struct iam_kind *kind_of(const char *resource)
{
    static const struct iam_kind *const kinds[] = {&iam_user, &iam_group, &iam_role};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t len = strlen(kinds[i]->arn_word);
        if (strncmp(resource, kinds[i]->arn_word, len) == 0 && resource[len] == '/')
            return kinds[i];
    }
    return NULL;
}

static int fail_entity(struct call *c, const char *arn)
{
    return call_fail(c, "InvalidInput",
                     "Invalid Entity Arn: %s does not clearly define entity type and name.", arn);
}

int simulation_entity(struct call *c, const char *arn, struct iam_entity *ret_entity)
{
    struct arn parts;

    if (!arn_parse(c->arena, arn, &parts) || !str_equal(parts.service, "iam") ||
        kind_of(parts.resource) == NULL)
        return fail_entity(c, arn);
    if (iam_entity_load(c, kind_of(parts.resource), strrchr(parts.resource, '/') + 1, ret_entity) !=
        0)
        return -1;
    if (!str_equal(ret_entity->arn, arn))
        return call_fail(c, "NoSuchEntity", "%s does not exist.", arn);
    return 0;
}

static const char *fact_name(struct call *c, const char *key)
{
    char *name = call_printf(c, "%s", key);

    for (char *p = name; *p != '\0' && *p != '/'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p | 0x20);
    return name;
}

static void fact_put(struct simulation *s, const char *key, const char *const *texts, size_t count)
{
    struct policy_values *values = arena_alloc(s->c->arena, sizeof(*values));

    *values = (struct policy_values){texts, count};
    hash_put(s->facts, fact_name(s->c, key), values);
}

static void fact_put_one(struct simulation *s, const char *key, const char *text)
{
    const char **texts = arena_alloc(s->c->arena, sizeof(*texts));

    *texts = text;
    fact_put(s, key, texts, 1);
}

/* What a real request of the user or role would bring along. */
static void put_principal_facts(struct simulation *s, const struct iam_entity *entity)
{
    bool user = str_starts(entity->id, iam_user.prefix);
    json_t *tags = tag_list(s->c, entity->id), *tag;
    size_t i;

    fact_put_one(s, "aws:PrincipalArn", entity->arn);
    fact_put_one(s, "aws:PrincipalAccount", entity->account);
    fact_put_one(s, "aws:PrincipalType", user ? "User" : "AssumedRole");
    if (user) {
        fact_put_one(s, "aws:username", entity->name);
        fact_put_one(s, "aws:userid", entity->id);
    }
    json_array_foreach (tags, i, tag) {
        fact_put_one(s, call_printf(s->c, "aws:PrincipalTag/%s", json_str(tag, "Key")),
                     call_printf(s->c, "%s", json_str_or(tag, "Value", "")));
    }
    json_decref(tags);
}

/* "You can specify only the ARN of an IAM user." The caller may belong to another account, whose
 * users are not looked up. */
static int read_caller(struct simulation *s, const struct iam_entity *entity)
{
    const char *caller = arg_str(s->c, "CallerArn");
    struct arn parts;
    struct iam_entity user;

    s->principal.account = s->c->account;
    if (caller == NULL && entity != NULL && !str_starts(entity->id, iam_group.prefix)) {
        bool role = str_starts(entity->id, iam_role.prefix);
        s->principal.arn = role ? NULL : entity->arn;
        s->principal.role_arn = role ? entity->arn : NULL;
        put_principal_facts(s, entity);
    }
    if (s->resource_policy != NULL && caller == NULL && s->principal.arn == NULL)
        return call_fail(s->c, "InvalidInput",
                         "CallerArn is required when a ResourcePolicy is specified and the policy"
                         " source is not an IAM user.");
    if (caller == NULL)
        return 0;
    if (!arn_parse(s->c->arena, caller, &parts) || !str_equal(parts.service, "iam") ||
        kind_of(parts.resource) != &iam_user)
        return fail_entity(s->c, caller);
    s->principal.arn = caller;
    s->principal.account = parts.account;
    if (str_equal(parts.account, s->c->account) &&
        iam_entity_find(s->c, &iam_user, strrchr(parts.resource, '/') + 1, &user))
        put_principal_facts(s, &user);
    return 0;
}

/* --- facts of the request --------------------------------------------------------------------- */

static void forget_hash(void *hash)
{
    hash_free(hash, NULL);
}

/* ContextEntries win over what is known of the principal. */
static int read_context(struct simulation *s)
{
    const json_t *entries = arg_get(s->c, "ContextEntries");
    json_t *entry, *value;
    size_t i, at;

    json_array_foreach (entries, i, entry) {
        const char *key = json_str(entry, "ContextKeyName");
        const json_t *values = json_get(entry, "ContextKeyValues");
        size_t count = json_array_size(values);
        if (key == NULL || strchr(key, ':') == NULL)
            return call_fail(s->c, "InvalidInput", "ContextKeyName %s is not valid.",
                             key != NULL ? key : "null");
        const char **texts = arena_alloc(s->c->arena, (count + 1) * sizeof(*texts));
        json_array_foreach (values, at, value)
            texts[at] = json_string_value(value);
        fact_put(s, key, texts, count);
    }
    return 0;
}

int simulation_read(struct call *c, const struct iam_entity *entity,
                    struct simulation *ret_simulation)
{
    struct simulation s = {.c = c, .facts = hash_new(), .resources = arg_get(c, "ResourceArns")};

    arena_defer(c->arena, forget_hash, s.facts);
    if (json_array_size(s.resources) == 0)
        s.resources = NULL;
    if (check_actions(c) != 0 || check_resources(&s) != 0 || check_scenario(&s) != 0 ||
        read_owner(&s) != 0 || read_policies(&s, entity) != 0 || read_caller(&s, entity) != 0 ||
        read_context(&s) != 0)
        return -1;
    *ret_simulation = s;
    return 0;
}

/* --- judging ---------------------------------------------------------------------------------- */

struct asking { /* one decision's view of the facts */
    struct simulation *s;
    json_t *missing;
    struct hash *seen;
};

static bool get_fact(void *arg, const char *key, struct policy_values *ret)
{
    struct asking *a = arg;
    const char *name = fact_name(a->s->c, key);
    const struct policy_values *values = hash_get(a->s->facts, name);

    if (values != NULL) {
        *ret = *values;
        return true;
    }
    if (hash_put(a->seen, name, a) == NULL)
        json_append_new(a->missing, json_text_new(key));
    return false;
}

/* Each side of a request across accounts by itself: the caller's policies as if the resource were
 * at home, the resource's policy as if the caller's account allowed everything. */
static void judge_sides(const struct policy_ask *ask, struct simulation_result *result)
{
    const struct policy_entry everything = {
        .policy = policy_cache_find(allow_all, POLICY_IDENTITY, NULL),
    };
    struct policy_ask home = *ask, there = *ask;
    struct policy_answer answer;

    home.resource_account = NULL;
    home.resource_policy = NULL;
    policy_decide(&home, &answer);
    result->identity_verdict = answer.verdict;
    there.identity = (struct policy_list){&everything, 1};
    there.boundary = NULL;
    policy_decide(&there, &answer);
    result->resource_verdict = answer.verdict;
}

void simulation_judge(struct simulation *s, const char *action, const char *resource,
                      struct simulation_result *ret_result)
{
    struct asking asking = {s, json_array(), hash_new()};
    const struct policy_context context = {get_fact, &asking};
    struct arn parts;
    const char *owner = s->owner;

    if (arn_parse(s->c->arena, resource, &parts) && parts.account[0] != '\0' &&
        strpbrk(parts.account, "*?") == NULL)
        owner = parts.account;
    struct policy_ask ask = {
        .action = action,
        .resource = resource,
        .resource_account = owner,
        .principal = &s->principal,
        .context = &context,
        .identity = s->identity,
        .boundary = s->boundary,
        .resource_policy = s->resource_policy,
        .resource_must_allow = s->trust,
        .every_key = true,
    };
    *ret_result = (struct simulation_result){
        .cross = owner != NULL && !str_equal(owner, s->principal.account),
        .missing = asking.missing,
    };
    policy_decide(&ask, &ret_result->answer);
    s->effort += ret_result->answer.effort;
    if (ret_result->cross)
        judge_sides(&ask, ret_result);
    hash_free(asking.seen, NULL);
}
