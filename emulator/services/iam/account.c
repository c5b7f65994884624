/* Accounts and access keys: see account.h. A secret is kept as it is, since a signature can only be
 * checked with it; the database file is readable by its owner alone. */
#include "services/iam/account.h"

#include "base/text.h"
#include "base/timefmt.h"
#include "services/iam/key_id.h"
#include "services/iam/password.h"

#include <string.h>

static const char secret_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool account_id_valid(const char *id)
{
    return strlen(id) == ACCOUNT_ID_SIZE - 1 && strspn(id, "0123456789") == ACCOUNT_ID_SIZE - 1;
}

static bool access_key_id_valid(const char *id)
{
    size_t len = strlen(id);
    return len >= 16 && len <= 128 &&
           strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

/* A secret may be anything that fits into one word of a shell and of a credentials file. */
static bool secret_valid(const char *secret)
{
    size_t len = strlen(secret);
    for (size_t i = 0; i < len; i++)
        if (secret[i] <= ' ' || secret[i] > '~')
            return false;
    return len >= 1 && len < SECRET_BUFFER_SIZE;
}

static void access_key_insert(struct account_tools t, const struct access_key *key,
                              const char *user_id)
{
    db_exec(t.db,
            "INSERT INTO iam_access_key (id, account, user_id, secret, active, created_ms)"
            " VALUES (?, ?, ?, ?, 1, ?)",
            "ssssi", key->id, key->account, user_id, key->secret,
            clock_now_ms(t.clock) / 1000 * 1000);
}

static void access_key_draw(struct account_tools t, struct access_key *key)
{
    key_id_make(t.ids, "AKIA", key->account, key->id);
    random_text(t.ids, secret_alphabet, key->secret, SECRET_SIZE - 1);
}

void access_key_create(struct account_tools t, const char *account, const char *user_id,
                       struct access_key *ret_key)
{
    *ret_key = (struct access_key){.active = true};
    str_copy(ret_key->account, sizeof(ret_key->account), account);
    access_key_draw(t, ret_key);
    access_key_insert(t, ret_key, user_id);
}

/* The root user's: key->account is set. */
static int access_key_make(struct account_tools t, const struct account_spec *spec,
                           struct access_key *key, struct err *err)
{
    if (spec->access_key_id == NULL) {
        access_key_draw(t, key);
        return 0;
    }
    if (!access_key_id_valid(spec->access_key_id))
        return err_set(err, "InvalidAccessKey",
                       "an access key id has 16 to 128 letters, digits and underscores");
    if (!secret_valid(spec->secret))
        return err_set(err, "InvalidAccessKey",
                       "a secret access key has 1 to 128 printable characters without spaces");
    if (db_exists(t.db, "SELECT 1 FROM iam_access_key WHERE id = ?", "s", spec->access_key_id))
        return err_set(err, "AccessKeyExists", "access key %s exists already", spec->access_key_id);
    str_copy(key->id, sizeof(key->id), spec->access_key_id);
    str_copy(key->secret, sizeof(key->secret), spec->secret);
    return 0;
}

/* Account ids start at 1: a leading zero gets lost in too many spreadsheets. */
static void account_draw_id(struct account_tools t, char id[ACCOUNT_ID_SIZE])
{
    do {
        random_text(t.ids, "123456789", id, 1);
        random_text(t.ids, "0123456789", id + 1, ACCOUNT_ID_SIZE - 2);
    } while (db_exists(t.db, "SELECT 1 FROM iam_account WHERE id = ?", "s", id));
}

static int account_fill(struct account_tools t, const struct account_spec *spec,
                        struct account *account, struct err *err)
{
    if (spec->id == NULL)
        account_draw_id(t, account->id);
    else if (!account_id_valid(spec->id))
        return err_set(err, "InvalidAccount", "an account id has 12 digits: '%.40s' does not",
                       spec->id);
    else
        str_copy(account->id, sizeof(account->id), spec->id);
    if (db_exists(t.db, "SELECT 1 FROM iam_account WHERE id = ?", "s", account->id))
        return err_set(err, "AccountExists", "account %s exists already", account->id);
    char name[sizeof(account->name)], email[sizeof(account->email)];
    snprintf(name, sizeof(name), "Account %s", account->id);
    snprintf(email, sizeof(email), "root@%s.example", account->id);
    bool fits =
        str_copy(account->name, sizeof(account->name), spec->name != NULL ? spec->name : name) &&
        str_copy(account->email, sizeof(account->email), spec->email != NULL ? spec->email : email);
    if (!fits || account->name[0] == '\0' || strchr(account->email, '@') == NULL)
        return err_set(
            err, "InvalidAccount",
            "a name has 1 to 128 characters and an e-mail address at most 256 with an @");
    if (db_exists(t.db, "SELECT 1 FROM iam_account WHERE email = ? COLLATE NOCASE", "s",
                  account->email))
        return err_set(err, "EmailExists", "another account has the e-mail address %.200s",
                       account->email);
    account->created_ms = clock_now_ms(t.clock);
    return 0;
}

/* --- the root user's password ----------------------------------------------------------------- */

static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/* Four words of five characters that are not mistaken for each other: "aB3xY-..." */
static void password_draw(struct account_tools t, char out[ROOT_PASSWORD_SIZE])
{
    char word[6];

    do {
        out[0] = '\0';
        for (int i = 0; i < 4; i++) {
            random_text(t.ids, letters, word, sizeof(word) - 1);
            snprintf(out + strlen(out), ROOT_PASSWORD_SIZE - strlen(out), "%s%s", i > 0 ? "-" : "",
                     word);
        }
    } while (strpbrk(out, "ABCDEFGHJKLMNPQRSTUVWXYZ") == NULL || strpbrk(out, "23456789") == NULL);
}

int account_new_root_password(struct account_tools t, const char *id, const char *password,
                              char ret_password[ROOT_PASSWORD_SIZE], struct err *err)
{
    struct arena *arena = arena_new();
    struct call c = {.db = t.db, .clock = t.clock, .ids = t.ids, .arena = arena, .account = id};
    int rc = 0;

    if (password == NULL)
        password_draw(t, ret_password);
    else if (!str_copy(ret_password, ROOT_PASSWORD_SIZE, password))
        rc = err_set(err, "InvalidPassword", "a password has at most %d characters",
                     ROOT_PASSWORD_SIZE - 1);
    if (rc == 0 && (password_allow(&c, id, ret_password) != 0 ||
                    password_set(&c, id, ret_password, false) != 0))
        rc = err_set(err, c.internal ? "Internal" : "InvalidPassword", "%s", c.err.text);
    arena_free(arena);
    return rc;
}

char *account_password_hash(struct db *db, const char *id)
{
    struct rows r;
    char *hash = NULL;

    rows_open(&r, db, "SELECT hash FROM iam_login_profile WHERE account = ?1 AND user_id = ?1", "s",
              id);
    if (rows_next(&r)) {
        hash = xstrdup(rows_text(&r, 0));
        rows_close(&r);
    }
    return hash;
}

/* --- making, finding, emptying ---------------------------------------------------------------- */

static int root_password_make(struct account_tools t, const struct account_spec *spec,
                              struct account_made *made, struct err *err)
{
    if (spec->password_hash == NULL)
        return account_new_root_password(t, made->account.id, spec->password, made->password, err);
    db_exec(t.db,
            "INSERT INTO iam_login_profile (account, user_id, hash, reset_required, created_ms,"
            " changed_ms) VALUES (?1, ?1, ?2, 0, ?3, ?3)",
            "ssi", made->account.id, spec->password_hash, made->account.created_ms / 1000 * 1000);
    return 0;
}

int account_create(struct account_tools t, const struct account_spec *spec,
                   struct account_made *ret_made, struct err *err)
{
    struct account_made made = {.key = {.active = true}};
    struct account *account = &made.account;

    if (account_fill(t, spec, account, err) != 0)
        return -1;
    str_copy(made.key.account, sizeof(made.key.account), account->id);
    if (access_key_make(t, spec, &made.key, err) != 0)
        return -1;
    db_exec(t.db, "INSERT INTO iam_account (id, name, email, created_ms) VALUES (?, ?, ?, ?)",
            "sssi", account->id, account->name, account->email, account->created_ms);
    access_key_insert(t, &made.key, account->id);
    if (root_password_make(t, spec, &made, err) != 0)
        return -1;
    *ret_made = made;
    return 0;
}

static void account_read(struct rows *r, struct account *account)
{
    str_copy(account->id, sizeof(account->id), rows_text(r, 0));
    str_copy(account->name, sizeof(account->name), rows_text(r, 1));
    str_copy(account->email, sizeof(account->email), rows_text(r, 2));
    account->created_ms = rows_int(r, 3);
}

bool account_find(struct db *db, const char *id, struct account *ret_account)
{
    struct rows r;
    rows_open(&r, db, "SELECT id, name, email, created_ms FROM iam_account WHERE id = ?", "s", id);
    if (!rows_next(&r))
        return false;
    account_read(&r, ret_account);
    rows_close(&r);
    return true;
}

json_t *account_list(struct db *db)
{
    json_t *list = json_array();
    struct rows r;
    rows_open(&r, db, "SELECT id, name, email, created_ms FROM iam_account ORDER BY created_ms, id",
              "");
    while (rows_next(&r)) {
        struct account account;
        char created[TIME_SIZE];
        account_read(&r, &account);
        time_format_iso8601(account.created_ms, created);
        json_t *item = json_object();
        json_set_str(item, "id", account.id);
        json_set_str(item, "name", account.name);
        json_set_str(item, "email", account.email);
        json_set_str(item, "created", created);
        json_append_new(list, item);
    }
    return list;
}

size_t account_count(struct db *db)
{
    return (size_t)db_int(db, 0, "SELECT count(*) FROM iam_account", "");
}

bool account_find_email(struct db *db, const char *email, struct account *ret_account)
{
    struct rows r;
    rows_open(&r, db,
              "SELECT id, name, email, created_ms FROM iam_account WHERE email = ? COLLATE NOCASE",
              "s", email);
    if (!rows_next(&r))
        return false;
    account_read(&r, ret_account);
    rows_close(&r);
    return true;
}

/* Every table with a column `account`. What is the root user's in `kept` ones stays. */
static void rows_remove(struct db *db, const char *id, const json_t *kept)
{
    struct rows r;
    rows_open(&r, db,
              "SELECT 'DELETE FROM \"' || m.name || '\" WHERE account = ?1'"
              " || CASE WHEN m.name IN (SELECT value FROM json_each(?1))"
              " THEN ' AND user_id <> account' ELSE '' END FROM sqlite_master m"
              " JOIN pragma_table_info(m.name) c ON c.name = 'account' WHERE m.type = 'table'",
              "j", kept);
    while (rows_next(&r))
        db_exec(db, rows_text(&r, 0), "s", id);
}

void account_remove(struct account_tools t, const char *id)
{
    json_t *kept = json_array();
    rows_remove(t.db, id, kept);
    json_decref(kept);
    db_exec(t.db, "DELETE FROM iam_account WHERE id = ?", "s", id);
}

void account_reset(struct account_tools t, const char *id)
{
    json_t *kept = json_pack("[ss]", "iam_access_key", "iam_login_profile");
    rows_remove(t.db, id, kept);
    json_decref(kept);
    db_exec(t.db, "UPDATE iam_account SET created_ms = ? WHERE id = ?", "is", clock_now_ms(t.clock),
            id);
}

void account_new_root_key(struct account_tools t, const char *id, struct access_key *ret_key)
{
    db_exec(t.db, "DELETE FROM iam_access_key WHERE account = ? AND user_id = ?", "ss", id, id);
    access_key_create(t, id, id, ret_key);
}

static bool access_key_read(struct rows *r, struct access_key *ret_key)
{
    if (!rows_next(r))
        return false;
    str_copy(ret_key->id, sizeof(ret_key->id), rows_text(r, 0));
    str_copy(ret_key->secret, sizeof(ret_key->secret), rows_text(r, 1));
    str_copy(ret_key->account, sizeof(ret_key->account), rows_text(r, 2));
    ret_key->active = rows_int(r, 3) != 0;
    rows_close(r);
    return true;
}

bool access_key_find(struct db *db, const char *access_key_id, struct access_key *ret_key)
{
    struct rows r;
    rows_open(&r, db, "SELECT id, secret, account, active FROM iam_access_key WHERE id = ?", "s",
              access_key_id);
    return access_key_read(&r, ret_key);
}

bool account_root_key(struct db *db, const char *id, struct access_key *ret_key)
{
    struct rows r;
    rows_open(&r, db,
              "SELECT id, secret, account, active FROM iam_access_key"
              " WHERE account = ? AND user_id = account AND active ORDER BY created_ms, id LIMIT 1",
              "s", id);
    return access_key_read(&r, ret_key);
}
