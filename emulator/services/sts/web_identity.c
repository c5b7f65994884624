/* AssumeRoleWithWebIdentity: a token of an OpenID Connect provider for a role's credentials. The
 * token is verified with the provider's keys, which are fetched when they are not known or too old:
 * the operation then waits and runs again (call_await_again). */
#include "base/encode.h"
#include "base/text.h"
#include "operations.h"
#include "services/iam/iam.h"
#include "services/sts/federation.h"
#include "services/sts/jwt.h"

#include <string.h>

#define KEYS_FRESH_MS   600000
#define KEYS_RETRY_MS   10000 /* a key that is not known is asked for no more often */
#define SKEW_MS         300000
#define SUBJECT_MIN     6 /* of the answer's shape */
#define SUBJECT_MAX     255
#define TAGS_CLAIM      "https://aws.amazon.com/tags"
#define IDENTITY_CLAIM  "https://aws.amazon.com/source_identity"
#define PRINCIPAL_TAGS  "principal_tags"
#define TRANSITIVE_KEYS "transitive_tag_keys"

struct token {
    struct jwt jwt;
    struct oidc_provider provider;
    const char *subject, *audience;
};

static int invalid(struct call *c, const char *text)
{
    return call_fail(c, "InvalidIdentityToken", "%s", text);
}

static void forget_token(void *token)
{
    jwt_done(token);
}

/* --- claims ----------------------------------------------------------------------------------- */

static int missing(struct call *c, const char *claim)
{
    return call_fail(c, "InvalidIdentityToken", "Missing a required claim: %s", claim);
}

/* A time claim in seconds; false when it is none of this epoch. */
static bool claim_ms(const json_t *claims, const char *name, int64_t *ret_ms)
{
    const json_t *value = json_get(claims, name);
    double seconds = json_number_value(value);

    if (!json_is_number(value) || !(seconds >= 0 && seconds < 1e11))
        return false;
    *ret_ms = (int64_t)(seconds * 1000);
    return true;
}

static int check_times(struct call *c, const json_t *claims)
{
    int64_t now_ms = call_now_ms(c), expires_ms, issued_ms, begins_ms = 0;

    if (!claim_ms(claims, "exp", &expires_ms))
        return missing(c, "exp");
    if (!claim_ms(claims, "iat", &issued_ms))
        return missing(c, "iat");
    if (now_ms >= expires_ms)
        return call_fail(c, "ExpiredTokenException",
                         "Token expired: current date/time %lld must be before the expiration "
                         "date/time %lld",
                         (long long)(now_ms / 1000), (long long)(expires_ms / 1000));
    if (issued_ms > now_ms + SKEW_MS)
        return invalid(c, "Token was issued in the future");
    if (json_get(claims, "nbf") != NULL &&
        (!claim_ms(claims, "nbf", &begins_ms) || begins_ms > now_ms + SKEW_MS))
        return invalid(c, "Token is not valid yet");
    return 0;
}

static bool list_has(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_equal(json_string_value(json_array_get(list, i)), text))
            return true;
    return false;
}

/* "azp" says for whom a token of several audiences is: "Available keys for AWS OIDC federation",
 * IAM User Guide. */
static const char *audience_find(const json_t *claims, const json_t *client_ids)
{
    const json_t *aud = json_get(claims, "aud");
    const char *party = json_str(claims, "azp");

    if (party != NULL && list_has(client_ids, party))
        return party;
    if (json_is_string(aud))
        return list_has(client_ids, json_string_value(aud)) ? json_string_value(aud) : NULL;
    for (size_t i = 0; party == NULL && i < json_array_size(aud); i++) {
        const char *text = json_string_value(json_array_get(aud, i));
        if (text != NULL && list_has(client_ids, text))
            return text;
    }
    return NULL;
}

static int check_claims(struct call *c, struct token *t)
{
    const json_t *claims = t->jwt.claims;
    const char *issuer = json_str(claims, "iss");

    t->subject = json_str(claims, "sub");
    if (issuer == NULL)
        return missing(c, "iss");
    if (!oidc_provider_find_issuer(c, issuer, &t->provider))
        return call_fail(c, "InvalidIdentityToken",
                         "No OpenIDConnect provider found in your account for %s", issuer);
    if (t->subject == NULL)
        return missing(c, "sub");
    if (strlen(t->subject) < SUBJECT_MIN || strlen(t->subject) > SUBJECT_MAX)
        return invalid(c, "Subject must have 6 to 255 characters");
    if (json_get(claims, "aud") == NULL)
        return missing(c, "aud");
    t->audience = audience_find(claims, t->provider.client_ids);
    if (t->audience == NULL)
        return invalid(c, "Incorrect token audience");
    return check_times(c, claims);
}

/* --- the signature ---------------------------------------------------------------------------- */

static int judge_signature(struct call *c, enum jwt_verdict verdict)
{
    switch (verdict) {
    case JWT_VERIFIED:
        return 0;
    case JWT_FORGED:
        return invalid(c, "Token signature is invalid");
    case JWT_UNSUPPORTED:
        return invalid(c, "Token signing algorithm is not supported");
    case JWT_NO_KEY:
        break;
    }
    return invalid(c, "Couldn't retrieve verification key from your identity provider,  please "
                      "reference AssumeRoleWithWebIdentity documentation for requirements");
}

/* *ret_waits: the keys have to be fetched first. */
static int check_signature(struct call *c, const struct token *t, bool *ret_waits)
{
    int64_t fetched_ms = 0;
    const json_t *keys = oidc_keys_find(c, &t->provider, &fetched_ms);
    int64_t age_ms = call_now_ms(c) - fetched_ms;
    enum jwt_verdict verdict = keys != NULL ? jwt_verify(&t->jwt, keys) : JWT_NO_KEY;
    bool old = keys == NULL || age_ms > KEYS_FRESH_MS || age_ms < 0;

    *ret_waits = c->awaited == NULL && verdict != JWT_UNSUPPORTED &&
                 (old || (verdict == JWT_NO_KEY && age_ms > KEYS_RETRY_MS));
    return *ret_waits ? 0 : judge_signature(c, verdict);
}

/* --- what the claims say of the session ------------------------------------------------------- */

/* A tag's value is a text, or a list of one. */
static void add_tag(json_t *tags, const char *key, const json_t *value)
{
    if (json_is_array(value))
        value = json_array_get(value, 0);
    if (json_is_string(value))
        json_append_new(tags, json_pack("{ssss}", "Key", key, "Value", json_string_value(value)));
}

/* One claim with everything, or a claim for each
 * ("https://aws.amazon.com/tags/principal_tags/Key"): "Pass session tags in AWS STS", IAM User
 * Guide. */
static int read_tags(struct call *c, const json_t *claims, struct session *session)
{
    static const char flat[] = TAGS_CLAIM "/" PRINCIPAL_TAGS "/";
    const json_t *nested = json_get(claims, TAGS_CLAIM);
    const json_t *transitive = json_get(nested, TRANSITIVE_KEYS);
    json_t *tags = json_array(), *value;
    const char *key;

    call_keep(c, tags);
    json_object_foreach ((json_t *)(uintptr_t)json_get(nested, PRINCIPAL_TAGS), key, value)
        add_tag(tags, key, value);
    json_object_foreach ((json_t *)(uintptr_t)claims, key, value)
        if (str_starts(key, flat))
            add_tag(tags, key + strlen(flat), value);
    if (transitive == NULL)
        transitive = json_get(claims, TAGS_CLAIM "/" TRANSITIVE_KEYS);
    return federation_tags(c, tags, transitive, session);
}

/* A claim, or one inside another ("google/organization_number"); NULL: absent. */
static const json_t *claim_find(struct call *c, const json_t *claims, const char *name)
{
    const char *slash = strchr(name, '/');
    const json_t *value = json_get(claims, name);

    if (value != NULL || slash == NULL)
        return value;
    return json_get(json_get(claims, arena_strndup(c->arena, name, (size_t)(slash - name))),
                    slash + 1);
}

static void add_fact(struct call *c, const struct token *t, const char *claim, json_t *facts)
{
    const json_t *value = claim_find(c, t->jwt.claims, claim);

    if (value != NULL && !json_is_object(value))
        json_set_new(facts, call_printf(c, "%s:%s", t->provider.url, claim), json_deep_copy(value));
}

/* "token.actions.${Domain}.ghe.com:actor", as IAM's facts have it, is of this provider. */
static bool key_matches(struct call *c, const char *key, size_t len, const char *url)
{
    char *pattern = arena_strndup(c->arena, key, len), *to = pattern;

    for (const char *from = pattern; *from != '\0'; from++) {
        bool variable = from[0] == '$' && from[1] == '{' && strchr(from, '}') != NULL;
        *to++ = variable ? '*' : *from;
        from = variable ? strchr(from, '}') : from;
    }
    *to = '\0';
    return glob_match(pattern, url);
}

/* The claims that AWS takes from this provider in particular: GitHub's "repository" and the like.
 */
static void add_known_claims(struct call *c, const struct token *t, json_t *facts)
{
    const struct spec_action *action = spec_action_find(c->op->iam_action);

    for (size_t i = 0; action != NULL && i < action->key_count; i++) {
        const char *key = action->keys[i], *colon = strrchr(key, ':');
        if (colon != NULL && key_matches(c, key, (size_t)(colon - key), t->provider.url))
            add_fact(c, t, colon + 1, facts);
    }
}

/* Keys are "<provider>:sub": "Available keys for AWS OIDC federation", IAM User Guide. */
static const json_t *token_facts(struct call *c, const struct token *t)
{
    static const char *const every[] = {"sub", "amr", "azp", "email"};
    json_t *facts = json_object();

    for (size_t i = 0; i < ARRAY_LEN(every); i++)
        add_fact(c, t, every[i], facts);
    add_known_claims(c, t, facts);
    json_set_str(facts, call_printf(c, "%s:aud", t->provider.url), t->audience);
    json_set_new(facts, call_printf(c, "%s:oaud", t->provider.url),
                 json_deep_copy(json_get(t->jwt.claims, "aud")));
    return call_keep(c, facts);
}

static int reply_session(struct call *c, const struct token *t)
{
    struct federation f = {
        .provider = t->provider.arn,
        .facts = token_facts(c, t),
        .session = {.name = arg_str(c, "RoleSessionName")},
    };

    f.session.facts = f.facts;
    if (read_tags(c, t->jwt.claims, &f.session) != 0 ||
        federation_source_identity(c, json_str(t->jwt.claims, IDENTITY_CLAIM), &f.session) != 0)
        return -1;
    json_t *out = federation_assume(c, &f);
    if (out == NULL)
        return -1;
    json_set_str(out, "SubjectFromWebIdentityToken", t->subject);
    json_set_str(out, "Audience", t->audience);
    json_set_str(out, "Provider", t->provider.arn);
    return call_reply(c, out);
}

/* --- the operation ---------------------------------------------------------------------------- */

/* OAuth 2.0 access tokens say nothing by themselves: AWS asks the two providers that ProviderId may
 * name what they mean. */
static int check_provider_id(struct call *c)
{
    static const char *const known[] = {"www.amazon.com", "graph.facebook.com"};
    const char *id = arg_str(c, "ProviderId");

    for (size_t i = 0; id != NULL && i < ARRAY_LEN(known); i++)
        if (str_equal(id, known[i]))
            return call_fail(c, "IDPCommunicationError", "%s could not be reached.", id);
    if (id != NULL)
        return call_fail(c, "ValidationError",
                         "ProviderId must be www.amazon.com or "
                         "graph.facebook.com");
    return 0;
}

int sts_assume_role_with_web_identity(struct call *c)
{
    struct token *t = arena_alloc(c->arena, sizeof(*t));
    bool waits = false;

    if (federation_enter(c) != 0 || check_provider_id(c) != 0)
        return -1;
    if (jwt_read(arg_str(c, "WebIdentityToken"), &t->jwt) != 0)
        return invalid(c, "The ID Token provided is not a valid JWT. (You may see this error if "
                          "you sent an Access Token)");
    arena_defer(c->arena, forget_token, &t->jwt);
    if (check_claims(c, t) != 0 || check_signature(c, t, &waits) != 0)
        return -1;
    return waits ? call_await_again(c, OIDC_KEYS_AWAIT, t->provider.arn) : reply_session(c, t);
}
