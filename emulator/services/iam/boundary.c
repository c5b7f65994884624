/* Permissions boundaries: see boundary.h. PutUserPermissionsBoundary and its kin. */
#include "services/iam/boundary.h"

#include "operations.h"
#include "services/iam/holder.h"
#include "services/iam/policy.h"

int iam_boundary_check(struct call *c, const char *arn)
{
    struct iam_managed policy;

    if (!iam_managed_find(c, arn, &policy))
        return call_fail(c, "NoSuchEntity", "Scope ARN: %s does not exist or is not attachable.",
                         arn);
    if (policy.service_only)
        return call_fail(c, "PolicyNotAttachable",
                         "Cannot attach a Service Role Policy to a Customer Role.");
    return 0;
}

void iam_boundary_set(struct call *c, struct iam_entity *entity, const char *arn)
{
    entity->boundary = arn;
    db_exec(c->db, "UPDATE iam_entity SET boundary = ? WHERE account = ? AND id = ?", "sss", arn,
            entity->account, entity->id);
}

json_t *iam_boundary_to_json(const struct iam_entity *entity)
{
    if (entity->boundary == NULL)
        return NULL;
    return json_pack("{ssss}", "PermissionsBoundaryType", "PermissionsBoundaryPolicy",
                     "PermissionsBoundaryArn", entity->boundary);
}

/* --- operations ------------------------------------------------------------------------------- */

static int put(struct call *c, const struct iam_holder *h)
{
    struct iam_entity entity;
    struct iam_managed policy;
    const char *arn = arg_str(c, "PermissionsBoundary");

    if (iam_holder_load_own(c, h, &entity) != 0 || iam_boundary_check(c, arn) != 0)
        return -1;
    if (iam_managed_find(c, arn, &policy))
        iam_boundary_set(c, &entity, policy.arn);
    return call_reply(c, NULL);
}

/* Without a boundary there is nothing to do, and that is no fault. */
static int take_away(struct call *c, const struct iam_holder *h)
{
    struct iam_entity entity;

    if (iam_holder_load_own(c, h, &entity) != 0)
        return -1;
    iam_boundary_set(c, &entity, NULL);
    return call_reply(c, NULL);
}

int iam_put_user_permissions_boundary(struct call *c)
{
    return put(c, &iam_holder_user);
}

int iam_put_role_permissions_boundary(struct call *c)
{
    return put(c, &iam_holder_role);
}

int iam_delete_user_permissions_boundary(struct call *c)
{
    return take_away(c, &iam_holder_user);
}

int iam_delete_role_permissions_boundary(struct call *c)
{
    return take_away(c, &iam_holder_role);
}
