/* IAM's language: policy documents and the decision they lead to. Pure: text and facts in, a
 * verdict out; no store, no call, no clock. A document is compiled once (policy_compile) and asked
 * many times (policy_decide); whoever compiled it frees it. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct policy; /* a compiled document; immutable */

/* What a document is for decides its grammar: identity and session policies have no Principal,
 * resource policies must have one, trust policies have one and no Resource. A managed policy is an
 * identity policy that must say Version 2012-10-17. */
enum policy_kind { POLICY_IDENTITY, POLICY_RESOURCE, POLICY_MANAGED, POLICY_TRUST };

/* Checks the grammar and compiles. NULL with err->code "MalformedPolicyDocument" and AWS's text. */
struct policy *policy_compile(const char *text, size_t len, enum policy_kind kind,
                              struct err *err) MUST_CHECK;
void policy_free(struct policy *p); /* takes NULL */
/* Calls fn with every condition key that the document names, in conditions and in variables
 * ("aws:SourceIp"; each once, in the spelling of the document). */
void policy_context_keys(const struct policy *p, void (*fn)(void *arg, const char *key), void *arg);
/* An allow names an action of the service ("ec2"), whatever its resources and conditions; NotAction
 * does unless it covers the whole service. */
bool policy_grants_service(const struct policy *p, const char *vendor);

/* The values of one condition key in a request. */
struct policy_values {
    const char *const *text; /* numbers, dates and booleans as text: "1700000000", "true" */
    size_t count;            /* 0: the key is there, without a value */
};
/* The facts of a request. get() is asked only for keys that a policy names, and in one decision but
 * once for each (the first 16 of them): false when the request has no such key. `key` is as the
 * policy spells it; names compare without regard to case, and so do the tag keys behind "/" (IAM
 * User Guide, "Condition": a key TagKey1 matches a tag TagKey1 or tagkey1). The values must last
 * until policy_decide returns. */
struct policy_context {
    bool (*get)(void *arg, const char *key, struct policy_values *ret);
    void *arg;
};

/* Who asks, for the Principal elements of resource policies and for texts. */
struct policy_principal {
    const char *arn; /* user, root, assumed-role session or federated user; NULL: anonymous */
    /* Of a role session: arn:aws:iam::123456789012:role/path/Name; of a federated user: the user
     * who federated; or NULL. */
    const char *role_arn;
    const char *account;   /* 12 digits; NULL: anonymous or a service */
    const char *service;   /* "ec2.amazonaws.com"; NULL: none */
    const char *federated; /* ARN of a SAML or OIDC provider, or "accounts.google.com"; NULL */
    bool root;             /* the account's root user: identity policies do not bind it */
};

struct policy_entry {
    const struct policy *policy;
    const char *id;   /* for answers: "AdministratorAccess", or the inline policy's name */
    const char *type; /* for answers: SimulatePrincipalPolicy's SourcePolicyType: "IAM Policy" */
};
struct policy_list {
    const struct policy_entry *entries;
    size_t count;
};

struct policy_ask {
    const char *action;           /* "ec2:RunInstances" */
    const char *resource;         /* an ARN, or "*" */
    const char *resource_account; /* who owns the resource; NULL: the principal's account */
    const struct policy_principal *principal;
    const struct policy_context *context; /* NULL: no facts */
    struct policy_list identity;          /* of the user and its groups, or of the role */
    const struct policy *boundary;        /* NULL: none */
    /* Session policies were given: they must allow as well. A federated user is always in one, so
     * that without a session policy only a resource that names the session grants anything. */
    bool in_session;
    struct policy_list session;
    const struct policy *resource_policy; /* NULL: none */
    /* The action is granted by the resource alone (AssumeRole and kin): the resource policy must
     * allow even within the account. */
    bool resource_must_allow;
    /* Ask for the keys of all conditions of a statement, also when one has failed: for who wants to
     * name those that are missing. */
    bool every_key;
};

enum policy_verdict { POLICY_IMPLICIT_DENY, POLICY_EXPLICIT_DENY, POLICY_ALLOW };
enum policy_source { /* whose word it was; for an implicit deny: whose word was missing */
                     POLICY_BY_IDENTITY,
                     POLICY_BY_BOUNDARY,
                     POLICY_BY_SESSION,
                     POLICY_BY_RESOURCE,
                     POLICY_BY_ROOT, /* the account's root user */
};
struct policy_match { /* a statement that spoke for the verdict */
    const struct policy *policy;
    const char *id, *type; /* of the entry; NULL for boundary and resource policy */
    const char *sid;       /* NULL: none; lives as long as the policy */
    size_t statement;      /* index in the document */
    /* As SimulatePrincipalPolicy has them: 1-based, in characters, the columns behind the braces.
     */
    size_t start_line, start_column, end_line, end_column;
};
#define POLICY_MATCHES_MAX 16
struct policy_answer {
    enum policy_verdict verdict;
    enum policy_source source;
    bool boundary_allows, session_allows; /* true where there is none */
    /* Characters compared in vain behind wildcards. There is a ceiling to it: a request that drives
     * its patterns beyond is denied explicitly, without matches. */
    size_t effort;
    /* The deciding statements: the explicit denies, else the allows of identity and resource
     * policies; none for an implicit deny. */
    size_t match_count;
    struct policy_match matches[POLICY_MATCHES_MAX];
};
void policy_decide(const struct policy_ask *ask, struct policy_answer *ret_answer);

#endif
