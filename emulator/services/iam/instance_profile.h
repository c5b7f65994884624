/* Instance profiles: what hands a role to a machine. */
#ifndef SERVICES_IAM_INSTANCE_PROFILE_H
#define SERVICES_IAM_INSTANCE_PROFILE_H

#include "services/iam/entity.h"

struct iam_profile { /* text in the call's arena */
    struct iam_entity entity;
    const char *role_id; /* "AROA..."; NULL: it holds no role */
};

/* False when the call's account has none of that name, ARN or id. */
bool iam_profile_find(struct call *c, const char *name, struct iam_profile *ret_profile);
bool iam_profile_find_arn(struct call *c, const char *arn, struct iam_profile *ret_profile);
bool iam_profile_find_id(struct call *c, const char *id, struct iam_profile *ret_profile);
/* With its role, without its tags. A new reference. */
json_t *iam_profile_to_json(struct call *c, const struct iam_profile *profile);

#endif
