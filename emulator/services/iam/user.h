/* Users: the people and programs of an account, its root user among them. */
#ifndef SERVICES_IAM_USER_H
#define SERVICES_IAM_USER_H

#include "services/iam/entity.h"

/* The user that the call is about: UserName, or whoever signed where that is left out. The root
 * user has its account's number for an id and "root" for a name, and no row of iam_entity.
 * NoSuchEntity when there is no such user; ValidationError when a role or a federated user leaves
 * the name out. */
int iam_user_of_call(struct call *c, struct iam_entity *ret_user) MUST_CHECK;
/* The root user; NoSuchEntity when there is no such account. */
int iam_user_root(struct call *c, struct iam_entity *ret_user) MUST_CHECK;
/* By id: the root user's is its account. */
bool iam_user_by_id(struct call *c, const char *id, struct iam_entity *ret_user);
bool iam_user_is_root(const struct iam_entity *user);

enum iam_user_view {              /* how much of a user an operation shows */
                     USER_LISTED, /* as a member of a group */
                     USER_MADE,   /* with boundary and tags: CreateUser */
};
/* A new reference. */
json_t *iam_user_to_json(struct call *c, const struct iam_entity *user, enum iam_user_view view);

/* When the user last signed in with a password; `user_id` of the root user is its account. */
void iam_user_signed_in(struct db *db, const char *account, const char *user_id, int64_t at_ms);
int64_t iam_user_signed_in_ms(struct db *db, const char *account,
                              const char *user_id); /* 0: never */

#endif
