/* Service-linked roles: CreateServiceLinkedRole, DeleteServiceLinkedRole,
 * GetServiceLinkedRoleDeletionStatus. */
#include "harness.h"
#include "iam_documents.h"

#define MAKE(service)                                                                              \
    .call = "iam:CreateServiceLinkedRole", .in = "{'AWSServiceName':'" service ".amazonaws.com'}"
#define AUTO_SCALING                                                                               \
    "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/"                   \
    "AWSServiceRoleForAutoScaling"
#define PROTECTED                                                                                  \
    .code = "UnmodifiableEntity",                                                                  \
    .text = "Cannot perform the operation on the protected role 'AWSServiceRoleForAutoScaling' -"  \
            " this role is only modifiable by AWS"

static const struct ops_test tests[] = {
    OPS_TEST("The role of a service has the service's name, path, trust and policy",
             {MAKE("autoscaling"),
              .out = "{'Role':{'RoleName':'AWSServiceRoleForAutoScaling','Arn':'" AUTO_SCALING "',"
                     "'Path':'/aws-service-role/autoscaling.amazonaws.com/','Description':null,"
                     "'AssumeRolePolicyDocument':'~*%22autoscaling.amazonaws.com%22*'}}"},
             {.call = "iam:ListAttachedRolePolicies",
              .in = "{'RoleName':'AWSServiceRoleForAutoScaling'}",
              .out = "{'AttachedPolicies':[{'PolicyName':'AutoScalingServiceRolePolicy','PolicyArn'"
                     ":'arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy'}]}"},
             {MAKE("autoscaling"), .code = "InvalidInput",
              .text = "Service role name AWSServiceRoleForAutoScaling has been taken in this "
                      "account, please try a different suffix."}),
    OPS_TEST("A suffix makes a second role, where the service has several",
             {.call = "iam:CreateServiceLinkedRole",
              .in = "{'AWSServiceName':'autoscaling.amazonaws.com','CustomSuffix':'blue',"
                    "'Description':'d'}",
              .out = "{'Role':{'RoleName':'AWSServiceRoleForAutoScaling_blue','Description':'d'}}"},
             {MAKE("autoscaling")},
             {.call = "iam:CreateServiceLinkedRole",
              .in = "{'AWSServiceName':'spot.amazonaws.com','CustomSuffix':'blue'}",
              .code = "InvalidInput",
              .text = "Custom suffix is not allowed for spot.amazonaws.com"}),
    OPS_TEST("Not every name is a service with a role of its own",
             {MAKE("nothing"), .code = "InvalidInput"}),
    OPS_TEST(
        "Nobody changes a service-linked role but for its description", {MAKE("autoscaling")},
        {.call = "iam:DeleteRole", .in = "{'RoleName':'AWSServiceRoleForAutoScaling'}", PROTECTED},
        {.call = "iam:UpdateRole",
         .in = "{'RoleName':'AWSServiceRoleForAutoScaling','MaxSessionDuration':7200}",
         PROTECTED},
        {.call = "iam:UpdateAssumeRolePolicy",
         .in = "{'RoleName':'AWSServiceRoleForAutoScaling','PolicyDocument':'{}'}",
         PROTECTED},
        {.call = "iam:DetachRolePolicy",
         .in = "{'RoleName':'AWSServiceRoleForAutoScaling','PolicyArn':'arn:aws:iam::aws:"
               "policy/aws-service-role/AutoScalingServiceRolePolicy'}",
         PROTECTED},
        {.call = "iam:UpdateRole",
         .in = "{'RoleName':'AWSServiceRoleForAutoScaling','Description':'mine'}"},
        {.call = "iam:GetRole",
         .in = "{'RoleName':'AWSServiceRoleForAutoScaling'}",
         .out = "{'Role':{'Description':'mine','MaxSessionDuration':3600}}"}),
    OPS_TEST("Deleting answers a task, which says how it went", {MAKE("autoscaling")},
             {.call = "iam:DeleteServiceLinkedRole",
              .in = "{'RoleName':'AWSServiceRoleForAutoScaling'}",
              .out = "{'DeletionTaskId':'~task/aws-service-role/autoscaling.amazonaws.com/"
                     "AWSServiceRoleForAutoScaling/*-*-*-*-*'}",
              .save = "task=DeletionTaskId"},
             {.call = "iam:GetServiceLinkedRoleDeletionStatus",
              .in = "{'DeletionTaskId':'$task'}",
              .out = "{'Status':'SUCCEEDED','Reason':null}"},
             {.call = "iam:GetRole",
              .in = "{'RoleName':'AWSServiceRoleForAutoScaling'}",
              .code = "NoSuchEntity"},
             {.sql = "SELECT count(*) FROM iam_attachment", .number = 0},
             {.call = "iam:GetServiceLinkedRoleDeletionStatus",
              .in = "{'DeletionTaskId':'$task'}",
              .account = OPS_OTHER,
              .code = "NoSuchEntity"},
             {MAKE("autoscaling")}),
    OPS_TEST("A role in use is not deleted; the task names what uses it, by region",
             {MAKE("autoscaling")},
             {.sql = "INSERT INTO iam_service_use (account, service, region, resource) VALUES"
                     " ('123456789012', 'autoscaling.amazonaws.com', 'us-east-1', 'arn:b'),"
                     " ('123456789012', 'autoscaling.amazonaws.com', 'us-east-1', 'arn:a'),"
                     " ('123456789012', 'autoscaling.amazonaws.com', 'eu-west-1', 'arn:c'),"
                     " ('210987654321', 'autoscaling.amazonaws.com', 'eu-west-1', 'arn:d')",
              .number = -1},
             {.call = "iam:DeleteServiceLinkedRole",
              .in = "{'RoleName':'AWSServiceRoleForAutoScaling'}",
              .save = "task=DeletionTaskId"},
             {.call = "iam:GetServiceLinkedRoleDeletionStatus",
              .in = "{'DeletionTaskId':'$task'}",
              .out = "{'Status':'FAILED','Reason':{'Reason':'~?*','RoleUsageList':["
                     "{'Region':'eu-west-1','Resources':['arn:c']},"
                     "{'Region':'us-east-1','Resources':['arn:a','arn:b']}]}}"},
             {.call = "iam:GetRole", .in = "{'RoleName':'AWSServiceRoleForAutoScaling'}"}),
    OPS_TEST(
        "Only service-linked roles are deleted this way",
        {.call = "iam:DeleteServiceLinkedRole",
         .in = "{'RoleName':'none'}",
         .code = "NoSuchEntity",
         .text = "The role with name none cannot be found."},
        {.call = "iam:CreateRole", .in = "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST "}"},
        {.call = "iam:DeleteServiceLinkedRole", .in = "{'RoleName':'r'}", .code = "NoSuchEntity"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
