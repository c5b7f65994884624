/* Rows of iam_login_profile and iam_former_password: see password.h. */
#include "services/iam/password.h"

#include "base/text.h"
#include "base/timefmt.h"
#include "services/iam/password_hash.h"
#include "services/iam/password_policy.h"

struct profile {
    const char *hash; /* in the call's arena */
    bool reset;
    int64_t changed_ms;
};

static bool profile_find(struct call *c, const char *user_id, struct profile *ret_profile)
{
    struct rows r;

    rows_open(&r, c->db,
              "SELECT hash, reset_required, changed_ms FROM iam_login_profile"
              " WHERE account = ? AND user_id = ?",
              "ss", c->account, user_id);
    if (!rows_next(&r))
        return false;
    *ret_profile = (struct profile){
        .hash = call_text(c, &r, 0),
        .reset = rows_int(&r, 1) != 0,
        .changed_ms = rows_int(&r, 2),
    };
    rows_close(&r);
    return true;
}

static void policy_for(struct call *c, const char *user_id, struct password_policy *ret_policy)
{
    if (str_equal(user_id, c->account))
        password_policy_default(ret_policy);
    else
        password_policy_read(c, ret_policy);
}

enum password_state password_check(struct call *c, const char *user_id, const char *password)
{
    struct password_policy policy;
    struct profile profile;

    if (user_id == NULL || !profile_find(c, user_id, &profile)) {
        password_hash_waste(password);
        return PASSWORD_WRONG;
    }
    if (!password_hash_matches(profile.hash, password))
        return PASSWORD_WRONG;
    policy_for(c, user_id, &policy);
    bool expired = policy.max_age_days > 0 &&
                   call_now_ms(c) - profile.changed_ms >= policy.max_age_days * DAY_MS;
    if (expired && policy.hard_expiry)
        return PASSWORD_EXPIRED;
    return expired || profile.reset ? PASSWORD_RENEW : PASSWORD_RIGHT;
}

/* The password, hashed as the user's are, is among the latest `count`. */
static bool was_used(struct call *c, const char *user_id, const char *password, int64_t count)
{
    struct profile profile;
    char hash[PASSWORD_HASH_SIZE];
    bool used;
    struct rows r;

    if (count == 0 || !profile_find(c, user_id, &profile) ||
        !password_hash_like(profile.hash, password, hash))
        return false;
    used = password_hash_equal(hash, profile.hash);
    rows_open(&r, c->db,
              "SELECT hash FROM iam_former_password WHERE account = ? AND user_id = ?"
              " ORDER BY number DESC LIMIT ?",
              "ssi", c->account, user_id, count - 1);
    while (rows_next(&r))
        used = password_hash_equal(hash, rows_text(&r, 0)) || used;
    return used;
}

int password_allow(struct call *c, const char *user_id, const char *password)
{
    struct password_policy policy;
    const char *lacks;

    policy_for(c, user_id, &policy);
    lacks = password_policy_lacks(c, &policy, password);
    if (lacks != NULL)
        return call_fail(c, "PasswordPolicyViolation", "%s", lacks);
    if (was_used(c, user_id, password, policy.reuse_prevention))
        return call_fail(c, "PasswordPolicyViolation",
                         "Policy constraint violation with password reuse prevention during "
                         "password change.");
    return 0;
}

/* The former password is remembered; beyond what a policy may ask for, the oldest is forgotten. */
static void retire(struct call *c, const char *user_id)
{
    db_exec(c->db,
            "INSERT INTO iam_former_password (account, user_id, number, hash)"
            " SELECT p.account, p.user_id, (SELECT coalesce(max(f.number), 0) + 1"
            " FROM iam_former_password f WHERE f.account = ?1 AND f.user_id = ?2), p.hash"
            " FROM iam_login_profile p WHERE p.account = ?1 AND p.user_id = ?2",
            "ss", c->account, user_id);
    db_exec(c->db,
            "DELETE FROM iam_former_password WHERE account = ?1 AND user_id = ?2 AND number <="
            " (SELECT max(number) FROM iam_former_password WHERE account = ?1 AND user_id = ?2)"
            " - ?3",
            "ssi", c->account, user_id, (int64_t)PASSWORD_REUSE_MAX);
}

int password_set(struct call *c, const char *user_id, const char *password, bool reset)
{
    int64_t now_ms = iam_now_ms(c);
    char hash[PASSWORD_HASH_SIZE];
    struct profile profile = {.hash = NULL};
    bool there = profile_find(c, user_id, &profile);

    if (there ? !password_hash_like(profile.hash, password, hash)
              : !password_hash_make(c->ids, password, hash))
        return call_fail_internal(c, "OpenSSL could not hash a password");
    if (there)
        retire(c, user_id);
    db_exec(c->db,
            "INSERT INTO iam_login_profile (account, user_id, hash, reset_required, created_ms,"
            " changed_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (account, user_id)"
            " DO UPDATE SET hash = ?3, reset_required = ?4, changed_ms = ?5",
            "sssii", c->account, user_id, hash, (int64_t)reset, now_ms);
    return 0;
}

void password_remove(struct call *c, const char *user_id)
{
    db_exec(c->db, "DELETE FROM iam_login_profile WHERE account = ? AND user_id = ?", "ss",
            c->account, user_id);
    db_exec(c->db, "DELETE FROM iam_former_password WHERE account = ? AND user_id = ?", "ss",
            c->account, user_id);
}
