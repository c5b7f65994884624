/* What SimulatePrincipalPolicy and SimulateCustomPolicy ask: the policies, the actions, the
 * resources and the facts of an imagined request, read once and then judged combination by
 * combination. */
#ifndef SERVICES_IAM_SIMULATION_H
#define SERVICES_IAM_SIMULATION_H

#include "call/call.h"
#include "policy/policy.h"
#include "services/iam/entity.h"

struct hash;
struct simulation {
    struct call *c;
    struct policy_list identity;          /* of the principal, then the call's PolicyInputList */
    const struct policy *boundary;        /* NULL: none */
    const struct policy *resource_policy; /* NULL: none */
    bool trust; /* it is a role's trust policy: it must allow even within the account */
    struct policy_principal principal; /* who is imagined to ask */
    struct hash *facts;                /* condition key, in lower case -> struct policy_values */
    const json_t *resources;           /* [ARN]; NULL: "*" alone */
    const char *owner;                 /* account of resources whose ARN names none; NULL */
    bool together;                     /* ResourceHandlingOption: all resources are one request */
    size_t effort;                     /* of all that was judged so far: policy_answer's */
};

struct simulation_result {
    struct policy_answer answer;
    enum policy_verdict identity_verdict, resource_verdict; /* each side alone, when `cross` */
    bool cross;      /* principal and resource differ in account */
    json_t *missing; /* [condition key] asked for in vain; the caller's */
};

/* The call's arguments but the page. `entity`: whose policies count; NULL: PolicyInputList's alone.
 * InvalidInput for what AWS refuses. */
int simulation_read(struct call *c, const struct iam_entity *entity,
                    struct simulation *ret_simulation) MUST_CHECK;
void simulation_judge(struct simulation *s, const char *action, const char *resource,
                      struct simulation_result *ret_result);

/* The user, group or role of the call's argument; InvalidInput for another ARN, NoSuchEntity. */
int simulation_entity(struct call *c, const char *arn, struct iam_entity *ret_entity) MUST_CHECK;
/* The documents of a list argument, compiled and called "<member>.1", "<member>.2" ... */
int simulation_documents(struct call *c, const char *member,
                         struct policy_list *ret_list) MUST_CHECK;

#endif
