/* Signatures: see saml_signature.h. What is signed is what is read, or somebody may wrap a true
 * statement in a false one: the signature is a child of the element, has one reference, to the
 * element's own ID, which no other element has; and the keys are the provider's alone, whatever the
 * signature says of keys. */
#include "services/sts/saml_signature.h"

#include "base/encode.h"
#include "base/text.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlenc.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmltree.h>

void saml_library_open(void)
{
    static bool open;

    if (open)
        return;
    if (xmlSecInit() < 0 || xmlSecCryptoAppInit(NULL) < 0 || xmlSecCryptoInit() < 0)
        abort(); /* our own mistake: another version than was built with */
    xmlSecErrorsSetCallback(NULL);
    xmlSecIOCleanupCallbacks();
    open = true;
}

/* --- signatures ------------------------------------------------------------------------------- */

static const xmlNode *next_in_document(const xmlNode *node)
{
    if (node->children != NULL && node->type == XML_ELEMENT_NODE)
        return node->children;
    while (node->next == NULL && node->parent != NULL && node->parent->type == XML_ELEMENT_NODE)
        node = node->parent;
    return node->next;
}

/* How many attributes of the document called ID, whatever their case, have this value. */
static size_t id_count(const xmlDoc *doc, const char *id)
{
    size_t count = 0;

    for (const xmlNode *n = xmlDocGetRootElement(doc); n != NULL; n = next_in_document(n)) {
        if (n->type != XML_ELEMENT_NODE)
            continue;
        for (const xmlAttr *a = n->properties; a != NULL; a = a->next) {
            xmlChar *value = str_equal_ci((const char *)a->name, "id")
                                 ? xmlNodeListGetString(n->doc, a->children, 1)
                                 : NULL;
            count += str_equal((const char *)value, id);
            xmlFree(value);
        }
    }
    return count;
}

/* The signature speaks of the element with this ID and of nothing else. */
static bool refers_to(struct arena *a, const xmlNode *signature, const char *id)
{
    const xmlNode *info = xml_child(signature, SAML_DS, "SignedInfo", NULL);
    const xmlNode *reference = xml_child(info, SAML_DS, "Reference", NULL);
    const char *uri = xml_attribute(a, reference, "URI");

    return xml_child_count(signature, SAML_DS, "SignedInfo") == 1 &&
           xml_child_count(info, SAML_DS, "Reference") == 1 && uri != NULL && uri[0] == '#' &&
           str_equal(uri + 1, id);
}

static bool enable(xmlSecDSigCtx *ctx)
{
    const xmlSecTransformId signatures[] = {
        xmlSecTransformRsaSha256Id,   xmlSecTransformRsaSha384Id,   xmlSecTransformRsaSha512Id,
        xmlSecTransformEcdsaSha256Id, xmlSecTransformEcdsaSha384Id, xmlSecTransformEcdsaSha512Id,
        xmlSecTransformExclC14NId,
    };
    const xmlSecTransformId references[] = {
        xmlSecTransformEnvelopedId, xmlSecTransformExclC14NId, xmlSecTransformSha256Id,
        xmlSecTransformSha384Id,    xmlSecTransformSha512Id,
    };
    bool enabled = true;

    ctx->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
    for (size_t i = 0; i < ARRAY_LEN(signatures); i++)
        enabled = enabled && xmlSecDSigCtxEnableSignatureTransform(ctx, signatures[i]) >= 0;
    for (size_t i = 0; i < ARRAY_LEN(references); i++)
        enabled = enabled && xmlSecDSigCtxEnableReferenceTransform(ctx, references[i]) >= 0;
    return enabled;
}

static bool holds_with(xmlNode *signature, xmlSecKey *key)
{
    xmlSecDSigCtx *ctx = xmlSecDSigCtxCreate(NULL);
    bool holds = false;

    if (ctx == NULL) {
        xmlSecKeyDestroy(key);
        return false;
    }
    ctx->signKey = key; /* stolen; the signature's own KeyInfo is not looked at */
    if (enable(ctx) && xmlSecDSigCtxVerify(ctx, signature) >= 0)
        holds = ctx->status == xmlSecDSigStatusSucceeded;
    xmlSecDSigCtxDestroy(ctx);
    return holds;
}

static xmlSecKey *certificate_key(const char *base64)
{
    size_t len = 0;
    uint8_t *der = base64_decode(base64, strlen(base64), &len);
    xmlSecKey *key =
        der != NULL ? xmlSecCryptoAppKeyLoadMemory(der, (xmlSecSize)len, xmlSecKeyDataFormatCertDer,
                                                   NULL, NULL, NULL)
                    : NULL;

    free(der);
    return key;
}

enum saml_signed saml_signature_judge(struct arena *a, xmlNode *element, const json_t *certificates)
{
    xmlNode *signature = xml_child(element, SAML_DS, "Signature", NULL);
    const char *id = xml_attribute(a, element, "ID");
    xmlAttr *attribute = xmlHasProp(element, (const xmlChar *)"ID");
    bool holds = false;

    if (signature == NULL)
        return SAML_UNSIGNED;
    saml_library_open();
    if (id == NULL || attribute == NULL || xml_child_count(element, SAML_DS, "Signature") != 1 ||
        !refers_to(a, signature, id) || id_count(element->doc, id) != 1)
        return SAML_FORGED;
    if (xmlGetID(element->doc, (const xmlChar *)id) == NULL)
        (void)xmlAddID(NULL, element->doc, (const xmlChar *)id, attribute);
    for (size_t i = 0; i < json_array_size(certificates) && !holds; i++) {
        xmlSecKey *key = certificate_key(json_string_value(json_array_get(certificates, i)));
        holds = key != NULL && holds_with(signature, key);
    }
    ERR_clear_error();
    return holds && xmlGetID(element->doc, (const xmlChar *)id) == attribute ? SAML_SIGNED
                                                                             : SAML_FORGED;
}

/* --- encryption ------------------------------------------------------------------------------- */

/* Only this key, and none that the document brings along. */
static xmlSecKeysMngr *manager_of(const json_t *pem)
{
    xmlSecKeysMngr *manager = xmlSecKeysMngrCreate();
    xmlSecKey *key = xmlSecCryptoAppKeyLoadMemory((const xmlSecByte *)json_string_value(pem),
                                                  (xmlSecSize)json_string_length(pem),
                                                  xmlSecKeyDataFormatPem, NULL, NULL, NULL);

    if (manager == NULL || xmlSecCryptoAppDefaultKeysMngrInit(manager) < 0)
        abort(); /* memory is out */
    if (key != NULL && xmlSecCryptoAppDefaultKeysMngrAdoptKey(manager, key) < 0)
        xmlSecKeyDestroy(key);
    return manager;
}

static bool opens(const json_t *pem, xmlNode *data)
{
    xmlSecKeysMngr *manager = manager_of(pem);
    xmlSecEncCtx *ctx = xmlSecEncCtxCreate(manager);
    bool open = ctx != NULL && xmlSecEncCtxDecrypt(ctx, data) >= 0 && ctx->resultReplaced;

    if (ctx != NULL)
        xmlSecEncCtxDestroy(ctx);
    xmlSecKeysMngrDestroy(manager);
    return open;
}

int saml_decrypt(xmlNode *data, const json_t *keys)
{
    bool open = false;

    saml_library_open();
    for (size_t i = 0; i < json_array_size(keys) && !open; i++)
        open = opens(json_array_get(keys, i), data);
    ERR_clear_error();
    return open ? 0 : -1;
}
