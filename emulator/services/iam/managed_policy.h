/* The policies that AWS manages: the same for every account, there before anybody made them. */
#ifndef SERVICES_IAM_MANAGED_POLICY_H
#define SERVICES_IAM_MANAGED_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct managed_policy {
    const char *name;     /* "AmazonEC2RoleforSSM" */
    const char *path;     /* "/service-role/" */
    const char *resource; /* path and name: what stands behind "policy" in the ARN */
    const char *id;       /* "ANPA..." */
    int64_t version;      /* the newest, and the only one kept */
    int64_t created_ms, updated_ms;
    const char *document;
};

/* "arn:aws:iam::aws:policy/service-role/AmazonEC2RoleforSSM"; NULL: AWS has none of that ARN. */
const struct managed_policy *managed_policy_find(const char *arn);
/* The policy at `index`, in the order of their ARNs; NULL past the end. */
const struct managed_policy *managed_policy_at(size_t index);
/* "arn:<partition>:iam::aws:policy" and more; whether or not there is such a policy. */
bool managed_policy_arn(const char *arn);
/* Those below /aws-service-role/ are for service-linked roles alone. */
bool managed_policy_for_service(const struct managed_policy *policy);

#endif
