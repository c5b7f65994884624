/* What STS's requests are about: the role that is to be assumed, whose trust policy has its own
 * say. Tags and a source identity are actions of their own upon it: "Rules for tagging in STS" and
 * "Monitor and control actions taken with assumed roles", IAM User Guide. */
#include "services/access.h"

#include "base/arn.h"
#include "base/text.h"
#include "services/iam/iam.h"
#include "services/sts/role_session.h"

#include <string.h>

/* Whoever shows a code is judged as one who has; the operation then looks at the code itself. */
static void add_mfa(struct call *c, struct access *access)
{
    if (json_get(c->in, "SerialNumber") != NULL && json_get(c->in, "TokenCode") != NULL)
        access->facts = call_keep(c, json_pack("{ssss}", "aws:MultiFactorAuthPresent", "true",
                                               "aws:MultiFactorAuthAge", "0"));
}

/* A name that no role has is refused as one that does not trust the caller: nobody may probe. */
static void resolve_role(struct call *c, const char *value, struct access *access)
{
    struct iam_role_row role;
    struct arn arn;
    access->resource_must_allow = true;
    add_mfa(c, access);
    access->id = NULL;
    if (arn_parse(c->arena, value, &arn))
        access->account = arn.account;
    if (!iam_role_find_arn(c, value, &role))
        return;
    access->id = role.entity.id;
    access->resource_policy = policy_cache_find(role.trust, POLICY_TRUST, NULL);
}

static const struct access_member members[] = {
    {"role", "RoleArn", resolve_role},
    {"federated-user", "Name", NULL},
    {0},
};

static const struct condition_key keys[] = {
    {.key = "sts:ExternalId", .member = "ExternalId"},
    {.key = "sts:RoleSessionName", .member = "RoleSessionName"},
    {.key = "sts:SourceIdentity", .member = "SourceIdentity"},
    {.key = "sts:TransitiveTagKeys", .member = "TransitiveTagKeys"},
    {.key = "sts:DurationSeconds", .member = "DurationSeconds"},
    {.key = "sts:TaskPolicyArn", .member = "TaskPolicyArn"},
    {0},
};

/* A further action of the request: it has the facts of the first, and those of the request that
 * IAM's data names for the first alone. `identity` NULL: none. */
static void add_action(struct call *c, struct access_list *list, const char *action,
                       const char *identity)
{
    struct access access = list->items[0];
    json_t *facts = access.facts != NULL ? json_deep_copy(access.facts) : json_object();
    for (const struct condition_key *k = keys; k->key != NULL; k++)
        if (json_get(c->in, k->member) != NULL)
            json_object_set(facts, k->key, json_object_get(c->in, k->member));
    json_set_str(facts, "sts:SourceIdentity", identity);
    access.action = action;
    access.resource = access_type(action, access.resource->type->name);
    access.facts = call_keep(c, facts);
    access_add(c, list, &access);
}

/* Tags and source identity of the session are handed on to the next one in a chain. */
static int adjust(struct call *c, struct access_list *list)
{
    const struct session *session = c->who.session;
    const char *identity = json_str(c->in, "SourceIdentity");
    bool inherits = session != NULL && json_array_size(session->transitive_keys) > 0;
    bool role = str_equal(c->op->name, "AssumeRole");
    if (!role && !str_equal(c->op->name, "GetFederationToken"))
        return 0;
    if (role && role_arn_check(c) != 0)
        return -1;
    if (json_array_size(json_get(c->in, "Tags")) > 0 || (role && inherits))
        add_action(c, list, "sts:TagSession", NULL);
    if (identity == NULL && role && session != NULL)
        identity = session->source_identity;
    if (identity != NULL)
        add_action(c, list, "sts:SetSourceIdentity", identity);
    return 0;
}

const struct service_access sts_access = {
    .members = members,
    .keys = keys,
    .adjust = adjust,
};
