/* A compiled policy document, for the files of this layer only. Everything lives in the policy's
 * arena and is immutable once compiled. */
#ifndef POLICY_MODEL_H
#define POLICY_MODEL_H

#include "base/alloc.h"
#include "policy/policy.h"

#include <jansson.h>
#include <stdint.h>

#define POLICY_TEXT_MAX 131072

/* --- the facts of one decision (fact.c) --- */

struct key { /* a condition key as the document spells it */
    const char *name;
    uint32_t hash;
};
#define FACTS_MAX 16
/* How many characters one decision may compare in vain behind wildcards: far more than policies of
 * people need, and some milliseconds. */
#define EFFORT_MAX ((size_t)1 << 22)
/* What the request's context has said in this decision: each key is asked for once, however many
 * statements name it; beyond FACTS_MAX keys it is asked again. */
struct facts {
    const struct policy_context *context;
    bool every_key; /* of the ask */
    size_t effort;  /* spent so far; beyond EFFORT_MAX nothing matches and no decision stands */
    size_t count;
    struct {
        struct key key;
        bool present;
        struct policy_values values;
    } known[FACTS_MAX];
};
struct key key_make(struct arena *arena, const char *name, size_t len);
/* False when the request has no such key. */
bool facts_get(struct facts *facts, const struct key *key, struct policy_values *ret_values);

/* --- patterns (pattern.c) --- */

/* A compiled pattern's text holds these bytes, which no UTF-8 text has, for its wildcards. */
#define MARK_FIRST      ((char)0xfc)
#define MARK_ONE_NARROW ((char)0xfc) /* one character, not ':' */
#define MARK_ONE        ((char)0xfd)
#define MARK_RUN_NARROW ((char)0xfe) /* any characters, none of them ':' */
#define MARK_RUN        ((char)0xff)

struct part {
    const char *glob;     /* text with marks; NULL for a variable */
    struct key key;       /* of a variable */
    const char *fallback; /* of a variable: its default, or NULL */
};
struct pattern {
    const struct part *parts; /* one without variables, or any number */
    size_t part_count;
    bool folds; /* without regard to ASCII case; the parts are in lower case */
};
/* What `*` and `?` are: themselves; wildcards; wildcards as in Resource; as in ArnLike. */
enum wildcards { WILDCARDS_NONE, WILDCARDS_TEXT, WILDCARDS_RESOURCE, WILDCARDS_ARN };
enum match { MATCH_NO, MATCH_YES, MATCH_UNRESOLVED /* a variable has no value */ };

struct compiler {
    struct arena *arena;
    enum policy_kind kind;
    bool variables; /* Version 2012-10-17: ${...} are variables */
    struct err *err;
};

/* Always -1, with AWS's code for a document that it refuses. */
int malformed(struct compiler *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* What IAM says of most breaches of the grammar, and of values that cannot be understood. */
int malformed_syntax(struct compiler *c);
int malformed_legacy(struct compiler *c);
int malformed_vendor(struct compiler *c);  /* an action or a condition key has no service */
bool has_principal(enum policy_kind kind); /* resource and trust policies */

static inline char fold(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

/* -1 with the fault set when a variable in `text` is malformed. */
int pattern_compile(struct compiler *c, const char *text, enum wildcards wildcards,
                    struct pattern *ret_pattern) MUST_CHECK;
void pattern_fold(struct compiler *c, struct pattern *pattern);
enum match pattern_match(const struct pattern *pattern, const char *text, struct facts *facts);
void pattern_keys(const struct pattern *pattern, void (*fn)(void *arg, const char *key), void *arg);

/* --- actions and resources (element.c) --- */

struct element {
    json_t *value; /* NULL: neither it nor its sister is there */
    bool negated;  /* it is the Not... sister */
};
/* The element of a statement, or its negated sister; -1 when both are there. */
int element_pick(struct compiler *c, const json_t *statement, const char *name,
                 struct element *ret_element) MUST_CHECK;
/* The texts of an element that is a string or a list of strings, in the arena; NULL with the fault
 * set when it is neither. */
const char **texts_read(struct compiler *c, const json_t *value, size_t *ret_count);

struct action_group { /* the actions of one service */
    const char *vendor;
    size_t vendor_len;
    const struct pattern *names;
    size_t name_count;
};
struct actions {
    bool negated;                      /* NotAction */
    bool any;                          /* "*" is among them */
    const struct action_group *groups; /* sorted by vendor, short ones first */
    size_t group_count;
};
struct resources {
    bool present; /* a trust policy has none: it is about its role */
    bool negated; /* NotResource */
    const struct pattern *patterns;
    size_t count;
};

int actions_compile(struct compiler *c, const json_t *statement,
                    struct actions *ret_actions) MUST_CHECK;
bool actions_match(const struct actions *actions, const char *action);
int resources_compile(struct compiler *c, const json_t *statement,
                      struct resources *ret_resources) MUST_CHECK;
bool resources_match(const struct resources *resources, const char *resource, struct facts *facts);

/* --- principals (principal.c) --- */

enum principal_type {
    PRINCIPAL_EVERYONE, /* "*" */
    PRINCIPAL_AWS,
    PRINCIPAL_ACCOUNT, /* AWS: 12 digits or the root's ARN */
    PRINCIPAL_SERVICE,
    PRINCIPAL_FEDERATED,
    PRINCIPAL_CANONICAL_USER,
};
struct named_principal {
    enum principal_type type;
    const char *name;
};
struct principals {
    bool negated; /* NotPrincipal */
    const struct named_principal *names;
    size_t count;
};
/* How closely a statement names who asks; the closest counts. */
enum closeness {
    NAMED_NOT,
    NAMED_ACCOUNT, /* its account: the account's identity policies must allow as well */
    NAMED_ORIGIN,  /* the role of the session, or the user behind a federated user */
    NAMED_ITSELF,
};

int principals_compile(struct compiler *c, const json_t *statement,
                       struct principals *ret_principals) MUST_CHECK;
enum closeness principals_match(const struct principals *principals, bool deny,
                                const struct policy_principal *who);

/* --- conditions (condition.c, comparison.c) --- */

struct ip_block {
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned prefix;     /* of 128 */
};
struct operand { /* a value of a condition in the form that its operator compares */
    struct pattern pattern;
    double number; /* numbers, dates (milliseconds since 1970), booleans of Null */
    struct ip_block block;
};
struct comparison { /* a condition operator */
    const char *name;
    bool negated;
    /* -1 with the fault set when the document's value is none for this operator. */
    int (*compile)(struct compiler *c, const struct comparison *op, const char *text,
                   struct operand *ret_operand);
    /* Not negated; NULL: the operator asks only whether the key is there (Null). */
    enum match (*holds)(const struct comparison *op, const struct operand *operand,
                        const char *text, struct facts *facts);
    int how; /* wildcards of texts, order of numbers */
    bool folds;
    int cost; /* of holds(): cheap conditions are asked first, since one that fails suffices */
};
enum quantifier { QUANTIFIER_NONE, QUANTIFIER_ALL_VALUES, QUANTIFIER_ANY_VALUE };
struct condition {
    const struct comparison *op;
    enum quantifier quantifier;
    bool if_exists;
    struct key key;
    const struct operand *operands;
    size_t operand_count;
};
struct conditions {
    const struct condition *items;
    size_t count;
};

const struct comparison *comparison_find(const char *name,
                                         size_t len); /* NULL: none is called so */
int conditions_compile(struct compiler *c, const json_t *statement,
                       struct conditions *ret_conditions) MUST_CHECK;
bool conditions_hold(const struct conditions *conditions, struct facts *facts);
void conditions_keys(const struct conditions *conditions, void (*fn)(void *arg, const char *key),
                     void *arg);

/* --- documents (document.c, span.c) --- */

struct span {
    size_t start_line, start_column, end_line, end_column;
};
struct statement {
    const char *sid;
    bool deny;
    struct actions actions;
    struct resources resources;
    struct principals principals;
    struct conditions conditions;
    struct span span;
};
struct policy {
    struct arena *arena;
    struct statement *statements;
    size_t statement_count;
};

/* Where the statements stand in a document that is valid JSON; `member` is the index of Statement
 * among the document's members. */
void spans_find(const char *text, size_t len, size_t member, struct policy *policy);

#endif
