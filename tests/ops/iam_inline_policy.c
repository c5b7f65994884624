/* Inline policies of users, groups and roles. */
#include "harness.h"
#include "iam_documents.h"

#pragma GCC diagnostic ignored "-Woverlength-strings"

#define CALL(name, input)                                                                          \
    {                                                                                              \
        .call = "iam:" name, .in = input                                                           \
    }
#define USER  CALL("CreateUser", "{'UserName':'u'}")
#define GROUP CALL("CreateGroup", "{'GroupName':'g'}")
#define ROLE  CALL("CreateRole", "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST "}")
#define READ  ALLOW("s3:Get*", "*")

/* Documents of 102 and a thousand characters, of two, of five, of ten thousand. */
#define K1       TEN(TEN("0123456789"))
#define SIZED(k) ALLOW("s3:Get*", "arn:aws:s3:::" k)

static const struct ops_test tests[] = {
    OPS_TEST("An inline policy is put, read back byte for byte in percent encoding, and deleted",
             USER,
             CALL("PutUserPolicy", "{'UserName':'u','PolicyName':'p','PolicyDocument':'"
                                   "{\\'Version\\': \\'2012-10-17\\',\\n\\'Statement\\':"
                                   "[{\\'Effect\\':\\'Allow\\',\\'Action\\':\\'ec2:*\\',"
                                   "\\'Resource\\':\\'*\\'}]}'}"),
             {.call = "iam:GetUserPolicy",
              .in = "{'UserName':'u','PolicyName':'p'}",
              .out = "{'UserName':'u','PolicyName':'p','PolicyDocument':'%7B%22Version%22%3A%20%22"
                     "2012-10-17%22%2C%0A%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22"
                     "Action%22%3A%22ec2%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D'}"},
             CALL("DeleteUserPolicy", "{'UserName':'u','PolicyName':'p'}"),
             {.call = "iam:GetUserPolicy",
              .in = "{'UserName':'u','PolicyName':'p'}",
              .code = "NoSuchEntity",
              .text = "The user policy with name p cannot be found."}),
    OPS_TEST(
        "Groups and roles have inline policies of their own", GROUP, ROLE,
        CALL("PutGroupPolicy", "{'GroupName':'g','PolicyName':'p','PolicyDocument':" READ "}"),
        CALL("PutRolePolicy", "{'RoleName':'r','PolicyName':'q','PolicyDocument':" READ "}"),
        {.call = "iam:GetGroupPolicy",
         .in = "{'GroupName':'g','PolicyName':'p'}",
         .out = "{'GroupName':'g','PolicyName':'p','PolicyDocument':'~%7B*%7D'}"},
        {.call = "iam:GetRolePolicy",
         .in = "{'RoleName':'r','PolicyName':'q'}",
         .out = "{'RoleName':'r','PolicyName':'q','PolicyDocument':'~%7B*%7D'}"},
        {.call = "iam:GetGroupPolicy",
         .in = "{'GroupName':'g','PolicyName':'q'}",
         .code = "NoSuchEntity",
         .text = "The group policy with name q cannot be found."},
        {.call = "iam:ListGroupPolicies",
         .in = "{'GroupName':'g'}",
         .out = "{'PolicyNames':['p'],'IsTruncated':false}"},
        {.call = "iam:ListRolePolicies", .in = "{'RoleName':'r'}", .out = "{'PolicyNames':['q']}"},
        CALL("DeleteGroupPolicy", "{'GroupName':'g','PolicyName':'p'}"),
        CALL("DeleteRolePolicy", "{'RoleName':'r','PolicyName':'q'}"),
        {.call = "iam:DeleteRolePolicy",
         .in = "{'RoleName':'r','PolicyName':'q'}",
         .code = "NoSuchEntity",
         .text = "The role policy with name q cannot be found."}),
    OPS_TEST("Putting a policy of the same name replaces it", USER,
             CALL("PutUserPolicy", "{'UserName':'u','PolicyName':'p','PolicyDocument':" READ "}"),
             {.call = "iam:PutUserPolicy",
              .in = "{'UserName':'u','PolicyName':'p','PolicyDocument':" DENY("s3:*", "*") "}",
              .sql = "SELECT count(*) FROM iam_inline_policy WHERE document LIKE '%Deny%'",
              .number = 1},
             {.sql = "SELECT count(*) FROM iam_inline_policy", .number = 1}),
    OPS_TEST("Who does not exist is told before what is wrong with the document",
             {.call = "iam:PutUserPolicy",
              .in = "{'UserName':'u','PolicyName':'p','PolicyDocument':'{'}",
              .code = "NoSuchEntity",
              .text = "The user with name u cannot be found."},
             USER,
             {.call = "iam:PutUserPolicy",
              .in = "{'UserName':'u','PolicyName':'p','PolicyDocument':'{'}",
              .code = "MalformedPolicyDocument",
              .sql = "SELECT count(*) FROM iam_inline_policy"}),
    OPS_TEST(
        "All inline policies of a user together have 2,048 characters at most", USER,
        CALL("PutUserPolicy", "{'UserName':'u','PolicyName':'a','PolicyDocument':" SIZED(K1) "}"),
        {.call = "iam:PutUserPolicy",
         .in = "{'UserName':'u','PolicyName':'b','PolicyDocument':" SIZED(K1) "}",
         .code = "LimitExceeded",
         .text = "Maximum policy size of 2048 bytes exceeded for user u"},
        CALL("PutUserPolicy",
             "{'UserName':'u','PolicyName':'a','PolicyDocument':" SIZED(K1 TEN("0123456789")) "}"),
        CALL("PutUserPolicy", "{'UserName':'u','PolicyName':'b','PolicyDocument':" READ "}")),
    OPS_TEST("A group's have 5,120 characters and a role's 10,240", GROUP, ROLE,
             CALL("PutGroupPolicy",
                  "{'GroupName':'g','PolicyName':'a','PolicyDocument':" SIZED(K1 K1 K1 K1) "}"),
             {.call = "iam:PutGroupPolicy",
              .in = "{'GroupName':'g','PolicyName':'b','PolicyDocument':" SIZED(K1) "}",
              .code = "LimitExceeded",
              .text = "Maximum policy size of 5120 bytes exceeded for group g"},
             CALL("PutRolePolicy",
                  "{'RoleName':'r','PolicyName':'a','PolicyDocument':" SIZED(K1 K1 K1 K1) "}"),
             CALL("PutRolePolicy",
                  "{'RoleName':'r','PolicyName':'b','PolicyDocument':" SIZED(K1 K1 K1 K1) "}"),
             {.call = "iam:PutRolePolicy",
              .in = "{'RoleName':'r','PolicyName':'c','PolicyDocument':" SIZED(K1 K1) "}",
              .code = "LimitExceeded",
              .text = "Maximum policy size of 10240 bytes exceeded for role r"}),
    OPS_TEST("Names of inline policies are listed in order and in pages", USER,
             CALL("PutUserPolicy", "{'UserName':'u','PolicyName':'b','PolicyDocument':" READ "}"),
             CALL("PutUserPolicy", "{'UserName':'u','PolicyName':'a','PolicyDocument':" READ "}"),
             {.call = "iam:ListUserPolicies",
              .in = "{'UserName':'u','MaxItems':1}",
              .out = "{'PolicyNames':['a'],'IsTruncated':true}",
              .save = "marker=Marker"},
             {.call = "iam:ListUserPolicies",
              .in = "{'UserName':'u','MaxItems':1,'Marker':'$marker'}",
              .out = "{'PolicyNames':['b'],'IsTruncated':false,'Marker':null}"},
             {.call = "iam:ListUserPolicies", .in = "{'UserName':'none'}", .code = "NoSuchEntity"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
