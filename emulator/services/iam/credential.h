/* What the credentials of a user have in common, be they access keys, SSH keys, certificates or
 * passwords for one service: a row with id, account, user_id, active and created_ms, so many for a
 * user at most, that is switched on and off, and deleted. */
#ifndef SERVICES_IAM_CREDENTIAL_H
#define SERVICES_IAM_CREDENTIAL_H

#include "services/iam/entity.h"

/* "IAM and AWS STS quotas", IAM User Guide. */
#define ACCESS_KEYS_PER_USER          2
#define SIGNING_CERTIFICATES_PER_USER 2

struct credential_kind {
    const char *member;  /* of the input, that names one: "AccessKeyId" */
    const char *title;   /* in texts: "Access Key" */
    const char *quota;   /* in the text of LimitExceeded: "AccessKeysPerUser" */
    int limit;           /* how many a user may have */
    const char *count;   /* SQL: how many the user (?1 account, ?2 user_id) has */
    const char *exists;  /* SQL: answers a row for ?1 account, ?2 user_id, ?3 id */
    const char *update;  /* SQL: sets active = ?4 */
    const char *destroy; /* SQL: deletes it */
};

/* The statements of a table. */
#define CREDENTIAL_SQL(table)                                                                      \
    .count = "SELECT count(*) FROM " table " WHERE account = ?1 AND user_id = ?2",                 \
    .exists = "SELECT 1 FROM " table " WHERE account = ?1 AND user_id = ?2 AND id = ?3",           \
    .update = "UPDATE " table " SET active = ?4 WHERE account = ?1 AND user_id = ?2 AND id = ?3",  \
    .destroy = "DELETE FROM " table " WHERE account = ?1 AND user_id = ?2 AND id = ?3"

/* LimitExceeded (409) when the user has as many as it may. */
int credential_check_room(struct call *c, const struct credential_kind *kind,
                          const struct iam_entity *user) MUST_CHECK;
/* The user that the call is about and its credential: NoSuchEntity (404). */
int credential_load(struct call *c, const struct credential_kind *kind,
                    struct iam_entity *ret_user) MUST_CHECK;
/* The whole Update and Delete operations. Status Expired is not for users to set: InvalidInput. */
int credential_update_status(struct call *c, const struct credential_kind *kind) MUST_CHECK;
int credential_delete(struct call *c, const struct credential_kind *kind) MUST_CHECK;

/* The whole List operation: `d` lists the credentials of the user whose id is ?4. */
int credential_list(struct call *c, const struct describe *d, const char *member) MUST_CHECK;

const char *credential_status(bool active); /* "Active", "Inactive" */

#endif
