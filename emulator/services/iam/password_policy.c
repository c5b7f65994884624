/* GetAccountPasswordPolicy, UpdateAccountPasswordPolicy, DeleteAccountPasswordPolicy, and what
 * conforms: see password_policy.h. */
#include "services/iam/password_policy.h"

#include "base/buf.h"
#include "base/text.h"
#include "operations.h"
#include "services/iam/account.h"

#include <stdlib.h>
#include <string.h>

#define SYMBOLS        "!@#$%^&*()_+-=[]{}|'"
#define NUMBERS        "0123456789"
#define UPPERCASE      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWERCASE      "abcdefghijklmnopqrstuvwxyz"
#define LACKS_SIZE     1024
#define DEFAULT_LENGTH 8   /* without a policy */
#define DEFAULT_KINDS  3UL /* of the four kinds of characters */
#define UPDATED_LENGTH 6   /* of a policy that does not say */

/* --- reading ---------------------------------------------------------------------------------- */

void password_policy_default(struct password_policy *ret_policy)
{
    *ret_policy = (struct password_policy){.min_length = DEFAULT_LENGTH};
}

static json_t *doc_find(struct call *c)
{
    json_t *doc = NULL;
    struct rows r;

    rows_open(&r, c->db, "SELECT doc FROM iam_password_policy WHERE account = ?", "s", c->account);
    if (rows_next(&r)) {
        doc = rows_json(&r, 0);
        rows_close(&r);
    }
    return doc;
}

void password_policy_read(struct call *c, struct password_policy *ret_policy)
{
    json_t *doc = doc_find(c);

    if (doc == NULL) {
        password_policy_default(ret_policy);
        return;
    }
    *ret_policy = (struct password_policy){
        .custom = true,
        .min_length = json_int_or(doc, "MinimumPasswordLength", UPDATED_LENGTH),
        .symbols = json_bool_or(doc, "RequireSymbols", false),
        .numbers = json_bool_or(doc, "RequireNumbers", false),
        .uppercase = json_bool_or(doc, "RequireUppercaseCharacters", false),
        .lowercase = json_bool_or(doc, "RequireLowercaseCharacters", false),
        .users_may_change = json_bool_or(doc, "AllowUsersToChangePassword", false),
        .max_age_days = json_int_or(doc, "MaxPasswordAge", 0),
        .reuse_prevention = json_int_or(doc, "PasswordReusePrevention", 0),
        .hard_expiry = json_bool_or(doc, "HardExpiry", false),
    };
    json_decref(doc);
}

/* --- what conforms ---------------------------------------------------------------------------- */

struct kind_of_character {
    const char *set, *text;
    bool wanted;
};

static void lack(struct buf *list, const char *text)
{
    buf_addf(list, "%s%s", list->len > 0 ? ", " : "", text);
}

/* "Setting an account password policy", IAM User Guide: the name and the address of the account
 * are no passwords. */
static bool names_account(struct call *c, const char *password)
{
    struct account account;

    return account_find(c->db, c->account, &account) &&
           (str_equal_ci(password, account.name) || str_equal_ci(password, account.email));
}

/* Characters, not bytes: passwords may hold Latin-1 letters. */
static int64_t length_of(const char *text)
{
    int64_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* Which kinds of characters are missing: those that the policy wants; without a policy as many as
 * are short of three, whichever they be. */
static void lack_kinds(const struct password_policy *policy, const char *password, struct buf *list)
{
    const struct kind_of_character kinds[] = {
        {UPPERCASE, "Password should have at least one uppercase letter", policy->uppercase},
        {LOWERCASE, "Password should have at least one lowercase letter", policy->lowercase},
        {NUMBERS, "Password should have at least one number", policy->numbers},
        {SYMBOLS, "Password should have at least one symbol", policy->symbols},
    };
    struct buf missing;
    size_t present = 0;

    buf_init(&missing, LACKS_SIZE);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        bool has = strpbrk(password, kinds[i].set) != NULL;
        present += has;
        if (!has && (kinds[i].wanted || !policy->custom))
            lack(&missing, kinds[i].text);
    }
    if (!policy->custom && present < DEFAULT_KINDS) {
        lack(list, "Password should meet ");
        buf_addf(list, "%zu more of the following requirements: %s", DEFAULT_KINDS - present,
                 buf_text(&missing));
    } else if (policy->custom && missing.len > 0) {
        lack(list, buf_text(&missing));
    }
    buf_done(&missing);
}

const char *password_policy_lacks(struct call *c, const struct password_policy *policy,
                                  const char *password)
{
    const char *text = NULL;
    struct buf list;

    buf_init(&list, LACKS_SIZE);
    if (length_of(password) < policy->min_length)
        lack(&list, call_printf(c, "Password should have a minimum length of %d",
                                (int)policy->min_length));
    lack_kinds(policy, password, &list);
    if (!policy->custom && names_account(c, password))
        lack(&list, "Password should not be the name or the e-mail address of the account");
    if (list.len > 0)
        text = arena_strdup(c->arena, buf_text(&list));
    buf_done(&list);
    return text;
}

/* --- operations ------------------------------------------------------------------------------- */

static int fail_missing(struct call *c)
{
    return call_fail(c, "NoSuchEntity", "The Password Policy with domain name %s cannot be found.",
                     c->account);
}

int iam_get_account_password_policy(struct call *c)
{
    static const char *const flags[] = {"RequireSymbols", "RequireNumbers",
                                        "RequireUppercaseCharacters", "RequireLowercaseCharacters",
                                        "AllowUsersToChangePassword"};
    json_t *doc = doc_find(c);

    if (doc == NULL)
        return fail_missing(c);
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        json_set_bool(doc, flags[i], json_bool_or(doc, flags[i], false));
    json_set_int(doc, "MinimumPasswordLength",
                 json_int_or(doc, "MinimumPasswordLength", UPDATED_LENGTH));
    json_set_bool(doc, "ExpirePasswords", json_get(doc, "MaxPasswordAge") != NULL);
    return call_reply(c, json_pack("{so}", "PasswordPolicy", doc));
}

/* What the request leaves out goes back to its default. */
int iam_update_account_password_policy(struct call *c)
{
    db_exec(c->db, "INSERT OR REPLACE INTO iam_password_policy (account, doc) VALUES (?, ?)", "sj",
            c->account, c->in);
    return call_reply(c, NULL);
}

int iam_delete_account_password_policy(struct call *c)
{
    db_exec(c->db, "DELETE FROM iam_password_policy WHERE account = ?", "s", c->account);
    return db_changed(c->db) == 0 ? fail_missing(c) : call_reply(c, NULL);
}
