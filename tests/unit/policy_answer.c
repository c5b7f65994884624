/* What a decision tells besides its verdict, and what it asks. */
#include "policy_support.h"

#define TOPIC     "arn:aws:sns:us-east-1:111122223333:topic"
#define ROLE      "arn:aws:iam::111122223333:role/app/Worker"
#define ALLOW_ALL DOC(SAY("Allow", "*", "*"))

/* The answer names the statements that decided: policy, Sid, index and where they stand. */
static void answers_name_statements(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\n  'Version': '2012-10-17',\n  'Statement': [\n"
        "    {'Sid': 'One', 'Effect': 'Allow', 'Action': 'ec2:*', 'Resource': '*'},\n"
        "    {'Sid': 'Two', 'Effect': 'Allow', 'Action': 'sns:*',\n     'Resource': '*'}\n  ]\n}\n",
        DOC("{'Sid':'No','Effect':'Deny','Action':'sns:Sub*','Resource':'*'}"),
    };
    struct policy_entry entries[] = {{.id = "Inline", .type = "IAM Policy"},
                                     {.id = "Other", .type = "IAM Policy"}};
    struct policy *policies[2];
    struct policy_answer answer;
    for (size_t i = 0; i < 2; i++)
        entries[i].policy = policies[i] = document_compile(texts[i], POLICY_IDENTITY);
    struct policy_ask ask = {.action = "sns:Publish",
                             .resource = TOPIC,
                             .principal = &somebody,
                             .identity = {entries, 2}};

    policy_decide(&ask, &answer);
    assert_int_equal(answer.verdict, POLICY_ALLOW);
    assert_int_equal(answer.match_count, 1);
    assert_ptr_equal(answer.matches[0].policy, policies[0]);
    assert_string_equal(answer.matches[0].id, "Inline");
    assert_string_equal(answer.matches[0].type, "IAM Policy");
    assert_string_equal(answer.matches[0].sid, "Two");
    assert_int_equal(answer.matches[0].statement, 1);
    assert_int_equal(answer.matches[0].start_line, 5);
    assert_int_equal(answer.matches[0].start_column, 6);
    assert_int_equal(answer.matches[0].end_line, 6);
    assert_int_equal(answer.matches[0].end_column, 22);
    assert_true(answer.boundary_allows && answer.session_allows);

    ask.action = "sns:Subscribe"; /* a deny leaves out the allows */
    policy_decide(&ask, &answer);
    assert_int_equal(answer.verdict, POLICY_EXPLICIT_DENY);
    assert_int_equal(answer.match_count, 1);
    assert_string_equal(answer.matches[0].sid, "No");
    ask.boundary = policies[1];
    policy_decide(&ask, &answer);
    assert_int_equal(answer.match_count, 2);
    assert_null(answer.matches[1].id);
    assert_false(answer.boundary_allows);
    for (size_t i = 0; i < 2; i++)
        policy_free(policies[i]);
}

/* A trust policy is about its role, whatever the role's ARN. */
static void trust_policies_have_no_resource(void **state)
{
    (void)state;
    struct policy *trust =
        document_compile(DOC("{'Effect':'Allow','Principal':{'AWS':'111122223333'},"
                             "'Action':'sts:AssumeRole','Condition':{'StringEquals':"
                             "{'sts:ExternalId':'x'}}}"),
                         POLICY_TRUST);
    struct policy *identity = document_compile(ALLOW_ALL, POLICY_IDENTITY);
    struct keys keys;
    struct policy_context context = {keys_get, &keys};
    struct policy_entry entry = {.policy = identity};
    struct policy_ask ask = {.action = "sts:AssumeRole",
                             .resource = ROLE,
                             .principal = &somebody,
                             .context = &context,
                             .identity = {&entry, 1},
                             .resource_policy = trust,
                             .resource_must_allow = true};
    struct policy_answer answer;

    keys_read(&keys, "sts:ExternalId=x");
    policy_decide(&ask, &answer);
    assert_int_equal(answer.verdict, POLICY_ALLOW);
    keys_read(&keys, "sts:ExternalId=y");
    policy_decide(&ask, &answer);
    assert_int_equal(answer.verdict, POLICY_IMPLICIT_DENY);
    assert_int_equal(answer.source, POLICY_BY_RESOURCE);
    policy_free(trust);
    policy_free(identity);
}

static bool count_get(void *arg, const char *key, struct policy_values *ret)
{
    (void)key;
    (void)ret;
    ++*(size_t *)arg;
    return false;
}

/* However many statements and policies name a key, the request is asked for it once. */
static void keys_are_asked_once(void **state)
{
    (void)state;
    size_t asked = 0;
    struct policy *policy = document_compile(
        DOC("{'Effect':'Allow','Action':'*','Resource':'arn:aws:sns:*:*:${k:a}',"
            "'Condition':{'StringEqualsIfExists':{'k:a':'x','k:b':'y'}}},"
            "{'Effect':'Allow','Action':'*','Resource':'*','Condition':{'Null':{'k:b':'true'}}}"),
        POLICY_IDENTITY);
    struct policy_context context = {count_get, &asked};
    struct policy_entry entries[] = {{.policy = policy}, {.policy = policy}};
    struct policy_answer answer;

    policy_decide(&(struct policy_ask){.action = "sns:Publish",
                                       .resource = TOPIC,
                                       .principal = &somebody,
                                       .context = &context,
                                       .identity = {entries, 2}},
                  &answer);
    assert_int_equal(answer.verdict, POLICY_ALLOW);
    assert_int_equal(asked, 2);
    policy_free(policy);
}

/* More deciding statements than the answer has room for are left out. */
static void answers_have_an_end(void **state)
{
    (void)state;
    char text[8192] = "{'Version':'2012-10-17','Statement':[";
    for (size_t i = 0; i < POLICY_MATCHES_MAX + 4; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s" SAY("Allow", "*", "*"),
                 i == 0 ? "" : ",");
    strcat(text, "]}");
    struct policy *policy = document_compile(text, POLICY_IDENTITY);
    struct policy_answer answer;

    policy_decide(&(struct policy_ask){.action = "sns:Publish",
                                       .resource = TOPIC,
                                       .principal = &somebody,
                                       .identity = {&(struct policy_entry){.policy = policy}, 1}},
                  &answer);
    assert_int_equal(answer.match_count, POLICY_MATCHES_MAX);
    policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_name_statements),
        cmocka_unit_test(answers_have_an_end),
        cmocka_unit_test(trust_policies_have_no_resource),
        cmocka_unit_test(keys_are_asked_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
