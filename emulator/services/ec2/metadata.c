/* The metadata service: versions, methods, tokens and listings. The tree itself is
 * metadata_tree.c's.
 *
 * A token says by itself until when it is good: expiry, a nonce, and a MAC over both and the
 * instance, with a key that the database keeps. So nothing is stored for it, it outlives a restart
 * of the emulator, and it is worthless to another instance. */
#include "services/ec2/metadata.h"

#include "base/encode.h"
#include "base/text.h"
#include "call/secret.h"
#include "services/ec2/metadata_tree.h"

#include <stdlib.h>
#include <string.h>

#define BODY_MAX     262144
#define TTL_MAX_S    21600
#define MAC_KEY_SIZE 32
#define EXPIRY_SIZE  8
#define NONCE_SIZE   16
#define MAC_SIZE     16
#define TOKEN_SIZE   (EXPIRY_SIZE + NONCE_SIZE + MAC_SIZE)

static const char *const versions[] = {
    "1.0",        "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10", "2007-12-15",
    "2008-02-01", "2008-09-01", "2009-04-04", "2011-01-01", "2011-05-01", "2012-01-12",
    "2014-02-25", "2014-11-05", "2015-10-20", "2016-04-19", "2016-06-30", "2016-09-02",
    "2018-03-28", "2018-08-17", "2018-09-24", "2019-10-01", "2020-10-27", "2021-01-03",
    "2021-03-23", "2021-07-15", "latest",
};

/* --- answers
 * ------------------------------------------------------------------------------------------ */

static void answer_status(struct metadata_answer *a, int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {400, "Bad Request"}, {401, "Unauthorized"},       {403, "Forbidden"},
        {404, "Not Found"},   {405, "Method Not Allowed"}, {500, "Internal Server Error"},
    };
    const char *reason = "";
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].status == status)
            reason = reasons[i].reason;
    a->status = status;
    a->content_type = "text/html";
    a->token_ttl = NULL;
    buf_clear(&a->body);
    buf_addf(&a->body,
             "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n"
             "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n"
             "\t\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n"
             "<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n"
             " <head>\n  <title>%d - %s</title>\n </head>\n"
             " <body>\n  <h1>%d - %s</h1>\n </body>\n</html>\n",
             status, reason, status, reason);
}

/* --- tokens
 * ------------------------------------------------------------------------------------------- */

static void token_mac(struct metadata *m, const uint8_t *bytes, uint8_t out[SHA256_SIZE])
{
    uint8_t secret[MAC_KEY_SIZE];
    struct buf bound;
    buf_init(&bound, ID_SIZE + TOKEN_SIZE);
    buf_add_str(&bound, m->instance.id);
    buf_add_char(&bound, '/');
    buf_add(&bound, bytes, EXPIRY_SIZE + NONCE_SIZE);
    secret_random(m->call.db, m->call.ids, "metadata token", secret, sizeof(secret));
    hmac_sha256(secret, sizeof(secret), bound.data, bound.len, out);
    memset(secret, 0, sizeof(secret));
    buf_done(&bound);
}

static char *token_make(struct metadata *m, int64_t ttl_s)
{
    uint8_t token[TOKEN_SIZE], mac[SHA256_SIZE];
    uint64_t expiry = (uint64_t)(call_now_ms(&m->call) + ttl_s * 1000);
    for (size_t i = 0; i < EXPIRY_SIZE; i++)
        token[i] = (uint8_t)(expiry >> (8 * (EXPIRY_SIZE - 1 - i)));
    random_bytes(m->call.ids, token + EXPIRY_SIZE, NONCE_SIZE);
    token_mac(m, token, mac);
    memcpy(token + EXPIRY_SIZE + NONCE_SIZE, mac, MAC_SIZE);
    return base64_encode(token, sizeof(token));
}

/* Seconds that the token is still good for; 0: it is not, or is no token of this instance. */
static int64_t token_left(struct metadata *m, const char *text)
{
    uint8_t mac[SHA256_SIZE];
    size_t len;
    uint64_t expiry = 0;
    uint8_t *token = base64_decode(text, strlen(text), &len);
    bool is_ours = token != NULL && len == TOKEN_SIZE;
    if (is_ours) {
        token_mac(m, token, mac);
        is_ours = constant_time_equal(mac, token + EXPIRY_SIZE + NONCE_SIZE, MAC_SIZE);
    }
    for (size_t i = 0; is_ours && i < EXPIRY_SIZE; i++)
        expiry = expiry << 8 | token[i];
    free(token);
    int64_t left_ms = (int64_t)expiry - call_now_ms(&m->call);
    return is_ours && left_ms > 0 ? (left_ms + 999) / 1000 : 0;
}

static void put_token(struct metadata *m, const struct metadata_ask *ask, struct metadata_answer *a)
{
    int64_t ttl_s;
    if (ask->forwarded != NULL) {
        answer_status(a, 403);
        return;
    }
    if (ask->token_ttl == NULL || !parse_int64(ask->token_ttl, &ttl_s) || ttl_s < 1 ||
        ttl_s > TTL_MAX_S) {
        answer_status(a, 400);
        return;
    }
    char *token = token_make(m, ttl_s);
    buf_add_str(&a->body, token);
    a->token_ttl = call_printf(&m->call, "%lld", (long long)ttl_s);
    free(token);
}

/* False when the answer is a refusal. */
static bool authenticate(struct metadata *m, const struct metadata_ask *ask,
                         struct metadata_answer *a)
{
    const json_t *options = json_get(m->instance.doc, "MetadataOptions");
    bool required = str_equal(json_str(options, "HttpTokens"), "required");
    if (ask->token == NULL && !required)
        return true;
    int64_t left_s = ask->token != NULL ? token_left(m, ask->token) : 0;
    if (left_s == 0) {
        answer_status(a, 401);
        return false;
    }
    a->token_ttl = call_printf(&m->call, "%lld", (long long)left_s);
    return true;
}

/* --- the tree
 * ----------------------------------------------------------------------------------------- */

/* A path's words, percent-decoded; empty ones (a slash too many) are passed over. */
struct words {
    char *rest;
};

static const char *next_word(struct words *w)
{
    while (*w->rest == '/')
        w->rest++;
    if (*w->rest == '\0')
        return NULL;
    char *word = w->rest;
    w->rest += strcspn(word, "/");
    if (*w->rest != '\0')
        *w->rest++ = '\0';
    return percent_decode(word, strlen(word), false) >= 0 ? word : "";
}

static void list_versions(struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(versions); i++)
        buf_addf(out, "%s%s", i > 0 ? "\n" : "", versions[i]);
}

/* A line each; directories end in a slash, but not those right below a version. */
static void list_directory(json_t *directory, bool is_top, struct buf *out)
{
    const char *key;
    json_t *value;
    json_object_foreach (directory, key, value) {
        if (str_equal(key, METADATA_LABEL))
            continue;
        const char *label = json_str(value, METADATA_LABEL);
        buf_addf(out, "%s%s", out->len > 0 ? "\n" : "", key);
        if (label != NULL)
            buf_addf(out, "=%s", label);
        else if (json_is_object(value) && !is_top)
            buf_add_char(out, '/');
    }
}

static void answer_user_data(struct metadata *m, struct metadata_answer *a)
{
    size_t len;
    const char *text = m->instance.user_data;
    uint8_t *bytes = base64_decode(text, strlen(text), &len);
    if (bytes == NULL) {
        answer_status(a, 500);
        return;
    }
    a->content_type = "application/octet-stream";
    buf_add(&a->body, bytes, len);
    free(bytes);
}

static void answer_made(const char *text, struct metadata_answer *a)
{
    if (text != NULL)
        buf_add_str(&a->body, text);
    else
        answer_status(a, 500);
}

static void answer_tree(struct metadata *m, struct words *w, struct metadata_answer *a)
{
    json_t *tree = metadata_tree(m);
    json_t *node = tree;
    const char *word, *name = "";
    size_t depth = 0;
    while (node != NULL && (word = next_word(w)) != NULL) {
        node = str_equal(word, METADATA_LABEL) ? NULL : json_object_get(node, word);
        name = word;
        depth++;
    }
    if (node == NULL)
        answer_status(a, 404);
    else if (json_is_object(node))
        list_directory(node, depth == 0, &a->body);
    else if (json_is_true(node))
        answer_made(metadata_credentials(m), a);
    else if (json_is_null(node) && str_equal(name, "user-data"))
        answer_user_data(m, a);
    else if (json_is_null(node))
        answer_made(metadata_identity(m, name), a);
    else
        buf_add_str(&a->body, json_string_value(node));
    json_decref(tree);
}

static bool is_version(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(versions); i++)
        if (str_equal(versions[i], word))
            return true;
    return false;
}

/* --- the answer
 * --------------------------------------------------------------------------------------- */

/* False: nobody's interface, or an instance that is gone. */
static bool find_instance(const struct metadata_ask *ask, struct metadata *m)
{
    struct rows r;
    const char *instance_id = NULL;
    m->call = (struct call){
        .db = ask->db,
        .clock = ask->clock,
        .ids = ask->ids,
        .arena = ask->arena,
        .site = ask->site,
    };
    rows_open(&r, ask->db,
              "SELECT account, region, instance_id FROM ec2_network_interface WHERE id = ?", "s",
              ask->interface_id);
    if (rows_next(&r)) {
        m->call.account = call_text(&m->call, &r, 0);
        m->call.region = call_text(&m->call, &r, 1);
        instance_id = call_text(&m->call, &r, 2);
        rows_close(&r);
    }
    if (instance_id == NULL || !instance_find(&m->call, instance_id, &m->instance))
        return false;
    m->interface_count =
        interface_of_instance(&m->call, instance_id, m->interfaces, INTERFACES_MAX);
    m->has_profile = profile_of_instance(&m->call, instance_id, &m->profile);
    m->delivery = ask->token != NULL ? "2.0" : "1.0";
    return true;
}

static void answer_get(struct metadata *m, const struct metadata_ask *ask, char *path,
                       struct metadata_answer *a)
{
    struct words w = {path};
    if (!authenticate(m, ask, a))
        return;
    const char *version = next_word(&w);
    if (version == NULL)
        list_versions(&a->body);
    else if (is_version(version))
        answer_tree(m, &w, a);
    else
        answer_status(a, 404);
}

void metadata_answer(const struct metadata_ask *ask, struct metadata_answer *ret_answer)
{
    struct metadata_answer *a = ret_answer;
    struct metadata m = {.interface_count = 0};
    bool put = str_equal(ask->method, "PUT");
    bool get = str_equal(ask->method, "GET") || str_equal(ask->method, "HEAD");
    char *path = arena_strndup(ask->arena, ask->path, strcspn(ask->path, "?"));
    bool at_token = str_equal(path, "/latest/api/token");

    *a = (struct metadata_answer){.status = 200, .content_type = "text/plain"};
    buf_init(&a->body, BODY_MAX);
    if (!find_instance(ask, &m))
        answer_status(a, 404);
    else if (str_equal(json_str(json_get(m.instance.doc, "MetadataOptions"), "HttpEndpoint"),
                       "disabled"))
        answer_status(a, 403);
    else if (put && at_token)
        put_token(&m, ask, a);
    else if (!get || at_token)
        answer_status(a, 405);
    else
        answer_get(&m, ask, path, a);
}
