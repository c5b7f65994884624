/* The policies that judge a principal, compiled and kept from request to request. What is kept
 * counts only while iam_stamp has the value it was read under, so a change of anybody's policies
 * acts on the next request. */
#ifndef SERVICES_IAM_PRINCIPAL_POLICIES_H
#define SERVICES_IAM_PRINCIPAL_POLICIES_H

#include "call/call.h"
#include "policy/policy.h"

struct principal_policies {
    struct policy_list identity; /* of the user and its groups, or of the role; the id of an inline
                                    one is "user_alice_Name", of a managed one its name */
    const struct policy *boundary; /* NULL: none */
    bool in_session;               /* session policies were given, or the principal is a federated
                                      user, who has no permissions without them */
    struct policy_list session;
};

/* NULL: the user or role is gone, its credentials are worth nothing. A root user and an anonymous
 * caller have no policies: the lists are empty.
 *
 * Valid until the next call of this function or of principal_policies_of: both empty the memory,
 * policy_cache included, when it holds more than its ceilings. */
const struct principal_policies *principal_policies_find(struct call *c,
                                                         const struct principal *who);
/* Of a user, group or role by its id, without a session; NULL: gone. */
const struct principal_policies *principal_policies_of(struct call *c, const char *entity_id);

/* A policy that a user, group or role has by itself or through a group; text lasts as long as the
 * call of fn. */
struct iam_held_policy {
    const char *holder_kind, *holder; /* who has the inline policy: "group", "staff"; else NULL */
    const char *name;                 /* NULL, with the document: it has an ARN and is gone */
    const char *arn;                  /* NULL: inline */
    const char *document;             /* of the default version */
};
typedef bool (*iam_held_policy_fn)(void *arg, const struct iam_held_policy *held);
/* Inline policies, the entity's own first, then managed ones by ARN, each once. Ends when fn says
 * false, and says so. */
bool iam_held_policies(struct call *c, const char *entity_id, iam_held_policy_fn fn, void *arg);

void principal_policies_forget(void); /* frees all memory, policy_cache's included */

#endif
