/* Users of the system and the keys that open their logins. */
#ifndef AGENT_ACCOUNT_H
#define AGENT_ACCOUNT_H

#include "err.h"

#include <jansson.h>

/* Makes the user, with sudo, where it is not there yet. */
int account_ensure(const char *user, struct err *err) __attribute__((warn_unused_result));

/* Adds keys (a JSON array of lines) to those that open a user's login; the ones that are there
 * stay. */
int account_add_keys(const char *user, const json_t *keys, struct err *err)
    __attribute__((warn_unused_result));

/* Adds the same keys to root's, where each only tells to log in as the user. */
int account_add_refused_root_keys(const char *user, const json_t *keys, struct err *err)
    __attribute__((warn_unused_result));

#endif
