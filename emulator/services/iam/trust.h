/* The trust policy of a role: who may assume it.
 *
 * A user or role that the document names by ARN is kept by its id, as on AWS: when it is renamed
 * the document shows the new ARN, and when it is deleted the id ("AIDA..."), so that a namesake
 * made later is not trusted. An account's number is shown as the ARN of its root. "AWS JSON policy
 * elements: Principal", IAM User Guide. */
#ifndef SERVICES_IAM_TRUST_H
#define SERVICES_IAM_TRUST_H

#include "call/call.h"

/* Characters without white space: "IAM and AWS STS quotas", IAM User Guide. */
#define IAM_TRUST_SIZE_MAX 2048

struct trust {
    const char *document;  /* as it is kept; in the call's arena */
    const json_t *members; /* {ARN: id of the user or role}; lives as long as the call */
};

/* Checks a document. Faults: MalformedPolicyDocument (grammar, principals that do not exist),
 * LimitExceeded (more than 2,048 characters without white space). */
int trust_read(struct call *c, const char *document, struct trust *ret_trust) MUST_CHECK;
/* Writes it for a role whose row exists. */
void trust_put(struct call *c, const char *role_id, const struct trust *trust);
/* What a kept document says now; `account` is the role's. In the arena. */
const char *trust_text(struct call *c, const char *account, const char *role_id,
                       const char *document);
void trust_forget(struct call *c, const char *role_id); /* the role is gone */

#endif
