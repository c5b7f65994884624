/* AssumeRoleWithWebIdentity at a time that stands still, with keys that are already there. */
#include "harness.h"
#include "web_identity_tokens.h"

#define HOST "token.actions.githubusercontent.com"
#define ROLE "arn:aws:iam::123456789012:role/"

#define PROVIDER                                                                                   \
    {                                                                                              \
        .call = "iam:CreateOpenIDConnectProvider", .in = "{'Url':'https://" HOST                   \
                                                         "','ClientIDList':['sts.amazonaws.com']," \
                                                         "'ThumbprintList':[]}"                    \
    }
#define KEYS(fetched_ms)                                                                           \
    {                                                                                              \
        .sql = "INSERT OR REPLACE INTO iam_oidc_keys (account, url, keys, fetched_ms) VALUES"      \
               " ('123456789012', '" HOST "', '" GITHUB_KEYS "', " fetched_ms ")",                 \
        .number = -1                                                                               \
    }
#define TRUSTING(name, condition)                                                                  \
    {                                                                                              \
        .call = "iam:CreateRole",                                                                  \
        .in = "{'RoleName':'" name                                                                 \
              "','AssumeRolePolicyDocument':'{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':"     \
              "[{\\'Effect\\':\\'Allow\\',\\'Principal\\':{\\'Federated\\':"                       \
              "\\'arn:aws:iam::123456789012:oidc-provider/" HOST "\\'},\\'Action\\':"              \
              "\\'sts:AssumeRoleWithWebIdentity\\',\\'Condition\\':{" condition "}}]}'}"           \
    }
#define IS(key, value) "\\'StringEquals\\':{\\'" HOST ":" key "\\':\\'" value "\\'}"
#define ASK(name)                                                                                  \
    "{'RoleArn':'" ROLE name "','RoleSessionName':'build','WebIdentityToken':'" GITHUB_TOKEN "'}"

static const struct ops_test tests[] = {
    OPS_TEST("A token of a known provider is good for a session, which keeps what it said",
             PROVIDER, KEYS("1767225600000"), TRUSTING("build", IS("repository", "octo/app")),
             {.call = "sts:AssumeRoleWithWebIdentity",
              .in = ASK("build"),
              .out = "{'SubjectFromWebIdentityToken':'repo:octo/app:ref:refs/heads/main',"
                     "'Audience':'sts.amazonaws.com',"
                     "'Provider':'arn:aws:iam::123456789012:oidc-provider/" HOST "',"
                     "'Credentials':{'AccessKeyId':'~ASIA*','Expiration':1767229200000},"
                     "'AssumedRoleUser':{'AssumedRoleId':'~AROA*:build','Arn':"
                     "'arn:aws:sts::123456789012:assumed-role/build/build'}}",
              .sql = "SELECT count(*) FROM sts_session WHERE account = '123456789012' AND"
                     " doc LIKE '%\"" HOST ":sub\":\"repo:octo/app:ref:refs/heads/main\"%'",
              .number = 1}),
    OPS_TEST(
        "Conditions may ask for the claims that AWS takes from the provider, and for no other",
        PROVIDER, KEYS("1767225600000"), TRUSTING("other", IS("repository", "octo/other")),
        TRUSTING("main", IS("ref", "refs/heads/main")), TRUSTING("secret", IS("secret", "x")),
        {.call = "sts:AssumeRoleWithWebIdentity", .in = ASK("main")},
        {.call = "sts:AssumeRoleWithWebIdentity",
         .in = ASK("other"),
         .code = "AccessDenied",
         .text = "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
        {.call = "sts:AssumeRoleWithWebIdentity", .in = ASK("secret"), .code = "AccessDenied"}),
    OPS_TEST("A token ends at its time", PROVIDER, KEYS("1767226139000"),
             TRUSTING("build", IS("repository", "octo/app")),
             {.call = "sts:AssumeRoleWithWebIdentity", .in = ASK("build"), .advance_ms = 539000},
             {.call = "sts:AssumeRoleWithWebIdentity",
              .in = ASK("build"),
              .advance_ms = 1000,
              .code = "ExpiredTokenException",
              .text = "Token expired: current date/time 1767226140 must be before the expiration "
                      "date/time 1767226140"}),
    OPS_TEST("A provider counts in the account that the role is of",
             {.call = "iam:CreateOpenIDConnectProvider",
              .in = "{'Url':'https://" HOST "','ClientIDList':['sts.amazonaws.com'],"
                    "'ThumbprintList':[]}",
              .account = OPS_OTHER},
             TRUSTING("build", IS("repository", "octo/app")),
             {.call = "sts:AssumeRoleWithWebIdentity",
              .in = ASK("build"),
              .code = "InvalidIdentityToken",
              .text = "No OpenIDConnect provider found in your account for https://" HOST},
             {.call = "sts:AssumeRoleWithWebIdentity",
              .in = "{'RoleArn':'not-an-arn-but-long-enough','RoleSessionName':'build',"
                    "'WebIdentityToken':'" GITHUB_TOKEN "'}",
              .code = "ValidationError"}),
    OPS_TEST("Access tokens of the two OAuth providers cannot be asked about from here",
             {.call = "sts:AssumeRoleWithWebIdentity",
              .in = "{'RoleArn':'" ROLE "build','RoleSessionName':'build','ProviderId':"
                    "'www.amazon.com','WebIdentityToken':'Atza|abc'}",
              .code = "IDPCommunicationError"},
             {.call = "sts:AssumeRoleWithWebIdentity",
              .in = "{'RoleArn':'" ROLE "build','RoleSessionName':'build','ProviderId':"
                    "'www.example.com','WebIdentityToken':'Atza|abc'}",
              .code = "ValidationError"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
