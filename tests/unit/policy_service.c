/* Which documents grant anything of a service: what ListPoliciesGrantingServiceAccess says. */
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *rule;
    const char *statement; /* without its Resource */
    const char *service;
    bool grants;
};

static const struct row rows[] = {
    {"an allow of one action grants", "'Effect':'Allow','Action':'s3:GetObject'", "s3", true},
    {"the case of the service does not count", "'Effect':'Allow','Action':'S3:Get*'", "s3", true},
    {"another service's action does not", "'Effect':'Allow','Action':'s3:*'", "s3control", false},
    {"one of several actions is enough", "'Effect':'Allow','Action':['iam:*','ec2:*']", "ec2",
     true},
    {"the wildcard grants every service", "'Effect':'Allow','Action':'*'", "ec2", true},
    {"a deny grants nothing", "'Effect':'Deny','Action':'ec2:*'", "ec2", false},
    {"NotAction grants other services", "'Effect':'Allow','NotAction':'iam:*'", "ec2", true},
    {"NotAction of the whole service does not grant it", "'Effect':'Allow','NotAction':'iam:*'",
     "iam", false},
    {"NotAction of some actions grants the others", "'Effect':'Allow','NotAction':'iam:Create*'",
     "iam", true},
    {"a condition does not matter",
     "'Effect':'Allow','Action':'ec2:*','Condition':{'Bool':{'aws:SecureTransport':'true'}}", "ec2",
     true},
};

static void each_rule_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {.text = ""};
        char text[512];
        snprintf(text, sizeof(text), "{'Version':'2012-10-17','Statement':{%s,'Resource':'*'}}",
                 rows[i].statement);
        for (char *quote; (quote = strchr(text, '\'')) != NULL;)
            *quote = '"';
        struct policy *policy = policy_compile(text, strlen(text), POLICY_IDENTITY, &err);
        if (policy == NULL || policy_grants_service(policy, rows[i].service) != rows[i].grants)
            fail_msg("%s: %s", rows[i].rule, err.text);
        policy_free(policy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_rule_holds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
