/* AWS Signature Version 4: judges the signature of a request, from its headers or of a presigned
 * URL. */
#ifndef WIRE_SIGV4_H
#define WIRE_SIGV4_H

#include "base/buf.h"
#include "wire/route.h"

#include <stdint.h>

#define SIGV4_SECRET_MAX 128

struct sigv4_credential {
    const char *secret;       /* valid until the next look-up */
    const char *token_sha256; /* hex digest of the session token; NULL: a long-term key, which
                                 takes no token */
    int64_t expires_ms;       /* 0: never */
    bool is_disabled;
};

/* Keeps the signing keys (the last SIGV4_CACHE_KEYS used) of the credentials it has met. */
#define SIGV4_CACHE_KEYS 256
struct sigv4_verifier;
struct sigv4_callbacks {
    /* 0 with *ret filled, or -1: no such key. */
    int (*lookup)(void *arg, const char *access_key_id, struct sigv4_credential *ret);
    /* Is this a region's name? NULL: any is. */
    bool (*region_is_valid)(void *arg, const char *region);
};
struct sigv4_verifier *sigv4_verifier_new(const struct sigv4_callbacks *callbacks);
void sigv4_verifier_free(struct sigv4_verifier *v); /* wipes the keys; takes NULL */

struct sigv4_ask {
    const struct wire_route *route;
    const struct wire_request *request;
    int64_t now_ms;
    void *arg; /* for the callbacks */
};
struct sigv4_answer {
    const char *access_key_id; /* on success; in the arena */
    bool is_presigned;
    const char *code,
        *text; /* the fault on -1, in the service's spelling; `text` is as long as it must be */
};
/* 0 when the request is signed by the key it names, at this time, for this service. All checks are
 * made in AWS's order. */
int sigv4_verify(struct sigv4_verifier *v, const struct sigv4_ask *ask, struct arena *a,
                 struct sigv4_answer *ret_answer) MUST_CHECK;

/* Signs `q`, which must carry Host and X-Amz-Date (and X-Amz-Security-Token, if any) among its
 * headers: returns the value of its Authorization header. All headers given are signed. */
struct sigv4_signer {
    const char *access_key_id, *secret, *region, *service;
};
const char *sigv4_sign(const struct sigv4_signer *signer, const struct wire_request *q,
                       struct arena *a);

#endif
