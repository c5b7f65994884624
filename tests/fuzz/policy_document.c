/* Policy documents: any text is compiled as one of the four kinds, and asked if it is a document.
 * Input: a byte that chooses the kind, the text. */
#include "must_hold.h"

#include "base/alloc.h"
#include "policy/policy.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every key has a value of one of several sorts, chosen by its name; some have none. */
static bool get(void *arg, const char *key, struct policy_values *ret)
{
    static const char *const texts[] = {
        "bob",
        "true",
        "10",
        "2026-01-01T00:00:00Z",
        "203.0.113.7",
        "2001:db8::1",
        "arn:aws:sns:us-east-1:111122223333:topic",
        "",
        "*",
        "\xff\x80",
    };
    size_t sum = *(size_t *)arg;

    for (const char *at = key; *at != '\0'; at++)
        sum = sum * 31 + (unsigned char)*at;
    if (sum % 13 == 12)
        return false;
    *ret = (struct policy_values){.text = &texts[sum % ARRAY_LEN(texts)], .count = 1};
    if (sum % 13 >= 10)
        *ret = (struct policy_values){.text = texts, .count = (sum % 13 == 10) * ARRAY_LEN(texts)};
    return true;
}

static void key_seen(void *arg, const char *key)
{
    MUST_HOLD(key != NULL && *key != '\0');
    ++*(size_t *)arg;
}

static void answer_check(const struct policy_answer *answer)
{
    MUST_HOLD(answer->match_count <= POLICY_MATCHES_MAX);
    MUST_HOLD((answer->verdict == POLICY_IMPLICIT_DENY) == (answer->match_count == 0));
    for (size_t i = 0; i < answer->match_count; i++) {
        const struct policy_match *m = &answer->matches[i];
        MUST_HOLD(m->start_line >= 1 && m->start_column >= 2 && m->start_line <= m->end_line);
        MUST_HOLD(m->start_line < m->end_line || m->start_column < m->end_column);
    }
}

static void ask_as(struct policy_ask *ask, const struct policy *policy, enum policy_kind kind)
{
    struct policy_entry entry = {.policy = policy};
    struct policy_answer first, second;

    if (kind == POLICY_RESOURCE || kind == POLICY_TRUST)
        ask->resource_policy = policy;
    else
        ask->identity = (struct policy_list){&entry, 1};
    policy_decide(ask, &first);
    answer_check(&first);
    ask->boundary = policy; /* what it allows it lets pass, what it denies it denies */
    policy_decide(ask, &second);
    if (kind == POLICY_IDENTITY || kind == POLICY_MANAGED)
        MUST_HOLD(first.verdict == second.verdict);
    ask->boundary = NULL;
}

static void decide(const struct policy *policy, enum policy_kind kind)
{
    static const struct policy_principal whos[] = {
        {.arn = "arn:aws:iam::111122223333:user/bob", .account = "111122223333"},
        {.arn = "arn:aws:sts::111122223333:assumed-role/r/s",
         .role_arn = "arn:aws:iam::111122223333:role/r",
         .account = "111122223333"},
        {.service = "ec2.amazonaws.com"},
        {.federated = "accounts.google.com"},
    };
    static const char *const asked[][2] = {
        {"ec2:RunInstances", "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0"},
        {"iam:CreateUser", "arn:aws:iam::111122223333:user/bob"},
        {"s3:GetObject", "arn:aws:s3:::b/home/bob/a:b/*"},
        {"sts:AssumeRole", "*"},
    };
    size_t salt = 0;
    struct policy_context context = {get, &salt};

    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        struct policy_ask ask = {.action = asked[i][0],
                                 .resource = asked[i][1],
                                 .principal = &whos[i],
                                 .context = &context};
        salt = i;
        if (i >= 2 && (kind == POLICY_IDENTITY || kind == POLICY_MANAGED))
            ask.principal = &whos[0]; /* the others have no policies of their own */
        ask_as(&ask, policy, kind);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {.code = ""};
    size_t keys = 0;

    if (size == 0)
        return 0;
    enum policy_kind kind = data[0] % 4;
    struct policy *policy = policy_compile((const char *)data + 1, size - 1, kind, &err);
    if (policy == NULL) {
        MUST_HOLD(strcmp(err.code, "MalformedPolicyDocument") == 0 && err.text[0] != '\0');
        return 0;
    }
    policy_context_keys(policy, key_seen, &keys);
    decide(policy, kind);
    policy_free(policy);
    return 0;
}
