/* XML signatures and encryption as SAML uses them, by libxmlsec1. Private to saml_response.c. */
#ifndef SERVICES_STS_SAML_SIGNATURE_H
#define SERVICES_STS_SAML_SIGNATURE_H

#include "base/json.h"
#include "base/xml.h"

#define SAML_DS "http://www.w3.org/2000/09/xmldsig#"
#define SAML_EN "http://www.w3.org/2001/04/xmlenc#"

/* Opens libxmlsec1, once in the program's life, and closes its ways to files and the network. */
void saml_library_open(void);

enum saml_signed { SAML_UNSIGNED, SAML_SIGNED, SAML_FORGED };
/* Whether the element carries a signature of its own, by one of the certificates, over itself and
 * nothing else. RSA and ECDSA with SHA-2, exclusive canonical form. */
enum saml_signed saml_signature_judge(struct arena *a, xmlNode *element,
                                      const json_t *certificates);
/* Replaces an EncryptedData element by what is in it. -1: none of the keys opens it. */
int saml_decrypt(xmlNode *data, const json_t *keys) MUST_CHECK;

#endif
