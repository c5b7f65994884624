/* Reading responses: "Assertions and Protocols for the OASIS Security Assertion Markup Language
 * V2.0". One Response with one Assertion, in clear or encrypted. The signature of the response or
 * that of the assertion must hold, and no other may be there: then what is below it is believed. */
#include "services/sts/saml_response.h"

#include "base/encode.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "services/sts/saml_signature.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SAML    "urn:oasis:names:tc:SAML:2.0:assertion"
#define SAMLP   "urn:oasis:names:tc:SAML:2.0:protocol"
#define SUCCESS "urn:oasis:names:tc:SAML:2.0:status:Success"
#define BEARER  "urn:oasis:names:tc:SAML:2.0:cm:bearer"

struct reading {
    struct arena *arena;
    const struct saml_trust *trust;
    struct saml_response *response;
    struct err *err;
};

static int fail(const struct reading *r, const char *text)
{
    return err_set(r->err, "InvalidIdentityToken", "%s", text);
}

/* --- the assertion that is believed ----------------------------------------------------------- */

static int open_encrypted(const struct reading *r, const xmlNode *encrypted)
{
    xmlNode *data = xml_child(encrypted, SAML_EN, "EncryptedData", NULL);

    if (data == NULL || saml_decrypt(data, r->trust->keys) != 0)
        return fail(r, "The assertion could not be decrypted");
    return 0;
}

/* Its status, and exactly one assertion in it. */
static int check_response(const struct reading *r, const xmlNode *root)
{
    const xmlNode *code =
        xml_child(xml_child(root, SAMLP, "Status", NULL), SAMLP, "StatusCode", NULL);
    size_t clear = xml_child_count(root, SAML, "Assertion");
    size_t encrypted = xml_child_count(root, SAML, "EncryptedAssertion");

    if (!xml_is(root, SAMLP, "Response"))
        return fail(r, "Not a SAML 2.0 response");
    if (!str_equal(xml_attribute(r->arena, code, "Value"), SUCCESS))
        return fail(r, "The response does not say that the user was authenticated");
    if (clear + encrypted != 1)
        return fail(r, "The response must contain exactly one assertion");
    if (clear > 0 && r->trust->encrypted_only)
        return fail(r, "The assertion must be encrypted");
    return 0;
}

/* The response's signature was made over the encrypted assertion, the assertion's over what is in
 * it. */
static int believe(const struct reading *r, xmlNode *root, const xmlNode **ret_assertion)
{
    enum saml_signed whole = saml_signature_judge(r->arena, root, r->trust->certificates);
    xmlNode *encrypted = xml_child(root, SAML, "EncryptedAssertion", NULL);
    xmlNode *holder = encrypted != NULL ? encrypted : root;

    if (whole == SAML_FORGED)
        return fail(r, "Response signature invalid");
    if (encrypted != NULL && open_encrypted(r, encrypted) != 0)
        return -1;
    if (xml_child_count(holder, SAML, "Assertion") != 1)
        return fail(r, "The response must contain exactly one assertion");
    xmlNode *assertion = xml_child(holder, SAML, "Assertion", NULL);
    enum saml_signed part = saml_signature_judge(r->arena, assertion, r->trust->certificates);
    if (part == SAML_FORGED || (whole == SAML_UNSIGNED && part == SAML_UNSIGNED))
        return fail(r, "Response signature invalid");
    *ret_assertion = assertion;
    return 0;
}

/* --- what it says ----------------------------------------------------------------------------- */

/* Absent: *ret_ms stays as it is. */
static int read_time(const struct reading *r, const xmlNode *node, const char *name,
                     int64_t *ret_ms)
{
    const char *text = xml_attribute(r->arena, node, name);

    if (text != NULL && !time_parse_iso8601(text, ret_ms))
        return fail(r, "The response has a malformed time");
    return 0;
}

static void earlier(int64_t *ms, int64_t other_ms)
{
    if (other_ms != 0 && (*ms == 0 || other_ms < *ms))
        *ms = other_ms;
}

/* "Exactly one SubjectConfirmation element with a SubjectConfirmationData element that includes
 * both the NotOnOrAfter attribute and a Recipient attribute": "Configure SAML assertions", IAM User
 * Guide. */
static int read_subject(const struct reading *r, const xmlNode *assertion)
{
    struct saml_response *out = r->response;
    const xmlNode *subject = xml_child(assertion, SAML, "Subject", NULL);
    const xmlNode *name = xml_child(subject, SAML, "NameID", NULL);
    const xmlNode *confirmation = xml_child(subject, SAML, "SubjectConfirmation", NULL);
    const xmlNode *data = xml_child(confirmation, SAML, "SubjectConfirmationData", NULL);
    int64_t expires_ms = 0, begins_ms = 0;

    out->subject = name != NULL ? xml_text(r->arena, name) : NULL;
    out->subject_format = xml_attribute(r->arena, name, "Format");
    out->recipient = xml_attribute(r->arena, data, "Recipient");
    if (out->subject == NULL || out->subject[0] == '\0')
        return fail(r, "NameID is required in AuthnResponse");
    if (xml_child_count(subject, SAML, "SubjectConfirmation") != 1 ||
        !str_equal(xml_attribute(r->arena, confirmation, "Method"), BEARER) ||
        out->recipient == NULL)
        return fail(r, "One SubjectConfirmation of a bearer with a Recipient is required in "
                       "AuthnResponse");
    if (read_time(r, data, "NotOnOrAfter", &expires_ms) != 0 ||
        read_time(r, data, "NotBefore", &begins_ms) != 0)
        return -1;
    if (expires_ms == 0)
        return fail(r, "NotOnOrAfter is required in SubjectConfirmationData");
    earlier(&out->expires_ms, expires_ms);
    if (begins_ms > out->begins_ms)
        out->begins_ms = begins_ms;
    return 0;
}

static int read_conditions(const struct reading *r, const xmlNode *assertion)
{
    struct saml_response *out = r->response;
    const xmlNode *conditions = xml_child(assertion, SAML, "Conditions", NULL);
    const xmlNode *restriction = xml_child(conditions, SAML, "AudienceRestriction", NULL);
    int64_t expires_ms = 0;

    for (xmlNode *n = NULL; (n = xml_child(restriction, SAML, "Audience", n)) != NULL;)
        json_append_new(out->audiences, json_text_new(xml_text(r->arena, n)));
    if (read_time(r, conditions, "NotBefore", &out->begins_ms) != 0 ||
        read_time(r, conditions, "NotOnOrAfter", &expires_ms) != 0)
        return -1;
    earlier(&out->expires_ms, expires_ms);
    return 0;
}

/* Several elements of one name are one attribute. */
static int read_attribute(const struct reading *r, const xmlNode *node)
{
    const char *name = xml_attribute(r->arena, node, "Name");
    json_t *attributes = r->response->attributes;

    if (name == NULL)
        return fail(r, "An attribute has no name");
    if (json_object_get(attributes, name) == NULL)
        json_set_new(attributes, name, json_array());
    json_t *values = json_object_get(attributes, name);
    for (xmlNode *v = NULL; (v = xml_child(node, SAML, "AttributeValue", v)) != NULL;)
        json_append_new(values, json_text_new(xml_text(r->arena, v)));
    return 0;
}

static int read_attributes(const struct reading *r, const xmlNode *assertion)
{
    const xmlNode *statement = NULL, *node = NULL;

    while ((statement = xml_child(assertion, SAML, "AttributeStatement", statement)) != NULL)
        while ((node = xml_child(statement, SAML, "Attribute", node)) != NULL)
            if (read_attribute(r, node) != 0)
                return -1;
    return 0;
}

static int read_sessions(const struct reading *r, const xmlNode *assertion)
{
    const xmlNode *statement = xml_child(assertion, SAML, "AuthnStatement", NULL);

    return read_time(r, statement, "SessionNotOnOrAfter", &r->response->session_ends_ms);
}

static int read_assertion(const struct reading *r, const xmlNode *assertion)
{
    const xmlNode *issuer = xml_child(assertion, SAML, "Issuer", NULL);

    r->response->issuer = xml_text(r->arena, issuer);
    if (read_time(r, assertion, "IssueInstant", &r->response->issued_ms) != 0)
        return -1;
    if (r->response->issued_ms == 0 || issuer == NULL)
        return fail(r, "The assertion has no issuer or no time of issue");
    return read_conditions(r, assertion) != 0 || read_subject(r, assertion) != 0 ||
                   read_attributes(r, assertion) != 0 || read_sessions(r, assertion) != 0
               ? -1
               : 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

static xmlDoc *decode(const char *base64)
{
    char *packed = xstrdup(base64), *to = packed;
    size_t len = 0;

    for (const char *from = base64; *from != '\0'; from++)
        if (!isspace((unsigned char)*from))
            *to++ = *from;
    *to = '\0';
    uint8_t *bytes = base64_decode(packed, strlen(packed), &len);
    xmlDoc *doc = bytes != NULL ? xml_parse((const char *)bytes, len) : NULL;
    free(bytes);
    free(packed);
    return doc;
}

static void forget(void *value)
{
    json_decref(value);
}

int saml_response_read(struct arena *a, const char *base64, const struct saml_trust *trust,
                       struct saml_response *ret_response, struct err *err)
{
    struct saml_response response = {.audiences = json_array(), .attributes = json_object()};
    struct reading r = {a, trust, &response, err};
    const xmlNode *assertion = NULL;

    arena_defer(a, forget, response.audiences);
    arena_defer(a, forget, response.attributes);
    xmlDoc *doc = strlen(base64) <= SAML_SIZE_MAX ? decode(base64) : NULL;
    if (doc == NULL)
        return fail(&r, "Invalid base64 SAMLResponse");
    xmlNode *root = xmlDocGetRootElement(doc);
    int rc = check_response(&r, root) != 0 || believe(&r, root, &assertion) != 0 ||
                     read_assertion(&r, assertion) != 0
                 ? -1
                 : 0;
    xmlFreeDoc(doc);
    if (rc == 0)
        *ret_response = response;
    return rc;
}
