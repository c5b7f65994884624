/* Access keys: CreateAccessKey, ListAccessKeys, UpdateAccessKey, DeleteAccessKey,
 * GetAccessKeyLastUsed. */
#include "harness.h"

#define USER                                                                                       \
    {                                                                                              \
        .call = "iam:CreateUser", .in = "{'UserName':'alice'}"                                     \
    }
#define KEY                                                                                        \
    {                                                                                              \
        .call = "iam:CreateAccessKey", .in = "{'UserName':'alice'}",                               \
        .save = "key=AccessKey.AccessKeyId"                                                        \
    }
#define ROOT                                                                                       \
    {                                                                                              \
        .sql = "INSERT INTO iam_account (id, name, email, created_ms)"                             \
               " VALUES ('123456789012', 'n', 'root@example.com', 1767225600000)",                 \
        .number = -1                                                                               \
    }

static const struct ops_test tests[] = {
    OPS_TEST("A key has an id and a secret, which only CreateAccessKey shows", USER,
             {.call = "iam:CreateAccessKey",
              .in = "{'UserName':'alice'}",
              .out = "{'AccessKey':{'UserName':'alice','AccessKeyId':'~AKIA*',"
                     "'Status':'Active','SecretAccessKey':'~*','CreateDate':1767225600000}}",
              .save = "key=AccessKey.AccessKeyId"},
             {.call = "iam:ListAccessKeys",
              .in = "{'UserName':'alice'}",
              .out = "{'AccessKeyMetadata':[{'UserName':'alice','AccessKeyId':'$key',"
                     "'Status':'Active','CreateDate':1767225600000,'SecretAccessKey':null}],"
                     "'IsTruncated':false}"}),
    OPS_TEST("A user has at most two keys", USER, KEY, KEY,
             {.call = "iam:CreateAccessKey",
              .in = "{'UserName':'alice'}",
              .code = "LimitExceeded",
              .text = "Cannot exceed quota for AccessKeysPerUser: 2"},
             {.call = "iam:DeleteAccessKey", .in = "{'UserName':'alice','AccessKeyId':'$key'}"},
             KEY),
    OPS_TEST("A key is switched off and on; what is off signs nothing", USER, KEY,
             {.call = "iam:UpdateAccessKey",
              .in = "{'UserName':'alice','AccessKeyId':'$key','Status':'Inactive'}",
              .sql = "SELECT active FROM iam_access_key",
              .number = 0},
             {.call = "iam:ListAccessKeys",
              .in = "{'UserName':'alice'}",
              .out = "{'AccessKeyMetadata':[{'Status':'Inactive'}]}"},
             {.call = "iam:UpdateAccessKey",
              .in = "{'UserName':'alice','AccessKeyId':'$key','Status':'Active'}",
              .sql = "SELECT active FROM iam_access_key",
              .number = 1},
             {.call = "iam:UpdateAccessKey",
              .in = "{'UserName':'alice','AccessKeyId':'$key','Status':'Expired'}",
              .code = "InvalidInput"}),
    OPS_TEST("A key is found with its user alone", USER, KEY,
             {.call = "iam:CreateUser", .in = "{'UserName':'bob'}"},
             {.call = "iam:DeleteAccessKey",
              .in = "{'UserName':'bob','AccessKeyId':'$key'}",
              .code = "NoSuchEntity",
              .text = "~The Access Key with id AKIA* cannot be found."},
             {.call = "iam:UpdateAccessKey",
              .in = "{'UserName':'nobody','AccessKeyId':'$key','Status':'Active'}",
              .code = "NoSuchEntity",
              .text = "The user with name nobody cannot be found."},
             {.call = "iam:DeleteAccessKey",
              .account = OPS_OTHER,
              .in = "{'UserName':'alice','AccessKeyId':'$key'}",
              .code = "NoSuchEntity"}),
    OPS_TEST("Without a name the keys are the caller's: the user's own, or the root user's", USER,
             ROOT, KEY,
             {.call = "iam:ListAccessKeys",
              .who = "$key",
              .out = "{'AccessKeyMetadata':[{'UserName':'alice','AccessKeyId':'$key'}]}"},
             {.call = "iam:CreateAccessKey",
              .out = "{'AccessKey':{'UserName':'root'}}",
              .save = "own=AccessKey.AccessKeyId"},
             {.call = "iam:ListAccessKeys",
              .out = "{'AccessKeyMetadata':[{'UserName':'root','AccessKeyId':'$own'}]}"},
             {.call = "iam:DeleteAccessKey",
              .in = "{'AccessKeyId':'$own'}",
              .sql = "SELECT count(*) FROM iam_access_key WHERE user_id = account",
              .number = 0}),
    OPS_TEST("A key that was never used says N/A; one that was says when and where", USER, KEY,
             {.call = "iam:GetAccessKeyLastUsed",
              .in = "{'AccessKeyId':'$key'}",
              .out = "{'UserName':'alice','AccessKeyLastUsed':{'ServiceName':'N/A',"
                     "'Region':'N/A','LastUsedDate':null}}"},
             {.sql = "INSERT INTO iam_last_used (account, id, service, region, at_ms)"
                     " SELECT account, id, 'ec2', 'eu-west-1', 1767225600000 FROM iam_access_key",
              .number = -1},
             {.call = "iam:GetAccessKeyLastUsed",
              .in = "{'AccessKeyId':'$key'}",
              .out = "{'AccessKeyLastUsed':{'ServiceName':'ec2','Region':'eu-west-1',"
                     "'LastUsedDate':1767225600000}}"}),
    OPS_TEST("Of another's key or none nothing is told", USER, KEY,
             {.call = "iam:GetAccessKeyLastUsed",
              .account = OPS_OTHER,
              .in = "{'AccessKeyId':'$key'}",
              .code = "AccessDenied"},
             {.call = "iam:GetAccessKeyLastUsed",
              .in = "{'AccessKeyId':'AKIAAAAAAAAAAAAAAAAA'}",
              .code = "AccessDenied"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
