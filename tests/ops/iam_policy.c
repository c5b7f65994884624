/* Managed policies and their versions, the customer's and AWS's. */
#include "harness.h"
#include "iam_documents.h"

#pragma GCC diagnostic ignored "-Woverlength-strings"

#define READ ALLOW("s3:GetObject", "*")

/* 6,118 characters of resource in a document of 6,199. */
#define LONG ALLOW("s3:GetObject", "arn:aws:s3:::" TEN(TEN(TEN("abcdef"))) TEN(TEN("a")) "abcde")
/* White space of 10,000 characters. */
#define AIRY                                                                                       \
    "'{\\'Version\\':\\'2012-10-17\\'," TEN(                                                       \
        TEN(TEN("          "))) "\\'Statement\\':"                                                 \
                                "[" STATEMENT("Allow", "s3:Get*", "*", "") "]}'"

static const struct ops_test tests[] = {
    OPS_TEST("A policy is made with path, description and tags, and starts with v1 as its default",
             {.call = "iam:CreatePolicy",
              .in =
                  "{'PolicyName':'Read','Path':'/lab/','Description':'reads','PolicyDocument':" READ
                  ",'Tags':[{'Key':'a','Value':'b'}]}",
              .out = "{'Policy':{'PolicyName':'Read','PolicyId':'~ANPA*','Path':'/lab/','Arn':"
                     "'" POLICY_ARN "/lab/Read','DefaultVersionId':'v1','AttachmentCount':0,"
                     "'PermissionsBoundaryUsageCount':0,'IsAttachable':true,'Description':null,"
                     "'CreateDate':1767225600000,'UpdateDate':1767225600000,"
                     "'Tags':[{'Key':'a','Value':'b'}]}}",
              .save = "id=Policy.PolicyId"},
             {.call = "iam:GetPolicy",
              .in = "{'PolicyArn':'" POLICY_ARN "/lab/Read'}",
              .out = "{'Policy':{'PolicyName':'Read','PolicyId':'$id','Description':'reads',"
                     "'Tags':[{'Key':'a','Value':'b'}]}}"},
             {.call = "iam:CreatePolicy",
              .in = "{'PolicyName':'Plain','PolicyDocument':" READ "}",
              .out = "{'Policy':{'Path':'/','Arn':'" POLICY_ARN "/Plain','Tags':null}}"}),
    OPS_TEST("Names of policies are unique whatever their case and path",
             {.call = "iam:CreatePolicy", .in = "{'PolicyName':'Read','PolicyDocument':" READ "}"},
             {.call = "iam:CreatePolicy",
              .in = "{'PolicyName':'READ','Path':'/x/','PolicyDocument':" READ "}",
              .code = "EntityAlreadyExists",
              .text = "A policy called READ already exists. Duplicate names are not allowed."},
             {.call = "iam:CreatePolicy",
              .in = "{'PolicyName':'Read','PolicyDocument':" READ "}",
              .account = OPS_OTHER}),
    OPS_TEST("A document is judged by IAM's grammar before anything is written",
             {.call = "iam:CreatePolicy",
              .in = "{'PolicyName':'p','PolicyDocument':'{'}",
              .code = "MalformedPolicyDocument"},
             {.call = "iam:CreatePolicy",
              .in = "{'PolicyName':'p','PolicyDocument':" TRUST "}",
              .code = "MalformedPolicyDocument"},
             {.call = "iam:CreatePolicy",
              .in = "{'PolicyName':'p','PolicyDocument':'{\\'Statement\\':" STATEMENT(
                  "Allow", "s3:Get*", "*", "") "}'}",
              .code = "MalformedPolicyDocument",
              .text = "Policy document must be version 2012-10-17 or greater.",
              .sql = "SELECT count(*) FROM iam_entity"}),
    OPS_TEST("A managed policy has 6,144 characters at most, white space not counted",
             {.call = "iam:CreatePolicy",
              .in = "{'PolicyName':'long','PolicyDocument':" LONG "}",
              .code = "LimitExceeded",
              .text = "Cannot exceed quota for PolicySize: 6144"},
             {.call = "iam:CreatePolicy", .in = "{'PolicyName':'airy','PolicyDocument':" AIRY "}"},
             {.call = "iam:CreatePolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/airy','PolicyDocument':" LONG "}",
              .code = "LimitExceeded"}),
    OPS_TEST("What is no ARN of a policy is InvalidInput, an unknown one NoSuchEntity",
             {.call = "iam:GetPolicy",
              .in = "{'PolicyArn':'AdministratorAccess00000'}",
              .code = "InvalidInput",
              .text = "ARN AdministratorAccess00000 is not valid."},
             {.call = "iam:GetPolicy",
              .in = "{'PolicyArn':'arn:aws:iam::123456789012:role/Read'}",
              .code = "InvalidInput"},
             {.call = "iam:GetPolicy",
              .in = "{'PolicyArn':'" POLICY_ARN "/Read'}",
              .code = "NoSuchEntity",
              .text = "Policy " POLICY_ARN "/Read was not found."},
             {.call = "iam:GetPolicy",
              .in = "{'PolicyArn':'" AWS_POLICY "/Nothing'}",
              .code = "NoSuchEntity"}),
    OPS_TEST("A customer's policy is another account's affair",
             {.call = "iam:CreatePolicy", .in = "{'PolicyName':'Mine','PolicyDocument':" READ "}"},
             {.call = "iam:GetPolicy",
              .in = "{'PolicyArn':'" POLICY_ARN "/Mine'}",
              .account = OPS_OTHER,
              .code = "NoSuchEntity"}),
    OPS_TEST("AWS's policies are there for everyone, with their newest version alone",
             {.call = "iam:GetPolicy",
              .in = "{'PolicyArn':'" AWS_POLICY "/job-function/ViewOnlyAccess'}",
              .out = "{'Policy':{'PolicyName':'ViewOnlyAccess','Path':'/job-function/','PolicyId':"
                     "'~ANPA*','DefaultVersionId':'v45','Tags':[]}}",
              .save = "version=Policy.DefaultVersionId"},
             {.call = "iam:GetPolicyVersion",
              .in = "{'PolicyArn':'" AWS_POLICY "/AdministratorAccess','VersionId':'v1'}",
              .out = "{'PolicyVersion':{'VersionId':'v1','IsDefaultVersion':true,'Document':"
                     "'~%7B%0A%20%20%20%20%22Version%22%3A%20%222012-10-17%22*'}}"},
             {.call = "iam:ListPolicyVersions",
              .in = "{'PolicyArn':'" AWS_POLICY "/job-function/ViewOnlyAccess'}",
              .out = "{'Versions':[{'VersionId':'$version','Document':null}],"
                     "'IsTruncated':false}"},
             {.call = "iam:GetPolicyVersion",
              .in = "{'PolicyArn':'" AWS_POLICY "/job-function/ViewOnlyAccess','VersionId':'v1'}",
              .code = "NoSuchEntity",
              .text = "Policy " AWS_POLICY "/job-function/ViewOnlyAccess version v1 does not exist"
                      " or is not attachable."}),
    OPS_TEST("Nobody changes AWS's policies",
             {.call = "iam:CreatePolicyVersion",
              .in = "{'PolicyArn':'" AWS_POLICY "/AdministratorAccess','PolicyDocument':" READ "}",
              .code = "AccessDenied",
              .text = "User: arn:aws:iam::123456789012:root is not authorized to perform:"
                      " iam:CreatePolicyVersion on resource: policy " AWS_POLICY
                      "/AdministratorAccess"},
             {.call = "iam:DeletePolicy",
              .in = "{'PolicyArn':'" AWS_POLICY "/AdministratorAccess'}",
              .code = "AccessDenied"},
             {.call = "iam:SetDefaultPolicyVersion",
              .in = "{'PolicyArn':'" AWS_POLICY "/AdministratorAccess','VersionId':'v1'}",
              .code = "AccessDenied"},
             {.call = "iam:DeletePolicyVersion",
              .in = "{'PolicyArn':'" AWS_POLICY "/AdministratorAccess','VersionId':'v1'}",
              .code = "AccessDenied"}),
    OPS_TEST("Versions are numbered without reuse, newest first; the default is what counts",
             {.call = "iam:CreatePolicy", .in = "{'PolicyName':'P','PolicyDocument':" READ "}"},
             {.call = "iam:CreatePolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','PolicyDocument':" ALLOW("s3:Put*", "*") "}",
              .out = "{'PolicyVersion':{'VersionId':'v2','IsDefaultVersion':false,"
                     "'Document':null,'CreateDate':1767225601000}}",
              .advance_ms = 1500},
             {.call = "iam:GetPolicy",
              .in = "{'PolicyArn':'" POLICY_ARN "/P'}",
              .out = "{'Policy':{'DefaultVersionId':'v1','CreateDate':1767225600000,"
                     "'UpdateDate':1767225601000}}"},
             {.call = "iam:DeletePolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','VersionId':'v2'}"},
             {.call = "iam:CreatePolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN
                    "/P','SetAsDefault':true,'PolicyDocument':" ALLOW("s3:List*", "*") "}",
              .out = "{'PolicyVersion':{'VersionId':'v3','IsDefaultVersion':true}}"},
             {.call = "iam:ListPolicyVersions",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','MaxItems':1}",
              .out = "{'Versions':[{'VersionId':'v3','IsDefaultVersion':true}],'IsTruncated':true}",
              .save = "marker=Marker"},
             {.call = "iam:ListPolicyVersions",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','Marker':'$marker'}",
              .out = "{'Versions':[{'VersionId':'v1','IsDefaultVersion':false}],"
                     "'IsTruncated':false,'Marker':null}"},
             {.call = "iam:GetPolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','VersionId':'v2'}",
              .code = "NoSuchEntity"}),
    OPS_TEST("The default version cannot be deleted; another can be made the default",
             {.call = "iam:CreatePolicy", .in = "{'PolicyName':'P','PolicyDocument':" READ "}"},
             {.call = "iam:DeletePolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','VersionId':'v1'}",
              .code = "DeleteConflict",
              .text = "Cannot delete the default version of a policy."},
             {.call = "iam:SetDefaultPolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','VersionId':'v2'}",
              .code = "NoSuchEntity"},
             {.call = "iam:CreatePolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','PolicyDocument':" READ "}"},
             {.call = "iam:SetDefaultPolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','VersionId':'v2'}"},
             {.call = "iam:DeletePolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','VersionId':'v1'}"},
             {.call = "iam:GetPolicy",
              .in = "{'PolicyArn':'" POLICY_ARN "/P'}",
              .out = "{'Policy':{'DefaultVersionId':'v2'}}"}),
    OPS_TEST("Five versions are the most",
             {.call = "iam:CreatePolicy", .in = "{'PolicyName':'P','PolicyDocument':" READ "}"},
             {.call = "iam:CreatePolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','PolicyDocument':" READ "}"},
             {.call = "iam:CreatePolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','PolicyDocument':" READ "}"},
             {.call = "iam:CreatePolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','PolicyDocument':" READ "}"},
             {.call = "iam:CreatePolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','PolicyDocument':" READ "}",
              .out = "{'PolicyVersion':{'VersionId':'v5'}}"},
             {.call = "iam:CreatePolicyVersion",
              .in = "{'PolicyArn':'" POLICY_ARN "/P','PolicyDocument':" READ "}",
              .code = "LimitExceeded",
              .text = "A managed policy can have up to 5 versions. Before you create a new version,"
                      " you must delete an existing version."}),
    OPS_TEST(
        "A policy goes only when nobody has it and its default version is the only one",
        {.call = "iam:CreatePolicy",
         .in = "{'PolicyName':'P','Tags':[{'Key':'a','Value':'b'}],'PolicyDocument':" READ "}"},
        {.call = "iam:CreateRole", .in = "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST "}"},
        {.call = "iam:AttachRolePolicy", .in = "{'RoleName':'r','PolicyArn':'" POLICY_ARN "/P'}"},
        {.call = "iam:DeletePolicy",
         .in = "{'PolicyArn':'" POLICY_ARN "/P'}",
         .code = "DeleteConflict",
         .text = "Cannot delete a policy attached to entities."},
        {.call = "iam:DetachRolePolicy", .in = "{'RoleName':'r','PolicyArn':'" POLICY_ARN "/P'}"},
        {.call = "iam:PutRolePermissionsBoundary",
         .in = "{'RoleName':'r','PermissionsBoundary':'" POLICY_ARN "/P'}"},
        {.call = "iam:DeletePolicy",
         .in = "{'PolicyArn':'" POLICY_ARN "/P'}",
         .code = "DeleteConflict",
         .text = "Cannot delete a policy attached to entities."},
        {.call = "iam:DeleteRolePermissionsBoundary", .in = "{'RoleName':'r'}"},
        {.call = "iam:CreatePolicyVersion",
         .in = "{'PolicyArn':'" POLICY_ARN "/P','PolicyDocument':" READ "}"},
        {.call = "iam:DeletePolicy",
         .in = "{'PolicyArn':'" POLICY_ARN "/P'}",
         .code = "DeleteConflict",
         .text = "This policy has more than one version. Before you delete a policy, you must"
                 " delete the policy's versions. The default version is deleted with the"
                 " policy."},
        {.call = "iam:DeletePolicyVersion",
         .in = "{'PolicyArn':'" POLICY_ARN "/P','VersionId':'v2'}"},
        {.call = "iam:DeletePolicy",
         .in = "{'PolicyArn':'" POLICY_ARN "/P'}",
         .sql = "SELECT (SELECT count(*) FROM iam_policy) + (SELECT count(*) FROM"
                " iam_policy_version) + (SELECT count(*) FROM tag) + (SELECT count(*) FROM"
                " iam_entity WHERE kind = 'policy')"}),
    OPS_TEST(
        "ListPolicies shows the account's policies and AWS's, by scope and path",
        {.call = "iam:CreatePolicy", .in = "{'PolicyName':'A','PolicyDocument':" READ "}"},
        {.call = "iam:CreatePolicy",
         .in = "{'PolicyName':'B','Path':'/lab/one/','Description':'d','PolicyDocument':" READ "}"},
        {.call = "iam:ListPolicies",
         .in = "{'Scope':'Local'}",
         .out = "{'Policies':[{'PolicyName':'A','Tags':null},{'PolicyName':'B',"
                "'Description':null}],'IsTruncated':false,'Marker':null}"},
        {.call = "iam:ListPolicies",
         .in = "{'PathPrefix':'/lab/'}",
         .out = "{'Policies':[{'PolicyName':'B'}]}"},
        {.call = "iam:ListPolicies",
         .in = "{'Scope':'AWS','PathPrefix':'/job-function/'}",
         .out = "{'Policies':[{'PolicyName':'Billing'},{'PolicyName':'ViewOnlyAccess'},"
                "'...']}"},
        {.call = "iam:ListPolicies",
         .in = "{'Scope':'Local'}",
         .out = "{'Policies':[]}",
         .account = OPS_OTHER}),
    OPS_TEST(
        "ListPolicies pages through both kinds, 100 at a time unless asked otherwise",
        {.call = "iam:CreatePolicy", .in = "{'PolicyName':'A','PolicyDocument':" READ "}"},
        {.call = "iam:ListPolicies",
         .in = "{'MaxItems':2}",
         .out = "{'Policies':[{'PolicyName':'A'},{'Arn':'~" AWS_POLICY "/*'}],"
                "'IsTruncated':true,'Marker':'~*'}"},
        {.call = "iam:ListPolicies", .out = "{'IsTruncated':true}", .save = "marker=Marker"},
        {.call = "iam:ListPolicies",
         .in = "{'Marker':'$marker'}",
         .out = "{'Policies':[{'PolicyName':'ViewOnlyAccess'},'...'],'IsTruncated':false}"},
        {.call = "iam:ListPolicies", .in = "{'Marker':'nonsense'}", .code = "ValidationError"}),
    OPS_TEST("ListPolicies can be limited to what is in use, as permissions or as boundary",
             {.call = "iam:CreatePolicy", .in = "{'PolicyName':'A','PolicyDocument':" READ "}"},
             {.call = "iam:CreateRole",
              .in = "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST ",'PermissionsBoundary':"
                    "'" AWS_POLICY "/PowerUserAccess'}"},
             {.call = "iam:AttachRolePolicy",
              .in = "{'RoleName':'r','PolicyArn':'" AWS_POLICY "/AmazonS3FullAccess'}"},
             {.call = "iam:ListPolicies",
              .in = "{'OnlyAttached':true}",
              .out = "{'Policies':[{'PolicyName':'AmazonS3FullAccess','AttachmentCount':1,"
                     "'PermissionsBoundaryUsageCount':0}]}"},
             {.call = "iam:ListPolicies",
              .in = "{'PolicyUsageFilter':'PermissionsBoundary'}",
              .out = "{'Policies':[{'PolicyName':'PowerUserAccess','AttachmentCount':0,"
                     "'PermissionsBoundaryUsageCount':1}]}"},
             {.call = "iam:ListPolicies",
              .in = "{'PolicyUsageFilter':'PermissionsPolicy'}",
              .out = "{'Policies':[{'PolicyName':'AmazonS3FullAccess'}]}"},
             {.call = "iam:GetPolicy",
              .in = "{'PolicyArn':'" AWS_POLICY "/AmazonS3FullAccess'}",
              .out = "{'Policy':{'AttachmentCount':0}}",
              .account = OPS_OTHER}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
