/* Certificates for the server, signed by an authority that clients trust. The authority is a folder
 * with key.pem and certificate.pem. */
#ifndef HTTP_CERTIFICATE_H
#define HTTP_CERTIFICATE_H

#include "base/err.h"

#include <stdint.h>

struct certificate { /* PEM, heap */
    char *key;
    char *chain; /* the certificate, then the authority's */
};

/* A new key with a certificate for host names (separated by spaces; "*.example.org" is one), good
 * as long as the authority's. Codes of err: "NoAuthority" when the folder has no usable one,
 * "Certificate" when OpenSSL fails. */
int certificate_issue(const char *folder, const char *names, int64_t now_ms,
                      struct certificate *ret_certificate, struct err *err) MUST_CHECK;
void certificate_done(struct certificate *c); /* forgets the key; takes one that is all NULL */

#endif
