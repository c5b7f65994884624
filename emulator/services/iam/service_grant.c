/* ListPoliciesGrantingServiceAccess: for each service, the policies of a user, group or role that
 * allow any of its actions. A user's groups count; boundaries do not. */
#include "operations.h"
#include "services/iam/policy_cache.h"
#include "services/iam/principal_policies.h"
#include "services/iam/simulation.h"

#include <ctype.h>

struct granting {
    struct call *c;
    const char *service;
    json_t *list;
};

static const char *upper(struct call *c, const char *word)
{
    char *text = call_printf(c, "%s", word);

    for (char *p = text; *p != '\0'; p++)
        *p = (char)toupper((unsigned char)*p);
    return text;
}

static bool take_granting(void *arg, const struct iam_held_policy *held)
{
    struct granting *g = arg;
    const struct policy *policy =
        held->document != NULL ? policy_cache_find(held->document, POLICY_IDENTITY, NULL) : NULL;

    if (policy == NULL || !policy_grants_service(policy, g->service))
        return true;
    json_t *out = json_object();
    json_set_str(out, "PolicyName", held->name);
    json_set_str(out, "PolicyType", held->arn != NULL ? "MANAGED" : "INLINE");
    json_set_str(out, "PolicyArn", held->arn);
    if (held->arn == NULL) {
        json_set_str(out, "EntityType", upper(g->c, held->holder_kind));
        json_set_str(out, "EntityName", held->holder);
    }
    json_append_new(g->list, out);
    return true;
}

/* Every entity has at most some dozens of policies: all fits one page. */
int iam_list_policies_granting_service_access(struct call *c)
{
    struct iam_entity entity;

    if (simulation_entity(c, arg_str(c, "Arn"), &entity) != 0)
        return -1;
    if (arg_has(c, "Marker"))
        return call_fail(c, "InvalidInput", "Invalid Marker");
    json_t *out = json_array();
    for (size_t i = 0; i < arg_count(c, "ServiceNamespaces"); i++) {
        struct granting g = {c, arg_at(c, "ServiceNamespaces", i), json_array()};
        (void)iam_held_policies(c, entity.id, take_granting, &g);
        json_append_new(out,
                        json_pack("{ssso}", "ServiceNamespace", g.service, "Policies", g.list));
    }
    return call_reply(c,
                      json_pack("{sosb}", "PoliciesGrantingServiceAccess", out, "IsTruncated", 0));
}
