/* The generated table of AWS managed policies (api-spec/generate_policies.c), private to
 * managed_policy.c. */
#ifndef SERVICES_IAM_MANAGED_POLICY_TABLE_H
#define SERVICES_IAM_MANAGED_POLICY_TABLE_H

#include "services/iam/managed_policy.h"

extern const struct managed_policy managed_policies[]; /* by resource, ascending */
extern const size_t managed_policies_count;

#endif
