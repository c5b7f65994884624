/* Passwords of users and of the root user, whose id is its account. */
#ifndef SERVICES_IAM_PASSWORD_H
#define SERVICES_IAM_PASSWORD_H

#include "services/iam/entity.h"

enum password_state {
    PASSWORD_WRONG, /* or there is none */
    PASSWORD_RIGHT,
    PASSWORD_RENEW,   /* right, but a new one is to be set before anything else */
    PASSWORD_EXPIRED, /* right, but only an administrator can set a new one */
};

/* Takes the time of one hash whatever the answer. */
enum password_state password_check(struct call *c, const char *user_id, const char *password);
/* PasswordPolicyViolation when the account's policy does not allow this user that password. */
int password_allow(struct call *c, const char *user_id, const char *password) MUST_CHECK;
/* Writes it, in place of the one before if there is one. `reset`: to be changed at the next
 * sign-in. */
int password_set(struct call *c, const char *user_id, const char *password, bool reset) MUST_CHECK;
void password_remove(struct call *c, const char *user_id); /* and what is known of former ones */

#endif
