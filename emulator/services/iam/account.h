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

struct account_tools { /* what making an account needs; there is no call yet */
    struct db *db;
    const struct clock *clock;
    struct ids *ids;
};

/* Makes the account with its root user and one access key, in the caller's transaction. The secret
 * is returned once. Codes of err: "InvalidAccount" (not 12 digits, name or email too long),
 * "AccountExists", "InvalidAccessKey", "AccessKeyExists". */
int account_create(struct account_tools t, const struct account_spec *spec,
                   struct account *ret_account, struct access_key *ret_key,
                   struct err *err) MUST_CHECK;
bool account_find(struct db *db, const char *id, struct account *ret_account);
json_t *account_list(struct db *db); /* new array of {id, name, email, created} */
size_t account_count(struct db *db);
/* Rows of the account in every table, and with `whole` the account itself. Guests must be gone
 * before. */
void account_empty(struct db *db, const char *id, bool whole);
/* A new root key in place of the old ones. */
void account_new_root_key(struct account_tools t, const char *id, struct access_key *ret_key);

/* A new key of a user, or of the root user, whose id is the account; the secret is returned once.
 */
void access_key_create(struct account_tools t, const char *account, const char *user_id,
                       struct access_key *ret_key);
bool access_key_find(struct db *db, const char *access_key_id, struct access_key *ret_key);
/* The oldest active root key. */
bool account_root_key(struct db *db, const char *id, struct access_key *ret_key);

#endif
