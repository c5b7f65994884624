/* Temporary credentials: who they say they are, how long they last, and what they may not be used
 * for. */
#include "harness.h"

#define ALICE "AKIAALICEALICEALICE1"
#define BOB   "AKIABOBBOBBOBBOBBOB1"
/* Alice and Bob with a key each; Bob belongs to the other account. */
#define USERS                                                                                      \
    {.sql = "INSERT INTO iam_entity (id, account, kind, name, path, created_ms) VALUES"            \
            " ('AIDAALICEALICEALICE1', '" OPS_ACCOUNT "', 'user', 'alice', '/staff/', 0),"         \
            " ('AIDABOBBOBBOBBOBBOB1', '" OPS_OTHER "', 'user', 'bob', '/', 0)",                   \
     .number = -1},                                                                                \
    {                                                                                              \
        .sql = "INSERT INTO iam_access_key (id, account, user_id, secret, active, created_ms)"     \
               " VALUES ('" ALICE "', '" OPS_ACCOUNT "', 'AIDAALICEALICEALICE1', 'x', 1, 0),"      \
               " ('" BOB "', '" OPS_OTHER "', 'AIDABOBBOBBOBBOBBOB1', 'x', 1, 0)",                 \
        .number = -1                                                                               \
    }
#define POLICY(effect)                                                                             \
    "{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[{\\'Effect\\':\\'" effect                    \
    "\\',\\'Action\\':\\'ec2:*\\',\\'Resource\\':\\'*\\'}]}"

static const struct ops_test tests[] = {
    /* --- who --- */
    OPS_TEST("a root user is its account",
             {.call = "sts:GetCallerIdentity",
              .out = "{'UserId':'" OPS_ACCOUNT "','Account':'" OPS_ACCOUNT
                     "','Arn':'arn:aws:iam::" OPS_ACCOUNT ":root'}"}),
    OPS_TEST("a user is known by id and path", USERS,
             {.call = "sts:GetCallerIdentity",
              .who = ALICE,
              .out = "{'UserId':'AIDAALICEALICEALICE1','Account':'" OPS_ACCOUNT
                     "','Arn':'arn:aws:iam::" OPS_ACCOUNT ":user/staff/alice'}"}),
    OPS_TEST("the partition of an ARN is the region's", USERS,
             {.call = "sts:GetCallerIdentity",
              .who = ALICE,
              .region = "cn-north-1",
              .out = "{'Arn':'arn:aws-cn:iam::" OPS_ACCOUNT ":user/staff/alice'}"}),
    OPS_TEST("a session of a user is the user", USERS,
             {.call = "sts:GetSessionToken",
              .who = ALICE,
              .out = "{'Credentials':{'AccessKeyId':'~ASIA*',"
                     "'SessionToken':'~IQoJb3JpZ2luX2Vj*','Expiration':1767268800000}}",
              .save = "key=Credentials.AccessKeyId"},
             {.call = "sts:GetCallerIdentity",
              .who = "$key",
              .out = "{'UserId':'AIDAALICEALICEALICE1','Arn':'arn:aws:iam::" OPS_ACCOUNT
                     ":user/staff/alice'}"}),
    OPS_TEST("a session of a root user is the root user, for an hour at most",
             {.call = "sts:GetSessionToken",
              .in = "{'DurationSeconds':129600}",
              .out = "{'Credentials':{'Expiration':1767229200000}}",
              .save = "key=Credentials.AccessKeyId"},
             {.call = "sts:GetCallerIdentity",
              .who = "$key",
              .out = "{'UserId':'" OPS_ACCOUNT "','Arn':'arn:aws:iam::" OPS_ACCOUNT ":root'}"}),
    OPS_TEST("a federated user has a name of its own", USERS,
             {.call = "sts:GetFederationToken",
              .who = ALICE,
              .in = "{'Name':'carol'}",
              .out = "{'FederatedUser':{'FederatedUserId':'" OPS_ACCOUNT
                     ":carol','Arn':'arn:aws:sts::" OPS_ACCOUNT
                     ":federated-user/carol'},'PackedPolicySize':null}",
              .save = "key=Credentials.AccessKeyId"},
             {.call = "sts:GetCallerIdentity",
              .who = "$key",
              .out = "{'UserId':'" OPS_ACCOUNT ":carol','Account':'" OPS_ACCOUNT
                     "','Arn':'arn:aws:sts::" OPS_ACCOUNT ":federated-user/carol'}"}),

    /* --- how long --- */
    OPS_TEST("a session lasts as long as was asked", USERS,
             {.call = "sts:GetSessionToken",
              .who = ALICE,
              .in = "{'DurationSeconds':900}",
              .out = "{'Credentials':{'Expiration':1767226500000}}"}),
    OPS_TEST("a session of less than 15 minutes or more than 36 hours is refused", USERS,
             {.call = "sts:GetSessionToken",
              .who = ALICE,
              .in = "{'DurationSeconds':899}",
              .code = "ValidationError"},
             {.call = "sts:GetSessionToken",
              .who = ALICE,
              .in = "{'DurationSeconds':129601}",
              .code = "ValidationError"}),
    OPS_TEST("what has expired is kept for a week and then swept when another session is made",
             {.call = "sts:GetSessionToken",
              .in = "{'DurationSeconds':900}",
              .sql = "SELECT count(*) FROM sts_session",
              .number = 1},
             {.advance_ms = 604800000,
              .call = "sts:GetSessionToken",
              .sql = "SELECT count(*) FROM sts_session",
              .number = 2},
             {.advance_ms = 901000,
              .call = "sts:GetSessionToken",
              .sql = "SELECT count(*) FROM sts_session",
              .number = 2}),
    OPS_TEST("the token itself is not kept",
             {.call = "sts:GetSessionToken",
              .sql = "SELECT count(*) FROM sts_session WHERE length(token) = 64 AND token NOT LIKE"
                     " 'IQoJ%'",
              .number = 1}),

    /* --- what they may not be used for --- */
    OPS_TEST("session credentials give no session and no federated user", USERS,
             {.call = "sts:GetSessionToken", .who = ALICE, .save = "key=Credentials.AccessKeyId"},
             {.call = "sts:GetSessionToken",
              .who = "$key",
              .code = "AccessDenied",
              .text = "Cannot call GetSessionToken with session credentials"},
             {.call = "sts:GetFederationToken",
              .who = "$key",
              .in = "{'Name':'carol'}",
              .code = "AccessDenied",
              .text = "Cannot call GetFederationToken with session credentials"},
             {.call = "sts:GetAccessKeyInfo",
              .who = "$key",
              .in = "{'AccessKeyId':'$key'}",
              .code = "AccessDenied"}),
    OPS_TEST("IAM does not know a session without MFA, and never a federated user", USERS,
             {.call = "sts:GetSessionToken", .who = ALICE, .save = "key=Credentials.AccessKeyId"},
             {.call = "iam:ListRoles",
              .who = "$key",
              .code = "InvalidClientTokenId",
              .text = "The security token included in the request is invalid"},
             {.call = "sts:GetFederationToken",
              .who = ALICE,
              .in = "{'Name':'carol'}",
              .save = "key=Credentials.AccessKeyId"},
             {.call = "iam:ListRoles", .who = "$key", .code = "InvalidClientTokenId"}),
    OPS_TEST("a federated user may ask STS only who it is", USERS,
             {.call = "sts:GetFederationToken",
              .who = ALICE,
              .in = "{'Name':'carol'}",
              .save = "key=Credentials.AccessKeyId"},
             {.call = "sts:AssumeRole",
              .who = "$key",
              .in = "{'RoleArn':'arn:aws:iam::" OPS_ACCOUNT ":role/x','RoleSessionName':'carol'}",
              .code = "AccessDenied"}),

    /* --- MFA --- */
    OPS_TEST("a code needs a device and a device a code", USERS,
             {.call = "sts:GetSessionToken",
              .who = ALICE,
              .in = "{'SerialNumber':'arn:aws:iam::" OPS_ACCOUNT ":mfa/alice'}",
              .code = "AccessDenied",
              .text = "MultiFactorAuthentication failed, must provide both MFA serial number and "
                      "one time pass code."},
             {.call = "sts:GetSessionToken",
              .who = ALICE,
              .in = "{'TokenCode':'123456'}",
              .code = "AccessDenied"}),
    OPS_TEST(
        "a device that the user does not have lets nobody in", USERS,
        {.call = "sts:GetSessionToken",
         .who = ALICE,
         .in = "{'SerialNumber':'arn:aws:iam::" OPS_ACCOUNT ":mfa/alice','TokenCode':'123456'}",
         .code = "AccessDenied",
         .text = "~MultiFactorAuthentication failed, unable to validate MFA code.*"}),

    /* --- session policies and tags --- */
    OPS_TEST("policies and tags are packed, and how full the token gets is said", USERS,
             {.call = "sts:GetFederationToken",
              .who = ALICE,
              .in = "{'Name':'carol','Policy':'" POLICY(
                  "Allow") "','Tags':[{'Key':'Team',"
                           "'Value':'blue'}],'PolicyArns':[{'arn':"
                           "'arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess'}]}",
              .out = "{'PackedPolicySize':22}"}),
    OPS_TEST("a session policy follows the grammar of identity policies", USERS,
             {.call = "sts:GetFederationToken",
              .who = ALICE,
              .in = "{'Name':'carol','Policy':'nonsense'}",
              .code = "MalformedPolicyDocument"},
             {.call = "sts:GetFederationToken",
              .who = ALICE,
              .in = "{'Name':'carol','Policy':'" POLICY("Perhaps") "'}",
              .code = "MalformedPolicyDocument"}),
    OPS_TEST("a managed session policy exists", USERS,
             {.call = "sts:GetFederationToken",
              .who = ALICE,
              .in = "{'Name':'carol','PolicyArns':[{'arn':"
                    "'arn:aws:iam::aws:policy/NobodyHasThis'}]}",
              .code = "ValidationError"}),
    OPS_TEST("ten managed session policies are the most", USERS,
             {.call = "sts:GetFederationToken",
              .who = ALICE,
              .in = "{'Name':'carol','PolicyArns':[{},{},{},{},{},{},{},{},{},{},{}]}",
              .code = "ValidationError",
              .text = "~*policyArns*less than or equal to 10"}),
    OPS_TEST("tag keys that differ in case are one key", USERS,
             {.call = "sts:GetFederationToken",
              .who = ALICE,
              .in = "{'Name':'carol','Tags':[{'Key':'Team','Value':'a'},{'Key':'team',"
                    "'Value':'b'}]}",
              .code = "InvalidParameterValue",
              .text = "Duplicate tag keys found. Please note that Tag keys are case "
                      "insensitive."}),
    OPS_TEST("tags that do not fit into a token are refused", USERS,
             {.call = "sts:GetFederationToken",
              .who = ALICE,
              .in = "{'Name':'carol','Tags':["
                    "{'Key':'q8z1x5v3n7m2k4j6','Value':'"
                    "tY7uI9oP1aS3dF5gH7jK9lZ1xC3vB5nM7qW9eR1tY3uI5oP7aS9dF1gH3jK5lZ7xC9vB1nM3"
                    "qW5eR7tY9uI1oP3aS5dF7gH9jK1lZ3xC5vB7nM9qW1eR3tY5uI7oP9aS1dF3gH5jK7lZ9xC1"
                    "vB3nM5qW7eR9tY2uI4oP6aS8dF0gH2jK4lZ6xC8vB0nM2qW4eR6tY8uI0oP2aS4dF6gH8jK0"
                    "lZ2xC4vB6nM8qW0eR2'},"
                    "{'Key':'b3c5d7f9g1h2j4k6','Value':'"
                    "Zx8Cv6Bn4Ma2Sd0Fg1Hj3Kl5Qw7Er9Ty1Ui3Op5Lk7Jh9Gf2Ds4Ap6Om8In0Ub2Yv4Tc6Rx8"
                    "Ez0Wq2Ae4Sr6Dt8Fy0Gu2Hi4Jo6Kp8La0Zs2Xd4Cf6Vg8Bh0Nj2Mk4Ql6Wz8Ex0Rc2Tv4Yb6"
                    "Un8Im0Oa2Ps4Ld6Kf8Jg0Hh2Gj4Fk6Dl8Sz0Ax2Qc4Wv6Eb8Rn0Tm2Yq4Uw6Ie8Or0Pt2Ly4"
                    "Ku6Ji8Ho0Gp2Fa4Ds6'},{'Key':'n2m9k4j7','Value':'"
                    "Wp4Lx9Rz2Tq7Vb5Ny1Mc8Kd3Jf6Hg0Gs4Fa7Ew2Qr9Dt5Cy1Bu8Ai3Zo6Xp0Sl4Vk7'}]}",
              .code = "PackedPolicyTooLarge",
              .text = "~Packed size of session tags consumes 2*% of allotted space."}),

    /* --- keys --- */
    OPS_TEST("the account of a key is known, also of temporary keys and of keys that are gone",
             USERS,
             {.call = "sts:GetAccessKeyInfo",
              .in = "{'AccessKeyId':'" BOB "'}",
              .out = "{'Account':'" OPS_OTHER "'}"},
             {.call = "sts:GetAccessKeyInfo",
              .in = "{'AccessKeyId':'AKIAABCDEFGHIJKLMNOP'}",
              .code = "ValidationError"},
             {.sql = "INSERT INTO iam_account (id, name, email, created_ms) VALUES ('" OPS_ACCOUNT
                     "', 'x', 'x@x', 0)",
              .number = -1},
             {.call = "sts:GetSessionToken", .who = ALICE, .save = "key=Credentials.AccessKeyId"},
             {.sql = "DELETE FROM sts_session", .number = -1},
             {.call = "sts:GetAccessKeyInfo",
              .in = "{'AccessKeyId':'$key'}",
              .out = "{'Account':'" OPS_ACCOUNT "'}"}),
    OPS_TEST("nobody may act as another account's root without an organization",
             {.call = "sts:AssumeRoot",
              .in = "{'TargetPrincipal':'" OPS_OTHER "','TaskPolicyArn':{'arn':"
                    "'arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials'}}",
              .code = "AccessDenied",
              .text = "User: arn:aws:iam::" OPS_ACCOUNT
                      ":root is not authorized to perform: sts:AssumeRoot on resource: "
                      "arn:aws:iam::" OPS_OTHER ":root"}),
};

int main(void)
{
    return ops_run(tests, ARRAY_LEN(tests));
}
