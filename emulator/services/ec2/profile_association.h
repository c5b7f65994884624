/* Which instance profile an instance has. The association remembers ARN and id of the profile as
 * they were, so that a namesake made later gives the machine nothing. */
#ifndef SERVICES_EC2_PROFILE_ASSOCIATION_H
#define SERVICES_EC2_PROFILE_ASSOCIATION_H

#include "call/call.h"
#include "services/iam/iam.h"

struct profile_association { /* text in the call's arena */
    const char *id;          /* "iip-assoc-..." */
    const char *instance_id;
    const char *profile_arn, *profile_id;
    int64_t created_ms;
};

/* The profile that the call's IamInstanceProfile names, by Arn or Name. InvalidParameterValue when
 * the account has none such, or when it holds no role; InvalidParameterCombination for both. */
int profile_read_argument(struct call *c, struct iam_profile *ret_profile) MUST_CHECK;
/* The instance has no association. */
void profile_associate(struct call *c, const char *instance_id, const struct iam_profile *profile,
                       struct profile_association *ret_association);
bool profile_of_instance(struct call *c, const char *instance_id,
                         struct profile_association *ret_association);
void profile_release(struct call *c, const char *instance_id); /* it is terminated */
json_t *profile_to_json(const struct profile_association *a);  /* IamInstanceProfile */

#endif
