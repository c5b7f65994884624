/* SAML responses, signed here by libxmlsec1, and what may not pass for one. */
#include "services/sts/saml_response.h"

#include "base/encode.h"
#include "base/text.h"
#include "services/iam/saml_metadata.h"
#include "services/sts/saml_signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libxml/parser.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <xmlsec/crypto.h>
#include <xmlsec/templates.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlenc.h>
#include <xmlsec/xmltree.h>

#define DS "http://www.w3.org/2000/09/xmldsig#"

struct pair {
    EVP_PKEY *key;
    char *pem;         /* PKCS #8 */
    char *certificate; /* DER in base64 */
};
static struct pair provider, stranger;
static struct arena *arena;
static struct saml_response response;
static struct err err;

/* --- making ----------------------------------------------------------------------------------- */

static void pair_make(struct pair *p)
{
    X509 *x = X509_new();
    unsigned char *der = NULL;
    char *text;

    p->key = EVP_RSA_gen(2048);
    assert_non_null(p->key);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, p->key);
    assert_true(X509_sign(x, p->key, EVP_sha256()) > 0);
    int len = i2d_X509(x, &der);
    p->certificate = base64_encode(der, (size_t)len);
    OPENSSL_free(der);
    X509_free(x);
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, p->key, NULL, NULL, 0, NULL, NULL);
    long pem_len = BIO_get_mem_data(bio, &text);
    p->pem = xstrndup(text, (size_t)pem_len);
    BIO_free(bio);
}

static void pair_free(struct pair *p)
{
    EVP_PKEY_free(p->key);
    free(p->pem);
    free(p->certificate);
}

static int setup(void **state)
{
    (void)state;
    saml_library_open();
    pair_make(&provider);
    pair_make(&stranger);
    arena = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pair_free(&provider);
    pair_free(&stranger);
    arena_free(arena);
    return 0;
}

#define ASSERTION(id, subject)                                                                     \
    "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"" id "\""           \
    " IssueInstant=\"2026-01-01T00:00:00Z\" "                                                      \
    "Version=\"2.0\"><saml:Issuer>https://idp</saml:Issuer>"                                       \
    "<saml:Subject><saml:NameID "                                                                  \
    "Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">" subject                     \
    "</saml:NameID><saml:SubjectConfirmation "                                                     \
    "Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData"               \
    " NotOnOrAfter=\"2026-01-01T00:05:00Z\" Recipient=\"https://signin.aws.amazon.com/saml\"/>"    \
    "</saml:SubjectConfirmation></saml:Subject><saml:Conditions "                                  \
    "NotBefore=\"2025-12-31T23:55:00Z\" NotOnOrAfter=\"2026-01-01T00:10:00Z\">"                    \
    "<saml:AudienceRestriction><saml:Audience>urn:amazon:webservices</saml:Audience>"              \
    "</saml:AudienceRestriction></saml:Conditions><saml:AttributeStatement>"                       \
    "<saml:Attribute Name=\"a\"><saml:AttributeValue> one </saml:AttributeValue>"                  \
    "<saml:AttributeValue>two</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"    \
    "<saml:AuthnStatement SessionNotOnOrAfter=\"2026-01-01T08:00:00Z\"/></saml:Assertion>"
#define RESPONSE(inside)                                                                           \
    "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_r\" "              \
    "Version=\"2.0\"><samlp:Status><samlp:StatusCode "                                             \
    "Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>" inside                 \
    "</samlp:Response>"

static xmlDoc *parse(const char *text)
{
    xmlDoc *doc = xmlReadMemory(text, (int)strlen(text), NULL, NULL, XML_PARSE_NONET);
    assert_non_null(doc);
    return doc;
}

/* The first element of that name, anywhere below. */
static xmlNode *find(xmlNode *node, const char *name)
{
    for (xmlNode *n = node; n != NULL; n = n->next) {
        if (n->type == XML_ELEMENT_NODE && str_equal((const char *)n->name, name))
            return n;
        xmlNode *inside = find(n->children, name);
        if (inside != NULL)
            return inside;
    }
    return NULL;
}

struct signing {
    const struct pair *by;
    xmlSecTransformId method, digest;
    bool shows_key; /* in KeyInfo */
};

static void sign_as(xmlNode *element, const struct signing *s)
{
    xmlChar *id = xmlGetNoNsProp(element, (const xmlChar *)"ID");
    char *uri = xasprintf("#%s", (const char *)id);
    xmlNode *signature =
        xmlSecTmplSignatureCreate(element->doc, xmlSecTransformExclC14NId, s->method, NULL);
    xmlNode *reference =
        xmlSecTmplSignatureAddReference(signature, s->digest, NULL, (xmlChar *)uri, NULL);
    xmlSecTmplReferenceAddTransform(reference, xmlSecTransformEnvelopedId);
    xmlSecTmplReferenceAddTransform(reference, xmlSecTransformExclC14NId);
    if (s->shows_key)
        xmlSecTmplKeyInfoAddKeyValue(xmlSecTmplSignatureEnsureKeyInfo(signature, NULL));
    xmlAddChild(element, signature);
    xmlAddID(NULL, element->doc, id, xmlHasProp(element, (const xmlChar *)"ID"));
    xmlSecDSigCtx *ctx = xmlSecDSigCtxCreate(NULL);
    ctx->signKey =
        xmlSecCryptoAppKeyLoadMemory((const xmlSecByte *)s->by->pem, (xmlSecSize)strlen(s->by->pem),
                                     xmlSecKeyDataFormatPem, NULL, NULL, NULL);
    assert_true(xmlSecDSigCtxSign(ctx, signature) >= 0);
    xmlSecDSigCtxDestroy(ctx);
    xmlFree(id);
    free(uri);
}

static void sign(xmlNode *element)
{
    sign_as(element, &(struct signing){&provider, xmlSecTransformRsaSha256Id,
                                       xmlSecTransformSha256Id, false});
}

/* The document's text, freed with it. */
static char *write_out(xmlDoc *doc)
{
    xmlChar *text = NULL;
    int len = 0;
    xmlDocDumpMemory(doc, &text, &len);
    char *copy = xstrndup((const char *)text, (size_t)len);
    xmlFree(text);
    xmlFreeDoc(doc);
    return copy;
}

static char *signed_response(const char *text, const char *element)
{
    xmlDoc *doc = parse(text);
    sign(find(xmlDocGetRootElement(doc), element));
    return write_out(doc);
}

/* `text` is freed. */
static int read_with(char *text, const json_t *keys, bool encrypted_only)
{
    json_t *certificates = json_array();
    json_append_new(certificates, json_text_new(provider.certificate));
    struct saml_trust trust = {certificates, keys, encrypted_only};
    char *base64 = base64_encode(text, strlen(text));
    arena_clear(arena);
    int rc = saml_response_read(arena, base64, &trust, &response, &err);
    free(base64);
    free(text);
    json_decref(certificates);
    return rc;
}

static int judge(char *text)
{
    return read_with(text, NULL, false);
}

static void assert_refused(char *text, const char *why)
{
    assert_int_equal(judge(text), -1);
    assert_string_equal(err.code, "InvalidIdentityToken");
    assert_string_equal(err.text, why);
}

#define FORGED "Response signature invalid"

/* `text` with the first `from` replaced; `text` is freed. */
static char *replaced(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);
    assert_non_null(at);
    char *out = xasprintf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    free(text);
    return out;
}

/* --- what passes ------------------------------------------------------------------------------ */

/* A signed assertion says who, for whom, and until when. */
static void a_signed_assertion_is_read(void **state)
{
    (void)state;
    assert_int_equal(judge(signed_response(RESPONSE(ASSERTION("_a", "tom")), "Assertion")), 0);
    assert_string_equal(response.issuer, "https://idp");
    assert_string_equal(response.subject, "tom");
    assert_string_equal(response.subject_format,
                        "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent");
    assert_string_equal(response.recipient, "https://signin.aws.amazon.com/saml");
    assert_int_equal(json_array_size(response.audiences), 1);
    assert_int_equal(response.issued_ms, 1767225600000);
    assert_int_equal(response.begins_ms, 1767225600000 - 300000);
    assert_int_equal(response.expires_ms, 1767225600000 + 300000);
    assert_int_equal(response.session_ends_ms, 1767225600000 + 8 * 3600000LL);
    const json_t *values = json_get(response.attributes, "a");
    assert_string_equal(json_string_value(json_array_get(values, 0)), "one");
    assert_string_equal(json_string_value(json_array_get(values, 1)), "two");
}

/* The response's signature covers its assertion; both may be signed. */
static void a_signed_response_is_read(void **state)
{
    (void)state;
    assert_int_equal(judge(signed_response(RESPONSE(ASSERTION("_a", "tom")), "Response")), 0);
    xmlDoc *doc = parse(RESPONSE(ASSERTION("_a", "tom")));
    sign(find(xmlDocGetRootElement(doc), "Assertion"));
    sign(xmlDocGetRootElement(doc));
    assert_int_equal(judge(write_out(doc)), 0);
}

/* --- what does not ---------------------------------------------------------------------------- */

/* Without a signature nothing is believed. */
static void unsigned_is_refused(void **state)
{
    (void)state;
    assert_refused(xstrdup(RESPONSE(ASSERTION("_a", "tom"))), FORGED);
}

/* A changed statement is forged, wherever the signature is. */
static void altered_is_refused(void **state)
{
    (void)state;
    static const char *const elements[] = {"Assertion", "Response"};
    for (size_t i = 0; i < ARRAY_LEN(elements); i++)
        assert_refused(replaced(signed_response(RESPONSE(ASSERTION("_a", "tom")), elements[i]),
                                ">tom<", ">eve<"),
                       FORGED);
}

/* One signature that holds does not excuse another that does not. */
static void every_signature_must_hold(void **state)
{
    (void)state;
    xmlDoc *doc = parse(RESPONSE(ASSERTION("_a", "tom")));
    sign(find(xmlDocGetRootElement(doc), "Assertion"));
    sign(xmlDocGetRootElement(doc));
    assert_refused(replaced(write_out(doc), "Version=\"2.0\">", "Version=\"2.1\">"), FORGED);
}

/* The provider's certificates count, not what a signature says of its key. */
static void another_key_is_refused(void **state)
{
    (void)state;
    xmlDoc *doc = parse(RESPONSE(ASSERTION("_a", "tom")));
    sign_as(
        find(xmlDocGetRootElement(doc), "Assertion"),
        &(struct signing){&stranger, xmlSecTransformRsaSha256Id, xmlSecTransformSha256Id, true});
    assert_refused(write_out(doc), FORGED);
}

/* SHA-1 is no longer good for signatures. */
static void sha1_is_refused(void **state)
{
    (void)state;
    xmlDoc *doc = parse(RESPONSE(ASSERTION("_a", "tom")));
    sign_as(find(xmlDocGetRootElement(doc), "Assertion"),
            &(struct signing){&provider, xmlSecTransformRsaSha1Id, xmlSecTransformSha1Id, false});
    assert_refused(write_out(doc), FORGED);
}

/* --- wrapping --------------------------------------------------------------------------------- */

/* The signed assertion, its XML head left out. */
static char *signed_assertion(void)
{
    char *text = signed_response(ASSERTION("_a", "tom"), "Assertion");
    char *copy = xstrdup(strstr(text, "<saml:Assertion"));
    free(text);
    return copy;
}

/* A true assertion in a response does not lend its signature to a false one beside it, around it,
 * or with its ID. */
static void wrapped_is_refused(void **state)
{
    (void)state;
    char *assertion = signed_assertion();
    char *signature = xstrdup(strstr(assertion, "<Signature"));
    *strstr(signature, "</saml:Assertion>") = '\0';
    const struct {
        const char *false_one, *inside, *why;
    } cases[] = {
        /* beside: two assertions */
        {ASSERTION("_b", "eve") "%s", assertion, "The response must contain exactly one assertion"},
        {"%s" ASSERTION("_b", "eve"), assertion, "The response must contain exactly one assertion"},
        /* the true one hidden elsewhere in the response */
        {ASSERTION("_b", "eve") "<samlp:Extensions>%s</samlp:Extensions>", assertion, FORGED},
        {ASSERTION("_a", "eve") "<samlp:Extensions>%s</samlp:Extensions>", assertion, FORGED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *shape = xstrdup(RESPONSE("@"));
        shape = replaced(shape, "@", cases[i].false_one);
        assert_refused(replaced(shape, "%s", cases[i].inside), cases[i].why);
    }
    /* the signature moved into the false one, the true one inside it */
    static const char *const ids[] = {ASSERTION("_b", "eve"), ASSERTION("_a", "eve")};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        char *moved = xasprintf("%s<x>%s</x></saml:Assertion>", signature, assertion);
        char *text = replaced(xstrdup(RESPONSE("@")), "@", ids[i]);
        assert_refused(replaced(text, "</saml:Assertion>", moved), FORGED);
        free(moved);
    }
    free(signature);
    free(assertion);
}

/* A signature of several references, or of the whole document, is not of the assertion. */
static void references_are_one(void **state)
{
    (void)state;
    char *text = signed_response(RESPONSE(ASSERTION("_a", "tom")), "Assertion");
    assert_refused(replaced(text, "URI=\"#_a\"", "URI=\"\""), FORGED);
    text = signed_response(RESPONSE(ASSERTION("_a", "tom")), "Assertion");
    char *reference = xstrdup(strstr(text, "<Reference"));
    *(strstr(reference, "</Reference>") + strlen("</Reference>")) = '\0';
    char *twice = xasprintf("%s</SignedInfo>", reference);
    assert_refused(replaced(text, "</SignedInfo>", twice), FORGED);
    free(twice);
    free(reference);
}

/* --- documents -------------------------------------------------------------------------------- */

/* A comment inside a signed text cuts nothing off. */
static void comments_cut_nothing(void **state)
{
    (void)state;
    char *text = signed_response(RESPONSE(ASSERTION("_a", "tom@example.com.evil")), "Assertion");
    assert_int_equal(judge(replaced(text, "example.com", "example.com<!-- x -->")), 0);
    assert_string_equal(response.subject, "tom@example.com.evil");
}

/* A document with a DTD is none, whatever it defines. */
static void dtds_are_refused(void **state)
{
    (void)state;
    char *text = signed_response(RESPONSE(ASSERTION("_a", "tom")), "Assertion");
    assert_refused(replaced(text, "<samlp:Response",
                            "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
                            "<samlp:Response"),
                   "Invalid base64 SAMLResponse");
}

/* What is no response is told so. */
static void other_documents(void **state)
{
    (void)state;
    assert_refused(xstrdup("<"), "Invalid base64 SAMLResponse");
    assert_refused(xstrdup("<x/>"), "Not a SAML 2.0 response");
    assert_refused(signed_assertion(), "Not a SAML 2.0 response");
    assert_refused(xstrdup(RESPONSE("")), "The response must contain exactly one assertion");
    assert_refused(
        replaced(xstrdup(RESPONSE(ASSERTION("_a", "tom"))), "status:Success", "status:Responder"),
        "The response does not say that the user was authenticated");
}

/* What AWS needs of a subject is not left out. */
static void subjects_are_whole(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *why;
    } cases[] = {
        {">tom<", "><", "NameID is required in AuthnResponse"},
        {" Recipient=\"https://signin.aws.amazon.com/saml\"", "",
         "One SubjectConfirmation of a bearer with a Recipient is required in AuthnResponse"},
        {"cm:bearer", "cm:sender-vouches",
         "One SubjectConfirmation of a bearer with a Recipient is required in AuthnResponse"},
        {" NotOnOrAfter=\"2026-01-01T00:05:00Z\"", "",
         "NotOnOrAfter is required in SubjectConfirmationData"},
        {"2026-01-01T00:05:00Z", "soon", "The response has a malformed time"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *text =
            replaced(xstrdup(RESPONSE(ASSERTION("_a", "tom"))), cases[i].from, cases[i].to);
        char *made = signed_response(text, "Assertion");
        free(text);
        assert_refused(made, cases[i].why);
    }
}

/* --- encryption ------------------------------------------------------------------------------- */

/* The assertion of a response, encrypted for `to`. */
static void encrypt(xmlDoc *doc, const struct pair *to)
{
    xmlNode *assertion = find(xmlDocGetRootElement(doc), "Assertion");
    xmlNode *holder = xmlNewNode(assertion->ns, (const xmlChar *)"EncryptedAssertion");
    xmlNewNs(holder, assertion->ns->href, (const xmlChar *)"saml");
    xmlReplaceNode(assertion, holder);
    xmlSetNs(holder, holder->nsDef);
    xmlAddChild(holder, assertion);
    xmlNode *data = xmlSecTmplEncDataCreate(doc, xmlSecTransformAes256GcmId, NULL,
                                            xmlSecTypeEncElement, NULL, NULL);
    xmlSecTmplEncDataEnsureCipherValue(data);
    xmlNode *info = xmlSecTmplEncDataEnsureKeyInfo(data, NULL);
    xmlNode *key =
        xmlSecTmplKeyInfoAddEncryptedKey(info, xmlSecTransformRsaOaepId, NULL, NULL, NULL);
    xmlSecTmplEncDataEnsureCipherValue(key);
    xmlSecKeysMngr *manager = xmlSecKeysMngrCreate();
    xmlSecCryptoAppDefaultKeysMngrInit(manager);
    xmlSecCryptoAppDefaultKeysMngrAdoptKey(
        manager,
        xmlSecCryptoAppKeyLoadMemory((const xmlSecByte *)to->pem, (xmlSecSize)strlen(to->pem),
                                     xmlSecKeyDataFormatPem, NULL, NULL, NULL));
    xmlSecEncCtx *ctx = xmlSecEncCtxCreate(manager);
    ctx->encKey = xmlSecKeyGenerate(xmlSecKeyDataAesId, 256, xmlSecKeyDataTypeSession);
    assert_true(xmlSecEncCtxXmlEncrypt(ctx, data, assertion) >= 0);
    xmlSecEncCtxDestroy(ctx);
    xmlSecKeysMngrDestroy(manager);
}

static int judge_encrypted(bool is_signed, const json_t *keys)
{
    xmlDoc *doc = parse(RESPONSE(ASSERTION("_a", "tom")));
    if (is_signed)
        sign(find(xmlDocGetRootElement(doc), "Assertion"));
    encrypt(doc, &provider);
    return read_with(write_out(doc), keys, true);
}

/* An encrypted assertion is opened with one of the keys, then its signature is judged; without the
 * key, or without a signature, it is refused. */
static void encrypted_assertions(void **state)
{
    (void)state;
    json_t *keys = json_array();
    json_append_new(keys, json_text_new(stranger.pem));
    assert_int_equal(judge_encrypted(true, keys), -1);
    assert_string_equal(err.text, "The assertion could not be decrypted");
    json_append_new(keys, json_text_new(provider.pem));
    assert_int_equal(judge_encrypted(true, keys), 0);
    assert_string_equal(response.subject, "tom");
    assert_int_equal(judge_encrypted(false, keys), -1);
    assert_string_equal(err.text, FORGED);
    json_decref(keys);
}

/* Where encryption is required an assertion in clear is refused. */
static void encryption_may_be_required(void **state)
{
    (void)state;
    char *text = signed_response(RESPONSE(ASSERTION("_a", "tom")), "Assertion");
    assert_int_equal(read_with(text, NULL, true), -1);
    assert_string_equal(err.text, "The assertion must be encrypted");
}

/* --- metadata --------------------------------------------------------------------------------- */

#define METADATA(use, certificate)                                                                 \
    "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://idp\""    \
    " validUntil=\"2027-01-01T00:00:00Z\"><IDPSSODescriptor "                                      \
    "protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"><KeyDescriptor" use       \
    "><KeyInfo xmlns=\"" DS "\"><X509Data><X509Certificate>" certificate                           \
    "</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService "                 \
    "Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"https://idp/sso\"/>"    \
    "</IDPSSODescriptor></EntityDescriptor>"

/* Metadata names the provider, until when it holds, and the certificates that sign. */
static void metadata_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *shape, *from, *to;
        bool valid;
    } cases[] = {
        {METADATA(" use=\"signing\"", "%"), "%", NULL, true},
        {METADATA("", "%"), "%", NULL, true},
        {METADATA(" use=\"encryption\"", "%"), "%", NULL, false},
        {METADATA("", "%"), "%", "AAAA", false},
        {METADATA("", "%"), "%", "", false},
        {METADATA("", "%"), " entityID=\"https://idp\"", "", false},
        {METADATA("", "%"), "IDPSSODescriptor", "SPSSODescriptor", false},
        {METADATA("", "%"), "2027-01-01T00:00:00Z", "soon", false},
        {METADATA("", "%"), " Location=\"https://idp/sso\"", "", false},
    };
    struct saml_metadata m;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *text = replaced(xstrdup(cases[i].shape), cases[i].from,
                              cases[i].to != NULL ? cases[i].to : provider.certificate);
        if (strchr(text, '%') != NULL)
            text = replaced(text, "%", provider.certificate);
        assert_int_equal(saml_metadata_read(arena, text, &m), cases[i].valid ? 0 : -1);
        free(text);
        if (!cases[i].valid)
            continue;
        assert_string_equal(m.issuer, "https://idp");
        assert_int_equal(m.valid_until_ms, 1798761600000);
        assert_string_equal(json_string_value(json_array_get(m.certificates, 0)),
                            provider.certificate);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_assertion_is_read),
        cmocka_unit_test(a_signed_response_is_read),
        cmocka_unit_test(unsigned_is_refused),
        cmocka_unit_test(altered_is_refused),
        cmocka_unit_test(every_signature_must_hold),
        cmocka_unit_test(another_key_is_refused),
        cmocka_unit_test(sha1_is_refused),
        cmocka_unit_test(wrapped_is_refused),
        cmocka_unit_test(references_are_one),
        cmocka_unit_test(comments_cut_nothing),
        cmocka_unit_test(dtds_are_refused),
        cmocka_unit_test(other_documents),
        cmocka_unit_test(subjects_are_whole),
        cmocka_unit_test(encrypted_assertions),
        cmocka_unit_test(encryption_may_be_required),
        cmocka_unit_test(metadata_is_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
