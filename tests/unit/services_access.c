/* Every condition key that IAM knows of an operation we carry out has a source of its values, or a
 * reason here why no request can have it. */
#include "services/access.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* Keys ("sts:" of any name after it with a "*") that the code does not supply. */
static const struct {
    const char *key, *reason;
} absent[] = {
    {"saml:*", "facts of a federated session, in its row"},
    {"accounts.google.com:*", "the same"},
    {"agent.*", "the same"},
    {"cognito-identity.amazonaws.com:*", "the same"},
    {"github.com/*", "the same"},
    {"gitlab.com:*", "the same"},
    {"graph.facebook.com:*", "the same"},
    {"idcs-*", "the same"},
    {"oidc.circleci.com/*", "the same"},
    {"token.actions.*", "the same"},
    {"www.amazon.com:*", "the same"},
    {"sts:RoleAuthorizedByIdp", "IAM Identity Center alone sets it"},
    {"iam:RoleTemplateARN", "role templates are not offered here"},
    {"iam:FIDO-*", "only virtual MFA devices exist here"},
    {"iam:RegisterSecurityKey", "only virtual MFA devices exist here"},
};

static bool is_absent(const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(absent); i++)
        if (glob_match(absent[i].key, key))
            return true;
    return false;
}

/* CreateTags and DeleteTags know more than a hundred types of resources. */
static bool is_here(const char *action, const char *type)
{
    static const char *const types[] = {
        "instance",       "image",  "vpc",      "subnet",
        "security-group", "volume", "key-pair", "network-interface"};
    if (strncmp(action, "ec2:", 4) != 0)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_equal(types[i], type))
            return true;
    return false;
}

static size_t check_keys(const struct spec_action *action, const char *type,
                         const char *const *keys, size_t count)
{
    size_t missing = 0;
    for (size_t i = 0; i < count; i++) {
        char key[256];
        size_t len = strcspn(keys[i], "$");
        /* "aws:ResourceTag/${TagKey}" as "aws:ResourceTag/x" */
        snprintf(key, sizeof(key), "%.*s%s", (int)len, keys[i], keys[i][len] != '\0' ? "x" : "");
        if (access_key_known(action->name, type, key) || is_absent(keys[i]))
            continue;
        printf("%s%s%s has no %s\n", action->name, type != NULL ? " upon " : "",
               type != NULL ? type : "", keys[i]);
        missing++;
    }
    return missing;
}

/* The values of every condition key of an implemented operation come from somewhere. */
static void keys_have_sources(void **state)
{
    size_t missing = 0, seen = 0;
    (void)state;
    for (size_t s = 0; s < spec_service_count; s++) {
        for (size_t o = 0; o < spec_services[s]->operation_count; o++) {
            const struct spec_operation *op = &spec_services[s]->operations[o];
            const struct spec_action *a = op->implemented ? spec_action_find(op->iam_action) : NULL;
            if (a == NULL)
                continue;
            seen++;
            missing += check_keys(a, NULL, a->keys, a->key_count);
            for (size_t i = 0; i < a->resource_count; i++)
                if (is_here(a->name, a->resources[i].type->name))
                    missing += check_keys(a, a->resources[i].type->name, a->resources[i].keys,
                                          a->resources[i].key_count);
        }
    }
    assert_true(seen > 100);
    assert_int_equal(missing, 0);
}

/* An exception that is none any more is taken out. */
static void exceptions_are_needed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(absent); i++)
        assert_false(access_key_known("sts:AssumeRole", "role", absent[i].key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_sources),
        cmocka_unit_test(exceptions_are_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
