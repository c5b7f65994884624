/* The password policy of an account: which passwords its users may have, and for how long. Without
 * one AWS's own rules hold; the root user's password follows those always. */
#ifndef SERVICES_IAM_PASSWORD_POLICY_H
#define SERVICES_IAM_PASSWORD_POLICY_H

#include "services/iam/entity.h"

struct password_policy {
    bool custom; /* the account has one; else all below is AWS's */
    int64_t min_length;
    bool symbols, numbers, uppercase, lowercase; /* at least one of them */
    bool users_may_change;
    int64_t max_age_days;     /* 0: passwords do not expire */
    int64_t reuse_prevention; /* of the latest passwords; 0: none */
    bool hard_expiry;         /* who let it expire cannot set a new one when signing in */
};

#define PASSWORD_REUSE_MAX  24
#define PASSWORD_LENGTH_MAX 128

void password_policy_read(struct call *c, struct password_policy *ret_policy);
/* AWS's own, whatever the account has. */
void password_policy_default(struct password_policy *ret_policy);
/* What the password lacks, as PasswordPolicyViolation says it, in the call's arena; NULL: it
 * conforms. */
const char *password_policy_lacks(struct call *c, const struct password_policy *policy,
                                  const char *password);

#endif
