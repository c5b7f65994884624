/* Policy documents as callers hand them in and get them back. */
#ifndef SERVICES_IAM_DOCUMENT_H
#define SERVICES_IAM_DOCUMENT_H

#include "call/call.h"
#include "policy/policy.h"

/* MalformedPolicyDocument (400) when it does not follow the grammar of its kind. */
int iam_document_check(struct call *c, const char *text, enum policy_kind kind) MUST_CHECK;
/* Characters without white space: what IAM's quotas count. */
size_t iam_document_size(const char *text);
/* Percent-encoded (RFC 3986), as IAM shows documents; in the call's arena. */
const char *iam_document_encoded(struct call *c, const char *text);

#endif
