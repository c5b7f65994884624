/* Roles: CreateRole, GetRole, ListRoles, UpdateRole, UpdateRoleDescription, UpdateAssumeRolePolicy,
 * DeleteRole. */
#include "harness.h"

#define STATEMENT(sid, principal)                                                                  \
    "{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[{" sid "\\'Effect\\':\\'Allow\\',"           \
    "\\'Principal\\':{" principal "},\\'Action\\':\\'sts:AssumeRole\\'}]}"
#define TRUST(kind, value) STATEMENT("", "\\'" kind "\\':\\'" value "\\'")
#define EC2                TRUST("Service", "ec2.amazonaws.com")
#define USER(name)         TRUST("AWS", "arn:aws:iam::123456789012:user/" name)
#define ROLE(name, trust)  "'RoleName':'" name "','AssumeRolePolicyDocument':'" trust "'"
#define ENCODED_USER(name) "%22AWS%22%3A%22arn%3Aaws%3Aiam%3A%3A123456789012%3Auser%2F" name "%22"

#define SIXTEEN       "0123456789abcdef"
#define FEW           SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN
#define THOUSAND      FEW FEW FEW FEW FEW FEW FEW FEW
#define LONG_TRUST(x) STATEMENT("\\'Sid\\':\\'" x "\\',", "\\'Service\\':\\'ec2.amazonaws.com\\'")

static const struct ops_test tests[] = {
    OPS_TEST(
        "A role shows its trust policy URL-encoded, byte for byte as it was given",
        {.call = "iam:CreateRole",
         .in = "{'Path':'/team/','Description':'d'," ROLE("web", EC2) "}",
         .out = "{'Role':{'Path':'/team/','RoleName':'web','RoleId':'~AROA*',"
                "'Arn':'arn:aws:iam::123456789012:role/team/web','CreateDate':1767225600000,"
                "'AssumeRolePolicyDocument':'%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22"
                "%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2."
                "amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D'}}"},
        {.call = "iam:GetRole",
         .in = "{'RoleName':'web'}",
         .out = "{'Role':{'Description':'d','MaxSessionDuration':3600,'Tags':null,"
                "'PermissionsBoundary':null}}"}),
    OPS_TEST(
        "Names of roles are unique whatever their case and path",
        {.call = "iam:CreateRole", .in = "{" ROLE("web", EC2) "}"},
        {.call = "iam:CreateRole",
         .in = "{'Path':'/x/'," ROLE("WEB", EC2) "}",
         .code = "EntityAlreadyExists",
         .text = "Role with name WEB already exists."},
        {.call = "iam:CreateRole", .in = "{" ROLE("web", EC2) "}", .account = OPS_OTHER},
        {.call = "iam:GetRole", .in = "{'RoleName':'Web'}", .out = "{'Role':{'RoleName':'web'}}"}),
    OPS_TEST(
        "A role may be given tags and a boundary that exists",
        {.call = "iam:CreateRole",
         .in = "{'Tags':[{'Key':'a','Value':'1'}],'PermissionsBoundary':"
               "'arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess'," ROLE("web", EC2) "}",
         .out = "{'Role':{'Tags':[{'Key':'a','Value':'1'}],'PermissionsBoundary':{"
                "'PermissionsBoundaryType':'PermissionsBoundaryPolicy',"
                "'PermissionsBoundaryArn':'arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess'}}}"},
        {.call = "iam:GetRole",
         .in = "{'RoleName':'web'}",
         .out = "{'Role':{'Tags':[{'Key':'a'}],'PermissionsBoundary':{"
                "'PermissionsBoundaryArn':'arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess'}}}"},
        {.call = "iam:CreateRole",
         .in = "{'PermissionsBoundary':'arn:aws:iam::123456789012:policy/none'," ROLE("other",
                                                                                      EC2) "}",
         .code = "NoSuchEntity",
         .text = "Scope ARN: arn:aws:iam::123456789012:policy/none does not exist or is not"
                 " attachable."},
        {.call = "iam:GetRole", .in = "{'RoleName':'other'}", .code = "NoSuchEntity"}),
    OPS_TEST("A session lasts at most one to twelve hours",
             {.call = "iam:CreateRole",
              .in = "{'MaxSessionDuration':3599," ROLE("web", EC2) "}",
              .code = "ValidationError"},
             {.call = "iam:CreateRole",
              .in = "{'MaxSessionDuration':43201," ROLE("web", EC2) "}",
              .code = "ValidationError"},
             {.call = "iam:CreateRole", .in = "{'MaxSessionDuration':43200," ROLE("web", EC2) "}"},
             {.call = "iam:GetRole",
              .in = "{'RoleName':'web'}",
              .out = "{'Role':{'MaxSessionDuration':43200}}"}),
    OPS_TEST("A trust policy follows the grammar",
             {.call = "iam:CreateRole",
              .in = "{" ROLE("web", "{") "}",
              .code = "MalformedPolicyDocument"},
             {.call = "iam:CreateRole",
              .in = "{" ROLE("web", "{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[{\\'Effect\\'"
                                    ":\\'Allow\\',\\'Principal\\':{\\'Service\\':\\'ec2.amazonaws."
                                    "com\\'},\\'Action\\':\\'sts:AssumeRole\\',\\'Resource\\':"
                                    "\\'*\\'}]}") "}",
              .code = "MalformedPolicyDocument",
              .text = "Has prohibited field Resource"},
             {.call = "iam:CreateRole",
              .in = "{" ROLE("web", "{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[{\\'Effect\\'"
                                    ":\\'Allow\\',\\'Action\\':\\'sts:AssumeRole\\'}]}") "}",
              .code = "MalformedPolicyDocument"}),
    OPS_TEST(
        "The principals of a trust policy exist",
        {.call = "iam:CreateRole",
         .in = "{" ROLE("r", USER("ann")) "}",
         .code = "MalformedPolicyDocument",
         .text = "Invalid principal in policy: "
                 "\"AWS\":\"arn:aws:iam::123456789012:user/ann\""},
        {.call = "iam:CreateUser", .in = "{'UserName':'ann','Path':'/staff/'}"},
        {.call = "iam:CreateRole",
         .in = "{" ROLE("r", USER("ann")) "}",
         .code = "MalformedPolicyDocument"},
        {.call = "iam:CreateRole",
         .in = "{" ROLE("r", USER("staff/Ann")) "}",
         .code = "MalformedPolicyDocument"},
        {.call = "iam:CreateRole", .in = "{" ROLE("r", USER("staff/ann")) "}"},
        {.call = "iam:CreateRole",
         .in = "{" ROLE("q", TRUST("AWS", "arn:aws:iam::123456789012:role/r")) "}"},
        {.call = "iam:CreateRole",
         .in = "{" ROLE("p", TRUST("AWS", "arn:aws:iam::210987654321:root")) "}",
         .code = "MalformedPolicyDocument",
         .text = "Invalid principal in policy: \"AWS\":\"arn:aws:iam::210987654321:root\""},
        {.call = "iam:CreateRole",
         .in = "{" ROLE("p", TRUST("AWS", "arn:aws:iam::123456789012:root")) "}"},
        {.call = "iam:CreateRole", .in = "{" ROLE("o", TRUST("AWS", "*")) "}"},
        {.call = "iam:CreateRole",
         .in = "{" ROLE("n", TRUST("AWS", "arn:aws:sts::123456789012:assumed-role/r/s")) "}"},
        {.call = "iam:CreateRole",
         .in = "{" ROLE("m", TRUST("AWS", "arn:aws:sts::123456789012:assumed-role/none/s")) "}",
         .code = "MalformedPolicyDocument"},
        {.call = "iam:CreateRole",
         .in = "{" ROLE("m", TRUST("Service", "ec2.amazon.org")) "}",
         .code = "MalformedPolicyDocument",
         .text = "Invalid principal in policy: \"SERVICE\":\"ec2.amazon.org\""},
        {.call = "iam:CreateRole",
         .in = "{" ROLE("m", TRUST("Federated", "nobody")) "}",
         .code = "MalformedPolicyDocument",
         .text = "Federated principals must be valid domain names or SAML metadata ARNs"},
        {.call = "iam:CreateRole",
         .in = "{" ROLE("m", TRUST("Federated", "accounts.google.com")) "}"}),
    OPS_TEST("A group is no principal", {.call = "iam:CreateGroup", .in = "{'GroupName':'staff'}"},
             {.call = "iam:CreateRole",
              .in = "{" ROLE("r", TRUST("AWS", "arn:aws:iam::123456789012:group/staff")) "}",
              .code = "MalformedPolicyDocument"}),
    OPS_TEST("An account's number is kept as the ARN of its root",
             {.call = "iam:CreateRole",
              .in = "{" ROLE("r", TRUST("AWS", "123456789012")) "}",
              .out = "{'Role':{'AssumeRolePolicyDocument':'~*%22arn%3Aaws%3Aiam%3A%3A123456789012%"
                     "3Aroot%22*'}}"}),
    OPS_TEST("A deleted user stands in a trust policy by its id, and a namesake does not take its "
             "place",
             {.call = "iam:CreateUser", .in = "{'UserName':'ann'}", .save = "ann=User.UserId"},
             {.call = "iam:CreateRole", .in = "{" ROLE("r", USER("ann")) "}"},
             {.call = "iam:DeleteUser", .in = "{'UserName':'ann'}"},
             {.call = "iam:GetRole",
              .in = "{'RoleName':'r'}",
              .out = "{'Role':{'AssumeRolePolicyDocument':'~*%22AWS%22%3A%22$ann%22*'}}"},
             {.call = "iam:CreateUser", .in = "{'UserName':'ann'}"},
             {.call = "iam:GetRole",
              .in = "{'RoleName':'r'}",
              .out = "{'Role':{'AssumeRolePolicyDocument':'~*%22AWS%22%3A%22$ann%22*'}}"}),
    OPS_TEST("A renamed user stands in a trust policy by its new ARN",
             {.call = "iam:CreateUser", .in = "{'UserName':'ann'}"},
             {.call = "iam:CreateRole", .in = "{" ROLE("r", USER("ann")) "}"},
             {.call = "iam:UpdateUser", .in = "{'UserName':'ann','NewUserName':'eve'}"},
             {.call = "iam:GetRole",
              .in = "{'RoleName':'r'}",
              .out = "{'Role':{'AssumeRolePolicyDocument':'~*" ENCODED_USER("eve") "*'}}"}),
    OPS_TEST("A trust policy has at most 2,048 characters besides white space",
             {.call = "iam:CreateRole", .in = "{" ROLE("r", LONG_TRUST(THOUSAND)) "}"},
             {.call = "iam:UpdateAssumeRolePolicy",
              .in = "{'RoleName':'r','PolicyDocument':'" LONG_TRUST(THOUSAND THOUSAND) "'}",
              .code = "LimitExceeded",
              .text = "Cannot exceed quota for ACLSizePerRole: 2048"}),
    OPS_TEST("A trust policy is replaced whole",
             {.call = "iam:CreateUser", .in = "{'UserName':'ann'}"},
             {.call = "iam:CreateRole", .in = "{" ROLE("r", EC2) "}"},
             {.call = "iam:UpdateAssumeRolePolicy",
              .in = "{'RoleName':'r','PolicyDocument':'" USER("ann") "'}"},
             {.call = "iam:GetRole",
              .in = "{'RoleName':'r'}",
              .out = "{'Role':{'AssumeRolePolicyDocument':'~*" ENCODED_USER("ann") "*'}}"},
             {.call = "iam:UpdateAssumeRolePolicy",
              .in = "{'RoleName':'r','PolicyDocument':'" USER("none") "'}",
              .code = "MalformedPolicyDocument"},
             {.call = "iam:UpdateAssumeRolePolicy",
              .in = "{'RoleName':'none','PolicyDocument':'" EC2 "'}",
              .code = "NoSuchEntity",
              .text = "The role with name none cannot be found."}),
    OPS_TEST("UpdateRole changes what it is given and leaves the rest",
             {.call = "iam:CreateRole", .in = "{'Description':'d'," ROLE("r", EC2) "}"},
             {.call = "iam:UpdateRole", .in = "{'RoleName':'r','MaxSessionDuration':7200}"},
             {.call = "iam:GetRole",
              .in = "{'RoleName':'r'}",
              .out = "{'Role':{'Description':'d','MaxSessionDuration':7200}}"},
             {.call = "iam:UpdateRole", .in = "{'RoleName':'r','Description':''}"},
             {.call = "iam:GetRole",
              .in = "{'RoleName':'r'}",
              .out = "{'Role':{'Description':'','MaxSessionDuration':7200}}"},
             {.call = "iam:UpdateRoleDescription",
              .in = "{'RoleName':'r','Description':'e'}",
              .out = "{'Role':{'Description':'e','MaxSessionDuration':7200}}"},
             {.call = "iam:UpdateRole",
              .in = "{'RoleName':'none','Description':'e'}",
              .code = "NoSuchEntity"}),
    OPS_TEST("Roles are listed by name, below a path, page by page, without tags",
             {.call = "iam:CreateRole",
              .in = "{'Path':'/a/','Tags':[{'Key':'k','Value':'v'}]," ROLE("b", EC2) "}"},
             {.call = "iam:CreateRole", .in = "{'Path':'/a/b/'," ROLE("A", EC2) "}"},
             {.call = "iam:CreateRole", .in = "{" ROLE("c", EC2) "}"},
             {.call = "iam:ListRoles",
              .in = "{'MaxItems':2}",
              .out = "{'IsTruncated':true,'Roles':[{'RoleName':'A'},{'RoleName':'b','Tags':null,"
                     "'MaxSessionDuration':3600}]}",
              .save = "next=Marker"},
             {.call = "iam:ListRoles",
              .in = "{'MaxItems':2,'Marker':'$next'}",
              .out = "{'IsTruncated':false,'Marker':null,'Roles':[{'RoleName':'c'}]}"},
             {.call = "iam:ListRoles",
              .in = "{'PathPrefix':'/a/'}",
              .out = "{'Roles':[{'RoleName':'A'},{'RoleName':'b'}]}"},
             {.call = "iam:ListRoles", .out = "{'Roles':[]}", .account = OPS_OTHER}),
    OPS_TEST(
        "A role is deleted once nothing hangs on it",
        {.call = "iam:CreateRole", .in = "{" ROLE("r", EC2) "}"},
        {.call = "iam:CreateInstanceProfile", .in = "{'InstanceProfileName':'p'}"},
        {.call = "iam:AddRoleToInstanceProfile",
         .in = "{'InstanceProfileName':'p','RoleName':'r'}"},
        {.call = "iam:AttachRolePolicy",
         .in = "{'RoleName':'r','PolicyArn':'arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess'}"},
        {.call = "iam:PutRolePolicy",
         .in = "{'RoleName':'r','PolicyName':'i','PolicyDocument':'{\\'Version\\':\\'2012-10-17\\',"
               "\\'Statement\\':[{\\'Effect\\':\\'Allow\\',\\'Action\\':\\'ec2:*\\',\\'Resource\\'"
               ":\\'*\\'}]}'}"},
        {.call = "iam:DeleteRole",
         .in = "{'RoleName':'r'}",
         .code = "DeleteConflict",
         .text = "Cannot delete entity, must remove roles from instance profile first."},
        {.call = "iam:RemoveRoleFromInstanceProfile",
         .in = "{'InstanceProfileName':'p','RoleName':'r'}"},
        {.call = "iam:DeleteRole",
         .in = "{'RoleName':'r'}",
         .code = "DeleteConflict",
         .text = "Cannot delete entity, must detach all policies first."},
        {.call = "iam:DetachRolePolicy",
         .in = "{'RoleName':'r','PolicyArn':'arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess'}"},
        {.call = "iam:DeleteRole",
         .in = "{'RoleName':'r'}",
         .code = "DeleteConflict",
         .text = "Cannot delete entity, must delete policies first."},
        {.call = "iam:DeleteRolePolicy", .in = "{'RoleName':'r','PolicyName':'i'}"},
        {.sql = "INSERT INTO iam_last_used (account, id, service, region, at_ms)"
                " SELECT account, id, 'ec2', 'us-east-1', 1767225600000 FROM iam_role",
         .number = -1},
        {.call = "iam:DeleteRole", .in = "{'RoleName':'r'}"},
        {.call = "iam:GetRole",
         .in = "{'RoleName':'r'}",
         .code = "NoSuchEntity",
         .text = "The role with name r cannot be found."},
        {.sql = "SELECT (SELECT count(*) FROM iam_role) + (SELECT count(*) FROM iam_last_used)",
         .number = 0}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
