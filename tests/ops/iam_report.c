/* The credential report, and which services somebody may use and did. */
#include "harness.h"

#define HOUR_MS (INT64_C(3600) * 1000)
#define ROOT                                                                                       \
    {                                                                                              \
        .sql = "INSERT INTO iam_account (id, name, email, created_ms)"                             \
               " VALUES ('123456789012', 'n', 'root@example.com', 1767225600000)",                 \
        .number = -1                                                                               \
    }
#define USER                                                                                       \
    {                                                                                              \
        .call = "iam:CreateUser", .in = "{'UserName':'alice'}"                                     \
    }
#define ARN "arn:aws:iam::123456789012:user/alice"
#define USED                                                                                       \
    {                                                                                              \
        .sql = "INSERT INTO iam_last_used (account, id, service, region, at_ms)"                   \
               " SELECT account, id, 'ec2', 'eu-west-1', 1767225600000 FROM iam_entity"            \
               " WHERE kind = 'user'",                                                             \
        .number = -1                                                                               \
    }
#define ACTED(action, at)                                                                          \
    {                                                                                              \
        .sql = "INSERT INTO iam_action_used (account, id, action, region, at_ms)"                  \
               " SELECT account, id, '" action "', 'eu-west-1', " at " FROM iam_entity"            \
               " WHERE kind = 'user'",                                                             \
        .number = -1                                                                               \
    }
#define READ_ONLY "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"
#define GENERATE(arn)                                                                              \
    {                                                                                              \
        .call = "iam:GenerateServiceLastAccessedDetails", .in = "{'Arn':'" arn "'}",               \
        .save = "job=JobId"                                                                        \
    }
#define EC2_ONLY                                                                                   \
    {                                                                                              \
        .call = "iam:PutUserPolicy",                                                               \
        .in =                                                                                      \
            "{'UserName':'alice','PolicyName':'p','PolicyDocument':'{\\\"Version\\\":"             \
            "\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":"  \
            "\\\"ec2:Describe*\\\",\\\"Resource\\\":\\\"*\\\"}]}'}"                                \
    }

static const struct ops_test tests[] = {
    OPS_TEST(
        "A report is made when it is asked for, and lives for four hours", ROOT,
        {.call = "iam:GetCredentialReport", .code = "ReportNotPresent"},
        {.call = "iam:GenerateCredentialReport",
         .out = "{'State':'STARTED','Description':'~No report exists.*'}"},
        {.call = "iam:GenerateCredentialReport", .out = "{'State':'COMPLETE'}"},
        {.call = "iam:GetCredentialReport",
         .out = "{'ReportFormat':'text/csv','GeneratedTime':1767225600000,'Content':'~*'}"},
        {.call = "iam:GetCredentialReport", .code = "ReportExpired", .advance_ms = 4 * HOUR_MS},
        {.call = "iam:GenerateCredentialReport", .out = "{'State':'STARTED'}"}),
    OPS_TEST(
        "It has a line of 22 columns for the root user and for each user", ROOT, USER,
        {.call = "iam:CreateLoginProfile", .in = "{'UserName':'alice','Password':'First-Horse-1'}"},
        {.call = "iam:UpdateAccountPasswordPolicy", .in = "{'MaxPasswordAge':90}"},
        {.call = "iam:CreateAccessKey",
         .in = "{'UserName':'alice'}",
         .save = "key=AccessKey.AccessKeyId"},
        {.call = "iam:GenerateCredentialReport",
         .sql = "SELECT count(*) FROM iam_credential_report WHERE content ="
                " 'user,arn,user_creation_time,password_enabled,password_last_used,"
                "password_last_changed,password_next_rotation,mfa_active,access_key_1_active,"
                "access_key_1_last_rotated,access_key_1_last_used_date,"
                "access_key_1_last_used_region,access_key_1_last_used_service,"
                "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
                "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
                "cert_1_last_rotated,cert_2_active,cert_2_last_rotated' || char(10) ||"
                " '<root_account>,arn:aws:iam::123456789012:root,2026-01-01T00:00:00+00:00,"
                "not_supported,no_information,not_supported,not_supported,false,false,N/A,N/A,"
                "N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A' || char(10) ||"
                " 'alice," ARN ",2026-01-01T00:00:00+00:00,true,no_information,"
                "2026-01-01T00:00:00+00:00,2026-04-01T00:00:00+00:00,false,true,"
                "2026-01-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,"
                "N/A'",
         .number = 1}),
    OPS_TEST(
        "A job lists the services that are allowed, used or not", USER, EC2_ONLY, GENERATE(ARN),
        {.call = "iam:GetServiceLastAccessedDetails",
         .in = "{'JobId':'$job'}",
         .out = "{'JobStatus':'COMPLETED','JobType':'SERVICE_LEVEL',"
                "'JobCreationDate':1767225600000,'IsTruncated':false,"
                "'ServicesLastAccessed':[{'ServiceNamespace':'ec2',"
                "'ServiceName':'Amazon Elastic Compute Cloud',"
                "'TotalAuthenticatedEntities':0,'LastAuthenticated':null}]}"},
        USED, GENERATE(ARN),
        {.call = "iam:GetServiceLastAccessedDetails",
         .in = "{'JobId':'$job'}",
         .out = "{'ServicesLastAccessed':[{'ServiceNamespace':'ec2',"
                "'TotalAuthenticatedEntities':1,'LastAuthenticated':1767225600000,"
                "'LastAuthenticatedRegion':'eu-west-1','LastAuthenticatedEntity':'" ARN "'}]}"},
        {.call = "iam:GetServiceLastAccessedDetailsWithEntities",
         .in = "{'JobId':'$job','ServiceNamespace':'ec2'}",
         .out = "{'JobStatus':'COMPLETED','EntityDetailsList':[{'EntityInfo':"
                "{'Name':'alice','Type':'USER','Arn':'" ARN "','Path':'/','Id':'~AIDA*'},"
                "'LastAuthenticated':1767225600000}]}"},
        {.call = "iam:GetServiceLastAccessedDetailsWithEntities",
         .in = "{'JobId':'$job','ServiceNamespace':'sns'}",
         .code = "NoSuchEntity"}),
    OPS_TEST("A job of actions lists those of a service that were used, each with its last use",
             USER, EC2_ONLY, USED, ACTED("ec2:DescribeVpcs", "1767225600000"),
             ACTED("ec2:DescribeInstances", "1767225500000"),
             ACTED("iam:ListUsers", "1767225600000"),
             {.call = "iam:GenerateServiceLastAccessedDetails",
              .in = "{'Arn':'" ARN "','Granularity':'ACTION_LEVEL'}",
              .save = "job=JobId"},
             {.call = "iam:GetServiceLastAccessedDetails",
              .in = "{'JobId':'$job'}",
              .out = "{'JobType':'ACTION_LEVEL','ServicesLastAccessed':[{'ServiceNamespace':'ec2',"
                     "'TrackedActionsLastAccessed':[{'ActionName':'DescribeInstances',"
                     "'LastAccessedEntity':'" ARN "','LastAccessedRegion':'eu-west-1',"
                     "'LastAccessedTime':1767225500000},{'ActionName':'DescribeVpcs'}]}]}"},
             GENERATE(ARN),
             {.call = "iam:GetServiceLastAccessedDetails",
              .in = "{'JobId':'$job'}",
              .out = "{'ServicesLastAccessed':[{'TrackedActionsLastAccessed':null}]}"},
             {.call = "iam:DeleteUserPolicy", .in = "{'UserName':'alice','PolicyName':'p'}"},
             {.call = "iam:DeleteUser",
              .in = "{'UserName':'alice'}",
              .sql = "SELECT count(*) FROM iam_action_used",
              .number = 0}),
    OPS_TEST("Who has a policy through a group counts for the group and for the policy", USER, USED,
             {.call = "iam:CreateGroup", .in = "{'GroupName':'staff'}"},
             {.call = "iam:AddUserToGroup", .in = "{'GroupName':'staff','UserName':'alice'}"},
             {.call = "iam:AttachGroupPolicy",
              .in = "{'GroupName':'staff','PolicyArn':'" READ_ONLY "'}"},
             GENERATE("arn:aws:iam::123456789012:group/staff"),
             {.call = "iam:GetServiceLastAccessedDetailsWithEntities",
              .in = "{'JobId':'$job','ServiceNamespace':'ec2'}",
              .out = "{'EntityDetailsList':[{'EntityInfo':{'Name':'alice'}}]}"},
             GENERATE(READ_ONLY),
             {.call = "iam:GetServiceLastAccessedDetails",
              .in = "{'JobId':'$job'}",
              .out = "{'ServicesLastAccessed':[{'ServiceNamespace':'ec2',"
                     "'TotalAuthenticatedEntities':1},'...']}"}),
    OPS_TEST("A job is its account's, of something that exists, and is forgotten after seven days",
             USER, GENERATE(ARN),
             {.call = "iam:GetServiceLastAccessedDetails",
              .account = OPS_OTHER,
              .in = "{'JobId':'$job'}",
              .code = "NoSuchEntity"},
             {.call = "iam:GenerateServiceLastAccessedDetails",
              .in = "{'Arn':'arn:aws:iam::123456789012:user/nobody'}",
              .code = "NoSuchEntity"},
             {.call = "iam:GetServiceLastAccessedDetails",
              .in = "{'JobId':'$job'}",
              .code = "NoSuchEntity",
              .advance_ms = 7 * 24 * HOUR_MS}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
