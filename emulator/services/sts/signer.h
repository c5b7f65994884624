/* Who signs with a key: the principal behind an access key id, long-term or temporary. */
#ifndef SERVICES_STS_SIGNER_H
#define SERVICES_STS_SIGNER_H

#include "call/call.h"

struct signer { /* text in the call's arena */
    struct principal who;
    const char *secret;
    const char *token_sha256; /* hex; NULL: a long-term key, which has no token */
    int64_t expires_ms;       /* 0: never */
    bool disabled;
};

/* False when nobody signs with it: there is no such key, or its user or role is gone. The call
 * needs no account; its region says the partition of ARNs. */
bool signer_find(struct call *c, const char *access_key_id, struct signer *ret_signer);

/* What a kind of credentials may not be used for, whatever its policies say. The operation is
 * known. Faults: AccessDenied; InvalidClientTokenId where IAM does not know the key. */
int signer_check(struct call *c) MUST_CHECK;

#endif
