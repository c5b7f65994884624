/* Ways around a deny: another spelling, another way to name the same thing, another path to it. Bob
 * may do everything but what a statement denies. */
#include "authorize.h"
#include "iam_certificates.h"
#include "saml_documents.h"

#define ARN(thing) "arn:aws:iam::" OPS_ACCOUNT ":" thing
#define BUT(action, resource)                                                                      \
    POLICY(DOCUMENT(STATEMENT("Allow", "*", "*", "") "," STATEMENT("Deny", action, resource, "")))
#define TRUST_BOB                                                                                  \
    "'{\\'Version\\':\\'2012-10-17\\',\\'Statement\\':[{\\'Effect\\':\\'Allow\\',"                 \
    "\\'Principal\\':{\\'AWS\\':\\'" BOB_ARN "\\'},\\'Action\\':\\'sts:AssumeRole\\'}]}'"
#define EXPLICITLY "~*with an explicit deny in an identity-based policy*"
#define DEVICE(name)                                                                               \
    {                                                                                              \
        .call = "iam:CreateVirtualMFADevice", .in = "{'VirtualMFADeviceName':'" name "'}"          \
    }
#define MISSING(operation, input)                                                                  \
    {                                                                                              \
        .call = operation, .in = input, AS_BOB, .code = "NoSuchEntity"                             \
    }
#define CERTIFICATE                                                                                \
    {                                                                                              \
        .call = "iam:UploadServerCertificate",                                                     \
        .in = "{'ServerCertificateName':'front','Path':'/web/','CertificateBody':'" LEAF_PEM       \
              "','PrivateKey':'" LEAF_KEY "'}"                                                     \
    }
#define TAG_TWO(first, second)                                                                     \
    "{'Resources':['$group'],'Tags':[{'Key':'" first "','Value':'mallory'},{'Key':'" second        \
    "','Value':'bob'}]}"

static const struct ops_test tests[] = {
    /* --- spelling --- */
    OPS_TEST(
        "the serial number of an MFA device is compared with its case", USER, DEVICE("admin"),
        BUT("iam:*", ARN("mfa/admin")),
        DENIED("iam:DeleteVirtualMFADevice", "{'SerialNumber':'" ARN("mfa/admin") "'}", EXPLICITLY),
        MISSING("iam:DeleteVirtualMFADevice", "{'SerialNumber':'" ARN("mfa/ADMIN") "'}"),
        MISSING("iam:DeleteVirtualMFADevice", "{'SerialNumber':'" ARN("MFA/admin") "'}"),
        MISSING("iam:ListMFADeviceTags", "{'SerialNumber':'" ARN("mfa/Admin") "'}")),
    OPS_TEST(
        "the ARN of a SAML provider is compared with its case, and has no region", USER,
        {.call = "iam:CreateSAMLProvider",
         .in = "{'Name':'campus','SAMLMetadataDocument':'" SAML_METADATA "'}"},
        BUT("iam:*", ARN("saml-provider/campus")),
        DENIED("iam:DeleteSAMLProvider", "{'SAMLProviderArn':'" ARN("saml-provider/campus") "'}",
               EXPLICITLY),
        MISSING("iam:DeleteSAMLProvider", "{'SAMLProviderArn':'" ARN("saml-provider/CAMPUS") "'}"),
        MISSING("iam:GetSAMLProvider", "{'SAMLProviderArn':'arn:aws:iam:us-east-1:" OPS_ACCOUNT
                                       ":saml-provider/campus'}")),
    OPS_TEST("the ARN of an OpenID Connect provider has no region", USER,
             {.call = "iam:CreateOpenIDConnectProvider",
              .in = "{'Url':'https://idp.example.com','ThumbprintList':[]}"},
             BUT("iam:*", ARN("oidc-provider/*")),
             MISSING("iam:GetOpenIDConnectProvider",
                     "{'OpenIDConnectProviderArn':'arn:aws:iam:us-east-1:" OPS_ACCOUNT
                     ":oidc-provider/idp.example.com'}"),
             {.call = "iam:DeleteOpenIDConnectProvider",
              .in = "{'OpenIDConnectProviderArn':'arn:aws:iam:us-east-1:" OPS_ACCOUNT
                    ":oidc-provider/idp.example.com'}",
              AS_BOB,
              .sql = "SELECT count(*) FROM iam_oidc_provider",
              .number = 1}),
    OPS_TEST(
        "a server certificate is judged by its own name, however the request spells it", USER,
        CERTIFICATE, BUT("iam:*", ARN("server-certificate/web/front")),
        DENIED("iam:DeleteServerCertificate", "{'ServerCertificateName':'FRONT'}", EXPLICITLY)),
    OPS_TEST("a tag beside another that differs in case does not hide it", USER,
             {.call = "CreateSecurityGroup",
              .in = "{'GroupName':'lab','Description':'x'}",
              .save = "group=GroupId"},
             POLICY(DOCUMENT(STATEMENT(
                 "Allow", "ec2:CreateTags", "*",
                 CONDITION("StringEquals", "aws:RequestTag/Owner",
                           "bob")) "," STATEMENT("Allow", "ec2:DeleteSecurityGroup", "*",
                                                 CONDITION("StringEquals", "aws:ResourceTag/Owner",
                                                           "bob")))),
             REFUSED("CreateTags", TAG_TWO("Owner", "owner"), NULL),
             REFUSED("CreateTags", TAG_TWO("Owner", "OWNER"), NULL),
             {.call = "CreateTags", .in = TAG_TWO("Owner", "OWNER")},
             REFUSED("DeleteSecurityGroup", "{'GroupId':'$group'}", NULL)),
    OPS_TEST(
        "a version behind a parameter's name, or a foreign account and region in its ARN, names "
        "the same parameter",
        USER, BUT("ssm:*", "arn:aws:ssm:us-east-1::parameter/aws/service/ami-none"),
        {.call = "ssm:GetParameter",
         .in = "{'Name':'/aws/service/ami-none:1'}",
         AS_BOB,
         .code = "AccessDeniedException"},
        {.call = "ssm:GetParameter",
         .in = "{'Name':'arn:aws:ssm:eu-west-1:" OPS_OTHER ":parameter/aws/service/ami-none:1'}",
         AS_BOB,
         .code = "AccessDeniedException"},
        {.call = "ssm:GetParameter",
         .in = "{'Name':'/aws/service/ami-other:1'}",
         AS_BOB,
         .code = "ParameterNotFound"}),

    OPS_TEST(
        "a session whose managed policy is deleted may nothing, lest it shed what that denied",
        USER, POLICY(ALLOW("sts:AssumeRole", "*")),
        {.call = "iam:CreateRole",
         .in = "{'RoleName':'app','AssumeRolePolicyDocument':" TRUST_BOB "}",
         .save = "role=Role.Arn"},
        {.call = "iam:PutRolePolicy",
         .in = "{'RoleName':'app','PolicyName':'all','PolicyDocument':" ALLOW("*", "*") "}"},
        {.call = "iam:CreatePolicy",
         .in = "{'PolicyName':'all','PolicyDocument':" ALLOW("*", "*") "}"},
        {.call = "iam:CreatePolicy",
         .in = "{'PolicyName':'but','PolicyDocument':" DOCUMENT(
             STATEMENT("Deny", "iam:*", "*", "")) "}"},
        {.call = "sts:AssumeRole",
         .in = "{'RoleArn':'$role','RoleSessionName':'lab','PolicyArns':[{'arn':'" POLICY_ARN
               "/all'},{'arn':'" POLICY_ARN "/but'}]}",
         AS_BOB,
         .save = "s=Credentials.AccessKeyId"},
        {.call = "DescribeVpcs", .who = "$s", .judged = true},
        {.call = "iam:ListUsers", .who = "$s", .judged = true, .code = "AccessDenied"},
        {.call = "iam:DeletePolicy", .in = "{'PolicyArn':'" POLICY_ARN "/but'}"},
        {.call = "iam:ListUsers",
         .who = "$s",
         .judged = true,
         .code = "AccessDenied",
         .text = "~*because no session policy allows the iam:ListUsers action"},
        {.call = "DescribeVpcs", .who = "$s", .judged = true, .code = "UnauthorizedOperation"}),

    /* --- another way to the same thing --- */
    OPS_TEST(
        "an MFA device without its user's name is asked for upon the user who has it", USER,
        {.call = "iam:CreateUser", .in = "{'UserName':'eve'}", .save = "eve=User.UserId"},
        DEVICE("hers"), DEVICE("spare"),
        {.sql = "UPDATE iam_mfa_device SET user_id ="
                " (SELECT id FROM iam_entity WHERE name = 'eve') WHERE serial LIKE '%hers'",
         .number = -1},
        POLICY(
            DOCUMENT(STATEMENT("Allow", "iam:GetMFADevice", ARN("user/team/${aws:username}"), ""))),
        DENIED("iam:GetMFADevice", "{'SerialNumber':'" ARN("mfa/hers") "'}",
               "~*on resource: user eve because*"),
        DENIED("iam:GetMFADevice", "{'SerialNumber':'" ARN("mfa/spare") "'}", NULL),
        DENIED("iam:GetMFADevice", "{'SerialNumber':'" ARN("mfa/none") "'}", NULL),
        {.sql = "UPDATE iam_mfa_device SET user_id = '" BOB_ID "' WHERE serial LIKE '%spare'",
         .number = -1},
        MAY("iam:GetMFADevice", "{'SerialNumber':'" ARN("mfa/spare") "'}"),
        MISSING("iam:GetMFADevice", "{'SerialNumber':'" ARN("mfa/hers") "','UserName':'bob'}")),
    OPS_TEST(
        "what moves to another path is judged where it goes as well", USER, CERTIFICATE,
        {.call = "iam:CreateUser", .in = "{'UserName':'eve','Path':'/staff/'}"},
        {.call = "iam:CreateGroup", .in = "{'GroupName':'lab','Path':'/staff/'}"},
        POLICY(DOCUMENT(STATEMENT("Allow", "iam:Update*", ARN("user/staff/*"), "") "," STATEMENT(
            "Allow", "iam:Update*", ARN("group/staff/*"),
            "") "," STATEMENT("Allow", "iam:Update*", ARN("server-certificate/web/*"), ""))),
        DENIED("iam:UpdateUser", "{'UserName':'eve','NewPath':'/admin/'}",
               "~*:user/admin/eve because*"),
        DENIED("iam:UpdateUser", "{'UserName':'eve','NewUserName':'EVE','NewPath':'/admin/'}",
               NULL),
        DENIED("iam:UpdateGroup", "{'GroupName':'lab','NewPath':'/admin/'}",
               "~*:group/admin/lab because*"),
        DENIED("iam:UpdateServerCertificate",
               "{'ServerCertificateName':'front','NewPath':'/admin/'}",
               "~*:server-certificate/admin/front because*"),
        MAY("iam:UpdateUser", "{'UserName':'eve','NewPath':'/staff/lab/'}"),
        MAY("iam:UpdateGroup", "{'GroupName':'lab','NewPath':'/staff/lab/'}"),
        MAY("iam:UpdateServerCertificate",
            "{'ServerCertificateName':'front','NewPath':'/web/lab/'}")),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
