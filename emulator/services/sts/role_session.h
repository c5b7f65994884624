/* What AssumeRole, AssumeRoleWithSAML and AssumeRoleWithWebIdentity do alike: find the role, see to
 * the terms, make the session and answer it. */
#ifndef SERVICES_STS_ROLE_SESSION_H
#define SERVICES_STS_ROLE_SESSION_H

#include "services/iam/iam.h"

/* ValidationError when RoleArn is no role's ARN. */
int role_arn_check(struct call *c) MUST_CHECK;
/* The role that RoleArn names, in whatever account. Faults: ValidationError for what is no role's
 * ARN; AccessDenied when there is no such role, as if it refused, so that nobody learns which roles
 * exist. */
int role_session_role(struct call *c, struct iam_role_row *ret_role) MUST_CHECK;
/* The fault of whom the role does not let in: always -1. */
int role_session_refuse(struct call *c, const char *action, const char *resource);

struct role_session_ask {
    const struct iam_role_row *role;
    bool chained;           /* asked for with temporary credentials: one hour at most */
    int64_t longest_s;      /* the provider's word (SAML's SessionDuration); 0: none */
    struct session session; /* all but policies, issued_ms and expires_ms */
};
/* Makes the session with DurationSeconds, Policy and PolicyArns of the call. The answer's members
 * Credentials, AssumedRoleUser, PackedPolicySize and SourceIdentity, a new reference; NULL with the
 * fault set: ValidationError, MalformedPolicyDocument, PackedPolicyTooLarge. */
json_t *role_session_make(struct call *c, struct role_session_ask *ask) MUST_CHECK;

#endif
