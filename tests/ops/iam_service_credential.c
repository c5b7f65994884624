/* What users have for services that do not sign as AWS does: SSH keys, and names with passwords. */
#include "harness.h"
#include "iam_certificates.h"

#define USER                                                                                       \
    {                                                                                              \
        .call = "iam:CreateUser", .in = "{'UserName':'alice'}"                                     \
    }
#define UPLOAD(body)                                                                               \
    .call = "iam:UploadSSHPublicKey", .in = "{'UserName':'alice','SSHPublicKeyBody':'" body "'}"
#define CREATE(service)                                                                            \
    .call = "iam:CreateServiceSpecificCredential",                                                 \
    .in = "{'UserName':'alice','ServiceName':'" service ".amazonaws.com'}"
#define BY_ID "{'UserName':'alice','ServiceSpecificCredentialId':'$id'}"

static const struct ops_test tests[] = {
    OPS_TEST("An SSH key has an id and the MD5 that ssh-keygen shows", USER,
             {UPLOAD(SSH_RSA " alice@home"),
              .out = "{'SSHPublicKey':{'UserName':'alice','SSHPublicKeyId':'~APKA*',"
                     "'Fingerprint':'" SSH_RSA_MD5 "','SSHPublicKeyBody':'" SSH_RSA
                     " alice@home','Status':'Active','UploadDate':1767225600000}}",
              .save = "id=SSHPublicKey.SSHPublicKeyId"},
             {.call = "iam:GetSSHPublicKey",
              .in = "{'UserName':'alice','SSHPublicKeyId':'$id','Encoding':'SSH'}",
              .out = "{'SSHPublicKey':{'SSHPublicKeyBody':'" SSH_RSA "'}}"},
             {.call = "iam:GetSSHPublicKey",
              .in = "{'UserName':'alice','SSHPublicKeyId':'$id','Encoding':'PEM'}",
              .out = "{'SSHPublicKey':{'SSHPublicKeyBody':'~-----BEGIN PUBLIC KEY-----*'}}",
              .save = "pem=SSHPublicKey.SSHPublicKeyBody"},
             {.call = "iam:ListSSHPublicKeys",
              .in = "{'UserName':'alice'}",
              .out = "{'SSHPublicKeys':[{'UserName':'alice','SSHPublicKeyId':'$id',"
                     "'Status':'Active','UploadDate':1767225600000}]}"}),
    OPS_TEST("Only RSA keys of 2,048 bits do, each once", USER, {UPLOAD(SSH_RSA)},
             {UPLOAD(SSH_RSA), .code = "DuplicateSSHPublicKey"},
             {UPLOAD(SSH_ED25519), .code = "InvalidPublicKey"},
             {UPLOAD("hello"), .code = "UnrecognizedPublicKeyEncoding"}, {UPLOAD(SSH_RSA_2)}),
    OPS_TEST(
        "An SSH key is switched off and deleted, and keeps its user", USER,
        {UPLOAD(SSH_RSA), .save = "id=SSHPublicKey.SSHPublicKeyId"},
        {.call = "iam:UpdateSSHPublicKey",
         .in = "{'UserName':'alice','SSHPublicKeyId':'$id','Status':'Inactive'}"},
        {.call = "iam:ListSSHPublicKeys",
         .in = "{'UserName':'alice'}",
         .out = "{'SSHPublicKeys':[{'Status':'Inactive'}]}"},
        {.call = "iam:DeleteUser",
         .in = "{'UserName':'alice'}",
         .code = "DeleteConflict",
         .text = "Cannot delete entity, must remove referenced objects first."},
        {.call = "iam:DeleteSSHPublicKey", .in = "{'UserName':'alice','SSHPublicKeyId':'$id'}"},
        {.call = "iam:GetSSHPublicKey",
         .in = "{'UserName':'alice','SSHPublicKeyId':'$id','Encoding':'SSH'}",
         .code = "NoSuchEntity"}),
    OPS_TEST("A user has at most five SSH keys", USER,
             {.sql = "INSERT INTO iam_ssh_key (id, account, user_id, body, fingerprint, active,"
                     " created_ms) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                     " WHERE i < 5) SELECT 'APKA' || i, e.account, e.id, '', '', 1, 0 FROM n,"
                     " iam_entity e",
              .number = -1},
             {UPLOAD(SSH_RSA), .code = "LimitExceeded",
              .text = "Cannot exceed quota for SSHPublicKeysPerUser: 5"}),
    OPS_TEST("A service knows a user by a name and a password, which is shown once", USER,
             {CREATE("codecommit"),
              .out = "{'ServiceSpecificCredential':{'UserName':'alice',"
                     "'ServiceName':'codecommit.amazonaws.com',"
                     "'ServiceUserName':'alice-at-123456789012','ServicePassword':'~*=',"
                     "'ServiceSpecificCredentialId':'~ACCA*','Status':'Active',"
                     "'CreateDate':1767225600000,'ExpirationDate':null}}",
              .save = "id=ServiceSpecificCredential.ServiceSpecificCredentialId",
              .sql = "SELECT length(hash) FROM iam_service_credential", .number = 64},
             {.call = "iam:ListServiceSpecificCredentials",
              .in = "{'UserName':'alice'}",
              .out = "{'ServiceSpecificCredentials':[{'ServiceSpecificCredentialId':'$id',"
                     "'ServicePassword':null,'ServiceUserName':'alice-at-123456789012'}]}"},
             {.call = "iam:ResetServiceSpecificCredential",
              .in = BY_ID,
              .out = "{'ServiceSpecificCredential':{'ServicePassword':'~*=',"
                     "'ServiceSpecificCredentialId':'$id'}}"}),
    OPS_TEST("A user has two of a service, under different names", USER, {CREATE("codecommit")},
             {CREATE("codecommit"), .out = "{'ServiceSpecificCredential':{'ServiceUserName':"
                                           "'alice+1-at-123456789012'}}"},
             {CREATE("codecommit"), .code = "LimitExceeded",
              .text = "Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2"},
             {CREATE("cassandra")},
             {.call = "iam:ListServiceSpecificCredentials",
              .in = "{'UserName':'alice','ServiceName':'cassandra.amazonaws.com'}",
              .out = "{'ServiceSpecificCredentials':[{'ServiceName':"
                     "'cassandra.amazonaws.com'}]}"},
             {.call = "iam:ListServiceSpecificCredentials",
              .in = "{'AllUsers':true}",
              .out = "{'ServiceSpecificCredentials':[{},{},{}]}"},
             {CREATE("ec2"), .code = "NotSupportedService"}),
    OPS_TEST("An API key lives for so many days", USER,
             {.call = "iam:CreateServiceSpecificCredential",
              .in = "{'UserName':'alice','ServiceName':'bedrock.amazonaws.com',"
                    "'CredentialAgeDays':1}",
              .out = "{'ServiceSpecificCredential':{'ServiceCredentialAlias':'~*',"
                     "'ServiceCredentialSecret':'~ABSK*','ServiceUserName':null,"
                     "'ServicePassword':null,'ExpirationDate':1767312000000}}"},
             {.call = "iam:ListServiceSpecificCredentials",
              .in = "{'UserName':'alice'}",
              .out = "{'ServiceSpecificCredentials':[{'Status':'Expired'}]}",
              .advance_ms = INT64_C(86400000)},
             {.call = "iam:CreateServiceSpecificCredential",
              .in = "{'UserName':'alice','ServiceName':'codecommit.amazonaws.com',"
                    "'CredentialAgeDays':1}",
              .code = "ValidationError"}),
    OPS_TEST(
        "It is switched off and deleted", USER,
        {CREATE("codecommit"), .save = "id=ServiceSpecificCredential.ServiceSpecificCredentialId"},
        {.call = "iam:UpdateServiceSpecificCredential",
         .in = "{'UserName':'alice','ServiceSpecificCredentialId':'$id',"
               "'Status':'Inactive'}"},
        {.call = "iam:ListServiceSpecificCredentials",
         .in = "{'UserName':'alice'}",
         .out = "{'ServiceSpecificCredentials':[{'Status':'Inactive'}]}"},
        {.call = "iam:DeleteUser",
         .in = "{'UserName':'alice'}",
         .code = "DeleteConflict",
         .text = "Cannot delete entity, must remove referenced objects first."},
        {.call = "iam:DeleteServiceSpecificCredential", .in = BY_ID},
        {.call = "iam:DeleteServiceSpecificCredential", .in = BY_ID, .code = "NoSuchEntity"},
        {.call = "iam:ResetServiceSpecificCredential", .in = BY_ID, .code = "NoSuchEntity"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
