/* What a request must be allowed: each action it takes upon each resource it touches, with the
 * facts that conditions may ask about. A service says in two tables which members of its inputs
 * name resources, and where the values of its condition keys come from; spec_actions says the rest:
 * which types of resources an action has, their ARNs, and which keys hold for it. The gateway's
 * authorize stage judges every access of a request; an operation that decides by itself
 * (federation) uses access_decide. */
#ifndef SERVICES_ACCESS_H
#define SERVICES_ACCESS_H

#include "call/call.h"
#include "policy/policy.h"

struct access {                                  /* all text lasts as long as the call */
    const char *action;                          /* "ec2:RunInstances" */
    const struct spec_action_resource *resource; /* the type in the action's list; NULL: none */
    const char *arn;                             /* or "*" */
    const char *shown;   /* what a refusal calls it, where that is not the ARN; NULL */
    const char *id;      /* of a resource that may exist: "i-...", "AIDA..."; NULL: to be made */
    const char *account; /* whose it is; NULL: the caller's */
    const json_t *facts; /* {condition key: value or [value]} of this access alone; or NULL */
    const void *subject; /* what the service's key functions look at; NULL: nothing */
    /* What the resource itself says, for resources that have policies of their own. */
    const struct policy *resource_policy; /* NULL: none */
    bool resource_must_allow;             /* see policy.h */
};

struct access_list {
    struct access *items; /* in the call's arena */
    size_t count;
};

/* Appends a copy of it; the place is valid until the next one is added. */
struct access *access_add(struct call *c, struct access_list *list, const struct access *access);

/* --- what a service says
 * -------------------------------------------------------------------------- */

/* A member of inputs that names resources of a type: a text or a list of texts. Without a row, the
 * member called like the variable at the end of the type's ARN (${InstanceId}), or that with an
 * "s", does. A value that is an ARN of the type is taken as it is. */
struct access_member {
    const char *type;
    const char *member; /* "InstanceId", or a path into structures: "Items.InstanceId" */
    /* Fills in arn, id and what else differs from "the value is the id and ends the ARN". NULL:
     * nothing does. */
    void (*resolve)(struct call *c, const char *value, struct access *access);
};

/* Where the value of a condition key comes from. The first of these that is there gives it; a row
 * with none of them says that the emulator has nothing of the kind. */
struct condition_key {
    const char *key;  /* "ec2:InstanceType"; "ec2:Attribute/": what is behind the stroke is given */
    const char *type; /* of the resource; NULL: any, or none */
    bool (*get)(struct call *c, const struct access *access, const struct condition_key *key,
                const char *behind, struct policy_values *ret);
    const char *member; /* of the input: a text, number, boolean or list of texts */
    const char *sql; /* one column by ?1 account, ?2 region, ?3 access->id, where there is an id */
    const char *otherwise; /* when nothing else is known */
    const char *path;      /* for `get` */
};

struct service_access {
    const struct access_member *members; /* ends with an empty row */
    const struct condition_key *keys;    /* as well */
    /* What the tables cannot say: changes the list that they gave, or adds to it. May set a fault
     * (-1). NULL: nothing. */
    int (*adjust)(struct call *c, struct access_list *list);
};

/* For the functions above. */
bool access_value(struct call *c, const char *text,
                  struct policy_values *ret); /* one value; false when text is NULL */
/* A JSON text, number, boolean, or list of them; false for anything else and NULL. */
bool access_values(struct call *c, const json_t *value, struct policy_values *ret);
/* What a key's sql finds; NULL: nothing. */
const char *access_row_text(struct call *c, const struct access *access, const char *sql);
const struct spec_action_resource *access_type(const char *action,
                                               const char *type); /* NULL: not of this action */
/* The type's ARN with `end` as its last part: "*", an id, "path/name". */
const char *access_arn(struct call *c, const struct spec_resource_type *type, const char *end);

extern const struct service_access ec2_access, iam_access, ssm_access, sts_access;

/* --- asking
 * ----------------------------------------------------------------------------------------- */

/* Everything that the call, whose input is validated, must be allowed. An operation without
 * resources gives one access to "*". -1 with the fault set. */
int access_collect(struct call *c, struct access_list *ret_list) MUST_CHECK;
/* The facts of the call and of one of its accesses; `context` points into both. */
struct access_facts {
    struct call *call;
    const struct access *access;
};
struct policy_context access_context(struct access_facts *facts);
/* The verdict on one access, by the policies of c->who and of the resource. */
struct principal_policies;
void access_decide(struct call *c, const struct access *access,
                   const struct principal_policies *policies, struct policy_answer *ret_answer);
/* Whether a condition key of spec_actions has a source at all: for the test that walks them. */
bool access_key_known(const char *action, const char *type, const char *key);

#endif
