/* Reading metadata: "Metadata for the OASIS Security Assertion Markup Language V2.0". Of the
 * provider's descriptions the one with its keys counts; what other roles it plays does not. */
#include "services/iam/saml_metadata.h"

#include "base/encode.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "base/xml.h"

#include <ctype.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define MD               "urn:oasis:names:tc:SAML:2.0:metadata"
#define DS               "http://www.w3.org/2000/09/xmldsig#"
#define PROTOCOL         "urn:oasis:names:tc:SAML:2.0:protocol"
#define CERTIFICATES_MAX 10
#define ISSUER_MAX       1024

/* The base64 of a certificate without the white space that documents have in it; NULL: none. */
static const char *certificate_read(struct arena *a, const char *text)
{
    char *packed = arena_strdup(a, text), *to = packed;
    size_t len = 0;

    for (const char *from = text; *from != '\0'; from++)
        if (!isspace((unsigned char)*from))
            *to++ = *from;
    *to = '\0';
    uint8_t *der = base64_decode(packed, strlen(packed), &len);
    const unsigned char *at = der;
    X509 *certificate = der != NULL ? d2i_X509(NULL, &at, (long)len) : NULL;
    bool valid = certificate != NULL && X509_get0_pubkey(certificate) != NULL;
    X509_free(certificate);
    free(der);
    return valid ? packed : NULL;
}

static int add_certificates(struct arena *a, const xmlNode *key, json_t *certificates)
{
    const xmlNode *info = xml_child(key, DS, "KeyInfo", NULL);

    for (xmlNode *data = NULL; (data = xml_child(info, DS, "X509Data", data)) != NULL;)
        for (xmlNode *c = NULL; (c = xml_child(data, DS, "X509Certificate", c)) != NULL;) {
            const char *text = certificate_read(a, xml_text(a, c));
            if (text == NULL || json_array_size(certificates) == CERTIFICATES_MAX)
                return -1;
            json_append_new(certificates, json_text_new(text));
        }
    return 0;
}

static int read_keys(struct arena *a, const xmlNode *provider, json_t *certificates)
{
    for (xmlNode *key = NULL; (key = xml_child(provider, MD, "KeyDescriptor", key)) != NULL;) {
        const char *use = xml_attribute(a, key, "use");
        if ((use == NULL || str_equal(use, "signing")) &&
            add_certificates(a, key, certificates) != 0)
            return -1;
    }
    return json_array_size(certificates) > 0 ? 0 : -1;
}

/* It speaks SAML 2.0 and says where to sign in. */
static bool is_provider(struct arena *a, const xmlNode *provider)
{
    const char *protocols = xml_attribute(a, provider, "protocolSupportEnumeration");
    const xmlNode *sign_on = xml_child(provider, MD, "SingleSignOnService", NULL);

    return protocols != NULL && strstr(protocols, PROTOCOL) != NULL &&
           xml_attribute(a, sign_on, "Binding") != NULL &&
           xml_attribute(a, sign_on, "Location") != NULL;
}

static int read_entity(struct arena *a, const xmlNode *root, struct saml_metadata *m)
{
    const xmlNode *provider = xml_child(root, MD, "IDPSSODescriptor", NULL);
    const char *until = xml_attribute(a, root, "validUntil");

    m->issuer = xml_attribute(a, root, "entityID");
    m->valid_until_ms = 0;
    if (!xml_is(root, MD, "EntityDescriptor") || m->issuer == NULL || m->issuer[0] == '\0' ||
        strlen(m->issuer) > ISSUER_MAX || !is_provider(a, provider) ||
        (until != NULL && !time_parse_iso8601(until, &m->valid_until_ms)))
        return -1;
    return read_keys(a, provider, m->certificates);
}

static void forget(void *value)
{
    json_decref(value);
}

int saml_metadata_read(struct arena *a, const char *text, struct saml_metadata *ret_metadata)
{
    struct saml_metadata m = {.certificates = json_array()};
    xmlDoc *doc = xml_parse(text, strlen(text));

    arena_defer(a, forget, m.certificates);
    int rc = doc != NULL ? read_entity(a, xmlDocGetRootElement(doc), &m) : -1;
    xmlFreeDoc(doc);
    if (rc == 0)
        *ret_metadata = m;
    return rc;
}
