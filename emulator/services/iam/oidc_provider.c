/* OpenID Connect providers: rows of iam_oidc_provider, and the operations on them. AWS wants URLs
 * without a port; here a port is taken, since a course's own provider seldom has 443. */
#include "services/iam/oidc_provider.h"

#include "base/encode.h"
#include "base/text.h"
#include "call/tag.h"
#include "operations.h"
#include "services/iam/entity.h"
#include "services/iam/provider.h"

#include <string.h>

#define SCHEME           "https://"
#define CLIENT_IDS_MAX   100 /* "IAM and AWS STS quotas" */
#define THUMBPRINTS_MAX  5
#define THUMBPRINT_BYTES 20

/* --- rows ------------------------------------------------------------------------------------- */

static const struct iam_provider_kind kind = {
    .word = "oidc-provider/",
    .missing = "OpenIDConnect Provider not found for arn",
    .quota = "OpenIdConnectProvidersPerAccount",
    .count = "SELECT count(*) FROM iam_oidc_provider WHERE account = ?",
};

static bool find_url(struct call *c, const char *account, const char *url,
                     struct oidc_provider *ret_provider)
{
    struct rows r;

    rows_open(&r, c->db,
              "SELECT client_ids, thumbprints, created_ms FROM iam_oidc_provider"
              " WHERE account = ? AND url = ?",
              "ss", account, url);
    if (!rows_next(&r))
        return false;
    *ret_provider = (struct oidc_provider){
        .account = arena_strdup(c->arena, account),
        .arn = iam_provider_arn(c, &kind, account, url),
        .url = arena_strdup(c->arena, url),
        .client_ids = call_keep(c, rows_json(&r, 0)),
        .thumbprints = call_keep(c, rows_json(&r, 1)),
        .created_ms = rows_int(&r, 2),
    };
    rows_close(&r);
    return true;
}

bool oidc_provider_find(struct call *c, const char *arn, struct oidc_provider *ret_provider)
{
    const char *account, *url = iam_provider_name(c, &kind, arn, &account);

    return url != NULL && find_url(c, account, url, ret_provider) &&
           str_equal(ret_provider->arn, arn);
}

bool oidc_provider_find_issuer(struct call *c, const char *issuer,
                               struct oidc_provider *ret_provider)
{
    return str_starts(issuer, SCHEME) &&
           find_url(c, c->account, issuer + strlen(SCHEME), ret_provider);
}

int oidc_provider_load(struct call *c, const char *arn, struct oidc_provider *ret_provider)
{
    if (oidc_provider_find(c, arn, ret_provider) && str_equal(ret_provider->account, c->account))
        return 0;
    (void)iam_provider_fail(c, &kind, arn);
    return -1;
}

static void provider_put(struct call *c, const struct oidc_provider *p)
{
    db_exec(c->db,
            "INSERT OR REPLACE INTO iam_oidc_provider (account, url, client_ids, thumbprints,"
            " created_ms) VALUES (?, ?, ?, ?, ?)",
            "ssjji", p->account, p->url, p->client_ids, p->thumbprints, p->created_ms);
}

/* --- keys ------------------------------------------------------------------------------------- */

const json_t *oidc_keys_find(struct call *c, const struct oidc_provider *p, int64_t *ret_fetched_ms)
{
    struct rows r;
    const json_t *keys = NULL;

    rows_open(&r, c->db, "SELECT keys, fetched_ms FROM iam_oidc_keys WHERE account = ? AND url = ?",
              "ss", p->account, p->url);
    if (rows_next(&r)) {
        keys = call_keep(c, rows_json(&r, 0));
        *ret_fetched_ms = rows_int(&r, 1);
    }
    rows_close(&r);
    return keys;
}

void oidc_keys_put(struct call *c, const struct oidc_provider *p, const json_t *keys)
{
    db_exec(c->db,
            "INSERT OR REPLACE INTO iam_oidc_keys (account, url, keys, fetched_ms)"
            " VALUES (?, ?, ?, ?)",
            "ssji", p->account, p->url, keys, call_now_ms(c));
}

/* --- checking --------------------------------------------------------------------------------- */

/* https, a host, perhaps a port and a path; no user, query or fragment. */
static bool url_is_valid(const char *url)
{
    static const char host[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    static const char path[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "-._~!$&'()*+,;=:@%/";
    const char *at = url + strlen(SCHEME);

    if (!str_starts(url, SCHEME) || strspn(at, host) == 0)
        return false;
    at += strspn(at, host);
    if (*at == ':') {
        size_t digits = strspn(at + 1, "0123456789");
        if (digits == 0 || digits > 5)
            return false;
        at += 1 + digits;
    }
    return *at == '\0' || (*at == '/' && at[strspn(at, path)] == '\0');
}

static int check_client_count(struct call *c, size_t count)
{
    if (count > CLIENT_IDS_MAX)
        return call_fail(c, "LimitExceeded",
                         "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: %d",
                         CLIENT_IDS_MAX);
    return 0;
}

static int check_thumbprints(struct call *c, const json_t *list)
{
    uint8_t bytes[THUMBPRINT_BYTES];
    const json_t *item;
    size_t i;

    if (json_array_size(list) > THUMBPRINTS_MAX)
        return call_fail(c, "InvalidInput", "Thumbprint list must contain fewer than %d entries.",
                         THUMBPRINTS_MAX);
    json_array_foreach (list, i, item)
        if (!hex_decode(json_string_value(item), json_string_length(item), bytes))
            return call_fail(c, "InvalidInput",
                             "Thumbprint %s must be the hexadecimal SHA-1 of a certificate.",
                             json_string_value(item));
    return 0;
}

static int check_new(struct call *c, const char *url)
{
    struct oidc_provider there;

    if (!url_is_valid(url))
        return call_fail(c, "ValidationError", "Invalid Open ID Connect Provider URL");
    if (oidc_provider_find_issuer(c, url, &there))
        return call_fail(c, "EntityAlreadyExists", "Provider with url %s already exists.", url);
    return iam_provider_check_room(c, &kind);
}

/* --- lists of client ids ---------------------------------------------------------------------- */

/* A copy without `left_out` (NULL: of all) and without repetitions; kept by the call. */
static json_t *copy_unique(struct call *c, const json_t *list, const char *left_out)
{
    json_t *copy = json_array(), *seen = json_object();
    const json_t *item;
    size_t i;

    call_keep(c, copy);
    json_array_foreach (list, i, item) {
        const char *text = json_string_value(item);
        if (str_equal(text, left_out) || json_get(seen, text) != NULL)
            continue;
        json_set_bool(seen, text, true);
        json_append_new(copy, json_text_new(text));
    }
    json_decref(seen);
    return copy;
}

/* --- operations ------------------------------------------------------------------------------- */

/* What the call says, or the server's own. */
static const json_t *thumbprints_given(struct call *c)
{
    json_t *learned = json_array();

    call_keep(c, learned);
    if (c->awaited != NULL && c->awaited[0] != '\0')
        json_append_new(learned, json_text_new(c->awaited));
    return arg_has(c, "ThumbprintList") ? arg_get(c, "ThumbprintList") : learned;
}

/* AWS refuses to make a provider without thumbprints that it cannot reach. Here the world outside
 * is mostly out of reach, and the provider is made without: it counts when somebody signs in. */
int iam_create_open_id_connect_provider(struct call *c)
{
    const char *url = arg_str(c, "Url");
    const json_t *tags = arg_get(c, "Tags"), *thumbprints = thumbprints_given(c);

    if (check_new(c, url) != 0 || check_client_count(c, arg_count(c, "ClientIDList")) != 0 ||
        check_thumbprints(c, thumbprints) != 0)
        return -1;
    if (!arg_has(c, "ThumbprintList") && c->awaited == NULL)
        return call_await_again(c, OIDC_THUMBPRINT_AWAIT, url + strlen(SCHEME));
    struct oidc_provider p = {
        .account = c->account,
        .url = url + strlen(SCHEME),
        .arn = iam_provider_arn(c, &kind, c->account, url + strlen(SCHEME)),
        .client_ids = copy_unique(c, arg_get(c, "ClientIDList"), NULL),
        .thumbprints = copy_unique(c, thumbprints, NULL),
        .created_ms = iam_now_ms(c),
    };
    provider_put(c, &p);
    if (tags != NULL && tag_put(c, "oidc-provider", p.arn, tags) != 0)
        return -1;
    json_t *out = json_object();
    json_set_str(out, "OpenIDConnectProviderArn", p.arn);
    if (tags != NULL)
        json_set_new(out, "Tags", tag_list(c, p.arn));
    return call_reply(c, out);
}

int iam_get_open_id_connect_provider(struct call *c)
{
    struct oidc_provider p;

    if (oidc_provider_load(c, arg_str(c, "OpenIDConnectProviderArn"), &p) != 0)
        return -1;
    json_t *out = json_object();
    json_set_str(out, "Url", p.url);
    json_set_new(out, "ClientIDList", json_deep_copy(p.client_ids));
    json_set_new(out, "ThumbprintList", json_deep_copy(p.thumbprints));
    json_set_int(out, "CreateDate", p.created_ms);
    json_set_new(out, "Tags", tag_list(c, p.arn));
    return call_reply(c, out);
}

static json_t *provider_render(struct call *c, struct rows *row)
{
    json_t *out = json_object();

    json_set_str(out, "Arn", iam_provider_arn(c, &kind, c->account, rows_text(row, 0)));
    return out;
}

static const struct describe providers = {
    .sql = "SELECT url FROM iam_oidc_provider WHERE account = ?1",
    .key_column = "url",
    .render = provider_render,
};

int iam_list_open_id_connect_providers(struct call *c)
{
    return describe_reply(c, &providers, "OpenIDConnectProviderList");
}

/* Adding what is there and removing what is not succeed, as on AWS. */
int iam_add_client_id_to_open_id_connect_provider(struct call *c)
{
    struct oidc_provider p;

    if (oidc_provider_load(c, arg_str(c, "OpenIDConnectProviderArn"), &p) != 0)
        return -1;
    json_t *ids = copy_unique(c, p.client_ids, arg_str(c, "ClientID"));
    json_append_new(ids, json_text_new(arg_str(c, "ClientID")));
    if (check_client_count(c, json_array_size(ids)) != 0)
        return -1;
    p.client_ids = ids;
    provider_put(c, &p);
    return call_reply(c, NULL);
}

int iam_remove_client_id_from_open_id_connect_provider(struct call *c)
{
    struct oidc_provider p;

    if (oidc_provider_load(c, arg_str(c, "OpenIDConnectProviderArn"), &p) != 0)
        return -1;
    p.client_ids = copy_unique(c, p.client_ids, arg_str(c, "ClientID"));
    provider_put(c, &p);
    return call_reply(c, NULL);
}

int iam_update_open_id_connect_provider_thumbprint(struct call *c)
{
    struct oidc_provider p;
    const json_t *thumbprints = arg_get(c, "ThumbprintList");

    if (oidc_provider_load(c, arg_str(c, "OpenIDConnectProviderArn"), &p) != 0 ||
        check_thumbprints(c, thumbprints) != 0)
        return -1;
    p.thumbprints = copy_unique(c, thumbprints, NULL);
    provider_put(c, &p);
    db_exec(c->db, "DELETE FROM iam_oidc_keys WHERE account = ? AND url = ?", "ss", p.account,
            p.url);
    return call_reply(c, NULL);
}

/* "This operation is idempotent": "DeleteOpenIDConnectProvider", IAM API Reference. */
int iam_delete_open_id_connect_provider(struct call *c)
{
    static const char *const statements[] = {
        "DELETE FROM iam_oidc_provider WHERE account = ? AND url = ?",
        "DELETE FROM iam_oidc_keys WHERE account = ? AND url = ?",
    };
    const char *arn = arg_str(c, "OpenIDConnectProviderArn"), *account;
    struct oidc_provider p;

    if (iam_provider_name(c, &kind, arn, &account) == NULL)
        return iam_provider_fail(c, &kind, arn);
    if (str_equal(account, c->account) && oidc_provider_find(c, arn, &p)) {
        for (size_t i = 0; i < ARRAY_LEN(statements); i++)
            db_exec(c->db, statements[i], "ss", p.account, p.url);
        tag_remove_all(c, p.arn);
    }
    return call_reply(c, NULL);
}
