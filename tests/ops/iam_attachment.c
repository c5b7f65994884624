/* Managed policies on users, groups and roles, permissions boundaries, and who has a policy. */
#include "harness.h"
#include "iam_documents.h"

#define CALL(name, input)                                                                          \
    {                                                                                              \
        .call = "iam:" name, .in = input                                                           \
    }
#define USER  CALL("CreateUser", "{'UserName':'u'}")
#define GROUP CALL("CreateGroup", "{'GroupName':'g'}")
#define ROLE  CALL("CreateRole", "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST "}")
#define SERVICE_ROLE                                                                               \
    CALL("CreateServiceLinkedRole", "{'AWSServiceName':'autoscaling.amazonaws.com'}")
#define POLICY(name, path)                                                                         \
    CALL("CreatePolicy",                                                                           \
         "{'PolicyName':'" name "','Path':'" path "','PolicyDocument':" ALLOW("s3:Get*", "*") "}")
#define TO_USER(arn)  CALL("AttachUserPolicy", "{'UserName':'u','PolicyArn':'" arn "'}")
#define TO_GROUP(arn) CALL("AttachGroupPolicy", "{'GroupName':'g','PolicyArn':'" arn "'}")
#define TO_ROLE(arn)  CALL("AttachRolePolicy", "{'RoleName':'r','PolicyArn':'" arn "'}")

#define PROTECTED                                                                                  \
    "Cannot perform the operation on the protected role 'AWSServiceRoleForAutoScaling' - this"     \
    " role is only modifiable by AWS"

static const struct ops_test tests[] = {
    OPS_TEST("Policies are attached to a user, listed by ARN, and detached again", USER,
             POLICY("P", "/"), TO_USER(POLICY_ARN "/P"), TO_USER(AWS_POLICY "/PowerUserAccess"),
             {.call = "iam:ListAttachedUserPolicies",
              .in = "{'UserName':'u'}",
              .out = "{'AttachedPolicies':[{'PolicyName':'P','PolicyArn':'" POLICY_ARN "/P'},"
                     "{'PolicyName':'PowerUserAccess','PolicyArn':'" AWS_POLICY
                     "/PowerUserAccess'}],'IsTruncated':false}"},
             CALL("DetachUserPolicy", "{'UserName':'u','PolicyArn':'" POLICY_ARN "/P'}"),
             {.call = "iam:ListAttachedUserPolicies",
              .in = "{'UserName':'u'}",
              .out = "{'AttachedPolicies':[{'PolicyName':'PowerUserAccess'}]}"}),
    OPS_TEST(
        "Groups and roles have policies of their own", GROUP, ROLE,
        TO_GROUP(AWS_POLICY "/AmazonS3FullAccess"), TO_ROLE(AWS_POLICY "/PowerUserAccess"),
        {.call = "iam:ListAttachedGroupPolicies",
         .in = "{'GroupName':'g'}",
         .out = "{'AttachedPolicies':[{'PolicyName':'AmazonS3FullAccess'}]}"},
        {.call = "iam:ListAttachedRolePolicies",
         .in = "{'RoleName':'r'}",
         .out = "{'AttachedPolicies':[{'PolicyName':'PowerUserAccess'}]}"},
        CALL("DetachGroupPolicy",
             "{'GroupName':'g','PolicyArn':'" AWS_POLICY "/AmazonS3FullAccess'}"),
        CALL("DetachRolePolicy", "{'RoleName':'r','PolicyArn':'" AWS_POLICY "/PowerUserAccess'}"),
        {.sql = "SELECT count(*) FROM iam_attachment"}),
    OPS_TEST("Attaching what is attached already succeeds and changes nothing", USER,
             TO_USER(AWS_POLICY "/PowerUserAccess"),
             {.call = "iam:AttachUserPolicy",
              .in = "{'UserName':'u','PolicyArn':'" AWS_POLICY "/PowerUserAccess'}",
              .sql = "SELECT count(*) FROM iam_attachment",
              .number = 1}),
    OPS_TEST("The holder is looked for first, then the policy; what is not attached is not found",
             USER,
             {.call = "iam:AttachUserPolicy",
              .in = "{'UserName':'nobody','PolicyArn':'" POLICY_ARN "/none'}",
              .code = "NoSuchEntity",
              .text = "The user with name nobody cannot be found."},
             {.call = "iam:AttachUserPolicy",
              .in = "{'UserName':'u','PolicyArn':'" POLICY_ARN "/none'}",
              .code = "NoSuchEntity",
              .text = "Policy " POLICY_ARN "/none does not exist or is not attachable."},
             {.call = "iam:AttachUserPolicy",
              .in = "{'UserName':'u','PolicyArn':'longpolicynamebutnoarn'}",
              .code = "InvalidInput",
              .text = "ARN longpolicynamebutnoarn is not valid."},
             {.call = "iam:DetachUserPolicy",
              .in = "{'UserName':'u','PolicyArn':'" AWS_POLICY "/PowerUserAccess'}",
              .code = "NoSuchEntity",
              .text = "Policy " AWS_POLICY "/PowerUserAccess was not found."},
             {.call = "iam:ListAttachedGroupPolicies",
              .in = "{'GroupName':'none'}",
              .code = "NoSuchEntity",
              .text = "The group with name none cannot be found."}),
    OPS_TEST("Ten policies are the most that a user, a group or a role may have", USER,
             TO_USER(AWS_POLICY "/AdministratorAccess"), TO_USER(AWS_POLICY "/AmazonEC2FullAccess"),
             TO_USER(AWS_POLICY "/AmazonS3FullAccess"), TO_USER(AWS_POLICY "/AmazonSNSFullAccess"),
             TO_USER(AWS_POLICY "/AmazonSSMFullAccess"), TO_USER(AWS_POLICY "/AmazonVPCFullAccess"),
             TO_USER(AWS_POLICY "/AutoScalingFullAccess"),
             TO_USER(AWS_POLICY "/CloudWatchFullAccess"), TO_USER(AWS_POLICY "/IAMFullAccess"),
             TO_USER(AWS_POLICY "/PowerUserAccess"),
             {.call = "iam:AttachUserPolicy",
              .in = "{'UserName':'u','PolicyArn':'" AWS_POLICY "/IAMReadOnlyAccess'}",
              .code = "LimitExceeded",
              .text = "Cannot exceed quota for PoliciesPerUser: 10"},
             TO_USER(AWS_POLICY "/PowerUserAccess"),
             {.call = "iam:ListAttachedUserPolicies",
              .in = "{'UserName':'u','MaxItems':9}",
              .out = "{'IsTruncated':true}",
              .save = "marker=Marker"},
             {.call = "iam:ListAttachedUserPolicies",
              .in = "{'UserName':'u','Marker':'$marker'}",
              .out = "{'AttachedPolicies':[{'PolicyName':'PowerUserAccess'}],"
                     "'IsTruncated':false}"}),
    OPS_TEST("A service role policy is for service-linked roles alone", USER, ROLE,
             {.call = "iam:AttachRolePolicy",
              .in = "{'RoleName':'r','PolicyArn':'" AWS_POLICY
                    "/aws-service-role/AutoScalingServiceRolePolicy'}",
              .code = "PolicyNotAttachable",
              .text = "Cannot attach a Service Role Policy to a Customer Role."},
             {.call = "iam:AttachUserPolicy",
              .in = "{'UserName':'u','PolicyArn':'" AWS_POLICY
                    "/aws-service-role/AutoScalingServiceRolePolicy'}",
              .code = "PolicyNotAttachable"},
             {.call = "iam:PutUserPermissionsBoundary",
              .in = "{'UserName':'u','PermissionsBoundary':'" AWS_POLICY
                    "/aws-service-role/AutoScalingServiceRolePolicy'}",
              .code = "PolicyNotAttachable"}),
    OPS_TEST(
        "Nobody changes the policies of a service-linked role", SERVICE_ROLE,
        {.call = "iam:AttachRolePolicy",
         .in = "{'RoleName':'AWSServiceRoleForAutoScaling','PolicyArn':'" AWS_POLICY
               "/PowerUserAccess'}",
         .code = "UnmodifiableEntity",
         .text = PROTECTED},
        {.call = "iam:DetachRolePolicy",
         .in = "{'RoleName':'AWSServiceRoleForAutoScaling','PolicyArn':'" AWS_POLICY
               "/PowerUserAccess'}",
         .code = "UnmodifiableEntity"},
        {.call = "iam:PutRolePolicy",
         .in =
             "{'RoleName':'AWSServiceRoleForAutoScaling','PolicyName':'p','PolicyDocument':" ALLOW(
                 "s3:*", "*") "}",
         .code = "UnmodifiableEntity"},
        {.call = "iam:DeleteRolePolicy",
         .in = "{'RoleName':'AWSServiceRoleForAutoScaling','PolicyName':'p'}",
         .code = "UnmodifiableEntity"},
        {.call = "iam:PutRolePermissionsBoundary",
         .in = "{'RoleName':'AWSServiceRoleForAutoScaling','PermissionsBoundary':'" AWS_POLICY
               "/PowerUserAccess'}",
         .code = "UnmodifiableEntity"},
        {.call = "iam:DeleteRolePermissionsBoundary",
         .in = "{'RoleName':'AWSServiceRoleForAutoScaling'}",
         .code = "UnmodifiableEntity"}),
    OPS_TEST("Attached policies can be listed by path", USER, POLICY("A", "/x/"),
             POLICY("B", "/y/"), TO_USER(POLICY_ARN "/x/A"), TO_USER(POLICY_ARN "/y/B"),
             {.call = "iam:ListAttachedUserPolicies",
              .in = "{'UserName':'u','PathPrefix':'/y/'}",
              .out = "{'AttachedPolicies':[{'PolicyName':'B'}]}"}),
    OPS_TEST("A boundary is a managed policy of the account or of AWS; it shows with its holder",
             USER, ROLE, POLICY("P", "/"),
             CALL("PutUserPermissionsBoundary",
                  "{'UserName':'u','PermissionsBoundary':'" POLICY_ARN "/P'}"),
             CALL("PutRolePermissionsBoundary",
                  "{'RoleName':'r','PermissionsBoundary':'" AWS_POLICY "/PowerUserAccess'}"),
             {.call = "iam:GetUser",
              .in = "{'UserName':'u'}",
              .out = "{'User':{'PermissionsBoundary':{'PermissionsBoundaryType':'~*Policy',"
                     "'PermissionsBoundaryArn':'" POLICY_ARN "/P'}}}"},
             {.call = "iam:GetRole",
              .in = "{'RoleName':'r'}",
              .out = "{'Role':{'PermissionsBoundary':{'PermissionsBoundaryArn':'" AWS_POLICY
                     "/PowerUserAccess'}}}"},
             {.call = "iam:PutUserPermissionsBoundary",
              .in = "{'UserName':'u','PermissionsBoundary':'" POLICY_ARN "/none'}",
              .code = "NoSuchEntity",
              .text = "Scope ARN: " POLICY_ARN "/none does not exist or is not attachable."},
             CALL("DeleteUserPermissionsBoundary", "{'UserName':'u'}"),
             CALL("DeleteUserPermissionsBoundary", "{'UserName':'u'}"),
             CALL("DeleteRolePermissionsBoundary", "{'RoleName':'r'}"),
             {.sql = "SELECT count(*) FROM iam_entity WHERE boundary IS NOT NULL"}),
    OPS_TEST("ListEntitiesForPolicy shows who has a policy, in three lists with their ids", USER,
             GROUP, ROLE, POLICY("P", "/"), TO_USER(POLICY_ARN "/P"), TO_GROUP(POLICY_ARN "/P"),
             TO_ROLE(POLICY_ARN "/P"),
             {.call = "iam:ListEntitiesForPolicy",
              .in = "{'PolicyArn':'" POLICY_ARN "/P'}",
              .out = "{'PolicyUsers':[{'UserName':'u','UserId':'~AIDA*'}],'PolicyGroups':"
                     "[{'GroupName':'g','GroupId':'~AGPA*'}],'PolicyRoles':[{'RoleName':'r',"
                     "'RoleId':'~AROA*'}],'IsTruncated':false,'Marker':null}"},
             {.call = "iam:ListEntitiesForPolicy",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','EntityFilter':'Role'}",
              .out = "{'PolicyUsers':[],'PolicyGroups':[],'PolicyRoles':[{'RoleName':'r'}]}"},
             {.call = "iam:ListEntitiesForPolicy",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','MaxItems':2}",
              .out = "{'PolicyUsers':[],'PolicyGroups':[{'GroupName':'g'}],'PolicyRoles':"
                     "[{'RoleName':'r'}],'IsTruncated':true}",
              .save = "marker=Marker"},
             {.call = "iam:ListEntitiesForPolicy",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','Marker':'$marker'}",
              .out = "{'PolicyUsers':[{'UserName':'u'}],'PolicyGroups':[],'PolicyRoles':[],"
                     "'IsTruncated':false}"},
             {.call = "iam:GetPolicy",
              .in = "{'PolicyArn':'" POLICY_ARN "/P'}",
              .out = "{'Policy':{'AttachmentCount':3}}"},
             {.call = "iam:ListEntitiesForPolicy",
              .in = "{'PolicyArn':'" POLICY_ARN "/none'}",
              .code = "NoSuchEntity"}),
    OPS_TEST(
        "ListEntitiesForPolicy tells permissions from boundaries, and knows paths",
        CALL("CreateUser", "{'UserName':'a','Path':'/x/','PermissionsBoundary':'" AWS_POLICY
                           "/PowerUserAccess'}"),
        CALL("CreateUser", "{'UserName':'b','Path':'/y/'}"),
        CALL("AttachUserPolicy", "{'UserName':'b','PolicyArn':'" AWS_POLICY "/PowerUserAccess'}"),
        {.call = "iam:ListEntitiesForPolicy",
         .in = "{'PolicyArn':'" AWS_POLICY "/PowerUserAccess'}",
         .out = "{'PolicyUsers':[{'UserName':'a'},{'UserName':'b'}]}"},
        {.call = "iam:ListEntitiesForPolicy",
         .in = "{'PolicyArn':'" AWS_POLICY
               "/PowerUserAccess','PolicyUsageFilter':'PermissionsBoundary'}",
         .out = "{'PolicyUsers':[{'UserName':'a'}]}"},
        {.call = "iam:ListEntitiesForPolicy",
         .in = "{'PolicyArn':'" AWS_POLICY
               "/PowerUserAccess','PolicyUsageFilter':'PermissionsPolicy'}",
         .out = "{'PolicyUsers':[{'UserName':'b'}]}"},
        {.call = "iam:ListEntitiesForPolicy",
         .in = "{'PolicyArn':'" AWS_POLICY "/PowerUserAccess','PathPrefix':'/y/'}",
         .out = "{'PolicyUsers':[{'UserName':'b'}]}"},
        {.call = "iam:ListEntitiesForPolicy",
         .in = "{'PolicyArn':'" AWS_POLICY "/PowerUserAccess'}",
         .out = "{'PolicyUsers':[]}",
         .account = OPS_OTHER}),
    OPS_TEST(
        "ListPoliciesGrantingServiceAccess names the policies that allow anything of a service",
        USER, GROUP, CALL("AddUserToGroup", "{'GroupName':'g','UserName':'u'}"),
        TO_USER(AWS_POLICY "/AmazonS3ReadOnlyAccess"), TO_GROUP(AWS_POLICY "/PowerUserAccess"),
        CALL("PutGroupPolicy",
             "{'GroupName':'g','PolicyName':'in','PolicyDocument':" ALLOW("s3:Put*", "*") "}"),
        CALL("PutUserPolicy",
             "{'UserName':'u','PolicyName':'no','PolicyDocument':" DENY("s3:*", "*") "}"),
        {.call = "iam:ListPoliciesGrantingServiceAccess",
         .in = "{'Arn':'arn:aws:iam::123456789012:user/u','ServiceNamespaces':['s3','iam']}",
         .out = "{'PoliciesGrantingServiceAccess':[{'ServiceNamespace':'s3','Policies':["
                "{'PolicyName':'in','PolicyType':'INLINE','EntityType':'GROUP','EntityName':"
                "'g','PolicyArn':null},{'PolicyName':'AmazonS3ReadOnlyAccess','PolicyType':"
                "'MANAGED','PolicyArn':'" AWS_POLICY "/AmazonS3ReadOnlyAccess',"
                "'EntityName':null},{'PolicyName':'PowerUserAccess'}]},"
                "{'ServiceNamespace':'iam','Policies':[{'PolicyName':'PowerUserAccess'}]}],"
                "'IsTruncated':false}"},
        {.call = "iam:ListPoliciesGrantingServiceAccess",
         .in = "{'Arn':'" POLICY_ARN "/P','ServiceNamespaces':['s3']}",
         .code = "InvalidInput"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
