/* OpenID Connect providers: whose tokens may be exchanged for a role's credentials. A provider is
 * named by its URL; its ARN is arn:aws:iam::<account>:oidc-provider/<url without https://>. */
#ifndef SERVICES_IAM_OIDC_PROVIDER_H
#define SERVICES_IAM_OIDC_PROVIDER_H

#include "call/call.h"

struct oidc_provider { /* text and lists in the call's arena */
    const char *account, *arn;
    const char *url;           /* without "https://" */
    const json_t *client_ids;  /* [text] */
    const json_t *thumbprints; /* [SHA-1 of a certificate, 40 hex digits] */
    int64_t created_ms;
};

/* By ARN, in whatever account it names. */
bool oidc_provider_find(struct call *c, const char *arn, struct oidc_provider *ret_provider);
/* By the issuer that tokens name ("https://host/path"), in the call's account. */
bool oidc_provider_find_issuer(struct call *c, const char *issuer,
                               struct oidc_provider *ret_provider);
/* By ARN, in the call's account: InvalidInput for what is no ARN, NoSuchEntity. */
int oidc_provider_load(struct call *c, const char *arn,
                       struct oidc_provider *ret_provider) MUST_CHECK;

/* Kinds of call_await_again: the provider's keys, into the database (the subject is its ARN); the
 * thumbprint of a server, "" when it cannot be reached (the subject is a provider's url). */
#define OIDC_KEYS_AWAIT       "iam/oidc-keys"
#define OIDC_THUMBPRINT_AWAIT "iam/oidc-thumbprint"

/* What is kept of the provider's keys: a JWK set, and when it was fetched; NULL: nothing. */
const json_t *oidc_keys_find(struct call *c, const struct oidc_provider *p,
                             int64_t *ret_fetched_ms);
void oidc_keys_put(struct call *c, const struct oidc_provider *p, const json_t *keys);

#endif
