/* SAML providers: whose assertions may be exchanged for a role's credentials. A provider is what
 * its metadata document says; its ARN is arn:aws:iam::<account>:saml-provider/<name>. */
#ifndef SERVICES_IAM_SAML_PROVIDER_H
#define SERVICES_IAM_SAML_PROVIDER_H

#include "call/call.h"

struct saml_provider { /* text and lists in the call's arena */
    const char *account, *arn, *name;
    const char *id;             /* SAMLProviderUUID */
    const char *issuer;         /* entityID */
    const json_t *certificates; /* [DER in base64] */
    int64_t valid_until_ms, created_ms;
    const char *encryption; /* "Required", "Allowed"; NULL: nothing was said */
};

/* By ARN, in whatever account it names. */
bool saml_provider_find(struct call *c, const char *arn, struct saml_provider *ret_provider);
/* By ARN, in the call's account: InvalidInput for what is no ARN, NoSuchEntity. */
int saml_provider_load(struct call *c, const char *arn,
                       struct saml_provider *ret_provider) MUST_CHECK;
/* The private keys that decrypt its assertions: [PEM]. */
const json_t *saml_provider_keys(struct call *c, const struct saml_provider *p);

#endif
