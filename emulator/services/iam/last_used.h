/* When access keys, users and roles were last used, and where: a row of iam_last_used for each
 * service that they were used with, and for users and roles one of iam_action_used for each action.
 * The rows lag at most LAST_USED_LAG_MS behind, so that requests seldom write. */
#ifndef SERVICES_IAM_LAST_USED_H
#define SERVICES_IAM_LAST_USED_H

#include "call/call.h"

#define LAST_USED_LAG_MS 60000

struct last_used {       /* text in the call's arena */
    const char *service; /* as actions are prefixed: "ec2" */
    const char *region;
    int64_t at_ms;
};

/* The latest use of an access key, user or role by its id (the root user's is its account), with
 * any service; false: never used. */
bool last_used_find(struct call *c, const char *id, struct last_used *ret_use);
json_t *last_used_of_role(struct call *c, const char *role_id); /* RoleLastUsed: a new reference */

/* What was noted of late. */
struct last_used_log;
struct last_used_log *last_used_log_new(void);
void last_used_log_free(struct last_used_log *log); /* takes NULL */
/* Notes a request whose signature was good, whether it is then allowed or not: its key, and the
 * user or role behind it. Writes outside of any transaction. */
void last_used_note(struct last_used_log *log, struct call *c);

#endif
