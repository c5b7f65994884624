/* Permissions boundaries: see boundary.h. */
#include "services/iam/boundary.h"

#include "services/iam/policy.h"

int iam_boundary_check(struct call *c, const char *arn)
{
    struct iam_managed policy;

    if (iam_managed_find(c, arn, &policy))
        return 0;
    return call_fail(c, "NoSuchEntity", "Scope ARN: %s does not exist or is not attachable.", arn);
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
