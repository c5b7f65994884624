/* AssumeRoleWithSAML: a response of a SAML provider for a role's credentials. Within its time a
 * response may be used again, as on AWS. The texts of faults are those of "Troubleshoot SAML
 * federation with IAM", IAM User Guide. */
#include "base/encode.h"
#include "base/text.h"
#include "operations.h"
#include "services/iam/iam.h"
#include "services/sts/federation.h"
#include "services/sts/saml_response.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define ATTRIBUTE     "https://aws.amazon.com/SAML/Attributes/"
#define FORMAT_PREFIX "urn:oasis:names:tc:SAML:2.0:nameid-format:"
#define UNSPECIFIED   "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
#define REDEEM_MS     300000
#define SKEW_MS       300000
#define SESSION_S     3600 /* when DurationSeconds is not given */
#define SHA1_SIZE     20

static int invalid(struct call *c, const char *text)
{
    return call_fail(c, "InvalidIdentityToken", "%s", text);
}

/* --- who it is for ---------------------------------------------------------------------------- */

/* "host[:port]" of a sign-in endpoint: AWS's, of any region, or this program's own. */
static bool is_sign_in_host(const char *host, size_t len)
{
    static const char *const names[] = {"signin.aws.amazon.com", "signin.amazonaws.cn",
                                        "signin.amazonaws-us-gov.com"};
    static const char *const own[] = {"localhost", "127.0.0.1"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t name_len = strlen(names[i]);
        if (len >= name_len && memcmp(host + len - name_len, names[i], name_len) == 0 &&
            (len == name_len || host[len - name_len - 1] == '.'))
            return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (strncmp(host, own[i], strlen(own[i])) == 0 && strcspn(host, ":/") == strlen(own[i]))
            return true;
    return false;
}

/* "https://signin.aws.amazon.com/saml", ".../static/saml", and where the provider's id follows
 * ".../saml/acs/<id>". */
static bool is_sign_in_url(const char *url, const struct saml_provider *p)
{
    static const char acs[] = "/acs/";
    const char *host = strstr(url, "://");

    if (host == NULL || (!str_starts(url, "https://") && !str_starts(url, "http://")))
        return false;
    host += strlen("://");
    size_t len = strcspn(host, "/");
    const char *path = host + len;
    if (!is_sign_in_host(host, len))
        return false;
    if (str_starts(path, "/static"))
        path += strlen("/static");
    if (!str_starts(path, "/saml"))
        return false;
    path += strlen("/saml");
    return *path == '\0' || (str_starts(path, acs) && str_equal(path + strlen(acs), p->id));
}

static bool is_audience(const struct saml_response *r, const struct saml_provider *p)
{
    for (size_t i = 0; i < json_array_size(r->audiences); i++) {
        const char *text = json_string_value(json_array_get(r->audiences, i));
        if (str_equal(text, "urn:amazon:webservices") || is_sign_in_url(text, p))
            return true;
    }
    return false;
}

static int check_times(struct call *c, const struct saml_response *r)
{
    int64_t now_ms = call_now_ms(c);

    if (now_ms > r->issued_ms + REDEEM_MS)
        return call_fail(c, "ExpiredTokenException",
                         "Token must be redeemed within 5 minutes of issuance");
    if ((r->expires_ms != 0 && now_ms >= r->expires_ms) ||
        (r->session_ends_ms != 0 && now_ms >= r->session_ends_ms))
        return call_fail(c, "ExpiredTokenException", "Response has expired");
    if (r->issued_ms > now_ms + SKEW_MS || r->begins_ms > now_ms + SKEW_MS)
        return invalid(c, "Response is not valid yet");
    return 0;
}

static int check_response(struct call *c, const struct saml_response *r,
                          const struct saml_provider *p)
{
    if (!str_equal(r->issuer, p->issuer))
        return invalid(c, "Issuer not present in specified provider");
    if (!is_audience(r, p))
        return invalid(c, "Response does not contain the required audience.");
    if (!is_sign_in_url(r->recipient, p))
        return invalid(c, "Response does not contain the required recipient.");
    return check_times(c, r);
}

/* --- AWS's attributes ------------------------------------------------------------------------- */

static const json_t *attribute(const struct saml_response *r, const char *name)
{
    const json_t *values = json_get(r->attributes, name);

    return json_array_size(values) > 0 ? values : NULL;
}

static const char *single(const struct saml_response *r, const char *name)
{
    return json_string_value(json_array_get(attribute(r, name), 0));
}

/* The text without white space around it, in the arena. */
static const char *trimmed(struct call *c, const char *text, size_t len)
{
    static const char space[] = " \t\r\n";
    size_t before = strspn(text, space);

    before = before < len ? before : len;
    text += before;
    len -= before;
    while (len > 0 && strchr(space, text[len - 1]) != NULL)
        len--;
    return arena_strndup(c->arena, text, len);
}

/* "role ARN,provider ARN", in either order. */
static bool is_pair(struct call *c, const char *value, const char *role, const char *provider)
{
    const char *comma = strchr(value, ',');

    if (comma == NULL)
        return false;
    const char *one = trimmed(c, value, (size_t)(comma - value));
    const char *other = trimmed(c, comma + 1, strlen(comma + 1));
    return (str_equal(one, role) && str_equal(other, provider)) ||
           (str_equal(one, provider) && str_equal(other, role));
}

static int check_role(struct call *c, const struct saml_response *r)
{
    const json_t *values = attribute(r, ATTRIBUTE "Role");
    const char *role = arg_str(c, "RoleArn"), *provider = arg_str(c, "PrincipalArn");

    if (values == NULL)
        return invalid(c, "Role is required in AuthnResponse");
    for (size_t i = 0; i < json_array_size(values); i++)
        if (is_pair(c, json_string_value(json_array_get(values, i)), role, provider))
            return 0;
    return call_fail(c, "AccessDenied", "Not authorized to perform %s", c->op->iam_action);
}

static int read_name(struct call *c, const struct saml_response *r, struct session *session)
{
    session->name = single(r, ATTRIBUTE "RoleSessionName");
    if (session->name == NULL)
        return invalid(c, "RoleSessionName is required in AuthnResponse");
    if (!federation_name_valid(session->name))
        return invalid(c, "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}");
    return 0;
}

/* The console's word on how long a session lasts; it must be one, though the API has its own. */
static int check_duration(struct call *c, const struct saml_response *r)
{
    const char *text = single(r, ATTRIBUTE "SessionDuration");
    int64_t seconds = 0;

    if (text != NULL && (!parse_int64(text, &seconds) || seconds < 900 || seconds > 43200))
        return invalid(c, "SessionDuration in AuthnResponse must be between 900 and 43200");
    return 0;
}

static int read_tags(struct call *c, const struct saml_response *r, struct session *session)
{
    static const char prefix[] = ATTRIBUTE "PrincipalTag:";
    json_t *tags = json_array(), *values;
    const char *name;

    call_keep(c, tags);
    json_object_foreach (r->attributes, name, values)
        if (str_starts(name, prefix))
            json_append_new(tags, json_pack("{ssss}", "Key", name + strlen(prefix), "Value",
                                            json_array_size(values) > 0
                                                ? json_string_value(json_array_get(values, 0))
                                                : ""));
    return federation_tags(c, tags, attribute(r, ATTRIBUTE "TransitiveTagKeys"), session);
}

/* --- condition keys --------------------------------------------------------------------------- */

/* "Mapping SAML attributes to AWS trust policy context keys", IAM User Guide. */
static const struct {
    const char *attribute, *key;
} mapped[] = {
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.1", "saml:edupersonaffiliation"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.2", "saml:edupersonnickname"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.3", "saml:edupersonorgdn"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.4", "saml:edupersonorgunitdn"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.5", "saml:edupersonprimaryaffiliation"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "saml:edupersonprincipalname"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.7", "saml:edupersonentitlement"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.8", "saml:edupersonprimaryorgunitdn"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.9", "saml:edupersonscopedaffiliation"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.10", "saml:edupersontargetedid"},
    {"urn:oid:1.3.6.1.4.1.5923.1.1.1.11", "saml:edupersonassurance"},
    {"urn:oid:1.3.6.1.4.1.5923.1.2.1.2", "saml:eduorghomepageuri"},
    {"urn:oid:1.3.6.1.4.1.5923.1.2.1.3", "saml:eduorgidentityauthnpolicyuri"},
    {"urn:oid:1.3.6.1.4.1.5923.1.2.1.4", "saml:eduorglegalname"},
    {"urn:oid:1.3.6.1.4.1.5923.1.2.1.5", "saml:eduorgsuperioruri"},
    {"urn:oid:1.3.6.1.4.1.5923.1.2.1.6", "saml:eduorgwhitepagesuri"},
    {"urn:oid:2.5.4.3", "saml:cn"},
    {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "saml:name"},
    {"http://schemas.xmlsoap.org/claims/CommonName", "saml:commonName"},
    {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "saml:givenName"},
    {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", "saml:surname"},
    {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "saml:mail"},
    {"http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid",
     "saml:primaryGroupSID"},
    {"urn:oid:2.5.4.4", "saml:surname"},
    {"urn:oid:2.5.4.42", "saml:givenName"},
    {"urn:oid:2.5.4.45", "saml:x500UniqueIdentifier"},
    {"urn:oid:0.9.2342.19200300.100.1.1", "saml:uid"},
    {"urn:oid:0.9.2342.19200300.100.1.3", "saml:mail"},
    {"urn:oid:0.9.2342.19200300.100.1.45", "saml:organizationStatus"},
};

/* BASE64(SHA1("<issuer>" + "<account>" + "/<provider's name>")): AssumeRoleWithSAML, STS API
 * Reference. */
static const char *name_qualifier(struct call *c, const struct saml_provider *p)
{
    const char *text = call_printf(c, "%s%s/%s", p->issuer, p->account, p->name);
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t len = 0;

    if (EVP_Q_digest(NULL, "SHA1", NULL, text, strlen(text), digest, &len) != 1 || len != SHA1_SIZE)
        abort(); /* our own mistake */
    char *base64 = base64_encode(digest, len);
    const char *copy = arena_strdup(c->arena, base64);
    free(base64);
    return copy;
}

static const char *subject_type(const struct saml_response *r)
{
    const char *format = r->subject_format != NULL ? r->subject_format : UNSPECIFIED;

    return str_starts(format, FORMAT_PREFIX) ? format + strlen(FORMAT_PREFIX) : format;
}

/* The three that stay with the session: "Available keys for SAML-based AWS STS federation". */
static json_t *subject_facts(struct call *c, const struct saml_response *r,
                             const struct saml_provider *p)
{
    json_t *facts = json_object();

    json_set_str(facts, "saml:sub", r->subject);
    json_set_str(facts, "saml:sub_type", subject_type(r));
    json_set_str(facts, "saml:namequalifier", name_qualifier(c, p));
    return facts;
}

static const json_t *trust_facts(struct call *c, const struct saml_response *r,
                                 const struct saml_provider *p)
{
    json_t *facts = subject_facts(c, r, p);

    json_set_str(facts, "saml:aud", r->recipient);
    json_set_str(facts, "saml:iss", r->issuer);
    json_set_str(facts, "saml:doc", call_printf(c, "%s/%s", p->account, p->name));
    for (size_t i = 0; i < ARRAY_LEN(mapped); i++)
        if (attribute(r, mapped[i].attribute) != NULL)
            json_set_new(facts, mapped[i].key, json_deep_copy(attribute(r, mapped[i].attribute)));
    return call_keep(c, facts);
}

/* --- the operation ---------------------------------------------------------------------------- */

/* How long the provider lets the session last, where that is less than what is asked for. */
static int64_t longest_s(struct call *c, const struct saml_response *r)
{
    int64_t left_s = (r->session_ends_ms - call_now_ms(c)) / 1000;
    int64_t wanted_s = arg_int_or(c, "DurationSeconds", SESSION_S);

    if (r->session_ends_ms == 0 || left_s >= wanted_s)
        return 0;
    return left_s > 0 ? left_s : 1;
}

static int reply_session(struct call *c, const struct saml_response *r,
                         const struct saml_provider *p)
{
    struct federation f = {
        .provider = p->arn,
        .facts = trust_facts(c, r, p),
        .session = {.facts = call_keep(c, subject_facts(c, r, p))},
        .longest_s = longest_s(c, r),
    };

    if (check_role(c, r) != 0 || read_name(c, r, &f.session) != 0 || check_duration(c, r) != 0 ||
        read_tags(c, r, &f.session) != 0 ||
        federation_source_identity(c, single(r, ATTRIBUTE "SourceIdentity"), &f.session) != 0)
        return -1;
    json_t *out = federation_assume(c, &f);
    if (out == NULL)
        return -1;
    json_set_str(out, "Subject", r->subject);
    json_set_str(out, "SubjectType", subject_type(r));
    json_set_str(out, "Issuer", r->issuer);
    json_set_str(out, "Audience", r->recipient);
    json_set_str(out, "NameQualifier", name_qualifier(c, p));
    return call_reply(c, out);
}

/* Providers and roles that trust them are of one account. */
static int load_provider(struct call *c, struct saml_provider *ret_provider)
{
    if (!saml_provider_find(c, arg_str(c, "PrincipalArn"), ret_provider) ||
        !str_equal(ret_provider->account, c->account))
        return invalid(c, "Specified provider doesn't exist.");
    if (ret_provider->valid_until_ms <= call_now_ms(c))
        return invalid(c, "The metadata of the specified provider has expired.");
    return 0;
}

int sts_assume_role_with_saml(struct call *c)
{
    struct saml_provider p;
    struct saml_response r;

    if (federation_enter(c) != 0 || load_provider(c, &p) != 0)
        return -1;
    struct saml_trust trust = {
        .certificates = p.certificates,
        .keys = saml_provider_keys(c, &p),
        .encrypted_only = str_equal(p.encryption, "Required"),
    };
    struct err err = {.code = ""};
    if (saml_response_read(c->arena, arg_str(c, "SAMLAssertion"), &trust, &r, &err) != 0)
        return call_fail(c, err.code, "%s", err.text);
    return check_response(c, &r, &p) != 0 ? -1 : reply_session(c, &r, &p);
}
