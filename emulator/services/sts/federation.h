/* What AssumeRoleWithSAML and AssumeRoleWithWebIdentity do alike. The caller signs nothing: who it
 * is says the identity provider, and whether it may come in says the role's trust policy, asked
 * here with the facts that were verified. */
#ifndef SERVICES_STS_FEDERATION_H
#define SERVICES_STS_FEDERATION_H

#include "call/call.h"

/* The call goes on in the account that RoleArn names, as nobody's. Fault: ValidationError. */
int federation_enter(struct call *c) MUST_CHECK;

struct federation {
    const char *provider; /* ARN */
    /* name, tags, transitive_keys, source_identity and facts, as the provider vouches for them */
    struct session session;
    const json_t *facts; /* {condition key: value or [value]} for the trust policy */
    int64_t longest_s;   /* the session lasts no longer; 0: the provider does not say */
};
/* The role is found, its trust policy judges (its action, and sts:TagSession and
 * sts:SetSourceIdentity where the session has such), the session is made: what
 * role_session_make answers, or NULL with the fault set. */
json_t *federation_assume(struct call *c, const struct federation *f) MUST_CHECK;

/* Session tags [{Key, Value}] and the keys to hand on ([text]), from outside. Fault:
 * InvalidIdentityToken when there are too many, or they are too long. */
int federation_tags(struct call *c, const json_t *tags, const json_t *transitive,
                    struct session *session) MUST_CHECK;
/* NULL is none. Fault: InvalidIdentityToken. */
int federation_source_identity(struct call *c, const char *text,
                               struct session *session) MUST_CHECK;
/* "[\w+=,.@-]" of 2 to 64 characters: names of sessions, and source identities. */
bool federation_name_valid(const char *text);

#endif
