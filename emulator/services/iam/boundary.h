/* Permissions boundaries of users and roles: a managed policy that limits what the identity's own
 * policies can give. */
#ifndef SERVICES_IAM_BOUNDARY_H
#define SERVICES_IAM_BOUNDARY_H

#include "services/iam/entity.h"

/* NoSuchEntity (404) when neither the account nor AWS has such a policy. */
int iam_boundary_check(struct call *c, const char *arn) MUST_CHECK;
/* NULL: none. The caller has checked it. */
void iam_boundary_set(struct call *c, struct iam_entity *entity, const char *arn);
/* AttachedPermissionsBoundary; NULL when the entity has none. A new reference. */
json_t *iam_boundary_to_json(const struct iam_entity *entity);

#endif
