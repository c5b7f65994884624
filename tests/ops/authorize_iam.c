/* IAM's operations are judged upon users, groups, roles ... by ARN with their paths; refusals name
 * them as IAM does. Systems Manager's are judged upon parameters. */
#include "authorize.h"

#define ARN(thing) "arn:aws:iam::" OPS_ACCOUNT ":" thing
#define REFUSAL(action, shown)                                                                     \
    "User: " BOB_ARN " is not authorized to perform: iam:" action " on resource: " shown           \
    " because no identity-based policy allows the iam:" action " action"
/* Without any policy: what the refusal says. */
#define SAYS(action, input, shown) DENIED("iam:" action, input, REFUSAL(action, shown))
#define EVE                                                                                        \
    {                                                                                              \
        .call = "iam:CreateUser", .in = "{'UserName':'eve','Path':'/staff/'}"                      \
    }
#define ROLE                                                                                       \
    {                                                                                              \
        .call = "iam:CreateRole",                                                                  \
        .in = "{'RoleName':'app','Path':'/service/','AssumeRolePolicyDocument':" TRUST "}"         \
    }
#define ADMIN AWS_POLICY "/AdministratorAccess"

static const struct ops_test tests[] = {
    /* --- words --- */
    OPS_TEST(
        "refusals name users, groups, roles and profiles by name, what is made by ARN", USER,
        SAYS("GetUser", "{'UserName':'eve'}", "user eve"),
        SAYS("CreateUser", "{'UserName':'eve','Path':'/staff/'}", ARN("user/staff/eve")),
        SAYS("DeleteUser", "{'UserName':'eve'}", "user eve"),
        SAYS("GetGroup", "{'GroupName':'staff'}", "group staff"),
        SAYS("CreateGroup", "{'GroupName':'staff'}", ARN("group/staff")),
        SAYS("GetRole", "{'RoleName':'app'}", "role app"),
        SAYS("CreateRole", "{'RoleName':'app','AssumeRolePolicyDocument':" TRUST "}",
             ARN("role/app")),
        SAYS("ListAttachedRolePolicies", "{'RoleName':'app'}", "role app"),
        SAYS("GetInstanceProfile", "{'InstanceProfileName':'web'}", "instance profile web"),
        SAYS("CreateInstanceProfile", "{'InstanceProfileName':'web'}", ARN("instance-profile/web")),
        SAYS("GetPolicy", "{'PolicyArn':'" ADMIN "'}", "policy " ADMIN)),
    OPS_TEST("listings are judged upon the path that they list", USER,
             SAYS("ListUsers", "{}", ARN("user/")),
             SAYS("ListRoles", "{'PathPrefix':'/service/'}", ARN("role/service/")),
             SAYS("ListGroups", "{}", ARN("group/")), SAYS("ListPolicies", "{}", "policy path /"),
             POLICY(ALLOW("iam:ListUsers", ARN("user/staff/*"))),
             MAY("iam:ListUsers", "{'PathPrefix':'/staff/'}"), DENIED("iam:ListUsers", "{}", NULL)),
    OPS_TEST("what is about the whole account has no resource", USER,
             SAYS("ListAccountAliases", "{}", "*"), SAYS("GetAccountSummary", "{}", "*")),

    /* --- resources --- */
    OPS_TEST("the path counts, of what is there and of what is made", USER, EVE,
             POLICY(ALLOW("iam:*", ARN("user/staff/*"))), MAY("iam:GetUser", "{'UserName':'eve'}"),
             MAY("iam:GetUser", "{'UserName':'EVE'}"),
             DENIED("iam:GetUser", "{'UserName':'bob'}", NULL),
             MAY("iam:CreateUser", "{'UserName':'new','Path':'/staff/lab/'}"),
             DENIED("iam:CreateUser", "{'UserName':'newer'}", NULL)),
    OPS_TEST("renaming needs the old name and the new one", USER, EVE,
             POLICY(ALLOW("iam:UpdateUser", ARN("user/staff/eve"))),
             DENIED("iam:UpdateUser", "{'UserName':'eve','NewUserName':'eva'}",
                    "~*on resource: user eva because*"),
             POLICY(ALLOW("iam:UpdateUser", ARN("user/staff/ev?"))),
             MAY("iam:UpdateUser", "{'UserName':'eve','NewUserName':'eva'}")),
    OPS_TEST("a user may be let do things to himself, by his name in a variable", USER, EVE,
             POLICY(ALLOW("iam:GetUser", ARN("user/*/${aws:username}"))), MAY("iam:GetUser", "{}"),
             MAY("iam:GetUser", "{'UserName':'bob'}"),
             DENIED("iam:GetUser", "{'UserName':'eve'}", NULL)),
    OPS_TEST("without a name an operation on users is about the caller", USER,
             SAYS("GetUser", "{}", "user bob")),
    OPS_TEST("an ARN names a user, group, role or policy", USER, ROLE,
             POLICY(ALLOW("iam:SimulatePrincipalPolicy", ARN("role/service/*"))),
             MAY("iam:SimulatePrincipalPolicy",
                 "{'PolicySourceArn':'" ARN("role/service/app") "','ActionNames':['ec2:x']}"),
             DENIED("iam:SimulatePrincipalPolicy",
                    "{'PolicySourceArn':'" BOB_ARN "','ActionNames':['ec2:x']}",
                    "~*on resource: user bob because*")),
    OPS_TEST(
        "the tags of users and roles decide, by aws:ResourceTag and iam:ResourceTag", USER, EVE,
        ROLE,
        {.call = "iam:TagUser", .in = "{'UserName':'eve','Tags':[{'Key':'Team','Value':'red'}]}"},
        {.call = "iam:TagRole", .in = "{'RoleName':'app','Tags':[{'Key':'Team','Value':'blue'}]}"},
        POLICY(DOCUMENT(STATEMENT("Allow", "iam:Get*", "*",
                                  CONDITION("StringEquals", "iam:ResourceTag/Team", "red")))),
        MAY("iam:GetUser", "{'UserName':'eve'}"), DENIED("iam:GetRole", "{'RoleName':'app'}", NULL),
        POLICY(DOCUMENT(STATEMENT("Allow", "iam:Get*", "*",
                                  CONDITION("StringEquals", "aws:ResourceTag/Team", "blue")))),
        MAY("iam:GetRole", "{'RoleName':'app'}"),
        DENIED("iam:GetUser", "{'UserName':'bob'}", NULL)),

    /* --- condition keys --- */
    OPS_TEST("iam:PolicyARN is the policy that is attached", USER, EVE,
             POLICY(DOCUMENT(STATEMENT("Allow", "iam:AttachUserPolicy", "*",
                                       CONDITION("ArnNotEquals", "iam:PolicyARN", ADMIN)))),
             DENIED("iam:AttachUserPolicy", "{'UserName':'eve','PolicyArn':'" ADMIN "'}", NULL),
             MAY("iam:AttachUserPolicy",
                 "{'UserName':'eve','PolicyArn':'" AWS_POLICY "/AmazonEC2ReadOnlyAccess'}")),
    OPS_TEST("iam:PermissionsBoundary is the one that is set, or being set", USER,
             POLICY(DOCUMENT(STATEMENT("Allow", "iam:*", "*",
                                       CONDITION("StringEquals", "iam:PermissionsBoundary",
                                                 AWS_POLICY "/PowerUserAccess")))),
             DENIED("iam:CreateUser", "{'UserName':'eve'}", NULL),
             DENIED("iam:CreateUser", "{'UserName':'eve','PermissionsBoundary':'" ADMIN "'}", NULL),
             MAY("iam:CreateUser",
                 "{'UserName':'eve','PermissionsBoundary':'" AWS_POLICY "/PowerUserAccess'}"),
             MAY("iam:PutUserPolicy",
                 "{'UserName':'eve','PolicyName':'p','PolicyDocument':" ALLOW("s3:*", "*") "}"),
             DENIED("iam:PutUserPolicy",
                    "{'UserName':'bob','PolicyName':'p','PolicyDocument':" ALLOW("s3:*", "*") "}",
                    NULL)),
    OPS_TEST("aws:RequestTag and aws:TagKeys are the tags that are given or taken", USER, EVE,
             POLICY(DOCUMENT(
                 STATEMENT("Allow", "iam:TagUser", "*",
                           CONDITION("StringEquals", "aws:RequestTag/Team",
                                     "red")) "," STATEMENT("Allow", "iam:UntagUser", "*",
                                                           CONDITION("ForAllValues:StringEquals",
                                                                     "aws:TagKeys", "Team")))),
             MAY("iam:TagUser", "{'UserName':'eve','Tags':[{'Key':'Team','Value':'red'}]}"),
             DENIED("iam:TagUser", "{'UserName':'eve','Tags':[{'Key':'Team','Value':'blue'}]}",
                    NULL),
             DENIED("iam:UntagUser", "{'UserName':'eve','TagKeys':['Other']}", NULL),
             MAY("iam:UntagUser", "{'UserName':'eve','TagKeys':['Team']}")),
    OPS_TEST("iam:AWSServiceName is the service of a service-linked role", USER,
             POLICY(DOCUMENT(STATEMENT(
                 "Allow", "iam:CreateServiceLinkedRole",
                 ARN("role/aws-service-role/*/AWSServiceRoleForAutoScaling"),
                 CONDITION("StringEquals", "iam:AWSServiceName", "autoscaling.amazonaws.com")))),
             MAY("iam:CreateServiceLinkedRole", "{'AWSServiceName':'autoscaling.amazonaws.com'}"),
             DENIED("iam:CreateServiceLinkedRole", "{'AWSServiceName':'spot.amazonaws.com'}",
                    "~*role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot*")),

    OPS_TEST("iam:ServiceSpecificCredentialServiceName is the service of the credential", USER, EVE,
             {.call = "iam:CreateServiceSpecificCredential",
              .in = "{'UserName':'eve','ServiceName':'codecommit.amazonaws.com'}",
              .save = "id=ServiceSpecificCredential.ServiceSpecificCredentialId"},
             POLICY(DOCUMENT(
                 STATEMENT("Allow", "iam:*", "*",
                           CONDITION("StringEquals", "iam:ServiceSpecificCredentialServiceName",
                                     "cassandra.amazonaws.com")))),
             MAY("iam:CreateServiceSpecificCredential",
                 "{'UserName':'eve','ServiceName':'cassandra.amazonaws.com'}"),
             DENIED("iam:CreateServiceSpecificCredential",
                    "{'UserName':'eve','ServiceName':'codecommit.amazonaws.com'}", NULL),
             DENIED("iam:DeleteServiceSpecificCredential",
                    "{'UserName':'eve','ServiceSpecificCredentialId':'$id'}", NULL)),

    /* --- further actions --- */
    OPS_TEST("making something with tags needs the right to tag it", USER,
             POLICY(ALLOW("iam:CreateUser", "*")),
             DENIED("iam:CreateUser", "{'UserName':'eve','Tags':[{'Key':'a','Value':'b'}]}",
                    REFUSAL("TagUser", ARN("user/eve"))),
             MAY("iam:CreateUser", "{'UserName':'eve'}"),
             POLICY(DOCUMENT(STATEMENT("Allow", "iam:CreateUser", "*",
                                       "") "," STATEMENT("Allow", "iam:TagUser", "*", ""))),
             MAY("iam:CreateUser", "{'UserName':'eva','Tags':[{'Key':'a','Value':'b'}]}")),
    OPS_TEST(
        "a role that goes into an instance profile is passed to EC2", USER, ROLE,
        {.call = "iam:CreateInstanceProfile", .in = "{'InstanceProfileName':'web'}"},
        POLICY(ALLOW("iam:AddRoleToInstanceProfile", "*")),
        DENIED("iam:AddRoleToInstanceProfile", "{'InstanceProfileName':'web','RoleName':'app'}",
               REFUSAL("PassRole", ARN("role/service/app"))),
        POLICY(DOCUMENT(STATEMENT("Allow", "iam:AddRoleToInstanceProfile", "*", "") "," STATEMENT(
            "Allow", "iam:PassRole", ARN("role/service/app"),
            CONDITION("StringEquals", "iam:PassedToService", "ec2.amazonaws.com")))),
        MAY("iam:AddRoleToInstanceProfile", "{'InstanceProfileName':'web','RoleName':'app'}")),
    OPS_TEST(
        "rights come by groups as well, and go with the membership", USER,
        {.call = "iam:CreateGroup", .in = "{'GroupName':'admins'}"},
        {.call = "iam:AttachGroupPolicy", .in = "{'GroupName':'admins','PolicyArn':'" ADMIN "'}"},
        DENIED("iam:ListUsers", "{}", NULL),
        {.call = "iam:AddUserToGroup", .in = "{'GroupName':'admins','UserName':'bob'}"},
        MAY("iam:ListUsers", "{}"),
        {.call = "iam:RemoveUserFromGroup", .in = "{'GroupName':'admins','UserName':'bob'}"},
        DENIED("iam:ListUsers", "{}", NULL)),

    /* --- Systems Manager --- */
    OPS_TEST("a parameter is judged by its name, public ones have no account", USER,
             POLICY(DOCUMENT(STATEMENT("Allow", "ssm:GetParameter*",
                                       "arn:aws:ssm:us-east-1::parameter/aws/service/ami*", ""))),
             {.call = "ssm:GetParameter",
              .in = "{'Name':'/aws/service/ami-none'}",
              AS_BOB,
              .code = "ParameterNotFound"},
             {.call = "ssm:GetParameter",
              .in = "{'Name':'/lab/key'}",
              AS_BOB,
              .code = "AccessDeniedException",
              .text = "User: " BOB_ARN " is not authorized to perform: ssm:GetParameter on "
                      "resource: arn:aws:ssm:us-east-1:" OPS_ACCOUNT ":parameter/lab/key because "
                      "no identity-based policy allows the ssm:GetParameter action"},
             {.call = "ssm:GetParameters",
              .in = "{'Names':['/aws/service/ami-x','lab']}",
              AS_BOB,
              .code = "AccessDeniedException",
              .text = "~*:parameter/lab because*"}),
    OPS_TEST("ssm:Recursive says whether a path is read to its leaves", USER,
             POLICY(DOCUMENT(STATEMENT("Allow", "ssm:GetParametersByPath", "*",
                                       CONDITION("Bool", "ssm:Recursive", "false")))),
             MAY("ssm:GetParametersByPath", "{'Path':'/aws/service'}"),
             {.call = "ssm:GetParametersByPath",
              .in = "{'Path':'/aws/service','Recursive':true}",
              AS_BOB,
              .code = "AccessDeniedException"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
