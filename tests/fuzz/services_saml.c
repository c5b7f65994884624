/* SAML: responses and metadata from anybody. Nothing is believed, since the certificate's key
 * signed none of it. Input: XML, which is read as metadata, and in base64 as a response. */
#include "base/encode.h"
#include "services/iam/saml_metadata.h"
#include "services/sts/saml_response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a key that was thrown away. */
static const char certificate[] =
    "MIIBVTCB/KADAgECAhQpg0qEp14ltIiBYsSY1K160im7SDAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9pZHAuZXhh"
    "bXBsZS5jb20wIBcNMjYxMTIzMTA1NTE2WhgPMjEyNjEwMzExMDU1MTZaMBoxGDAWBgNVBAMMD2lkcC5leGFtcGxl"
    "LmNvbTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNgecGiC2FMrxk7pTo1b/AbLV0tUnk1/p2W8P1bGYRbGkgpP"
    "7OWh7AxLYCLEMLvUlR71ACyVG01qfpucfX3ONqSjHjAcMBoGA1UdEQQTMBGCD2lkcC5leGFtcGxlLmNvbTAKBggq"
    "hkjOPQQDAgNIADBFAiEA+aaQSdQBBYV7thf1Lm49yyBlqj2Xuu9NPPOMS1l/I5sCIAdg0o2QIzIA7iMq6EV4E1v3"
    "MwE2EZfXW51PdRx+NZIv";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static json_t *certificates;
    struct arena *a = arena_new();
    struct saml_response response;
    struct saml_metadata metadata;
    struct err err;
    char *text = xstrndup((const char *)data, size), *base64 = base64_encode(data, size);

    if (certificates == NULL) {
        certificates = json_array();
        json_append_new(certificates, json_text_new(certificate));
    }
    struct saml_trust trust = {.certificates = certificates};
    if (saml_response_read(a, base64, &trust, &response, &err) == 0) {
        fprintf(stderr, "believed what nobody signed\n");
        abort();
    }
    if (saml_metadata_read(a, text, &metadata) == 0 && metadata.issuer[0] == '\0')
        abort();
    free(text);
    free(base64);
    arena_free(a);
    return 0;
}
