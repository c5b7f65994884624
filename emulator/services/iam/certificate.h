/* X.509 certificates in PEM, as users upload them (OpenSSL underneath). */
#ifndef SERVICES_IAM_CERTIFICATE_H
#define SERVICES_IAM_CERTIFICATE_H

#include "call/call.h"

#include <openssl/x509.h>

/* The first certificate of the text; MalformedCertificate (400) for what is none. The caller frees
 * it. */
X509 *certificate_parse(struct call *c, const char *pem) MUST_CHECK;
int64_t certificate_expires_ms(const X509 *certificate);
/* The key is unencrypted PEM and the certificate's: MalformedCertificate, KeyPairMismatch. */
int certificate_check_key(struct call *c, X509 *certificate, const char *key_pem) MUST_CHECK;
/* `chain` is PEM: the certificate's issuer first, each followed by its own: MalformedCertificate.
 */
int certificate_check_chain(struct call *c, X509 *certificate, const char *chain) MUST_CHECK;
/* The SHA-256 of the certificate's DER form as hex, in the call's arena. */
const char *certificate_digest(struct call *c, const X509 *certificate);

#endif
