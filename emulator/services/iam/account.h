/* Accounts, and the access keys that sign for them. Every other row in the store belongs to one of
 * these. */
#ifndef SERVICES_IAM_ACCOUNT_H
#define SERVICES_IAM_ACCOUNT_H

#include "call/call.h"

#define ACCOUNT_ID_SIZE    13
#define ACCESS_KEY_SIZE    21
#define SECRET_SIZE        41
#define SECRET_BUFFER_SIZE 129 /* a key given by --root-key may be longer */

extern const struct migration iam_migrations[];
extern const size_t iam_migration_count;

struct account_spec {
    const char *id;                     /* 12 digits, or NULL: a new one is drawn */
    const char *name;                   /* NULL: "Account <id>" */
    const char *email;                  /* NULL: "root@<id>.example" */
    const char *access_key_id, *secret; /* the root user's key, or NULL: generated */
    const char *password;               /* the root user's, or NULL: generated */
    const char *password_hash;          /* or what account_password_hash said of it before */
};

struct account {
    char id[ACCOUNT_ID_SIZE];
    char name[129];
    char email[257];
    int64_t created_ms;
};

struct access_key {
    char id[129];
    char secret[SECRET_BUFFER_SIZE];
    char account[ACCOUNT_ID_SIZE];
    bool active;
};

#define ROOT_PASSWORD_SIZE 129 /* with its NUL */

struct account_made { /* secrets are shown this once */
    struct account account;
    struct access_key key;
    char password[ROOT_PASSWORD_SIZE]; /* of the root user; "": password_hash was given */
};

struct account_tools { /* what making an account needs; there is no call yet */
    struct db *db;
    const struct clock *clock;
    struct ids *ids;
};

/* Makes the account with its root user, one access key and a password, in the caller's transaction.
 * Codes of err: "InvalidAccount" (not 12 digits, name or email too long), "AccountExists",
 * "EmailExists" (another account's root user has the address), "InvalidAccessKey",
 * "AccessKeyExists", "InvalidPassword". */
int account_create(struct account_tools t, const struct account_spec *spec,
                   struct account_made *ret_made, struct err *err) MUST_CHECK;
bool account_find(struct db *db, const char *id, struct account *ret_account);
json_t *account_list(struct db *db); /* new array of {id, name, email, created}; created: its
                                         free tier begins */
size_t account_count(struct db *db);
bool account_find_email(struct db *db, const char *email, struct account *ret_account);
/* The account and its rows in every table. Guests must be gone before. */
void account_remove(struct account_tools t, const char *id);
/* As new, from now on; but its name, its root user's keys and password stay. */
void account_reset(struct account_tools t, const char *id);
/* A new root key in place of the old ones. */
void account_new_root_key(struct account_tools t, const char *id, struct access_key *ret_key);

/* A new password of the root user; `password` NULL: generated. Code of err: "InvalidPassword". */
int account_new_root_password(struct account_tools t, const char *id, const char *password,
                              char ret_password[ROOT_PASSWORD_SIZE], struct err *err) MUST_CHECK;
/* Of the root user's password, on the heap; NULL: it has none. */
char *account_password_hash(struct db *db, const char *id);

/* A new key of a user, or of the root user, whose id is the account; the secret is returned once.
 */
void access_key_create(struct account_tools t, const char *account, const char *user_id,
                       struct access_key *ret_key);
bool access_key_find(struct db *db, const char *access_key_id, struct access_key *ret_key);
/* The oldest active root key. */
bool account_root_key(struct db *db, const char *id, struct access_key *ret_key);

#endif
