/* What the tests of policies share: documents in tests are written with ' for " (and ` for '), and
 * the keys of a request as "aws:username=bob;aws:TagKeys=a|b;iam:Empty={}". */
#ifndef UNIT_POLICY_SUPPORT_H
#define UNIT_POLICY_SUPPORT_H

#include "base/text.h"
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DOC(...)      "{'Version':'2012-10-17','Statement':[" __VA_ARGS__ "]}"
#define DOC_2008(...) "{'Version':'2008-10-17','Statement':[" __VA_ARGS__ "]}"
#define SAY(effect, action, resource)                                                              \
    "{'Effect':'" effect "','Action':'" action "','Resource':'" resource "'}"

static inline char *document_text(const char *text)
{
    char *out = xstrdup(text);
    for (char *at = out; *at != '\0'; at++)
        *at = (char)(*at == '\'' ? '"' : *at == '`' ? '\'' : *at);
    return out;
}

/* A document that the test's author means to be valid; NULL for NULL. */
static inline struct policy *document_compile(const char *text, enum policy_kind kind)
{
    struct err err = {.code = ""};
    if (text == NULL)
        return NULL;
    char *document = document_text(text);
    struct policy *policy = policy_compile(document, strlen(document), kind, &err);
    if (policy == NULL)
        fail_msg("%s: %s", err.text, document);
    free(document);
    return policy;
}

#define KEYS_MAX   8
#define VALUES_MAX 8
struct keys {
    char text[1024];
    const char *names[KEYS_MAX];
    const char *values[KEYS_MAX][VALUES_MAX];
    size_t counts[KEYS_MAX];
    size_t count;
};

static inline void keys_read(struct keys *keys, const char *text)
{
    char *rest = NULL, *rest_values = NULL;

    *keys = (struct keys){.count = 0};
    assert_true(str_copy(keys->text, sizeof(keys->text), text == NULL ? "" : text));
    for (char *key = strtok_r(keys->text, ";", &rest); key != NULL;
         key = strtok_r(NULL, ";", &rest)) {
        char *value = strchr(key, '=');
        size_t at = keys->count++;
        assert_true(at < KEYS_MAX && value != NULL);
        *value++ = '\0';
        keys->names[at] = key;
        if (*value == '\0')
            keys->values[at][keys->counts[at]++] = "";
        if (strcmp(value, "{}") == 0)
            continue;
        for (char *one = strtok_r(value, "|", &rest_values); one != NULL;
             one = strtok_r(NULL, "|", &rest_values))
            keys->values[at][keys->counts[at]++] = one;
    }
}

static inline bool keys_get(void *arg, const char *key, struct policy_values *ret)
{
    const struct keys *keys = arg;

    for (size_t i = 0; i < keys->count; i++) {
        if (strcasecmp(keys->names[i], key) != 0)
            continue;
        *ret = (struct policy_values){.text = keys->values[i], .count = keys->counts[i]};
        return true;
    }
    return false;
}

static inline const char *verdict_name(enum policy_verdict verdict)
{
    static const char *const names[] = {"implicit deny", "explicit deny", "allow"};
    return names[verdict];
}

static const struct policy_principal somebody = {
    .arn = "arn:aws:iam::111122223333:user/bob",
    .account = "111122223333",
};

/* One identity policy, one request of `somebody`. */
static inline enum policy_verdict identity_decides(const char *document, const char *action,
                                                   const char *resource, const char *keys_text)
{
    struct keys keys;
    struct policy *policy = document_compile(document, POLICY_IDENTITY);
    struct policy_entry entry = {.policy = policy};
    struct policy_context context = {keys_get, &keys};
    struct policy_answer answer;

    keys_read(&keys, keys_text);
    policy_decide(&(struct policy_ask){.action = action,
                                       .resource = resource,
                                       .principal = &somebody,
                                       .context = &context,
                                       .identity = {&entry, 1}},
                  &answer);
    policy_free(policy);
    return answer.verdict;
}

#endif
