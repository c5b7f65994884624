/* For the tests of authorization: a user "bob" with a key, and steps that give him a policy and let
 * him call. */
#ifndef TESTS_OPS_AUTHORIZE_H
#define TESTS_OPS_AUTHORIZE_H

#include "harness.h"
#include "iam_documents.h"

#define BOB     "AKIABOBBOBBOBBOBBOB1"
#define BOB_ID  "AIDABOBBOBBOBBOBBOB12"
#define BOB_ARN "arn:aws:iam::" OPS_ACCOUNT ":user/team/bob"
#define KEY_OF(key, id)                                                                            \
    {                                                                                              \
        .sql = "INSERT INTO iam_access_key (id, account, user_id, secret, active, created_ms)"     \
               " VALUES ('" key "', '" OPS_ACCOUNT "', '" id "', 'x', 1, 0)",                      \
        .number = -1                                                                               \
    }
#define USER                                                                                       \
    {.sql = "INSERT INTO iam_entity (id, account, kind, name, path, created_ms) VALUES"            \
            " ('" BOB_ID "', '" OPS_ACCOUNT "', 'user', 'bob', '/team/', 0)",                      \
     .number = -1},                                                                                \
        KEY_OF(BOB, BOB_ID)

/* Bob's one policy is now this. */
#define POLICY(document)                                                                           \
    {                                                                                              \
        .call = "iam:PutUserPolicy",                                                               \
        .in = "{'UserName':'bob','PolicyName':'rights','PolicyDocument':" document "}"             \
    }
#define AS_BOB .who = BOB, .judged = true
/* A step of bob's that is allowed, and one that is not. */
#define MAY(operation, input)                                                                      \
    {                                                                                              \
        .call = operation, .in = input, AS_BOB                                                     \
    }
#define REFUSED(operation, input, words)                                                           \
    {                                                                                              \
        .call = operation, .in = input, AS_BOB, .code = "UnauthorizedOperation", .text = words     \
    }
#define DENIED(operation, input, words)                                                            \
    {                                                                                              \
        .call = operation, .in = input, AS_BOB, .code = "AccessDenied", .text = words              \
    }

#endif
