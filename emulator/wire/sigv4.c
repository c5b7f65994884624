/* Judging a signature. A judgement passes the checks of `checks` from top to bottom, which is AWS's
 * order; the first that finds fault sets the answer's code and text. The texts are AWS's own. */
#include "wire/sigv4.h"

#include "base/text.h"
#include "base/timefmt.h"
#include "wire/form.h"
#include "wire/quote.h"
#include "wire/sigv4_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define EXPIRES_MAX_S 604800
#define MINUTE_MS     INT64_C(60000)

struct sigv4_verifier {
    struct sigv4_callbacks callbacks;
    struct sigv4_keys *keys;
};

struct judgement {
    struct sigv4_verifier *verifier;
    const struct sigv4_ask *ask;
    const struct wire_request *request;
    struct arena *arena;
    struct sigv4_answer *answer;
    const char *header; /* Authorization, or NULL */
    const char *algorithm, *credential, *signed_headers, *signature, *date;
    int64_t date_ms, expires_ms; /* expires_ms: 0 unless presigned with X-Amz-Expires */
    struct wire_scope scope;
    struct sigv4_credential key;
};

/* --- faults --- */

enum fault_kind {
    FAULT_SIGNATURE,
    FAULT_MISSING,
    FAULT_INCOMPLETE,
    FAULT_CLIENT, /* the key or its token is none of ours */
    FAULT_EXPIRED_TOKEN,
    FAULT_EXPIRED_REQUEST,
    FAULT_PREMATURE,
    FAULT_SHAPE, /* of algorithm or credential: incomplete, and to EC2 a failure like any other */
};

/* One word per family of protocols. EC2 says the same of all that is wrong with a complete
 * signature. */
static const struct spelling {
    const char *query, *json, *ec2, *ec2_text; /* ec2_text NULL: the common text */
} spellings[] = {
#define EC2_FAILURE "AuthFailure", "AWS was not able to validate the provided access credentials"
#define EC2_EXPIRED "RequestExpired", "Request has expired."
    [FAULT_SIGNATURE] = {"SignatureDoesNotMatch", "InvalidSignatureException", EC2_FAILURE},
    [FAULT_MISSING] = {"MissingAuthenticationToken", "MissingAuthenticationTokenException",
                       "MissingParameter", "The request must contain the parameter AWSAccessKeyId"},
    [FAULT_INCOMPLETE] = {"IncompleteSignature", "IncompleteSignatureException",
                          "IncompleteSignature", NULL},
    [FAULT_CLIENT] = {"InvalidClientTokenId", "UnrecognizedClientException", EC2_FAILURE},
    [FAULT_EXPIRED_TOKEN] = {"ExpiredToken", "ExpiredTokenException", EC2_EXPIRED},
    [FAULT_EXPIRED_REQUEST] = {"SignatureDoesNotMatch", "InvalidSignatureException", EC2_EXPIRED},
    [FAULT_PREMATURE] = {"SignatureDoesNotMatch", "InvalidSignatureException", EC2_FAILURE},
    [FAULT_SHAPE] = {"IncompleteSignature", "IncompleteSignatureException", EC2_FAILURE},
};

static bool is_json(const struct judgement *j)
{
    return (j->ask->route->protocol & (SPEC_EC2 | SPEC_QUERY)) == 0;
}

/* The texts quote the request, whose bytes may be no UTF-8. */
static int refuse(struct judgement *j, enum fault_kind kind, const char *text)
{
    const struct spelling *spelling = &spellings[kind];
    bool is_ec2 = j->ask->route->protocol == SPEC_EC2;
    j->answer->code = is_ec2 ? spelling->ec2 : is_json(j) ? spelling->json : spelling->query;
    j->answer->text =
        is_ec2 && spelling->ec2_text != NULL ? spelling->ec2_text : quote(text, SIZE_MAX, j->arena);
    return -1;
}

/* --- the checks --- */

static const char *query_parameter(const struct judgement *j, const char *name)
{
    return form_peek(
        (struct form_text){.bytes = j->request->query, .len = strlen(j->request->query)}, name,
        j->arena);
}

static int check_one_way(struct judgement *j)
{
    j->header = wire_header_find(j->request, "Authorization");
    j->algorithm = query_parameter(j, "X-Amz-Algorithm");
    j->answer->is_presigned = j->header == NULL;
    if (j->header != NULL && j->algorithm != NULL)
        return refuse(j, FAULT_SIGNATURE,
                      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as "
                      "HTTP header.");
    return 0;
}

static int check_signed(struct judgement *j)
{
    if (j->header != NULL)
        j->algorithm = arena_strndup(j->arena, j->header, strcspn(j->header, " ,"));
    if (j->algorithm == NULL || !str_starts(j->algorithm, "AWS4-"))
        return refuse(j, FAULT_MISSING, "Request is missing Authentication Token");
    return 0;
}

/* The value of `name` in "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...", or
 * NULL. */
static const char *header_part(const struct judgement *j, const char *name)
{
    size_t name_len = strlen(name);
    for (const char *at = j->header + strlen(j->algorithm); *at != '\0';) {
        at += strspn(at, " ,\t");
        size_t len = strcspn(at, " ,\t");
        if (len > name_len + 1 && memcmp(at, name, name_len) == 0 && at[name_len] == '=')
            return arena_strndup(j->arena, at + name_len + 1, len - name_len - 1);
        at += len;
    }
    return NULL;
}

static int check_header_parts(struct judgement *j)
{
    const char *text = "";
    j->credential = header_part(j, "Credential");
    j->signature = header_part(j, "Signature");
    j->signed_headers = header_part(j, "SignedHeaders");
    j->date = wire_header_find(j->request, "X-Amz-Date");
    if (j->date == NULL)
        j->date = wire_header_find(j->request, "Date");
    const struct {
        const char *name, *value;
    } parts[] = {{"Credential", j->credential},
                 {"Signature", j->signature},
                 {"SignedHeaders", j->signed_headers}};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].value == NULL)
            text = arena_printf(j->arena, "%sAuthorization header requires '%s' parameter. ", text,
                                parts[i].name);
    }
    if (j->date == NULL)
        text = arena_printf(j->arena,
                            "%sAuthorization header requires existence of either a 'X-Amz-Date' or "
                            "a 'Date' header. ",
                            text);
    if (text[0] == '\0')
        return 0;
    return refuse(j, FAULT_INCOMPLETE,
                  arena_printf(j->arena, "%sAuthorization=%s", text, j->header));
}

static int check_query_parts(struct judgement *j)
{
    const char *text = "";
    struct {
        const char *name, **value;
    } parts[] = {{"X-Amz-Credential", &j->credential},
                 {"X-Amz-Signature", &j->signature},
                 {"X-Amz-SignedHeaders", &j->signed_headers},
                 {"X-Amz-Date", &j->date}};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        *parts[i].value = query_parameter(j, parts[i].name);
        if (*parts[i].value == NULL)
            text = arena_printf(j->arena, "%sAWS query-string parameters must include '%s'. ", text,
                                parts[i].name);
    }
    if (text[0] == '\0')
        return 0;
    return refuse(j, FAULT_INCOMPLETE,
                  arena_printf(j->arena, "%sRe-examine the query-string parameters.", text));
}

static int check_parts(struct judgement *j)
{
    return j->header != NULL ? check_header_parts(j) : check_query_parts(j);
}

static int check_date(struct judgement *j)
{
    const char *expires = j->header == NULL ? query_parameter(j, "X-Amz-Expires") : NULL;
    int64_t seconds = 0;
    if (!time_parse_basic(j->date, &j->date_ms)) {
        bool is_date_header =
            j->header != NULL && wire_header_find(j->request, "X-Amz-Date") == NULL;
        if (!is_date_header || !time_parse_rfc822(j->date, &j->date_ms))
            return refuse(j, FAULT_INCOMPLETE,
                          arena_printf(j->arena,
                                       "Date must be in ISO-8601 'basic format'. Got '%s'. See "
                                       "http://en.wikipedia.org/wiki/ISO_8601",
                                       j->date));
        char *basic = arena_alloc(j->arena, TIME_SIZE);
        time_format_basic(j->date_ms, basic);
        j->date = basic;
    }
    if (expires != NULL &&
        (!parse_int64(expires, &seconds) || seconds < 1 || seconds > EXPIRES_MAX_S))
        return refuse(
            j, FAULT_INCOMPLETE,
            arena_printf(j->arena,
                         "X-Amz-Expires must be a number of seconds from 1 to %d. Got '%s'.",
                         EXPIRES_MAX_S, expires));
    j->expires_ms = seconds * 1000;
    return 0;
}

/* How far a request's clock may be off. */
static int64_t skew_ms(const struct judgement *j)
{
    static const struct {
        const char *service;
        int minutes;
    } skews[] = {{"sts", 15}, {"ec2", 5}};
    for (size_t i = 0; i < ARRAY_LEN(skews); i++) {
        if (str_equal(j->ask->route->service->name, skews[i].service))
            return skews[i].minutes * MINUTE_MS;
    }
    return 5 * MINUTE_MS;
}

static int refuse_expired(struct judgement *j, int64_t window_ms)
{
    char limit[TIME_SIZE], now[TIME_SIZE];
    bool is_minutes = window_ms % MINUTE_MS == 0;
    time_format_basic(j->ask->now_ms - window_ms, limit);
    time_format_basic(j->ask->now_ms, now);
    return refuse(j, FAULT_EXPIRED_REQUEST,
                  arena_printf(j->arena,
                               "Signature expired: %s is now earlier than %s (%s - %d %s.)",
                               j->date, limit, now,
                               (int)(is_minutes ? window_ms / MINUTE_MS : window_ms / 1000),
                               is_minutes ? "min" : "sec"));
}

static int check_time(struct judgement *j)
{
    int64_t skew = skew_ms(j), age_ms = j->ask->now_ms - j->date_ms;
    int64_t window_ms = j->expires_ms > 0 ? j->expires_ms : skew;
    char limit[TIME_SIZE], now[TIME_SIZE];
    if (age_ms > window_ms)
        return refuse_expired(j, window_ms);
    if (age_ms >= -skew)
        return 0;
    time_format_basic(j->ask->now_ms + skew, limit);
    time_format_basic(j->ask->now_ms, now);
    return refuse(
        j, FAULT_PREMATURE,
        arena_printf(j->arena,
                     "Signature not yet current: %s is still later than %s (%s + %d min.)", j->date,
                     limit, now, (int)(skew / MINUTE_MS)));
}

static bool header_is_signed(const struct judgement *j, const char *name)
{
    size_t name_len = strlen(name);
    for (const char *at = j->signed_headers; *at != '\0';) {
        size_t len = strcspn(at, ";");
        if (len == name_len && strncasecmp(at, name, len) == 0)
            return true;
        at += len + (at[len] == ';');
    }
    return false;
}

static int check_host(struct judgement *j)
{
    if (header_is_signed(j, "host"))
        return 0;
    return refuse(j, FAULT_SIGNATURE, "'Host' must be a 'SignedHeader' in the AWS Authorization.");
}

static int check_algorithm(struct judgement *j)
{
    if (strcmp(j->algorithm, SIGV4_ALGORITHM) == 0)
        return 0;
    return refuse(j, FAULT_SHAPE,
                  arena_printf(j->arena,
                               "Unsupported AWS 'algorithm': '%s' (only " SIGV4_ALGORITHM
                               " for now).",
                               j->algorithm));
}

static int check_credential(struct judgement *j)
{
    size_t parts = 1;
    for (const char *at = j->credential; *at != '\0'; at++)
        parts += *at == '/';
    if (parts != 5)
        return refuse(j, FAULT_SHAPE,
                      arena_printf(j->arena,
                                   "Credential must have exactly 5 slash-delimited elements, e.g. "
                                   "keyid/date/region/service/term, got '%s'",
                                   j->credential));
    j->scope = wire_scope_split(j->credential, j->arena);
    return 0;
}

static int check_scope(struct judgement *j)
{
    const char *signing_name = j->ask->route->service->signing_name;
    const char *day = arena_strndup(j->arena, j->date, strcspn(j->date, "T"));
    const char *text = "";
    if (j->scope.region[0] == '\0' ||
        (j->verifier->callbacks.region_is_valid != NULL &&
         !j->verifier->callbacks.region_is_valid(j->ask->arg, j->scope.region)))
        text = arena_printf(j->arena, "Credential should be scoped to a valid region, not '%s'. ",
                            j->scope.region);
    if (strcmp(j->scope.service, signing_name) != 0)
        text = arena_printf(j->arena, "%sCredential should be scoped to correct service: '%s'. ",
                            text, signing_name);
    if (strcmp(j->scope.terminator, SIGV4_TERMINATOR) != 0)
        text = arena_printf(j->arena,
                            "%sCredential should be scoped with a valid terminator: "
                            "'" SIGV4_TERMINATOR "', not '%s'. ",
                            text, j->scope.terminator);
    if (strcmp(j->scope.date, day) != 0)
        text = arena_printf(j->arena,
                            "%sDate in Credential scope does not match YYYYMMDD from ISO-8601 "
                            "version of date from HTTP: '%s' != '%s', from '%s'. ",
                            text, j->scope.date, day, j->date);
    size_t len = strlen(text);
    if (len == 0)
        return 0;
    return refuse(j, FAULT_SIGNATURE, arena_strndup(j->arena, text, len - 1));
}

static int check_key(struct judgement *j)
{
    if (j->verifier->callbacks.lookup(j->ask->arg, j->scope.access_key_id, &j->key) != 0 ||
        j->key.is_disabled)
        return refuse(j, FAULT_CLIENT, "The security token included in the request is invalid.");
    return 0;
}

/* What stands for the body in the canonical request; NULL when what the client says of its body is
 * not so. */
static const char *payload_hash(const struct judgement *j)
{
    const struct spec_operation *op = j->ask->route->operation;
    const char *given = wire_header_find(j->request, "X-Amz-Content-Sha256");
    char *hash = arena_alloc(j->arena, SHA256_HEX_SIZE);
    if (str_equal(given, "UNSIGNED-PAYLOAD"))
        return op != NULL && op->unsigned_payload ? given : NULL;
    sha256_hex(j->request->body, j->request->body_len, hash);
    return given == NULL || strcmp(given, hash) == 0 ? hash : NULL;
}

static int refuse_signature(struct judgement *j, const char *canonical, const char *to_sign)
{
    const char *text = "The request signature we calculated does not match the signature you "
                       "provided. Check your AWS Secret Access Key and signing method. Consult the "
                       "service documentation for details.";
    if (is_json(j) && canonical != NULL)
        text = arena_printf(j->arena,
                            "%s\n\nThe Canonical String for this request should have been\n'%s'\n\n"
                            "The String-to-Sign should have been\n'%s'\n",
                            text, canonical, to_sign);
    return refuse(j, FAULT_SIGNATURE, text);
}

static int check_signature(struct judgement *j)
{
    char expected[SHA256_HEX_SIZE];
    uint8_t key[SHA256_SIZE];
    struct sigv4_scope scope = {.access_key_id = j->scope.access_key_id,
                                .date = j->scope.date,
                                .region = j->scope.region,
                                .service = j->scope.service};
    const char *hash = payload_hash(j);
    if (hash == NULL)
        return refuse_signature(j, NULL, NULL);
    const char *canonical = sigv4_canonical_request(j->request, j->signed_headers, hash, j->arena);
    const char *to_sign =
        sigv4_string_to_sign(j->date,
                             arena_printf(j->arena, "%s/%s/%s/%s", scope.date, scope.region,
                                          scope.service, j->scope.terminator),
                             canonical, j->arena);
    sigv4_keys_get(j->verifier->keys, j->key.secret, &scope, key);
    sigv4_signature(key, to_sign, expected);
    explicit_bzero(key, sizeof(key));
    if (canonical[0] != '\0' && strlen(j->signature) == strlen(expected) &&
        constant_time_equal(j->signature, expected, strlen(expected)))
        return 0;
    return refuse_signature(j, canonical, to_sign);
}

static int check_token(struct judgement *j)
{
    const char *token = j->header != NULL ? wire_header_find(j->request, "X-Amz-Security-Token")
                                          : query_parameter(j, "X-Amz-Security-Token");
    const char *expected = j->key.token_sha256;
    char digest[SHA256_HEX_SIZE];
    sha256_hex(token != NULL ? token : "", token != NULL ? strlen(token) : 0, digest);
    bool is_right = expected == NULL ? token == NULL || token[0] == '\0'
                                     : constant_time_equal(digest, expected, SHA256_HEX_SIZE - 1);
    if (!is_right)
        return refuse(j, FAULT_CLIENT, "The security token included in the request is invalid");
    if (j->key.expires_ms != 0 && j->ask->now_ms >= j->key.expires_ms)
        return refuse(j, FAULT_EXPIRED_TOKEN,
                      "The security token included in the request is expired");
    return 0;
}

static int (*const checks[])(struct judgement *j) = {
    check_one_way,   check_signed,     check_parts, check_date, check_time,      check_host,
    check_algorithm, check_credential, check_scope, check_key,  check_signature, check_token,
};

int sigv4_verify(struct sigv4_verifier *v, const struct sigv4_ask *ask, struct arena *a,
                 struct sigv4_answer *ret_answer)
{
    struct judgement j = {
        .verifier = v, .ask = ask, .request = ask->request, .arena = a, .answer = ret_answer};
    *ret_answer = (struct sigv4_answer){.code = "", .text = ""};
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        if (checks[i](&j) != 0)
            return -1;
    }
    ret_answer->access_key_id = j.scope.access_key_id;
    return 0;
}

struct sigv4_verifier *sigv4_verifier_new(const struct sigv4_callbacks *callbacks)
{
    struct sigv4_verifier *v = xcalloc(1, sizeof(*v));
    v->callbacks = *callbacks;
    v->keys = sigv4_keys_new(SIGV4_CACHE_KEYS);
    return v;
}

void sigv4_verifier_free(struct sigv4_verifier *v)
{
    if (v == NULL)
        return;
    sigv4_keys_free(v->keys);
    free(v);
}
