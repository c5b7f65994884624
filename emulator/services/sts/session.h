/* Temporary credentials. A session is a row of sts_session, named by its key id (ASIA...), so that
 * it survives restarts and goes with its account. The secret is kept as it is, since a signature
 * can only be checked with it; of the token only the digest is. */
#ifndef SERVICES_STS_SESSION_H
#define SERVICES_STS_SESSION_H

#include "call/call.h"

extern const struct migration sts_migrations[];
extern const size_t sts_migration_count;

struct session_spec {         /* what is to be made; everything is borrowed */
    enum principal_type type; /* ACCOUNT and USER: GetSessionToken; ASSUMED_ROLE; FEDERATED_USER */
    const char *account;      /* of the user or role */
    const char *entity_id;    /* AIDA... or AROA...; NULL: the root user */
    int64_t duration_s;
    struct session session; /* all but issued_ms and expires_ms, which session_make sets */
};

struct session_keys { /* text in the call's arena */
    const char *access_key_id, *secret, *token;
    int64_t expires_ms;
};

/* Makes the session, in the caller's transaction; secret and token are shown this once. */
void session_make(struct call *c, const struct session_spec *spec, struct session_keys *ret_keys);
/* {AccessKeyId, SecretAccessKey, SessionToken, Expiration}, as operations answer it: a new
 * reference. */
json_t *session_credentials(const struct session_keys *keys);

#endif
