/* Signing in to the console: POST /_groundschool/signin.
 *
 *   {"account": number or alias, "user", "password", "mfa_code"?, "new_password"?}
 *   {"email", "password", "mfa_code"?, "new_password"?}                  the root user
 *
 * answers temporary credentials of twelve hours:
 *
 *   {"account", "arn", "user_id", "mfa", "access_key_id", "secret_access_key", "session_token",
 *    "expiration"}
 *
 * or {"error", "message"}: SignInFailed (401) whatever was wrong of name, password and code;
 * MfaRequired (401) when the password was right and a code of the user's device is wanted as well;
 * PasswordChangeRequired and PasswordExpired (403); TooManyAttempts (429, with "retry_after_s"). */
#include "base/log.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "gateway/exchange.h"
#include "services/iam/account_alias.h"
#include "services/iam/iam.h"
#include "services/iam/user.h"
#include "services/sts/sts.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define SESSION_S     43200 /* "Enabling custom identity broker access", IAM User Guide */
#define NAME_SIZE_MAX 512
#define FAILED_TEXT   "Your authentication information is incorrect. Please try again."

struct signin {
    struct gateway *gateway;
    struct http_request *http;
    struct call call;
    char name[NAME_SIZE_MAX]; /* what lockout knows the person by */
    struct iam_entity user;   /* id NULL: there is none of that name */
    bool root, mfa;
};

/* --- who -------------------------------------------------------------------------------------- */

static void name_set(struct signin *s, const char *account, const char *user)
{
    snprintf(s->name, sizeof(s->name), "%s %s", account, user);
    for (char *p = s->name; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
}

static void find_root(struct signin *s, const char *email)
{
    struct account account;

    name_set(s, "", email);
    if (!account_find_email(s->call.db, email, &account))
        return;
    s->root = true;
    s->call.account = call_printf(&s->call, "%s", account.id);
    if (iam_user_root(&s->call, &s->user) != 0)
        s->user.id = NULL;
}

static void find_user(struct signin *s, const char *account, const char *user)
{
    char id[ACCOUNT_ID_SIZE];

    if (account_alias_find(s->call.db, account, id))
        account = id;
    name_set(s, account, user);
    s->call.account = call_printf(&s->call, "%s", account);
    if (!iam_entity_find(&s->call, &iam_user, user, &s->user))
        s->user.id = NULL;
}

/* False: the body does not say who. */
static bool find_person(struct signin *s)
{
    const json_t *in = s->call.in;
    const char *email = json_str(in, "email"), *account = json_str(in, "account");
    const char *user = json_str(in, "user");

    if (json_str(in, "password") == NULL)
        return false;
    if (email != NULL && account == NULL && user == NULL) {
        find_root(s, email);
        return true;
    }
    if (email != NULL || account == NULL || user == NULL)
        return false;
    find_user(s, account, user);
    return true;
}

/* --- what is right ---------------------------------------------------------------------------- */

/* A code is used up only by a sign-in that succeeds: everything else is rolled back. */
static int check_code(struct signin *s)
{
    struct call *c = &s->call;
    const char *code = json_str(c->in, "mfa_code");
    const struct mfa_owner owner = {c->db, call_now_ms(c), c->account, s->user.id};

    if (!mfa_has_device(&owner, NULL))
        return 0;
    if (code == NULL)
        return err_set(&c->err, "MfaRequired", "A code of the user's MFA device is required.");
    s->mfa = mfa_take_code(&owner, NULL, code);
    return s->mfa ? 0 : err_set(&c->err, "SignInFailed", FAILED_TEXT);
}

static int change_password(struct signin *s)
{
    struct call *c = &s->call;
    const char *wanted = json_str(c->in, "new_password");

    if (wanted == NULL)
        return err_set(&c->err, "PasswordChangeRequired",
                       "The password is to be changed: sign in with new_password as well.");
    if (str_equal(wanted, json_str(c->in, "password")))
        return call_fail(c, "PasswordPolicyViolation",
                         "The new password must differ from the old one.");
    if (strlen(wanted) >= ROOT_PASSWORD_SIZE)
        return call_fail(c, "PasswordPolicyViolation", "Password should have at most %d characters",
                         ROOT_PASSWORD_SIZE - 1);
    return password_allow(c, s->user.id, wanted) != 0 ? -1
                                                      : password_set(c, s->user.id, wanted, false);
}

static int check_person(struct signin *s)
{
    struct call *c = &s->call;
    enum password_state state = password_check(c, s->user.id, json_str(c->in, "password"));

    if (state == PASSWORD_WRONG)
        return err_set(&c->err, "SignInFailed", FAILED_TEXT);
    if (check_code(s) != 0)
        return -1;
    if (state == PASSWORD_EXPIRED)
        return err_set(&c->err, "PasswordExpired",
                       "Your password has expired. Ask your administrator for a new one.");
    return state == PASSWORD_RENEW ? change_password(s) : 0;
}

/* --- answering -------------------------------------------------------------------------------- */

static void make_session(struct signin *s)
{
    struct call *c = &s->call;
    int64_t now_ms = call_now_ms(c);
    const struct session_spec spec = {
        .type = s->root ? PRINCIPAL_ACCOUNT : PRINCIPAL_USER,
        .account = c->account,
        .entity_id = s->root ? NULL : s->user.id,
        .duration_s = SESSION_S,
        .session = {.mfa_ms = s->mfa ? now_ms : 0, .console = true},
    };
    struct session_keys keys;
    char expiration[TIME_SIZE];

    session_make(c, &spec, &keys);
    iam_user_signed_in(c->db, c->account, s->user.id, now_ms);
    time_format_iso8601(keys.expires_ms, expiration);
    json_t *out = json_object();
    json_set_str(out, "account", c->account);
    json_set_str(out, "arn", s->user.arn);
    json_set_str(out, "user_id", s->user.id);
    json_set_bool(out, "mfa", s->mfa);
    json_set_str(out, "access_key_id", keys.access_key_id);
    json_set_str(out, "secret_access_key", keys.secret);
    json_set_str(out, "session_token", keys.token);
    json_set_str(out, "expiration", expiration);
    (void)call_reply(c, out);
}

static int sign_in(struct signin *s)
{
    struct call *c = &s->call;
    struct err err;

    if (db_begin(c->db, &err) != 0)
        return call_fail_internal(c, "%s", err.text);
    if (check_person(s) != 0) {
        db_rollback(c->db);
        return -1;
    }
    make_session(s);
    return db_commit(c->db, &err) != 0 ? call_fail_internal(c, "%s", err.text) : 0;
}

static void answer_fault(struct signin *s)
{
    static const struct {
        const char *code;
        int status;
    } statuses[] = {
        {"SignInFailed", 401},
        {"MfaRequired", 401},
        {"PasswordExpired", 403},
        {"PasswordChangeRequired", 403},
        {"PasswordPolicyViolation", 400},
    };
    const struct err *err = &s->call.err;
    int status = 500;

    for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
        if (str_equal(statuses[i].code, err->code))
            status = statuses[i].status;
    if (status == 500)
        log_error("sign-in: %s", err->text);
    exchange_answer_error(s->http, status, err->code,
                          status == 500 ? "An internal error occurred." : err->text);
}

static void answer_wait(struct http_request *r, int64_t wait_ms)
{
    json_t *body = json_object();

    json_set_str(body, "error", "TooManyAttempts");
    json_set_str(body, "message", "Too many failed attempts to sign in. Please wait.");
    json_set_int(body, "retry_after_s", (wait_ms + 999) / 1000);
    exchange_answer_json(r, 429, body);
}

static void attempt(struct signin *s)
{
    struct lockout *lockout = s->gateway->lockout;
    const char *address = s->http->peer;
    int64_t now_ms = call_now_ms(&s->call);
    int64_t name_ms = lockout_wait_ms(lockout, LOCKOUT_NAME, s->name, now_ms);
    int64_t address_ms = lockout_wait_ms(lockout, LOCKOUT_ADDRESS, address, now_ms);

    if (name_ms > 0 || address_ms > 0) {
        answer_wait(s->http, name_ms > address_ms ? name_ms : address_ms);
        return;
    }
    if (sign_in(s) == 0) {
        lockout_forget(lockout, LOCKOUT_NAME, s->name);
        exchange_answer_json(s->http, 200, json_incref(s->call.out));
        return;
    }
    if (str_equal(s->call.err.code, "SignInFailed")) {
        lockout_failed(lockout, LOCKOUT_NAME, s->name, now_ms);
        lockout_failed(lockout, LOCKOUT_ADDRESS, address, now_ms);
    }
    answer_fault(s);
}

void signin_handle(struct gateway *g, struct http_request *r)
{
    const struct gateway_config *config = &g->config;
    struct err err = {.code = ""};
    struct signin s = {
        .gateway = g,
        .http = r,
        .call =
            {
                .db = config->db,
                .clock = config->clock,
                .ids = config->ids,
                .arena = arena_new(),
                .site = config->site,
                .region = config->site->default_region,
                .source_ip = r->peer,
                .secure = r->secure,
                .in = json_parse(r->body, r->body_len, &err),
            },
    };

    if (!json_is_object(s.call.in) || !find_person(&s))
        exchange_answer_error(r, 400, "InvalidBody",
                              "the body is a JSON object with account, user and password, or with "
                              "email and password");
    else
        attempt(&s);
    json_decref(s.call.in);
    json_decref(s.call.out);
    arena_free(s.call.arena);
}
