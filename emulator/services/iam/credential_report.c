/* GenerateCredentialReport, GetCredentialReport: every user's credentials as CSV, the root user's
 * first. A report is made when it is asked for and kept for four hours. Columns and words: "Getting
 * credential reports", IAM User Guide. */
#include "base/encode.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "operations.h"
#include "services/iam/last_used.h"
#include "services/iam/mfa.h"
#include "services/iam/password_policy.h"
#include "services/iam/user.h"

#include <stdlib.h>
#include <string.h>

#define REPORT_LIFE_MS (INT64_C(4) * 3600 * 1000)
#define REPORT_MAX     (16UL * 1024 * 1024) /* 5,000 users of some 600 bytes */
#define SLOTS          2                    /* access keys, signing certificates */

#define HEADER                                                                                     \
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"       \
    "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,"             \
    "access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"    \
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"                   \
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"                  \
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"

/* --- cells ------------------------------------------------------------------------------------ */

static void put(struct buf *out, const char *text)
{
    buf_addf(out, ",%s", text);
}

static void put_bool(struct buf *out, bool value)
{
    put(out, value ? "true" : "false");
}

/* "2026-01-01T00:00:00+00:00", or `absent` for 0. */
static void put_time(struct buf *out, int64_t ms, const char *absent)
{
    char text[TIME_SIZE];

    if (ms == 0) {
        put(out, absent);
        return;
    }
    time_format_iso8601(ms, text);
    text[strlen(text) - 1] = '\0'; /* the Z */
    buf_addf(out, ",%s+00:00", text);
}

/* --- groups of columns ------------------------------------------------------------------------ */

static void put_password(struct call *c, const struct iam_entity *user, struct buf *out)
{
    struct password_policy policy;
    int64_t used_ms = iam_user_signed_in_ms(c->db, c->account, user->id);
    int64_t changed_ms = db_int(
        c->db, 0, "SELECT changed_ms FROM iam_login_profile WHERE account = ? AND user_id = ?",
        "ss", c->account, user->id);

    if (iam_user_is_root(user)) {
        put(out, "not_supported");
        put_time(out, used_ms, "no_information");
        put(out, "not_supported");
        put(out, "not_supported");
        return;
    }
    password_policy_read(c, &policy);
    put_bool(out, changed_ms != 0);
    put_time(out, used_ms, changed_ms != 0 ? "no_information" : "N/A");
    put_time(out, changed_ms, "N/A");
    put_time(out,
             changed_ms != 0 && policy.max_age_days > 0 ? changed_ms + policy.max_age_days * DAY_MS
                                                        : 0,
             "N/A");
}

static void put_last_used(struct call *c, const char *key_id, struct buf *out)
{
    struct last_used use = {.region = "N/A", .service = "N/A"};

    if (key_id == NULL || !last_used_find(c, key_id, &use))
        use.at_ms = 0;
    put_time(out, use.at_ms, "N/A");
    put(out, use.region);
    put(out, use.service);
}

static void put_keys(struct call *c, const struct iam_entity *user, struct buf *out)
{
    struct rows r;
    int slot = 0;

    rows_open(&r, c->db,
              "SELECT active, created_ms, id FROM iam_access_key WHERE account = ? AND user_id = ?"
              " ORDER BY created_ms, id LIMIT 2",
              "ss", c->account, user->id);
    for (; rows_next(&r); slot++) {
        put_bool(out, rows_int(&r, 0) != 0);
        put_time(out, rows_int(&r, 1) / 1000 * 1000, "N/A");
        put_last_used(c, call_text(c, &r, 2), out);
    }
    for (; slot < SLOTS; slot++) {
        put_bool(out, false);
        put(out, "N/A");
        put_last_used(c, NULL, out);
    }
}

static void put_certificates(struct call *c, const struct iam_entity *user, struct buf *out)
{
    struct rows r;
    int slot = 0;

    rows_open(&r, c->db,
              "SELECT active, created_ms FROM iam_signing_certificate"
              " WHERE account = ? AND user_id = ? ORDER BY created_ms, id LIMIT 2",
              "ss", c->account, user->id);
    for (; rows_next(&r); slot++) {
        put_bool(out, rows_int(&r, 0) != 0);
        put_time(out, rows_int(&r, 1), "N/A");
    }
    for (; slot < SLOTS; slot++) {
        put_bool(out, false);
        put(out, "N/A");
    }
}

/* Names of users have no character that CSV would quote. */
static void put_user(struct call *c, const struct iam_entity *user, struct buf *out)
{
    const struct mfa_owner owner = {c->db, call_now_ms(c), c->account, user->id};

    buf_addf(out, "\n%s,%s", iam_user_is_root(user) ? "<root_account>" : user->name, user->arn);
    put_time(out, user->created_ms, "N/A");
    put_password(c, user, out);
    put_bool(out, mfa_has_device(&owner, NULL));
    put_keys(c, user, out);
    put_certificates(c, user, out);
}

/* --- operations ------------------------------------------------------------------------------- */

static int report_make(struct call *c, struct buf *out)
{
    struct iam_entity user;
    struct rows r;

    buf_add_str(out, HEADER);
    if (iam_user_root(c, &user) != 0)
        return -1;
    put_user(c, &user, out);
    rows_open(&r, c->db,
              "SELECT e.name, " IAM_ENTITY_COLUMNS
              " FROM iam_entity e WHERE e.account = ? AND e.kind = 'user' ORDER BY e.name",
              "s", c->account);
    while (rows_next(&r)) {
        iam_entity_read(c, &r, &user);
        put_user(c, &user, out);
    }
    return out->overflow ? call_fail_internal(c, "a credential report is too long") : 0;
}

/* 0: none. */
static int64_t report_made_ms(struct call *c)
{
    return db_int(c->db, 0, "SELECT made_ms FROM iam_credential_report WHERE account = ?", "s",
                  c->account);
}

/* The first of these calls says that it began, as on AWS; the next that it is done. */
int iam_generate_credential_report(struct call *c)
{
    int64_t made_ms = report_made_ms(c), now_ms = call_now_ms(c);
    struct buf content;
    json_t *out = json_object();

    if (made_ms != 0 && now_ms - made_ms < REPORT_LIFE_MS) {
        json_set_str(out, "State", "COMPLETE");
        return call_reply(c, out);
    }
    buf_init(&content, REPORT_MAX);
    int rc = report_make(c, &content);
    if (rc == 0)
        db_exec(c->db,
                "INSERT OR REPLACE INTO iam_credential_report (account, content, made_ms)"
                " VALUES (?, ?, ?)",
                "ssi", c->account, content.data, now_ms / 1000 * 1000);
    buf_done(&content);
    if (rc != 0) {
        json_decref(out);
        return -1;
    }
    json_set_str(out, "State", "STARTED");
    json_set_str(out, "Description", "No report exists. Starting a new report generation task");
    return call_reply(c, out);
}

int iam_get_credential_report(struct call *c)
{
    int64_t made_ms = report_made_ms(c);
    json_t *out;
    struct rows r;

    if (made_ms == 0)
        return call_fail(c, "ReportNotPresent",
                         "No report present or report has expired, please generate a new report");
    if (call_now_ms(c) - made_ms >= REPORT_LIFE_MS)
        return call_fail(c, "ReportExpired", "The report has expired, please generate a new one");
    out = json_object();
    rows_open(&r, c->db, "SELECT content FROM iam_credential_report WHERE account = ?", "s",
              c->account);
    while (rows_next(&r)) {
        const char *content = rows_text(&r, 0);
        char *blob = base64_encode(content, strlen(content));
        json_set_str(out, "Content", blob);
        free(blob);
    }
    json_set_str(out, "ReportFormat", "text/csv");
    json_set_int(out, "GeneratedTime", made_ms);
    return call_reply(c, out);
}
