/* Instance profiles: CreateInstanceProfile, GetInstanceProfile, ListInstanceProfiles,
 * ListInstanceProfilesForRole, AddRoleToInstanceProfile, RemoveRoleFromInstanceProfile,
 * DeleteInstanceProfile. */
#include "harness.h"
#include "iam_documents.h"

#define MAKE_ROLE(name)                                                                            \
    {                                                                                              \
        .call = "iam:CreateRole",                                                                  \
        .in = "{'RoleName':'" name "','AssumeRolePolicyDocument':" TRUST "}"                       \
    }
#define ADD(profile, role)                                                                         \
    .call = "iam:AddRoleToInstanceProfile",                                                        \
    .in = "{'InstanceProfileName':'" profile "','RoleName':'" role "'}"

static const struct ops_test tests[] = {
    OPS_TEST("A profile is made without a role; tags are shown by itself, not in listings",
             {.call = "iam:CreateInstanceProfile",
              .in = "{'InstanceProfileName':'web','Path':'/a/','Tags':[{'Key':'k','Value':'v'}]}",
              .out = "{'InstanceProfile':{'InstanceProfileName':'web','Path':'/a/','Roles':[],"
                     "'InstanceProfileId':'~AIPA*','Tags':[{'Key':'k'}],"
                     "'CreateDate':1767225600000,"
                     "'Arn':'arn:aws:iam::123456789012:instance-profile/a/web'}}"},
             {.call = "iam:GetInstanceProfile",
              .in = "{'InstanceProfileName':'web'}",
              .out = "{'InstanceProfile':{'Tags':[{'Key':'k','Value':'v'}]}}"},
             {.call = "iam:ListInstanceProfiles",
              .out = "{'InstanceProfiles':[{'InstanceProfileName':'web','Roles':[],'Tags':null}],"
                     "'IsTruncated':false}"},
             {.call = "iam:ListInstanceProfiles",
              .in = "{'PathPrefix':'/b/'}",
              .out = "{'InstanceProfiles':[]}"},
             {.call = "iam:CreateInstanceProfile",
              .in = "{'InstanceProfileName':'WEB'}",
              .code = "EntityAlreadyExists",
              .text = "Instance Profile WEB already exists."}),
    OPS_TEST("A profile holds one role",
             {.call = "iam:CreateInstanceProfile", .in = "{'InstanceProfileName':'web'}"},
             MAKE_ROLE("r"), MAKE_ROLE("s"), {ADD("web", "r")},
             {ADD("web", "s"), .code = "LimitExceeded",
              .text = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"},
             {.call = "iam:GetInstanceProfile",
              .in = "{'InstanceProfileName':'web'}",
              .out = "{'InstanceProfile':{'Roles':[{'RoleName':'r','Path':'/',"
                     "'AssumeRolePolicyDocument':'~%7B*','MaxSessionDuration':null}]}}"},
             {.call = "iam:RemoveRoleFromInstanceProfile",
              .in = "{'InstanceProfileName':'web','RoleName':'s'}",
              .code = "NoSuchEntity"},
             {.call = "iam:RemoveRoleFromInstanceProfile",
              .in = "{'InstanceProfileName':'web','RoleName':'r'}"},
             {ADD("web", "s")}),
    OPS_TEST("A role may stand in several profiles",
             {.call = "iam:CreateInstanceProfile", .in = "{'InstanceProfileName':'a'}"},
             {.call = "iam:CreateInstanceProfile", .in = "{'InstanceProfileName':'b'}"},
             {.call = "iam:CreateInstanceProfile", .in = "{'InstanceProfileName':'c'}"},
             MAKE_ROLE("r"), {ADD("a", "r")}, {ADD("c", "r")},
             {.call = "iam:ListInstanceProfilesForRole",
              .in = "{'RoleName':'r'}",
              .out = "{'InstanceProfiles':[{'InstanceProfileName':'a','Roles':[{'RoleName':'r'}]},"
                     "{'InstanceProfileName':'c'}]}"},
             {.call = "iam:ListInstanceProfilesForRole",
              .in = "{'RoleName':'r','MaxItems':1}",
              .out = "{'InstanceProfiles':[{'InstanceProfileName':'a'}],'IsTruncated':true}",
              .save = "next=Marker"},
             {.call = "iam:ListInstanceProfilesForRole",
              .in = "{'RoleName':'r','Marker':'$next'}",
              .out = "{'InstanceProfiles':[{'InstanceProfileName':'c'}],'IsTruncated':false}"},
             {.call = "iam:ListInstanceProfilesForRole",
              .in = "{'RoleName':'none'}",
              .code = "NoSuchEntity"}),
    OPS_TEST("A profile is deleted once it holds no role",
             {.call = "iam:CreateInstanceProfile", .in = "{'InstanceProfileName':'web'}"},
             MAKE_ROLE("r"), {ADD("web", "r")},
             {.call = "iam:DeleteInstanceProfile",
              .in = "{'InstanceProfileName':'web'}",
              .code = "DeleteConflict",
              .text = "Cannot delete entity, must remove roles from instance profile first."},
             {.call = "iam:RemoveRoleFromInstanceProfile",
              .in = "{'InstanceProfileName':'web','RoleName':'r'}"},
             {.call = "iam:DeleteInstanceProfile", .in = "{'InstanceProfileName':'web'}"},
             {.call = "iam:DeleteInstanceProfile",
              .in = "{'InstanceProfileName':'web'}",
              .code = "NoSuchEntity",
              .text = "Instance Profile web cannot be found."}),
    OPS_TEST(
        "What is missing is named",
        {.call = "iam:GetInstanceProfile",
         .in = "{'InstanceProfileName':'web'}",
         .code = "NoSuchEntity",
         .text = "Instance Profile web cannot be found."},
        {.call = "iam:CreateInstanceProfile", .in = "{'InstanceProfileName':'web'}"},
        {ADD("web", "r"), .code = "NoSuchEntity", .text = "The role with name r cannot be found."}),
    OPS_TEST(
        "A service-linked role goes into no profile",
        {.call = "iam:CreateServiceLinkedRole", .in = "{'AWSServiceName':'spot.amazonaws.com'}"},
        {.call = "iam:CreateInstanceProfile", .in = "{'InstanceProfileName':'web'}"},
        {ADD("web", "AWSServiceRoleForEC2Spot"), .code = "UnmodifiableEntity"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
