/* The metadata document of a SAML 2.0 identity provider. */
#ifndef SERVICES_IAM_SAML_METADATA_H
#define SERVICES_IAM_SAML_METADATA_H

#include "base/json.h"

struct saml_metadata {      /* in the arena */
    const char *issuer;     /* entityID */
    int64_t valid_until_ms; /* 0: the document does not say */
    json_t *certificates;   /* [DER in base64] that sign assertions; lives as long as the arena */
};

/* -1: it is no such document, or has no certificate that signs. */
int saml_metadata_read(struct arena *a, const char *text,
                       struct saml_metadata *ret_metadata) MUST_CHECK;

#endif
