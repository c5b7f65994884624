/* What an operation may use. A call is one request after the gateway has authenticated, parsed,
 * validated and authorized it; the operation reads arguments, checks, writes and replies, inside
 * one transaction that the gateway opens and ends. */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include "base/clock.h"
#include "base/err.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/net.h"
#include "call/handlers.h"
#include "spec/spec.h"
#include "store/store.h"
#include "store/work.h"

enum principal_type { /* spelled like aws:PrincipalType, but for the anonymous */
                      PRINCIPAL_ANONYMOUS,
                      PRINCIPAL_ACCOUNT, /* the root user */
                      PRINCIPAL_USER,
                      PRINCIPAL_ASSUMED_ROLE,
                      PRINCIPAL_FEDERATED_USER,
};

const char *principal_type_name(enum principal_type type); /* "AssumedRole" */

/* What temporary credentials add to who signed with them. */
struct session {
    const char *name;  /* the role session's or the federated user's; NULL: GetSessionToken's */
    int64_t issued_ms; /* aws:TokenIssueTime */
    int64_t expires_ms;
    int64_t mfa_ms;                /* when a code was shown; 0: never */
    const char *source_identity;   /* NULL: none */
    const char *provider;          /* ARN or host of the identity provider; NULL: none */
    const json_t *tags;            /* {key: value}: they win over the role's own */
    const json_t *transitive_keys; /* [key] handed on when chaining */
    const json_t *policies;        /* [{"arn"} or {"document"}]; NULL: none were given */
    const json_t *facts;           /* {condition key: value or [value]} of the federation */
    const char *instance_id;       /* delivered to a machine by the metadata service; NULL */
    bool console; /* of a sign-in to the console: not limited as GetSessionToken's are */
};

struct principal { /* who signed */
    enum principal_type type;
    const char *account;    /* NULL: anonymous */
    const char *arn;        /* as GetCallerIdentity shows: "arn:aws:iam::123456789012:root",
                               "arn:aws:sts::123456789012:assumed-role/Name/session" */
    const char *user_id;    /* as GetCallerIdentity shows: root: the account; "AROA...:session" */
    const char *entity_id;  /* AIDA... or AROA...: whose policies count; NULL: root's */
    const char *name;       /* of the user or role; NULL: root */
    const char *entity_arn; /* of the user or role itself: "arn:aws:iam::...:role/path/Name" */
    const char *access_key_id;     /* never shown in logs beyond its id */
    const struct session *session; /* NULL: long-term credentials */
    bool root;                     /* the root user, also through GetSessionToken */
};

struct image_catalog;
struct site {    /* the program's settings that operations may need; lives as long as the program */
    bool guests; /* false: a control plane only */
    int64_t memory_budget_mib; /* all guests together */
    struct cidr public_pool;   /* public addresses are drawn from here */
    struct image_catalog *images;
    const char *default_region;
};

/* What an answer waits for after its commit, before serialize. Either the answer lacks one text
 * that the plant has (a screenshot, a console log): call_await. Or the operation lacks a fact that
 * is to be fetched into the database first (the keys of an identity provider): call_await_again. */
struct await {
    const char *kind;    /* "ec2/console-output"; NULL: none */
    const char *subject; /* "i-..." */
    const char
        *member; /* of the output, that the text is put into; NULL: the operation runs again */
};

struct call {
    const struct spec_service *service;
    const struct spec_operation *op;
    struct db *db;
    const struct clock *clock;
    struct ids *ids;
    struct arena *arena;
    const struct site *site;
    const char *account;
    const char *region;
    const char *request_id;
    const char *source_ip;
    const char *user_agent, *referer; /* of the client; NULL: it did not say */
    bool secure;                      /* it came over TLS */
    struct principal who;
    json_t *in;     /* canonical; never NULL */
    json_t *out;    /* set by call_reply */
    struct err err; /* code "" while all is well */
    bool internal;  /* err is ours, not the client's: logged, answered InternalError */
    bool dry_run;
    struct await await;
    const char *awaited; /* it runs again: the text that call_await_again wished for, "" when there
                            is none to tell; NULL: the first time */
};

static inline struct scope call_scope(const struct call *c)
{
    return (struct scope){.account = c->account, .region = c->region};
}

/* The client's fault: AWS's code and text. Always returns -1. The code must stand in the service's
 * fault table. */
int call_fail(struct call *c, const char *code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Our own failure: the text goes to the log, the client sees InternalError. Always returns -1. */
int call_fail_internal(struct call *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool call_failed(const struct call *c);
/* Sets the output (stolen). NULL: an output without members. Returns 0, so that `return
 * call_reply(...)` ends an operation. */
int call_reply(struct call *c, json_t *output);
int call_await(struct call *c, const char *kind, const char *subject, const char *member);
/* The operation writes nothing, returns this, and is run once more in a new transaction, with
 * c->awaited set, when the wish is fulfilled. When the wish fails the fault answers. */
int call_await_again(struct call *c, const char *kind, const char *subject);
/* A row's text in the call's arena; NULL for SQL NULL. */
const char *call_text(struct call *c, struct rows *row, int column);
char *call_printf(struct call *c, const char *fmt, ...) PRINTF_LIKE(2, 3); /* in the call's arena */
/* "a, b, c": a list of texts, as far as a fault's text has room for it. */
const char *call_join(struct call *c, const json_t *texts);
/* The value (stolen) lives as long as the call. */
const json_t *call_keep(struct call *c, json_t *value);
int64_t call_now_ms(const struct call *c);
/* An id no resource has yet: "i-..." */
const char *call_new_id(struct call *c, const char *prefix);
const char *call_arn(struct call *c, const char *service,
                     const char *resource); /* in this account and region */

/* The operation's input has such a member: for code that several operations share. */
bool call_accepts(const struct call *c, const char *member);

/* Arguments. Names are the input shape's members (asserted in debug builds); text is borrowed from
 * the call. */
const char *arg_str(struct call *c, const char *name); /* NULL when absent */
const char *arg_str_or(struct call *c, const char *name, const char *fallback);
int64_t arg_int_or(struct call *c, const char *name, int64_t fallback);
bool arg_bool_or(struct call *c, const char *name, bool fallback);
bool arg_has(struct call *c, const char *name);
const json_t *arg_get(struct call *c,
                      const char *name); /* structure, list or anything; NULL when absent */
size_t arg_count(struct call *c, const char *name); /* elements of a list; 0 when absent */
const char *arg_at(struct call *c, const char *name, size_t index); /* text element of a list */
/* EC2's {"Value": true} attributes: -1 absent, else 0 or 1. */
int arg_attribute_bool(struct call *c, const char *name);
const char *arg_attribute_str(struct call *c, const char *name);

#endif
