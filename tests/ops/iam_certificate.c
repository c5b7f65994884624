/* Server certificates of an account, and signing certificates of users. */
#include "harness.h"
#include "iam_certificates.h"

#define ARN "arn:aws:iam::123456789012:server-certificate"
#define UPLOAD(body, key, more)                                                                    \
    .call = "iam:UploadServerCertificate",                                                         \
    .in = "{'ServerCertificateName':'www','CertificateBody':'" body "','PrivateKey':'" key         \
          "'" more "}"
/* The white space around it is not kept. */
#define TRIMMED "~-----BEGIN CERTIFICATE-----*-----END CERTIFICATE-----"
#define USER                                                                                       \
    {                                                                                              \
        .call = "iam:CreateUser", .in = "{'UserName':'alice'}"                                     \
    }
#define SIGN(body)                                                                                 \
    .call = "iam:UploadSigningCertificate",                                                        \
    .in = "{'UserName':'alice','CertificateBody':'" body "'}"

static const struct ops_test tests[] = {
    OPS_TEST("A server certificate is shown with its dates, never with its key",
             {UPLOAD(LEAF_PEM, LEAF_KEY,
                     ",'CertificateChain':'" CA_PEM "','Path':'/cloudfront/',"
                     "'Tags':[{'Key':'a','Value':'b'}]"),
              .out = "{'ServerCertificateMetadata':{'ServerCertificateName':'www',"
                     "'Path':'/cloudfront/','Arn':'" ARN "/cloudfront/www',"
                     "'ServerCertificateId':'~ASCA*','UploadDate':1767225600000,"
                     "'Expiration':4949118558000},'Tags':[{'Key':'a','Value':'b'}]}",
              .sql = "SELECT count(*) FROM iam_server_certificate WHERE private_key LIKE"
                     " '%PRIVATE KEY%'",
              .number = 1},
             {.call = "iam:GetServerCertificate",
              .in = "{'ServerCertificateName':'www'}",
              .out = "{'ServerCertificate':{'CertificateBody':'" TRIMMED
                     "','CertificateChain':'" TRIMMED "','PrivateKey':null,"
                     "'Tags':[{'Key':'a','Value':'b'}],"
                     "'ServerCertificateMetadata':{'ServerCertificateName':'www'}}}"},
             {.call = "iam:ListServerCertificates",
              .in = "{'PathPrefix':'/cloudfront/'}",
              .out = "{'ServerCertificateMetadataList':[{'ServerCertificateName':'www'}]}"},
             {.call = "iam:ListServerCertificates",
              .in = "{'PathPrefix':'/other/'}",
              .out = "{'ServerCertificateMetadataList':[]}"}),
    OPS_TEST("What is no certificate, and what is no key, is refused",
             {UPLOAD("hello", LEAF_KEY, ""), .code = "MalformedCertificate",
              .text = "Unable to parse certificate. Please ensure the certificate is in PEM "
                      "format."},
             {UPLOAD(LEAF_PEM, "hello", ""), .code = "MalformedCertificate"},
             {UPLOAD(LEAF_PEM, LEAF_KEY_ENCRYPTED, ""), .code = "MalformedCertificate"},
             {.call = "iam:ListServerCertificates", .out = "{'ServerCertificateMetadataList':[]}"}),
    OPS_TEST("The key must be the certificate's",
             {UPLOAD(OTHER_PEM, LEAF_KEY, ""), .code = "KeyPairMismatch"}),
    OPS_TEST("The chain begins with the certificate's issuer",
             {UPLOAD(LEAF_PEM, LEAF_KEY, ",'CertificateChain':'" OTHER_PEM "'"),
              .code = "MalformedCertificate",
              .text = "~Unable to validate certificate chain. * invalid certificate is: 0"},
             {UPLOAD(LEAF_PEM, LEAF_KEY, ",'CertificateChain':'" CA_PEM OTHER_PEM "'"),
              .code = "MalformedCertificate",
              .text = "~Unable to validate certificate chain. * invalid certificate is: 1"},
             {UPLOAD(LEAF_PEM, LEAF_KEY, ",'CertificateChain':'hello'"),
              .code = "MalformedCertificate",
              .text = "~Unable to validate certificate chain. * invalid certificate is: -1"}),
    OPS_TEST(
        "A name is taken whatever its case; a certificate gets another, and another path",
        {UPLOAD(LEAF_PEM, LEAF_KEY, "")},
        {.call = "iam:UploadServerCertificate",
         .in = "{'ServerCertificateName':'WWW','CertificateBody':'" LEAF_PEM
               "','PrivateKey':'" LEAF_KEY "'}",
         .code = "EntityAlreadyExists",
         .text = "The Server Certificate with name WWW already exists."},
        {.call = "iam:UpdateServerCertificate",
         .in = "{'ServerCertificateName':'www','NewServerCertificateName':'Web',"
               "'NewPath':'/new/'}"},
        {.call = "iam:GetServerCertificate",
         .in = "{'ServerCertificateName':'web'}",
         .out = "{'ServerCertificate':{'ServerCertificateMetadata':{'Arn':'" ARN "/new/Web'}}}"},
        {UPLOAD(LEAF_PEM, LEAF_KEY, "")},
        {.call = "iam:UpdateServerCertificate",
         .in = "{'ServerCertificateName':'www','NewServerCertificateName':'WEB'}",
         .code = "EntityAlreadyExists"},
        {.call = "iam:DeleteServerCertificate", .in = "{'ServerCertificateName':'www'}"},
        {.call = "iam:DeleteServerCertificate",
         .in = "{'ServerCertificateName':'www'}",
         .code = "NoSuchEntity",
         .text = "The Server Certificate with name www cannot be found."}),
    OPS_TEST("An account has at most twenty server certificates",
             {.sql = "INSERT INTO iam_server_certificate (account, name, path, id, body,"
                     " private_key, created_ms, expires_ms) WITH RECURSIVE n (i) AS (SELECT 1"
                     " UNION ALL SELECT i + 1 FROM n WHERE i < 20) SELECT '123456789012', 'c' || i,"
                     " '/', 'ASCA' || i, '', '', 0, 0 FROM n",
              .number = -1},
             {UPLOAD(LEAF_PEM, LEAF_KEY, ""), .code = "LimitExceeded",
              .text = "Cannot exceed quota for ServerCertificatesPerAccount: 20"}),
    OPS_TEST("A user has at most two signing certificates, each once, none of them expired", USER,
             {SIGN(LEAF_PEM),
              .out = "{'Certificate':{'UserName':'alice','CertificateId':'~*','Status':'Active',"
                     "'CertificateBody':'" LEAF_PEM "','UploadDate':1767225600000}}",
              .save = "id=Certificate.CertificateId"},
             {SIGN(LEAF_PEM), .code = "DuplicateCertificate"},
             {SIGN(OLD_PEM), .code = "InvalidCertificate"},
             {SIGN("hello"), .code = "MalformedCertificate"}, {SIGN(OTHER_PEM)},
             {SIGN(CA_PEM), .code = "LimitExceeded",
              .text = "Cannot exceed quota for SigningCertificatesPerUser: 2"},
             {.call = "iam:UpdateSigningCertificate",
              .in = "{'UserName':'alice','CertificateId':'$id','Status':'Inactive'}"},
             {.call = "iam:ListSigningCertificates",
              .in = "{'UserName':'alice'}",
              .out = "{'Certificates':[{'CertificateId':'$id','Status':'Inactive'},"
                     "{'Status':'Active'}]}"},
             {.call = "iam:DeleteUser",
              .in = "{'UserName':'alice'}",
              .code = "DeleteConflict",
              .text = "Cannot delete entity, must delete certificates first."},
             {.call = "iam:DeleteSigningCertificate",
              .in = "{'UserName':'alice','CertificateId':'$id'}"},
             {.call = "iam:DeleteSigningCertificate",
              .in = "{'UserName':'alice','CertificateId':'$id'}",
              .code = "NoSuchEntity"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
