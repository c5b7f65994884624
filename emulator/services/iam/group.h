/* Groups of users. */
#ifndef SERVICES_IAM_GROUP_H
#define SERVICES_IAM_GROUP_H

#include "services/iam/entity.h"

#define GROUPS_PER_USER_MAX 10 /* "IAM and AWS STS quotas", IAM User Guide */
/* A new reference. */
json_t *iam_group_to_json(const struct iam_entity *group);

#endif
