/* Managed policies, the customer's and AWS's: one kind of record, found by ARN. */
#ifndef SERVICES_IAM_POLICY_H
#define SERVICES_IAM_POLICY_H

#include "call/call.h"

/* "IAM and AWS STS quotas" of the IAM User Guide. */
#define IAM_POLICY_SIZE_MAX     6144 /* characters without white space */
#define IAM_POLICY_VERSIONS_MAX 5
#define IAM_ATTACHED_MAX        10 /* to one user, group or role */

struct iam_managed { /* text in the call's arena, or the program's */
    const char *arn, *id, *name, *path;
    const char *description; /* NULL: none */
    int64_t default_version, last_version;
    int64_t created_ms, updated_ms;
    const char *aws_document; /* of a policy that AWS manages, which nobody may change; or NULL */
    bool service_only;        /* for service-linked roles alone */
};

/* False when neither the account nor AWS has a policy of that ARN. */
bool iam_managed_find(struct call *c, const char *arn, struct iam_managed *ret_policy);
/* InvalidInput for what is no ARN; NoSuchEntity (404), "was not found". */
int iam_managed_load(struct call *c, const char *arn, struct iam_managed *ret_policy) MUST_CHECK;
/* For attaching: NoSuchEntity, "does not exist or is not attachable". */
int iam_managed_load_attachable(struct call *c, const char *arn,
                                struct iam_managed *ret_policy) MUST_CHECK;
/* AccessDenied for a policy of AWS's. */
int iam_managed_check_own(struct call *c, const struct iam_managed *policy) MUST_CHECK;
/* LimitExceeded past 6,144 characters without white space, MalformedPolicyDocument. */
int iam_managed_check_document(struct call *c, const char *text) MUST_CHECK;
/* Who has it, as a permissions policy or as a boundary. */
int64_t iam_managed_attachments(struct call *c, const char *arn);
int64_t iam_managed_boundaries(struct call *c, const char *arn);
/* As GetPolicy shows it, without description and tags; its name and ARN; its versions with their
 * documents, the newest first. New references. */
json_t *iam_managed_to_json(struct call *c, const struct iam_managed *policy);
json_t *iam_managed_to_brief_json(const struct iam_managed *policy);
json_t *iam_managed_versions(struct call *c, const struct iam_managed *policy);
/* The text of the default version; NULL when there is no such policy. */
const char *iam_policy_document(struct call *c, const char *arn);

#endif
