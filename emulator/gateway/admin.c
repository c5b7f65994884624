/* The administration under /_groundschool/: health and the sign-in (signin.c) for everyone; reset
 * and accounts for whoever has
 * the admin token.
 *
 *   GET    /_groundschool/health
 *   POST   /_groundschool/reset                  everything back to just after first start
 *   GET    /_groundschool/accounts
 *   POST   /_groundschool/accounts
 *       {"name", "email", "id"?, "password"?} -> the account with its root user's key and password,
 *       shown once
 *   DELETE /_groundschool/accounts/ID                  the account and all it owned
 *   POST   /_groundschool/accounts/ID/reset            as new; its root user's key and password
 * stay POST   /_groundschool/accounts/ID/root-key         a new root key in place of the old POST
 * /_groundschool/accounts/ID/root-password    {"password"?} a new password of the root user
 */
#include "base/encode.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "base/version.h"
#include "gateway/exchange.h"
#include "services/iam/account.h"

#include <stdlib.h>
#include <string.h>

#define ADMIN_PREFIX "/_groundschool/"

/* A request whose guests have to end first. */
struct removal {
    struct gateway *gateway;
    struct http_request *http;
    char account[ACCOUNT_ID_SIZE]; /* "": everything */
    bool whole;
};

bool admin_handles(const struct http_request *r)
{
    return str_starts(r->path, ADMIN_PREFIX);
}

void exchange_answer_error(struct http_request *r, int status, const char *code, const char *text)
{
    json_t *body = json_object();
    json_set_str(body, "error", code);
    json_set_str(body, "message", text);
    exchange_answer_json(r, status, body);
}

static void answer_err(struct http_request *r, const struct err *err)
{
    bool exists = str_ends(err->code, "Exists");
    bool theirs = exists || str_starts(err->code, "Invalid");
    exchange_answer_error(r, exists ? 409 : theirs ? 400 : 500, err->code, err->text);
}

static bool token_is_right(const struct gateway *g, const struct http_request *r)
{
    const char *header = http_request_header(r, "Authorization");
    if (g->config.admin_token == NULL || header == NULL || !str_starts(header, "Bearer "))
        return false;
    /* Digests are compared, so that neither content nor length shows in the time it takes. */
    uint8_t given[SHA256_SIZE], wanted[SHA256_SIZE];
    sha256(header + 7, strlen(header + 7), given);
    sha256(g->config.admin_token, strlen(g->config.admin_token), wanted);
    return constant_time_equal(given, wanted, sizeof(given));
}

static struct account_tools tools(struct gateway *g)
{
    return (struct account_tools){g->config.db, g->config.clock, g->config.ids};
}

static json_t *account_to_json(const struct account *account)
{
    char created[TIME_SIZE];
    json_t *body = json_object();
    time_format_iso8601(account->created_ms, created);
    json_set_str(body, "id", account->id);
    json_set_str(body, "name", account->name);
    json_set_str(body, "email", account->email);
    json_set_str(body, "created", created);
    return body;
}

static void add_key(json_t *body, const struct access_key *key)
{
    json_set_str(body, "access_key_id", key->id);
    json_set_str(body, "secret_access_key", key->secret);
}

static void admin_health(struct gateway *g, struct http_request *r)
{
    json_t *body = json_object();
    json_set_str(body, "status", "ok");
    json_set_str(body, "version", GROUNDSCHOOL_VERSION);
    json_set_str(body, "guests", g->config.site->guests ? "qemu" : "none");
    exchange_answer_json(r, 200, body);
}

static void admin_account_list(struct gateway *g, struct http_request *r)
{
    json_t *body = json_object();
    json_set_new(body, "accounts", account_list(g->config.db));
    exchange_answer_json(r, 200, body);
}

static int account_add(struct gateway *g, const json_t *wanted, json_t **ret_body, struct err *err)
{
    struct account_spec spec = {
        .id = json_str(wanted, "id"),
        .name = json_str(wanted, "name"),
        .email = json_str(wanted, "email"),
        .password = json_str(wanted, "password"),
    };
    struct account_made made;
    if (db_begin(g->config.db, err) != 0)
        return -1;
    if (account_create(tools(g), &spec, &made, err) != 0) {
        db_rollback(g->config.db);
        return -1;
    }
    if (db_commit(g->config.db, err) != 0)
        return -1;
    *ret_body = account_to_json(&made.account);
    add_key(*ret_body, &made.key);
    json_set_str(*ret_body, "password", made.password);
    return 0;
}

static void admin_account_add(struct gateway *g, struct http_request *r)
{
    struct err err = {.code = ""};
    json_t *wanted = r->body_len > 0 ? json_parse(r->body, r->body_len, &err) : json_object();
    json_t *body = NULL;
    if (!json_is_object(wanted))
        exchange_answer_error(r, 400, "InvalidBody",
                              "the body is a JSON object with name, email and, if wished, id");
    else if (account_add(g, wanted, &body, &err) != 0)
        answer_err(r, &err);
    else
        exchange_answer_json(r, 201, body);
    json_decref(wanted);
}

static void admin_root_key(struct gateway *g, struct http_request *r, const struct account *account)
{
    struct access_key key;
    struct err err = {.code = ""};
    int rc = db_begin(g->config.db, &err);
    if (rc == 0) {
        account_new_root_key(tools(g), account->id, &key);
        rc = db_commit(g->config.db, &err);
    }
    if (rc != 0) {
        answer_err(r, &err);
        return;
    }
    json_t *body = account_to_json(account);
    add_key(body, &key);
    exchange_answer_json(r, 200, body);
}

static int root_password_set(struct gateway *g, const char *id, const char *wanted,
                             char password[ROOT_PASSWORD_SIZE], struct err *err)
{
    if (db_begin(g->config.db, err) != 0)
        return -1;
    if (account_new_root_password(tools(g), id, wanted, password, err) == 0)
        return db_commit(g->config.db, err);
    db_rollback(g->config.db);
    return -1;
}

static void admin_root_password(struct gateway *g, struct http_request *r,
                                const struct account *account)
{
    struct err err = {.code = ""};
    char password[ROOT_PASSWORD_SIZE];
    json_t *wanted = r->body_len > 0 ? json_parse(r->body, r->body_len, &err) : json_object();
    if (!json_is_object(wanted)) {
        exchange_answer_error(r, 400, "InvalidBody",
                              "the body is a JSON object with, if wished, password");
    } else if (root_password_set(g, account->id, json_str(wanted, "password"), password, &err) !=
               0) {
        answer_err(r, &err);
    } else {
        json_t *body = account_to_json(account);
        json_set_str(body, "password", password);
        exchange_answer_json(r, 200, body);
    }
    json_decref(wanted);
}

/* --- what has to wait for guests to end --- */

/* All rows go, and the first account comes back with the key that people have in their shells. */
static int reset_everything(struct gateway *g, struct err *err)
{
    struct db *db = g->config.db;
    json_t *accounts = account_list(db);
    const char *first = json_str(json_array_get(accounts, 0), "id");
    struct account account = {.id = ""};
    struct access_key key = {.id = ""};
    bool known =
        first != NULL && account_find(db, first, &account) && account_root_key(db, first, &key);
    json_decref(accounts);
    char *hash = known ? account_password_hash(db, account.id) : NULL;
    if (db_reset(db, err) != 0 || db_begin(db, err) != 0) {
        free(hash);
        return -1;
    }
    struct account_spec spec = {
        .id = account.id,
        .name = account.name,
        .email = account.email,
        .access_key_id = key.id,
        .secret = key.secret,
        .password_hash = hash,
    };
    struct account_made made;
    int rc = known ? account_create(tools(g), &spec, &made, err) : 0;
    free(hash);
    if (rc == 0)
        return db_commit(db, err);
    db_rollback(db);
    return -1;
}

static void removal_finish(void *arg)
{
    struct removal *m = arg;
    struct gateway *g = m->gateway;
    struct err err = {.code = ""};
    int rc;
    if (m->account[0] == '\0') {
        rc = reset_everything(g, &err);
    } else {
        rc = db_begin(g->config.db, &err);
        if (rc == 0) {
            (m->whole ? account_remove : account_reset)(tools(g), m->account);
            rc = db_commit(g->config.db, &err);
        }
    }
    if (rc != 0)
        answer_err(m->http, &err);
    else
        exchange_answer_json(m->http, 200, json_object());
    free(m);
}

static void removal_start(struct gateway *g, struct http_request *r, const char *account,
                          bool whole)
{
    struct removal *m = xcalloc(1, sizeof(*m));
    *m = (struct removal){.gateway = g, .http = r, .whole = whole};
    str_copy(m->account, sizeof(m->account), account != NULL ? account : "");
    const struct gateway_hooks *hooks = &g->config.hooks;
    if (hooks->quiesce != NULL)
        hooks->quiesce(hooks->arg, account, removal_finish, m);
    else
        removal_finish(m);
}

/* --- /accounts/ID[/word] --- */

static void admin_account(struct gateway *g, struct http_request *r, const char *rest)
{
    char id[ACCOUNT_ID_SIZE] = "";
    struct account account;
    size_t len = strcspn(rest, "/");
    const char *word = rest[len] == '/' ? rest + len + 1 : "";
    bool post = str_equal(r->method, "POST");
    if (len == ACCOUNT_ID_SIZE - 1)
        memcpy(id, rest, len);
    if (!account_find(g->config.db, id, &account))
        exchange_answer_error(r, 404, "NoSuchAccount", "no account of that id");
    else if (str_equal(r->method, "DELETE") && word[0] == '\0')
        removal_start(g, r, id, true);
    else if (post && str_equal(word, "reset"))
        removal_start(g, r, id, false);
    else if (post && str_equal(word, "root-key"))
        admin_root_key(g, r, &account);
    else if (post && str_equal(word, "root-password"))
        admin_root_password(g, r, &account);
    else
        exchange_answer_error(
            r, 404, "NotFound",
            "accounts know DELETE, POST .../reset, .../root-key and .../root-password");
}

static void admin_route(struct gateway *g, struct http_request *r, const char *path)
{
    bool get = str_equal(r->method, "GET"), post = str_equal(r->method, "POST");
    if (post && str_equal(path, "reset"))
        removal_start(g, r, NULL, true);
    else if (get && str_equal(path, "accounts"))
        admin_account_list(g, r);
    else if (post && str_equal(path, "accounts"))
        admin_account_add(g, r);
    else if (str_starts(path, "accounts/"))
        admin_account(g, r, path + strlen("accounts/"));
    else
        exchange_answer_error(r, 404, "NotFound",
                              "there are health, signin, reset and accounts here");
}

void admin_handle(struct gateway *g, struct http_request *r)
{
    const char *path = r->path + strlen(ADMIN_PREFIX);
    if (str_equal(path, "health") && (str_equal(r->method, "GET") || str_equal(r->method, "HEAD")))
        admin_health(g, r);
    else if (str_equal(path, "signin") && str_equal(r->method, "POST"))
        signin_handle(g, r);
    else if (!token_is_right(g, r))
        exchange_answer_error(r, 401, "Unauthorized",
                              "this needs the header 'Authorization: Bearer <admin token>'");
    else
        admin_route(g, r, path);
}
