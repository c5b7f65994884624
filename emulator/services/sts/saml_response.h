/* SAML 2.0 responses: read, and believed only where a certificate of the provider signed what is
 * read. Pure: text in, statements out. */
#ifndef SERVICES_STS_SAML_RESPONSE_H
#define SERVICES_STS_SAML_RESPONSE_H

#include "base/json.h"

struct saml_trust {             /* of the provider; borrowed */
    const json_t *certificates; /* [DER in base64] */
    const json_t *keys;         /* [PEM] that decrypt assertions */
    bool encrypted_only;        /* an assertion in clear is refused */
};

struct saml_response { /* text in the arena; NULL where the response does not say */
    const char *issuer;
    const char *subject, *subject_format;
    const char *recipient;
    json_t *audiences;  /* [text] */
    json_t *attributes; /* {Name: [text]} */
    /* 0: it does not say. */
    int64_t issued_ms, begins_ms, expires_ms; /* expires_ms: the earliest of its conditions */
    int64_t session_ends_ms;
};

#define SAML_SIZE_MAX (100UL * 1024) /* of the base64 text; the model's maximum */

/* `base64` may have line breaks. -1 with err set (code InvalidIdentityToken). The audiences and
 * attributes live as long as the arena. */
int saml_response_read(struct arena *a, const char *base64, const struct saml_trust *trust,
                       struct saml_response *ret_response, struct err *err) MUST_CHECK;

#endif
