/* Who may assume a role: the trust policy and the caller's own, within the account and across;
 * session tags and source identity as actions of their own; what a session may do. */
#include "authorize.h"

#define OTHER_ROLE "arn:aws:iam::" OPS_OTHER ":role/guest"
#define OWN_ROLE   "arn:aws:iam::" OPS_ACCOUNT ":role/reader"
#define TRUSTING(principal, actions, more)                                                         \
    "'{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[{\\'Effect\\':\\'Allow\\',\\'Principal\\'"  \
    ":{\\'AWS\\':\\'" principal "\\'},\\'Action\\':[" actions "]" more "}]}'"
#define ASSUMING         "\\'sts:AssumeRole\\'"
#define BOB_TRUST        TRUSTING(BOB_ARN, ASSUMING, "")
#define ROOT_OF(account) "arn:aws:iam::" account ":root"
#define ROLE(trust)                                                                                \
    {                                                                                              \
        .call = "iam:CreateRole",                                                                  \
        .in = "{'RoleName':'reader','AssumeRolePolicyDocument':" trust "}"                         \
    }
#define GUEST(trust)                                                                               \
    {                                                                                              \
        .call = "iam:CreateRole", .account = OPS_OTHER,                                            \
        .in = "{'RoleName':'guest','AssumeRolePolicyDocument':" trust "}"                          \
    }
#define ASSUME(arn, more) "{'RoleArn':'" arn "','RoleSessionName':'class'" more "}"
#define ASSUMED(more)                                                                              \
    {                                                                                              \
        .call = "sts:AssumeRole", .in = ASSUME(OWN_ROLE, more), AS_BOB,                            \
        .save = "s=Credentials.AccessKeyId"                                                        \
    }
#define REFUSAL(action, role)                                                                      \
    "User: " BOB_ARN " is not authorized to perform: " action " on resource: " role
#define ACCOUNT(id)                                                                                \
    {                                                                                              \
        .sql = "INSERT INTO iam_account (id, name, email, created_ms)"                             \
               " VALUES ('" id "', 'a', 'a@" id "', 0)",                                           \
        .number = -1                                                                               \
    }
/* The role's one policy is now this. */
#define ROLE_POLICY(document)                                                                      \
    {                                                                                              \
        .call = "iam:PutRolePolicy",                                                               \
        .in = "{'RoleName':'reader','PolicyName':'rights','PolicyDocument':" document "}"          \
    }
#define BY(signer, operation, input, refusal)                                                      \
    {                                                                                              \
        .call = operation, .in = input, .who = signer, .judged = true, .code = refusal             \
    }

static const struct ops_test tests[] = {
    /* --- trust within the account --- */
    OPS_TEST("a trust policy that names the user is enough", USER, ROLE(BOB_TRUST), ASSUMED("")),
    OPS_TEST("one that names the account leaves it to the user's policies", USER,
             ROLE(TRUSTING(ROOT_OF(OPS_ACCOUNT), ASSUMING, "")),
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ""), REFUSAL("sts:AssumeRole", OWN_ROLE)),
             POLICY(ALLOW("sts:AssumeRole", OWN_ROLE)), ASSUMED("")),
    OPS_TEST("the user's policies alone are not enough", USER, ACCOUNT(OPS_OTHER),
             ROLE(TRUSTING(ROOT_OF(OPS_OTHER), ASSUMING, "")), POLICY(ALLOW("*", "*")),
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ""), REFUSAL("sts:AssumeRole", OWN_ROLE))),
    OPS_TEST("a deny of the user's wins over trust", USER, ROLE(BOB_TRUST),
             POLICY(DENY("sts:AssumeRole", "*")),
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ""),
                    REFUSAL("sts:AssumeRole",
                            OWN_ROLE) " with an explicit deny in an identity-based policy")),
    OPS_TEST("a role that is not there refuses in the same words", USER, POLICY(ALLOW("*", "*")),
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ""), REFUSAL("sts:AssumeRole", OWN_ROLE))),
    OPS_TEST("a new trust policy acts on the next request", USER, ROLE(BOB_TRUST), ASSUMED(""),
             {.call = "iam:UpdateAssumeRolePolicy",
              .in = "{'RoleName':'reader','PolicyDocument':" TRUST "}"},
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ""), NULL)),

    /* --- across accounts --- */
    OPS_TEST(
        "another account's role needs its trust and the caller's own policy", USER,
        ACCOUNT(OPS_ACCOUNT), GUEST(TRUSTING(ROOT_OF(OPS_ACCOUNT), ASSUMING, "")),
        DENIED("sts:AssumeRole", ASSUME(OTHER_ROLE, ""), REFUSAL("sts:AssumeRole", OTHER_ROLE)),
        POLICY(ALLOW("sts:AssumeRole", OTHER_ROLE)),
        {.call = "sts:AssumeRole", .in = ASSUME(OTHER_ROLE, ""), AS_BOB}),
    OPS_TEST("trust that names the user does not spare his own policy across accounts", USER,
             GUEST(BOB_TRUST), DENIED("sts:AssumeRole", ASSUME(OTHER_ROLE, ""), NULL),
             POLICY(ALLOW("sts:AssumeRole", "*")),
             {.call = "sts:AssumeRole", .in = ASSUME(OTHER_ROLE, ""), AS_BOB}),

    /* --- conditions of trust --- */
    OPS_TEST("sts:ExternalId must be what the trust policy wants", USER,
             ROLE(TRUSTING(BOB_ARN, ASSUMING, CONDITION("StringEquals", "sts:ExternalId", "42"))),
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ""), NULL),
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ",'ExternalId':'43'"), NULL),
             ASSUMED(",'ExternalId':'42'")),
    OPS_TEST("sts:RoleSessionName may have to be the user's name", USER,
             ROLE(TRUSTING(BOB_ARN, ASSUMING,
                           CONDITION("StringLike", "sts:RoleSessionName", "${aws:username}"))),
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ""), NULL),
             {.call = "sts:AssumeRole",
              .in = "{'RoleArn':'" OWN_ROLE "','RoleSessionName':'bob'}",
              AS_BOB}),
    OPS_TEST(
        "who shows no code has no MFA", USER,
        ROLE(TRUSTING(BOB_ARN, ASSUMING, CONDITION("Bool", "aws:MultiFactorAuthPresent", "true"))),
        DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ""), NULL)),
    OPS_TEST("the tags of the role are its aws:ResourceTag", USER, ROLE(BOB_TRUST),
             POLICY(DOCUMENT(STATEMENT("Deny", "sts:AssumeRole", "*",
                                       CONDITION("StringEquals", "aws:ResourceTag/Shut", "yes")))),
             ASSUMED(""),
             {.call = "iam:TagRole",
              .in = "{'RoleName':'reader','Tags':[{'Key':'Shut','Value':'yes'}]}"},
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ""), NULL)),

    /* --- session tags and source identity --- */
    OPS_TEST("session tags need sts:TagSession in the trust policy", USER, ROLE(BOB_TRUST),
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ",'Tags':[{'Key':'a','Value':'b'}]"),
                    REFUSAL("sts:TagSession", OWN_ROLE)),
             {.call = "iam:UpdateAssumeRolePolicy",
              .in = "{'RoleName':'reader','PolicyDocument':" TRUSTING(
                  BOB_ARN, ASSUMING ",\\'sts:TagSession\\'",
                  CONDITION("StringEquals", "aws:RequestTag/a", "b")) "}"},
             ASSUMED(",'Tags':[{'Key':'a','Value':'b'}]"),
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ",'Tags':[{'Key':'a','Value':'c'}]"), NULL)),
    OPS_TEST("a source identity needs sts:SetSourceIdentity, which may ask for its value", USER,
             ROLE(BOB_TRUST),
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ",'SourceIdentity':'bob'"),
                    REFUSAL("sts:SetSourceIdentity", OWN_ROLE)),
             {.call = "iam:UpdateAssumeRolePolicy",
              .in = "{'RoleName':'reader','PolicyDocument':" TRUSTING(
                  BOB_ARN, ASSUMING ",\\'sts:SetSourceIdentity\\'",
                  CONDITION("StringEquals", "sts:SourceIdentity", "bob")) "}"},
             ASSUMED(",'SourceIdentity':'bob'"),
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ",'SourceIdentity':'eve'"), NULL)),

    OPS_TEST("a condition upon the request holds for all that the request takes", USER,
             ROLE(TRUSTING(BOB_ARN, ASSUMING ",\\'sts:TagSession\\',\\'sts:SetSourceIdentity\\'",
                           CONDITION("StringEquals", "sts:ExternalId", "42"))),
             ASSUMED(",'ExternalId':'42','Tags':[{'Key':'a','Value':'b'}],'SourceIdentity':'bob'"),
             DENIED("sts:AssumeRole", ASSUME(OWN_ROLE, ",'Tags':[{'Key':'a','Value':'b'}]"), NULL)),

    /* --- what a session may do --- */
    OPS_TEST("a role session has the role's policies, not the user's", USER, ROLE(BOB_TRUST),
             POLICY(ALLOW("ec2:DescribeVpcs", "*")), ROLE_POLICY(ALLOW("ec2:DescribeRegions", "*")),
             ASSUMED(""), BY("$s", "DescribeRegions", "{}", NULL),
             BY("$s", "DescribeVpcs", "{}", "UnauthorizedOperation"), MAY("DescribeVpcs", "{}")),
    OPS_TEST("the session's name is in the refusal", USER, ROLE(BOB_TRUST), ASSUMED(""),
             {.call = "iam:ListUsers",
              .who = "$s",
              .judged = true,
              .code = "AccessDenied",
              .text = "User: arn:aws:sts::" OPS_ACCOUNT ":assumed-role/reader/class is not "
                      "authorized to perform: iam:ListUsers on resource: arn:aws:iam::" OPS_ACCOUNT
                      ":user/ because no identity-based policy allows the iam:ListUsers action"}),
    OPS_TEST("a session policy is an upper limit, and is named", USER, ROLE(BOB_TRUST),
             ROLE_POLICY(ALLOW("ec2:Describe*", "*")),
             ASSUMED(",'Policy':" ALLOW("ec2:DescribeRegions", "*")),
             BY("$s", "DescribeRegions", "{}", NULL),
             {.call = "DescribeVpcs",
              .who = "$s",
              .judged = true,
              .code = "UnauthorizedOperation",
              .text = "~*because no session policy allows the ec2:DescribeVpcs action"}),
    OPS_TEST("taking a right from the role acts on sessions that are there", USER, ROLE(BOB_TRUST),
             ROLE_POLICY(ALLOW("ec2:DescribeRegions", "*")), ASSUMED(""),
             BY("$s", "DescribeRegions", "{}", NULL),
             {.call = "iam:DeleteRolePolicy", .in = "{'RoleName':'reader','PolicyName':'rights'}"},
             BY("$s", "DescribeRegions", "{}", "UnauthorizedOperation")),
    OPS_TEST("aws:PrincipalArn of a session is the role's, PrincipalType AssumedRole", USER,
             ROLE(BOB_TRUST),
             ROLE_POLICY(DOCUMENT(STATEMENT(
                 "Allow", "ec2:DescribeRegions", "*",
                 CONDITION("ArnEquals", "aws:PrincipalArn",
                           OWN_ROLE)) "," STATEMENT("Allow", "ec2:DescribeVpcs", "*",
                                                    CONDITION("StringEquals", "aws:PrincipalType",
                                                              "AssumedRole")))),
             ASSUMED(""), BY("$s", "DescribeRegions", "{}", NULL),
             BY("$s", "DescribeVpcs", "{}", NULL)),
    OPS_TEST(
        "session tags are aws:PrincipalTag and win over the role's", USER,
        ROLE(TRUSTING(BOB_ARN, ASSUMING ",\\'sts:TagSession\\'", "")),
        {.call = "iam:TagRole",
         .in = "{'RoleName':'reader','Tags':[{'Key':'Team','Value':'blue'}]}"},
        ROLE_POLICY(DOCUMENT(STATEMENT("Allow", "ec2:DescribeRegions", "*",
                                       CONDITION("StringEquals", "aws:PrincipalTag/Team", "red")))),
        ASSUMED(""), BY("$s", "DescribeRegions", "{}", "UnauthorizedOperation"),
        ASSUMED(",'Tags':[{'Key':'Team','Value':'red'}]"), BY("$s", "DescribeRegions", "{}", NULL)),
    OPS_TEST(
        "a source identity is aws:SourceIdentity of the session", USER,
        ROLE(TRUSTING(BOB_ARN, ASSUMING ",\\'sts:SetSourceIdentity\\'", "")),
        ROLE_POLICY(DOCUMENT(STATEMENT("Allow", "ec2:DescribeRegions", "*",
                                       CONDITION("StringEquals", "aws:SourceIdentity", "bob")))),
        ASSUMED(",'SourceIdentity':'bob'"), BY("$s", "DescribeRegions", "{}", NULL)),
    OPS_TEST(
        "a chain hands transitive tags and source identity on, and needs the same rights", USER,
        ROLE(TRUSTING(BOB_ARN, ASSUMING ",\\'sts:TagSession\\',\\'sts:SetSourceIdentity\\'", "")),
        ROLE_POLICY(ALLOW("sts:*", "*")),
        {.call = "iam:CreateRole",
         .in =
             "{'RoleName':'next','AssumeRolePolicyDocument':" TRUSTING(OWN_ROLE, ASSUMING, "") "}"},
        ASSUMED(""),
        BY("$s", "sts:AssumeRole", ASSUME("arn:aws:iam::" OPS_ACCOUNT ":role/next", ""), NULL),
        ASSUMED(",'Tags':[{'Key':'a','Value':'b'}],'TransitiveTagKeys':['a']"),
        BY("$s", "sts:AssumeRole", ASSUME("arn:aws:iam::" OPS_ACCOUNT ":role/next", ""),
           "AccessDenied"),
        ASSUMED(",'SourceIdentity':'bob'"),
        BY("$s", "sts:AssumeRole", ASSUME("arn:aws:iam::" OPS_ACCOUNT ":role/next", ""),
           "AccessDenied")),
    OPS_TEST("a federated user may what both the user and the session policy allow", USER,
             POLICY(DOCUMENT(STATEMENT("Allow", "sts:GetFederationToken", "*", "") "," STATEMENT(
                 "Allow", "ec2:DescribeRegions", "*", "") "," STATEMENT("Allow", "ec2:DescribeVpcs",
                                                                        "*", ""))),
             {.call = "sts:GetFederationToken",
              .in = "{'Name':'ann','Policy':" ALLOW("ec2:DescribeRegions", "*") "}",
              AS_BOB,
              .save = "s=Credentials.AccessKeyId"},
             BY("$s", "DescribeRegions", "{}", NULL),
             BY("$s", "DescribeVpcs", "{}", "UnauthorizedOperation"),
             {.call = "sts:GetFederationToken",
              .in = "{'Name':'ann'}",
              AS_BOB,
              .save = "s=Credentials.AccessKeyId"},
             BY("$s", "DescribeRegions", "{}", "UnauthorizedOperation")),
    OPS_TEST(
        "GetFederationToken is judged upon the federated user; tags need sts:TagSession", USER,
        POLICY(ALLOW("sts:GetFederationToken", "arn:aws:sts::" OPS_ACCOUNT ":federated-user/ann")),
        {.call = "sts:GetFederationToken", .in = "{'Name':'ann'}", AS_BOB},
        DENIED("sts:GetFederationToken", "{'Name':'eve'}",
               "~*on resource: arn:aws:sts::" OPS_ACCOUNT ":federated-user/eve because*"),
        DENIED("sts:GetFederationToken", "{'Name':'ann','Tags':[{'Key':'a','Value':'b'}]}",
               "~*sts:TagSession*")),
    OPS_TEST("nobody needs a right to learn who he is, or to show a code", USER,
             POLICY(DENY("*", "*")), {.call = "sts:GetCallerIdentity", AS_BOB},
             {.call = "sts:GetSessionToken", AS_BOB}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
