/* The condition keys of aws:, one by one: a policy that allows one operation when the key has a
 * value, and a call that has it, or has not. */
#include "authorize.h"

#define WHEN(operator, key, value)                                                                 \
    POLICY(                                                                                        \
        DOCUMENT(STATEMENT("Allow", "ec2:DescribeRegions", "*", CONDITION(operator, key, value))))
#define HOLDS(operator, key, value) WHEN(operator, key, value), MAY("DescribeRegions", "{}")
#define FAILS(operator, key, value)                                                                \
    WHEN(operator, key, value), REFUSED("DescribeRegions", "{}", NULL)
#define BY(signer, may)                                                                            \
    {                                                                                              \
        .call = "DescribeRegions", .who = signer, .judged = true,                                  \
        .code = may ? NULL : "UnauthorizedOperation"                                               \
    }
#define SESSION(more)                                                                              \
    {                                                                                              \
        .call = "sts:GetSessionToken", .who = BOB, .in = "{}", .save = "s=Credentials.AccessKeyId" \
    }

static const struct ops_test tests[] = {
    OPS_TEST("aws:SourceIp is the address of the client", USER,
             HOLDS("IpAddress", "aws:SourceIp", "127.0.0.0/8"),
             FAILS("IpAddress", "aws:SourceIp", "10.0.0.0/8")),
    OPS_TEST("aws:CurrentTime and aws:EpochTime are the clock's", USER,
             HOLDS("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:01Z"),
             FAILS("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z"),
             HOLDS("NumericEquals", "aws:EpochTime", "1767225600"),
             FAILS("NumericLessThan", "aws:EpochTime", "1767225600")),
    OPS_TEST("aws:SecureTransport says that this is plain HTTP", USER,
             HOLDS("Bool", "aws:SecureTransport", "false"),
             FAILS("Bool", "aws:SecureTransport", "true")),
    OPS_TEST("aws:username and aws:userid are the user's", USER,
             HOLDS("StringEquals", "aws:username", "bob"),
             FAILS("StringEquals", "aws:username", "Bob"),
             HOLDS("StringEquals", "aws:userid", BOB_ID)),
    OPS_TEST("aws:PrincipalArn, PrincipalAccount and PrincipalType name the user", USER,
             HOLDS("ArnEquals", "aws:PrincipalArn", BOB_ARN),
             HOLDS("StringEquals", "aws:PrincipalAccount", OPS_ACCOUNT),
             HOLDS("StringEquals", "aws:PrincipalType", "User"),
             FAILS("StringEquals", "aws:PrincipalType", "AssumedRole")),
    OPS_TEST(
        "aws:PrincipalTag is the user's tag, whatever the case of its key", USER,
        {.call = "iam:TagUser", .in = "{'UserName':'bob','Tags':[{'Key':'Team','Value':'red'}]}"},
        HOLDS("StringEquals", "aws:PrincipalTag/Team", "red"),
        HOLDS("StringEquals", "aws:PrincipalTag/team", "red"),
        FAILS("StringEquals", "aws:PrincipalTag/Team", "blue"),
        FAILS("StringEquals", "aws:PrincipalTag/Other", "red")),
    OPS_TEST("aws:RequestedRegion is the region that is asked", USER,
             HOLDS("StringEquals", "aws:RequestedRegion", "us-east-1"),
             {.call = "DescribeRegions",
              AS_BOB,
              .region = "eu-west-1",
              .code = "UnauthorizedOperation"}),
    OPS_TEST(
        "IAM's region is us-east-1, wherever the client is", USER,
        POLICY(DOCUMENT(STATEMENT("Allow", "iam:ListUsers", "*",
                                  CONDITION("StringEquals", "aws:RequestedRegion", "us-east-1")))),
        {.call = "iam:ListUsers", AS_BOB, .region = "eu-west-1"}),
    OPS_TEST("the key of a policy may be written in any case", USER,
             HOLDS("StringEquals", "AWS:UserName", "bob")),
    OPS_TEST("aws:PrincipalIsAWSService and aws:ViaAWSService are false for people", USER,
             HOLDS("Bool", "aws:PrincipalIsAWSService", "false"),
             HOLDS("Bool", "aws:ViaAWSService", "false")),
    OPS_TEST("what no request here has is absent: organizations, callers in between, endpoints",
             USER, HOLDS("Null", "aws:PrincipalOrgID", "true"),
             HOLDS("Null", "aws:CalledVia", "true"), HOLDS("Null", "aws:SourceVpce", "true"),
             HOLDS("Null", "aws:SourceArn", "true"),
             HOLDS("Null", "aws:Ec2InstanceSourceVpc", "true")),
    OPS_TEST("a long-term key has no MFA facts; a session has them, and its time", USER,
             HOLDS("Null", "aws:MultiFactorAuthPresent", "true"),
             HOLDS("Null", "aws:TokenIssueTime", "true"),
             HOLDS("BoolIfExists", "aws:MultiFactorAuthPresent", "true"), SESSION(""),
             BY("$s", false), WHEN("Bool", "aws:MultiFactorAuthPresent", "false"), BY("$s", true),
             WHEN("DateEquals", "aws:TokenIssueTime", "2026-01-01T00:00:00Z"), BY("$s", true),
             WHEN("Null", "aws:MultiFactorAuthAge", "true"), BY("$s", true)),
    OPS_TEST("MultiFactorAuthAge grows from when the code was shown", USER, SESSION(""),
             {.sql = "UPDATE sts_session SET doc = json_set(doc, '$.mfa_ms', 1767225600000)",
              .number = -1},
             WHEN("NumericLessThan", "aws:MultiFactorAuthAge", "600"), BY("$s", true),
             {.call = "DescribeRegions",
              .who = "$s",
              .judged = true,
              .advance_ms = 600000,
              .code = "UnauthorizedOperation"},
             WHEN("Bool", "aws:MultiFactorAuthPresent", "true"), BY("$s", true)),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
