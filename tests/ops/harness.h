/* Operations tested in-process: an in-memory database, a clock that stands still and repeatable
 * ids. A test is a table of calls with what each must answer; every call goes through validation,
 * preparation, the operation and the check of its output, in one transaction as the gateway does
 * it.
 *
 * JSON in the tables is written with ' for ". `$name` stands for text saved by an earlier step. An
 * expected output is a subset: object   every member given must match; null: the member must be
 * absent list     as many elements, in any order; with "..." as its last element, at least these
 *   "~glob"  text that matches; anything else: equal */
#ifndef TESTS_OPS_HARNESS_H
#define TESTS_OPS_HARNESS_H

#include "call/call.h"

#define OPS_ACCOUNT "123456789012"
#define OPS_OTHER   "210987654321" /* a second account */
#define OPS_REGION  "us-east-1"
#define OPS_NOW_MS  1767225600000 /* 2026-01-01T00:00:00Z */

struct ops_step {
    const char
        *call;      /* "CreateVpc" of EC2, or "sts:GetCallerIdentity"; NULL: no call, `sql` alone */
    const char *in; /* its input; NULL: {} */
    const char *out;  /* part of the output; NULL: any */
    const char *code; /* or the fault's code, */
    const char *text; /* and its text ("~glob" allowed); NULL: any */
    const char *save; /* "group=SecurityGroups.0.GroupId other=...": members of the output, kept as
                         $group */
    const char *sql; /* afterwards: a query of one number (-1 when it answers nothing: an INSERT) */
    int64_t number;  /* which must be this */
    const char *account; /* NULL: OPS_ACCOUNT */
    const char *who;     /* "$key": the id of the access key that signs; NULL: the account's root */
    bool judged;         /* by the policies of who signs */
    const char *region;  /* NULL: OPS_REGION */
    int64_t advance_ms;  /* before the call the clock goes on by this */
};

struct ops_test {
    const char *rule; /* a sentence: what holds */
    const struct ops_step *steps;
    size_t count;
};
#define OPS_TEST(rule, ...)                                                                        \
    {                                                                                              \
        rule, (const struct ops_step[]){__VA_ARGS__},                                              \
            sizeof((const struct ops_step[]){__VA_ARGS__}) / sizeof(struct ops_step)               \
    }

/* The site that calls see; a test's main may change it before ops_run. */
struct site *ops_site(void);
/* Every test on a database of its own. Prints one line each; returns the program's exit status. */
int ops_run(const struct ops_test *tests, size_t count);

#endif
