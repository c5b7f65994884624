/* Who may have policies: users, groups and roles, in one table, so that what they have in common is
 * written once. */
#ifndef SERVICES_IAM_HOLDER_H
#define SERVICES_IAM_HOLDER_H

#include "services/iam/entity.h"

struct iam_holder {
    const struct iam_kind *kind;
    const char *member; /* of the input and output: "UserName" */
    const char *quota;  /* of attached policies, in the text of LimitExceeded: "PoliciesPerUser" */
    size_t inline_max;  /* characters of all inline policies together */
    const char *customer; /* in the text of PolicyNotAttachable: "User" */
};
extern const struct iam_holder iam_holder_user, iam_holder_group, iam_holder_role;

/* The one that the call names; NoSuchEntity when absent. */
int iam_holder_load(struct call *c, const struct iam_holder *h,
                    struct iam_entity *ret_entity) MUST_CHECK;
/* To change its policies: UnmodifiableEntity for a service-linked role. */
int iam_holder_load_own(struct call *c, const struct iam_holder *h,
                        struct iam_entity *ret_entity) MUST_CHECK;

#endif
