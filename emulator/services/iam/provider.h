/* What identity providers of both kinds have in common: ARNs that end in their name, and how many
 * an account may have. */
#ifndef SERVICES_IAM_PROVIDER_H
#define SERVICES_IAM_PROVIDER_H

#include "call/call.h"

struct iam_provider_kind {
    const char *word;    /* in ARNs, behind the account: "saml-provider/" */
    const char *missing; /* text of NoSuchEntity, before the ARN */
    const char *quota;   /* in the text of LimitExceeded: "SAMLProvidersPerAccount" */
    const char *count;   /* statement of how many the account ?1 has */
};

const char *iam_provider_arn(struct call *c, const struct iam_provider_kind *kind,
                             const char *account, const char *name);
/* NULL: the ARN is none of this kind. The name lives as long as the call. */
const char *iam_provider_name(struct call *c, const struct iam_provider_kind *kind, const char *arn,
                              const char **ret_account);
/* The fault for an ARN that nothing was found for: InvalidInput when it is none, else
 * NoSuchEntity. Always -1. */
int iam_provider_fail(struct call *c, const struct iam_provider_kind *kind, const char *arn);
/* LimitExceeded when the account has as many as it may. */
int iam_provider_check_room(struct call *c, const struct iam_provider_kind *kind) MUST_CHECK;

#endif
