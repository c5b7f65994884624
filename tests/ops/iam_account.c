/* Views of the whole account: aliases, summary, authorization details; what IAM does for
 * organizations. */
#include "harness.h"
#include "iam_documents.h"

#define ALL_ENCODED "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22*"
#define READ_ONLY   AWS_POLICY "/AmazonEC2ReadOnlyAccess"
#define OWN_POLICY  POLICY_ARN "/p"

/* Somebody of each kind, with policies. */
#define PEOPLE                                                                                     \
    {.call = "iam:CreatePolicy", .in = "{'PolicyName':'p','PolicyDocument':" ALLOW("*", "*") "}"}, \
        {.call = "iam:CreateUser",                                                                 \
         .in = "{'UserName':'u','PermissionsBoundary':'" OWN_POLICY                                \
               "','Tags':[{'Key':'k','Value':'v'}]}"},                                             \
        {.call = "iam:CreateUser", .in = "{'UserName':'v'}"},                                      \
        {.call = "iam:CreateGroup", .in = "{'GroupName':'g'}"},                                    \
        {.call = "iam:AddUserToGroup", .in = "{'GroupName':'g','UserName':'u'}"},                  \
        {.call = "iam:PutUserPolicy",                                                              \
         .in = "{'UserName':'u','PolicyName':'in','PolicyDocument':" ALLOW("*", "*") "}"},         \
        {.call = "iam:AttachGroupPolicy", .in = "{'GroupName':'g','PolicyArn':'" READ_ONLY "'}"},  \
        {.call = "iam:CreateRole",                                                                 \
         .in = "{'RoleName':'r','Description':'d','AssumeRolePolicyDocument':" TRUST "}"},         \
        {.call = "iam:AttachRolePolicy", .in = "{'RoleName':'r','PolicyArn':'" READ_ONLY "'}"},    \
        {.call = "iam:CreateInstanceProfile", .in = "{'InstanceProfileName':'i'}"},                \
    {                                                                                              \
        .call = "iam:AddRoleToInstanceProfile", .in = "{'RoleName':'r','InstanceProfileName':'i'}" \
    }

static const struct ops_test tests[] = {
    OPS_TEST("An account has one alias; another takes its place",
             {.call = "iam:ListAccountAliases", .out = "{'AccountAliases':[],'IsTruncated':false}"},
             {.call = "iam:CreateAccountAlias", .in = "{'AccountAlias':'hangar-7'}"},
             {.call = "iam:CreateAccountAlias", .in = "{'AccountAlias':'hangar-8'}"},
             {.call = "iam:ListAccountAliases", .out = "{'AccountAliases':['hangar-8']}"},
             {.call = "iam:CreateAccountAlias",
              .account = OPS_OTHER,
              .in = "{'AccountAlias':'hangar-7'}"}),
    OPS_TEST("An alias is unique among all accounts",
             {.call = "iam:CreateAccountAlias",
              .account = OPS_OTHER,
              .in = "{'AccountAlias':'hangar-7'}"},
             {.call = "iam:CreateAccountAlias",
              .in = "{'AccountAlias':'hangar-7'}",
              .code = "EntityAlreadyExists",
              .text = "The account alias hangar-7 already exists."},
             {.call = "iam:ListAccountAliases", .out = "{'AccountAliases':[]}"}),
    OPS_TEST("An alias is removed by its name, by its account",
             {.call = "iam:CreateAccountAlias", .in = "{'AccountAlias':'hangar-7'}"},
             {.call = "iam:DeleteAccountAlias",
              .account = OPS_OTHER,
              .in = "{'AccountAlias':'hangar-7'}",
              .code = "NoSuchEntity"},
             {.call = "iam:DeleteAccountAlias", .in = "{'AccountAlias':'hangar-7'}"},
             {.call = "iam:ListAccountAliases", .out = "{'AccountAliases':[]}"},
             {.call = "iam:DeleteAccountAlias",
              .in = "{'AccountAlias':'hangar-7'}",
              .code = "NoSuchEntity",
              .text = "The account alias hangar-7 cannot be found."}),
    OPS_TEST("An alias has 3 to 63 small letters, digits and single hyphens, and is no number",
             {.call = "iam:CreateAccountAlias",
              .in = "{'AccountAlias':'Hangar'}",
              .code = "ValidationError"},
             {.call = "iam:CreateAccountAlias",
              .in = "{'AccountAlias':'a--b'}",
              .code = "ValidationError"},
             {.call = "iam:CreateAccountAlias",
              .in = "{'AccountAlias':'-ab'}",
              .code = "ValidationError"},
             {.call = "iam:CreateAccountAlias",
              .in = "{'AccountAlias':'123456789012'}",
              .code = "ValidationError"}),
    OPS_TEST("The summary of a new account counts nothing and names every quota",
             {.call = "iam:GetAccountSummary",
              .out =
                  "{'SummaryMap':{'Users':0,'UsersQuota':5000,'Groups':0,'GroupsQuota':300,"
                  "'Roles':0,'RolesQuota':1000,'InstanceProfiles':0,'InstanceProfilesQuota':1000,"
                  "'Policies':0,'PoliciesQuota':1500,'PolicyVersionsInUse':0,"
                  "'PolicyVersionsInUseQuota':10000,'VersionsPerPolicyQuota':5,"
                  "'PolicySizeQuota':6144,'UserPolicySizeQuota':2048,'GroupPolicySizeQuota':5120,"
                  "'RolePolicySizeQuota':10240,'AssumeRolePolicySizeQuota':2048,"
                  "'GroupsPerUserQuota':10,'AttachedPoliciesPerUserQuota':10,"
                  "'AttachedPoliciesPerGroupQuota':10,'AttachedPoliciesPerRoleQuota':10,"
                  "'AccessKeysPerUserQuota':2,'SigningCertificatesPerUserQuota':2,"
                  "'ServerCertificatesQuota':20,'ServerCertificates':0,'MFADevices':0,'"
                  "MFADevicesInUse':0,'AccountMFAEnabled':0,'AccountPasswordPresent':0,'"
                  "AccountSigningCertificatesPresent':0,'Providers':0,'AccountAccessKeysPresent':0,"
                  "'GlobalEndpointTokenVersion':1}}"}),
    OPS_TEST("The summary counts what the account has, not what others have", PEOPLE,
             {.call = "iam:CreateOpenIDConnectProvider",
              .in = "{'Url':'https://id.example.com','ThumbprintList':"
                    "['0123456789012345678901234567890123456789']}"},
             {.sql = "INSERT INTO iam_access_key (id, account, user_id, secret, active, created_ms)"
                     " VALUES ('AKIAROOTROOTROOTROOT', '123456789012', '123456789012', 's', 1, 0)",
              .number = -1},
             {.call = "iam:GetAccountSummary",
              .out = "{'SummaryMap':{'Users':2,'Groups':1,'Roles':1,'InstanceProfiles':1,"
                     "'Policies':1,'PolicyVersionsInUse':2,'Providers':1,"
                     "'AccountAccessKeysPresent':1}}"},
             {.call = "iam:CreateVirtualMFADevice", .in = "{'VirtualMFADeviceName':'spare'}"},
             {.call = "iam:CreateVirtualMFADevice", .in = "{'VirtualMFADeviceName':'mine'}"},
             {.sql = "UPDATE iam_mfa_device SET user_id = account WHERE serial LIKE '%/mine'",
              .number = -1},
             {.sql = "INSERT INTO iam_login_profile (account, user_id, hash, reset_required,"
                     " created_ms, changed_ms) VALUES ('123456789012', '123456789012', 'h', 0, 0,"
                     " 0)",
              .number = -1},
             {.sql = "INSERT INTO iam_signing_certificate (id, account, user_id, body, digest,"
                     " active, created_ms) VALUES ('C', '123456789012', '123456789012', 'b', 'd',"
                     " 1, 0)",
              .number = -1},
             {.sql = "INSERT INTO iam_server_certificate (account, name, path, id, body,"
                     " private_key, created_ms, expires_ms) VALUES ('123456789012', 'n', '/',"
                     " 'ASCA', 'b', 'k', 0, 0)",
              .number = -1},
             {.call = "iam:GetAccountSummary",
              .out = "{'SummaryMap':{'MFADevices':2,'MFADevicesInUse':1,'AccountMFAEnabled':1,"
                     "'AccountPasswordPresent':1,'AccountSigningCertificatesPresent':1,"
                     "'ServerCertificates':1}}"},
             {.call = "iam:GetAccountSummary",
              .account = OPS_OTHER,
              .out = "{'SummaryMap':{'Users':0,'Policies':0,'AccountAccessKeysPresent':0}}"}),
    OPS_TEST(
        "The version of session tokens is the account's to choose",
        {.call = "iam:SetSecurityTokenServicePreferences",
         .in = "{'GlobalEndpointTokenVersion':'v2Token'}"},
        {.call = "iam:GetAccountSummary", .out = "{'SummaryMap':{'GlobalEndpointTokenVersion':2}}"},
        {.call = "iam:GetAccountSummary",
         .account = OPS_OTHER,
         .out = "{'SummaryMap':{'GlobalEndpointTokenVersion':1}}"},
        {.call = "iam:SetSecurityTokenServicePreferences",
         .in = "{'GlobalEndpointTokenVersion':'v1Token'}"},
        {.call = "iam:GetAccountSummary", .out = "{'SummaryMap':{'GlobalEndpointTokenVersion':1}}"},
        {.call = "iam:SetSecurityTokenServicePreferences",
         .in = "{'GlobalEndpointTokenVersion':'v3Token'}",
         .code = "ValidationError"}),
    OPS_TEST("The details of a user are its groups, policies, boundary and tags", PEOPLE,
             {.call = "iam:GetAccountAuthorizationDetails",
              .in = "{'Filter':['User']}",
              .out = "{'UserDetailList':[{'UserName':'u','GroupList':['g'],'UserPolicyList':"
                     "[{'PolicyName':'in','PolicyDocument':'~" ALL_ENCODED
                     "'}],'AttachedManagedPolicies':[],'PermissionsBoundary':"
                     "{'PermissionsBoundaryArn':'" OWN_POLICY
                     "'},'Tags':[{'Key':'k','Value':'v'}]},{'UserName':'v','GroupList':[],"
                     "'UserPolicyList':null,'AttachedManagedPolicies':[],'Tags':[],"
                     "'PermissionsBoundary':null}],"
                     "'GroupDetailList':[],'RoleDetailList':[],'Policies':[],"
                     "'IsTruncated':false}"}),
    OPS_TEST("The details of groups and roles are their policies; roles show trust and profiles",
             PEOPLE,
             {.call = "iam:GetAccountAuthorizationDetails",
              .in = "{'Filter':['Group','Role']}",
              .out = "{'UserDetailList':[],'Policies':[],'GroupDetailList':[{'GroupName':'g',"
                     "'GroupPolicyList':[],'AttachedManagedPolicies':[{'PolicyName':"
                     "'AmazonEC2ReadOnlyAccess','PolicyArn':'" READ_ONLY
                     "'}]}],'RoleDetailList':[{'RoleName':'r','Description':null,"
                     "'MaxSessionDuration':null,'AssumeRolePolicyDocument':"
                     "'~%7B%22Version*ec2.amazonaws.com*','InstanceProfileList':"
                     "[{'InstanceProfileName':'i','Roles':[{'RoleName':'r'}]}],"
                     "'RolePolicyList':[],'AttachedManagedPolicies':[{'PolicyArn':'" READ_ONLY
                     "'}],'Tags':[]}]}"}),
    OPS_TEST(
        "The details of policies are their versions; of AWS's only those in use are shown", PEOPLE,
        {.call = "iam:CreatePolicyVersion",
         .in = "{'PolicyArn':'" OWN_POLICY "','PolicyDocument':" ALLOW("*", "*") "}"},
        {.call = "iam:GetAccountAuthorizationDetails",
         .in = "{'Filter':['LocalManagedPolicy']}",
         .out = "{'Policies':[{'PolicyName':'p','Arn':'" OWN_POLICY
                "','DefaultVersionId':'v1','AttachmentCount':0,"
                "'PermissionsBoundaryUsageCount':1,'PolicyVersionList':"
                "[{'VersionId':'v2','IsDefaultVersion':false,'Document':'~" ALL_ENCODED
                "'},{'VersionId':'v1','IsDefaultVersion':true,'Document':'~" ALL_ENCODED "'}]}]}"},
        {.call = "iam:GetAccountAuthorizationDetails",
         .in = "{'Filter':['AWSManagedPolicy']}",
         .out = "{'Policies':[{'PolicyName':'AmazonEC2ReadOnlyAccess','AttachmentCount':2,"
                "'PolicyVersionList':[{'IsDefaultVersion':true}]}]}"}),
    OPS_TEST("Without a filter everything is shown, in pages over all kinds", PEOPLE,
             {.call = "iam:GetAccountAuthorizationDetails",
              .out = "{'UserDetailList':[{},{}],'GroupDetailList':[{}],'RoleDetailList':[{}],"
                     "'Policies':[{},{}]}"},
             {.call = "iam:GetAccountAuthorizationDetails",
              .in = "{'MaxItems':3}",
              .out = "{'UserDetailList':[],'GroupDetailList':[{}],'RoleDetailList':[],"
                     "'Policies':[{},{}],'IsTruncated':true}",
              .save = "marker=Marker"},
             {.call = "iam:GetAccountAuthorizationDetails",
              .in = "{'Marker':'$marker'}",
              .out = "{'UserDetailList':[{},{}],'GroupDetailList':[],'RoleDetailList':[{}],"
                     "'Policies':[],'IsTruncated':false,'Marker':null}"},
             {.call = "iam:GetAccountAuthorizationDetails",
              .account = OPS_OTHER,
              .out = "{'UserDetailList':[],'GroupDetailList':[],'RoleDetailList':[],"
                     "'Policies':[]}"},
             {.call = "iam:GetAccountAuthorizationDetails",
              .in = "{'Filter':['Everything']}",
              .code = "ValidationError"}),
    OPS_TEST(
        "An account that is in no organization has no centralized root access and no reports",
        {.call = "iam:ListOrganizationsFeatures", .code = "OrganizationNotFoundException"},
        {.call = "iam:EnableOrganizationsRootCredentialsManagement",
         .code = "OrganizationNotFoundException"},
        {.call = "iam:DisableOrganizationsRootCredentialsManagement",
         .code = "OrganizationNotFoundException"},
        {.call = "iam:EnableOrganizationsRootSessions", .code = "OrganizationNotFoundException"},
        {.call = "iam:DisableOrganizationsRootSessions", .code = "OrganizationNotFoundException"},
        {.call = "iam:GenerateOrganizationsAccessReport",
         .in = "{'EntityPath':'o-a1b2c3d4e5/r-f6g7'}",
         .code = "OrganizationNotFoundException",
         .text = "Your account is not a member of an organization."},
        {.call = "iam:GetOrganizationsAccessReport",
         .in = "{'JobId':'00000000-0000-4000-8000-000000000000'}",
         .code = "NoSuchEntity"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
