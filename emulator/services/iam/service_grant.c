/* ListPoliciesGrantingServiceAccess: for each service, the policies of a user, group or role that
 * allow any of its actions. A user's groups count; boundaries do not. */
#include "base/text.h"
#include "operations.h"
#include "services/iam/managed_policy.h"
#include "services/iam/policy_cache.h"
#include "services/iam/simulation.h"

/* Inline policies of the entity and its groups, then the managed ones, each once. */
#define GRANTING                                                                                   \
    "WITH owner (id) AS (SELECT ?2 UNION ALL"                                                      \
    " SELECT group_id FROM iam_group_member WHERE account = ?1 AND user_id = ?2)"                  \
    " SELECT p.name, upper(e.kind), e.name, NULL, p.document FROM owner o"                         \
    " JOIN iam_entity e ON e.id = o.id"                                                            \
    " JOIN iam_inline_policy p ON p.account = ?1 AND p.entity_id = o.id"                           \
    " UNION ALL SELECT DISTINCT e.name, NULL, NULL, a.policy_arn, v.document FROM owner o"         \
    " JOIN iam_attachment a ON a.account = ?1 AND a.entity_id = o.id"                              \
    " LEFT JOIN iam_policy p ON p.arn = a.policy_arn AND p.account = ?1"                           \
    " LEFT JOIN iam_entity e ON e.id = p.id"                                                       \
    " LEFT JOIN iam_policy_version v ON v.account = ?1 AND v.policy_id = p.id"                     \
    " AND v.version = p.default_version"

static json_t *policy_to_json(struct rows *row)
{
    const char *arn = rows_text(row, 3);
    const struct managed_policy *managed = arn != NULL ? managed_policy_find(arn) : NULL;
    json_t *out = json_object();

    json_set_str(out, "PolicyName", managed != NULL ? managed->name : rows_text(row, 0));
    json_set_str(out, "PolicyType", arn != NULL ? "MANAGED" : "INLINE");
    json_set_str(out, "PolicyArn", arn);
    json_set_str(out, "EntityType", rows_text(row, 1));
    json_set_str(out, "EntityName", rows_text(row, 2));
    return out;
}

static bool row_grants(struct rows *row, const char *vendor)
{
    const char *arn = rows_text(row, 3);
    const struct managed_policy *managed = arn != NULL ? managed_policy_find(arn) : NULL;
    const char *document = managed != NULL ? managed->document : rows_text(row, 4);
    const struct policy *policy =
        document != NULL ? policy_cache_find(document, POLICY_IDENTITY, NULL) : NULL;

    return policy != NULL && policy_grants_service(policy, vendor);
}

static json_t *granting(struct call *c, const struct iam_entity *entity, const char *vendor)
{
    json_t *list = json_array();
    struct rows row;

    rows_open(&row, c->db, GRANTING, "ss", c->account, entity->id);
    while (rows_next(&row))
        if (row_grants(&row, vendor))
            json_append_new(list, policy_to_json(&row));
    return json_pack("{ssso}", "ServiceNamespace", vendor, "Policies", list);
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
    for (size_t i = 0; i < arg_count(c, "ServiceNamespaces"); i++)
        json_append_new(out, granting(c, &entity, arg_at(c, "ServiceNamespaces", i)));
    return call_reply(c,
                      json_pack("{sosb}", "PoliciesGrantingServiceAccess", out, "IsTruncated", 0));
}
