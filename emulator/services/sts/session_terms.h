/* The terms of a session that its caller sets: session policies, session tags, and a code of an MFA
 * device. AWS packs policies and tags into the session token, which has little room: see
 * session_pack. */
#ifndef SERVICES_STS_SESSION_TERMS_H
#define SERVICES_STS_SESSION_TERMS_H

#include "call/call.h"

/* Policy and PolicyArns of the call, as struct session keeps them; NULL when neither was given.
 * `account` is the user's or role's, whose managed policies may be named. Faults:
 * MalformedPolicyDocument, ValidationError. The list lives as long as the call. */
int session_policies_read(struct call *c, const char *account,
                          const json_t **ret_policies) MUST_CHECK;

/* [{Key, Value}] as struct session keeps tags; NULL when there are none. Keys that differ only in
 * case are one key: InvalidParameterValue. */
int session_tags_read(struct call *c, const json_t *tags, const json_t **ret_tags) MUST_CHECK;
/* What `keys` names in {key: value}, whatever its case: the key as it is spelled there, or NULL. */
const char *session_tag_find(const json_t *tags, const char *key);

/* How much of the room in a token the session's policies and tags take, in percent; -1 when there
 * are none. Fault: PackedPolicyTooLarge. */
int session_pack(struct call *c, const struct session *session, int64_t *ret_percent) MUST_CHECK;

/* SerialNumber and TokenCode of the call, a device of the caller: *ret_mfa_ms is the time when the
 * code is right, 0 when none was given. Fault: AccessDenied. */
int session_mfa_read(struct call *c, int64_t *ret_mfa_ms) MUST_CHECK;

#endif
