/* AssumeRole: who the session is, how long it lasts, and what a chain of roles hands on. Whether
 * the caller is let in is the authorize stage's matter, and not asked here. */
#include "harness.h"

#define ALICE               "AKIAALICEALICEALICE1"
#define ROLE(account, name) "arn:aws:iam::" account ":role/" name
#define TRUST                                                                                      \
    "{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[{\\'Effect\\':\\'Allow\\',\\'Principal\\':"  \
    "{\\'AWS\\':\\'*\\'},\\'Action\\':\\'sts:AssumeRole\\'}]}"
#define CREATE_ROLE(name, more)                                                                    \
    {                                                                                              \
        .call = "iam:CreateRole",                                                                  \
        .in = "{'RoleName':'" name "','AssumeRolePolicyDocument':'" TRUST "'" more "}",            \
        .save = "id=Role.RoleId"                                                                   \
    }
#define USER                                                                                       \
    {.sql = "INSERT INTO iam_entity (id, account, kind, name, path, created_ms) VALUES"            \
            " ('AIDAALICEALICEALICE1', '" OPS_ACCOUNT "', 'user', 'alice', '/', 0)",               \
     .number = -1},                                                                                \
    {                                                                                              \
        .sql = "INSERT INTO iam_access_key (id, account, user_id, secret, active, created_ms)"     \
               " VALUES ('" ALICE "', '" OPS_ACCOUNT "', 'AIDAALICEALICEALICE1', 'x', 1, 0)",      \
        .number = -1                                                                               \
    }
#define ASSUME(by, name, more)                                                                     \
    .call = "sts:AssumeRole", .who = by,                                                           \
    .in = "{'RoleArn':'" ROLE(OPS_ACCOUNT, name) "','RoleSessionName':'class'" more "}"
#define KEY "key=Credentials.AccessKeyId"

static const struct ops_test tests[] = {
    /* --- who --- */
    OPS_TEST("a role session is known by the role's id and the session's name", USER,
             CREATE_ROLE("reader", ",'Path':'/course/'"),
             {.call = "sts:AssumeRole",
              .who = ALICE,
              .in = "{'RoleArn':'" ROLE(OPS_ACCOUNT, "course/reader") "','RoleSessionName':"
                                                                      "'class'}",
              .out = "{'Credentials':{'AccessKeyId':'~ASIA*','Expiration':"
                     "1767229200000},'AssumedRoleUser':{'AssumedRoleId':'$id:class','Arn':"
                     "'arn:aws:sts::" OPS_ACCOUNT ":assumed-role/reader/class'},"
                     "'PackedPolicySize':null,'SourceIdentity':null}",
              .save = KEY},
             {.call = "sts:GetCallerIdentity",
              .who = "$key",
              .out = "{'UserId':'$id:class','Account':'" OPS_ACCOUNT "','Arn':"
                     "'arn:aws:sts::" OPS_ACCOUNT ":assumed-role/reader/class'}"}),
    OPS_TEST(
        "a role of another account gives a session of that account", USER,
        {.call = "iam:CreateRole",
         .account = OPS_OTHER,
         .in = "{'RoleName':'guest','AssumeRolePolicyDocument':'" TRUST "'}"},
        {.call = "sts:AssumeRole",
         .who = ALICE,
         .in = "{'RoleArn':'" ROLE(OPS_OTHER, "guest") "','RoleSessionName':'class'}",
         .save = KEY},
        {.call = "sts:GetCallerIdentity", .who = "$key", .out = "{'Account':'" OPS_OTHER "'}"}),
    OPS_TEST("root users assume no roles", CREATE_ROLE("reader", ""),
             {ASSUME(NULL, "reader", ""), .code = "AccessDenied",
              .text = "Roles may not be assumed by root accounts."}),
    OPS_TEST("a role that does not exist refuses like one that does not trust the caller", USER,
             {ASSUME(ALICE, "nobody", ""), .code = "AccessDenied",
              .text = "User: arn:aws:iam::" OPS_ACCOUNT
                      ":user/alice is not authorized to perform: sts:AssumeRole on resource: "
                      "arn:aws:iam::" OPS_ACCOUNT ":role/nobody"}),
    OPS_TEST("a role's name without its path is not its ARN", USER,
             CREATE_ROLE("reader", ",'Path':'/course/'"),
             {ASSUME(ALICE, "reader", ""), .code = "AccessDenied"}),
    OPS_TEST(
        "what is no role's ARN is refused as such", USER,
        {.call = "sts:AssumeRole",
         .who = ALICE,
         .in = "{'RoleArn':'this is not an ARN at all','RoleSessionName':'class'}",
         .code = "ValidationError",
         .text = "this is not an ARN at all is invalid"},
        {.call = "sts:AssumeRole",
         .who = ALICE,
         .in = "{'RoleArn':'arn:aws:iam::" OPS_ACCOUNT ":user/alice','RoleSessionName':'class'}",
         .code = "ValidationError",
         .text = "Request ARN is invalid"}),

    /* --- how long --- */
    OPS_TEST("a session lasts as long as was asked, within what the role allows", USER,
             CREATE_ROLE("reader", ",'MaxSessionDuration':7200"),
             {ASSUME(ALICE, "reader", ",'DurationSeconds':7200"),
              .out = "{'Credentials':{'Expiration':1767232800000}}"},
             {ASSUME(ALICE, "reader", ",'DurationSeconds':7201"), .code = "ValidationError",
              .text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this "
                      "role."}),
    OPS_TEST("a role assumed by a role is assumed for an hour at most", USER,
             CREATE_ROLE("first", ""), CREATE_ROLE("second", ",'MaxSessionDuration':43200"),
             {ASSUME(ALICE, "first", ""), .save = KEY},
             {ASSUME("$key", "second", ",'DurationSeconds':3601"), .code = "ValidationError",
              .text = "The requested DurationSeconds exceeds the 1 hour session limit for roles "
                      "assumed by role chaining."},
             {ASSUME("$key", "second", ",'DurationSeconds':3600"),
              .out = "{'Credentials':{'Expiration':1767229200000}}"}),
    OPS_TEST("a session of GetSessionToken is a link of a chain as well", USER,
             CREATE_ROLE("reader", ",'MaxSessionDuration':43200"),
             {.call = "sts:GetSessionToken", .who = ALICE, .save = KEY},
             {ASSUME("$key", "reader", ",'DurationSeconds':7200"), .code = "ValidationError"},
             {ASSUME("$key", "reader", "")}),

    /* --- tags --- */
    OPS_TEST(
        "transitive tags are handed on, others are not", USER, CREATE_ROLE("first", ""),
        CREATE_ROLE("second", ""),
        {ASSUME(ALICE, "first",
                ",'Tags':[{'Key':'Team','Value':'blue'},{'Key':'Mood','Value':'fine'}],"
                "'TransitiveTagKeys':['team']"),
         .save = KEY},
        {ASSUME("$key", "second", ",'Tags':[{'Key':'Room','Value':'2'}]"), .save = KEY,
         .sql = "SELECT count(*) FROM sts_session WHERE"
                " doc ->> '$.tags.Team' = 'blue' AND doc ->> '$.tags.Room' = '2'"
                " AND doc ->> '$.tags.Mood' IS NULL"
                " AND doc ->> '$.transitive_keys' = '[\"Team\"]'",
         .number = 1},
        {ASSUME("$key", "first", ""),
         .sql = "SELECT count(*) FROM sts_session WHERE doc ->> '$.tags' = '{\"Team\":\"blue\"}'",
         .number = 1}),
    OPS_TEST("a tag that is handed on is not set again", USER, CREATE_ROLE("first", ""),
             {ASSUME(ALICE, "first",
                     ",'Tags':[{'Key':'Team','Value':'blue'}],'TransitiveTagKeys':['Team']"),
              .save = KEY},
             {ASSUME("$key", "first", ",'Tags':[{'Key':'TEAM','Value':'red'}]"),
              .code = "InvalidParameterValue",
              .text = "One of the specified transitive tag keys can't be set because it conflicts "
                      "with a transitive tag key from the calling session."}),
    OPS_TEST("what is to be handed on is among the tags", USER, CREATE_ROLE("first", ""),
             {ASSUME(ALICE, "first", ",'TransitiveTagKeys':['Team']"),
              .code = "InvalidParameterValue",
              .text = "The specified transitive tag key must be included in the requested tags."}),

    /* --- source identity --- */
    OPS_TEST("a source identity stays through the chain and cannot be changed", USER,
             CREATE_ROLE("first", ""),
             {ASSUME(ALICE, "first", ",'SourceIdentity':'alice'"),
              .out = "{'SourceIdentity':'alice'}", .save = KEY},
             {ASSUME("$key", "first", ",'SourceIdentity':'mallory'"), .code = "AccessDenied"},
             {ASSUME("$key", "first", ""), .out = "{'SourceIdentity':'alice'}", .save = KEY},
             {ASSUME("$key", "first", ",'SourceIdentity':'alice'"),
              .out = "{'SourceIdentity':'alice'}"}),

    /* --- credentials end --- */
    OPS_TEST("whoever deletes a role ends its sessions", USER, CREATE_ROLE("first", ""),
             {ASSUME(ALICE, "first", ""), .save = KEY}, {.call = "iam:ListRoles", .who = "$key"},
             {.call = "iam:DeleteRole", .in = "{'RoleName':'first'}"},
             {.call = "sts:GetCallerIdentity", .who = "$key", .code = "InvalidClientTokenId"}),
    OPS_TEST("a namesake made later does not get the sessions of the role that was deleted", USER,
             CREATE_ROLE("first", ""), {ASSUME(ALICE, "first", ""), .save = KEY},
             {.call = "iam:DeleteRole", .in = "{'RoleName':'first'}"}, CREATE_ROLE("first", ""),
             {.call = "sts:GetCallerIdentity", .who = "$key", .code = "InvalidClientTokenId"}),
    OPS_TEST(
        "a context assertion that nobody made is refused", USER, CREATE_ROLE("first", ""),
        {ASSUME(ALICE, "first",
                ",'ProvidedContexts':[{'ProviderArn':"
                "'arn:aws:iam::aws:contextProvider/IdentityCenter','ContextAssertion':'abcd'}]"),
         .code = "InvalidParameterValue"}),
};

int main(void)
{
    return ops_run(tests, ARRAY_LEN(tests));
}
