/* Identity providers: OpenID Connect and SAML. */
#include "harness.h"
#include "saml_documents.h"

#define OIDC_ARN "arn:aws:iam::123456789012:oidc-provider/"
#define PRINT    "0123456789abcdef0123456789abcdef01234567"
#define PRINT_2  "9999999999abcdef0123456789abcdef01234567"

#define CREATE(url)                                                                                \
    {                                                                                              \
        .call = "iam:CreateOpenIDConnectProvider", .in = "{'Url':'" url "','ThumbprintList':[]}"   \
    }
#define REFUSED_URL(url)                                                                           \
    {                                                                                              \
        .call = "iam:CreateOpenIDConnectProvider", .in = "{'Url':'" url "','ThumbprintList':[]}",  \
        .code = "ValidationError", .text = "Invalid Open ID Connect Provider URL"                  \
    }
#define ON(arn) "{'OpenIDConnectProviderArn':'" arn "'}"

#define SAML_ARN "arn:aws:iam::123456789012:saml-provider/"
#define MAKE_SAML(name)                                                                            \
    {                                                                                              \
        .call = "iam:CreateSAMLProvider",                                                          \
        .in = "{'Name':'" name "','SAMLMetadataDocument':'" SAML_METADATA "'}"                     \
    }
#define ON_SAML              "{'SAMLProviderArn':'" SAML_ARN "campus'}"
#define CHANGE_SAML(members) "{'SAMLProviderArn':'" SAML_ARN "campus'," members "}"

static const struct ops_test tests[] = {
    OPS_TEST("An OpenID Connect provider is named by its URL without the scheme",
             {.call = "iam:CreateOpenIDConnectProvider",
              .in = "{'Url':'https://idp.example.com/realm/a','ClientIDList':['app','sts','app'],"
                    "'ThumbprintList':['" PRINT "'],'Tags':[{'Key':'a','Value':'b'}]}",
              .out = "{'OpenIDConnectProviderArn':'" OIDC_ARN "idp.example.com/realm/a',"
                     "'Tags':[{'Key':'a','Value':'b'}]}"},
             {.call = "iam:GetOpenIDConnectProvider",
              .in = ON(OIDC_ARN "idp.example.com/realm/a"),
              .out = "{'Url':'idp.example.com/realm/a','ClientIDList':['app','sts'],"
                     "'ThumbprintList':['" PRINT "'],'CreateDate':1767225600000,"
                     "'Tags':[{'Key':'a','Value':'b'}]}"},
             CREATE("https://localhost:8443"),
             {.call = "iam:ListOpenIDConnectProviders",
              .out = "{'OpenIDConnectProviderList':[{'Arn':'" OIDC_ARN "idp.example.com/realm/a'},"
                     "{'Arn':'" OIDC_ARN "localhost:8443'}]}"},
             {.call = "iam:ListOpenIDConnectProviders",
              .account = OPS_OTHER,
              .out = "{'OpenIDConnectProviderList':[]}"}),
    OPS_TEST("One provider a URL in each account", CREATE("https://idp.example.com"),
             {.call = "iam:CreateOpenIDConnectProvider",
              .in = "{'Url':'https://idp.example.com','ThumbprintList':[]}",
              .code = "EntityAlreadyExists",
              .text = "Provider with url https://idp.example.com already exists."},
             CREATE("https://idp.example.com/"),
             {.call = "iam:CreateOpenIDConnectProvider",
              .in = "{'Url':'https://idp.example.com','ThumbprintList':[]}",
              .account = OPS_OTHER}),
    OPS_TEST("The URL is https with a host, and has no user, query or fragment",
             REFUSED_URL("http://idp.example.com"), REFUSED_URL("idp.example.com"),
             REFUSED_URL("https://"), REFUSED_URL("https://idp.example.com/?a=b"),
             REFUSED_URL("https://idp.example.com/#a"), REFUSED_URL("https://me@idp.example.com"),
             REFUSED_URL("https://idp.example.com:port"), REFUSED_URL("https://[::1]/")),
    OPS_TEST("A provider has five thumbprints at most, of 40 hexadecimal digits",
             {.call = "iam:CreateOpenIDConnectProvider",
              .in = "{'Url':'https://idp.example.com','ThumbprintList':['" PRINT "','" PRINT
                    "','" PRINT "','" PRINT "','" PRINT "','" PRINT "']}",
              .code = "InvalidInput",
              .text = "Thumbprint list must contain fewer than 5 entries."},
             {.call = "iam:CreateOpenIDConnectProvider",
              .in = "{'Url':'https://idp.example.com','ThumbprintList':"
                    "['x123456789abcdef0123456789abcdef01234567']}",
              .code = "InvalidInput"},
             {.call = "iam:CreateOpenIDConnectProvider",
              .in = "{'Url':'https://idp.example.com','ThumbprintList':['abc']}",
              .code = "ValidationError"}),
    OPS_TEST("New thumbprints replace the old and forget the keys fetched under them",
             {.call = "iam:CreateOpenIDConnectProvider",
              .in = "{'Url':'https://idp.example.com','ThumbprintList':['" PRINT "']}"},
             {.sql = "INSERT INTO iam_oidc_keys (account, url, keys, fetched_ms) VALUES"
                     " ('123456789012', 'idp.example.com', '{}', 0)",
              .number = -1},
             {.call = "iam:UpdateOpenIDConnectProviderThumbprint",
              .in = "{'OpenIDConnectProviderArn':'" OIDC_ARN "idp.example.com','ThumbprintList':"
                    "['" PRINT_2 "']}",
              .sql = "SELECT count(*) FROM iam_oidc_keys",
              .number = 0},
             {.call = "iam:GetOpenIDConnectProvider",
              .in = ON(OIDC_ARN "idp.example.com"),
              .out = "{'ThumbprintList':['" PRINT_2 "']}"}),
    OPS_TEST("Adding a client id that is there and removing one that is not succeed",
             CREATE("https://idp.example.com"),
             {.call = "iam:AddClientIDToOpenIDConnectProvider",
              .in = "{'OpenIDConnectProviderArn':'" OIDC_ARN "idp.example.com','ClientID':'a'}"},
             {.call = "iam:AddClientIDToOpenIDConnectProvider",
              .in = "{'OpenIDConnectProviderArn':'" OIDC_ARN "idp.example.com','ClientID':'a'}"},
             {.call = "iam:AddClientIDToOpenIDConnectProvider",
              .in = "{'OpenIDConnectProviderArn':'" OIDC_ARN "idp.example.com','ClientID':'b'}"},
             {.call = "iam:RemoveClientIDFromOpenIDConnectProvider",
              .in = "{'OpenIDConnectProviderArn':'" OIDC_ARN "idp.example.com','ClientID':'c'}"},
             {.call = "iam:RemoveClientIDFromOpenIDConnectProvider",
              .in = "{'OpenIDConnectProviderArn':'" OIDC_ARN "idp.example.com','ClientID':'a'}"},
             {.call = "iam:GetOpenIDConnectProvider",
              .in = ON(OIDC_ARN "idp.example.com"),
              .out = "{'ClientIDList':['b']}"}),
    OPS_TEST("A provider has 100 client ids at most, an account 100 providers",
             CREATE("https://idp.example.com"),
             {.sql = "UPDATE iam_oidc_provider SET client_ids = (WITH RECURSIVE n(i) AS (SELECT 1"
                     " UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT"
                     " json_group_array('c' || i) FROM n)",
              .number = -1},
             {.call = "iam:AddClientIDToOpenIDConnectProvider",
              .in = "{'OpenIDConnectProviderArn':'" OIDC_ARN "idp.example.com','ClientID':'c'}",
              .code = "LimitExceeded",
              .text = "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"},
             {.call = "iam:AddClientIDToOpenIDConnectProvider",
              .in = "{'OpenIDConnectProviderArn':'" OIDC_ARN "idp.example.com','ClientID':'c7'}"},
             {.sql = "INSERT INTO iam_oidc_provider WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
                     " SELECT i + 1 FROM n WHERE i < 99) SELECT '123456789012', 'h' || i, '[]',"
                     " '[]', 0 FROM n",
              .number = -1},
             {.call = "iam:CreateOpenIDConnectProvider",
              .in = "{'Url':'https://one.more','ThumbprintList':[]}",
              .code = "LimitExceeded",
              .text = "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100"}),
    OPS_TEST("A provider is another account's affair, and a deleted one is gone with its tags",
             {.call = "iam:CreateOpenIDConnectProvider",
              .in = "{'Url':'https://"
                    "idp.example.com','ThumbprintList':[],'Tags':[{'Key':'a','Value':'b'}]}"},
             {.call = "iam:GetOpenIDConnectProvider",
              .in = ON(OIDC_ARN "idp.example.com"),
              .account = OPS_OTHER,
              .code = "NoSuchEntity"},
             {.call = "iam:DeleteOpenIDConnectProvider",
              .in = ON(OIDC_ARN "idp.example.com"),
              .account = OPS_OTHER},
             {.call = "iam:GetOpenIDConnectProvider", .in = ON(OIDC_ARN "idp.example.com")},
             {.call = "iam:DeleteOpenIDConnectProvider",
              .in = ON(OIDC_ARN "idp.example.com"),
              .sql = "SELECT count(*) FROM tag"},
             {.call = "iam:DeleteOpenIDConnectProvider", .in = ON(OIDC_ARN "idp.example.com")},
             {.call = "iam:GetOpenIDConnectProvider",
              .in = ON(OIDC_ARN "idp.example.com"),
              .code = "NoSuchEntity",
              .text = "OpenIDConnect Provider not found for arn " OIDC_ARN "idp.example.com"},
             {.call = "iam:GetOpenIDConnectProvider",
              .in = ON("arn:aws:iam::123456789012:role/a"),
              .code = "InvalidInput",
              .text = "ARN arn:aws:iam::123456789012:role/a is not valid."}),
    OPS_TEST(
        "A SAML provider is what its metadata says; it holds for 100 years when that is silent",
        {.call = "iam:CreateSAMLProvider",
         .in = "{'Name':'campus','SAMLMetadataDocument':'" SAML_METADATA
               "','Tags':[{'Key':'a','Value':'b'}]}",
         .out = "{'SAMLProviderArn':'" SAML_ARN "campus','Tags':[{'Key':'a','Value':'b'}]}"},
        {.call = "iam:GetSAMLProvider",
         .in = ON_SAML,
         .out = "{'SAMLProviderUUID':'~SAMLSP*','SAMLMetadataDocument':'" SAML_METADATA
                "','CreateDate':1767225600000,'ValidUntil':4920825600000,"
                "'AssertionEncryptionMode':null,'PrivateKeyList':[],"
                "'Tags':[{'Key':'a','Value':'b'}]}"},
        {.call = "iam:ListSAMLProviders",
         .out = "{'SAMLProviderList':[{'Arn':'" SAML_ARN
                "campus','CreateDate':1767225600000,'ValidUntil':4920825600000}]}"},
        {.call = "iam:ListSAMLProviders", .account = OPS_OTHER, .out = "{'SAMLProviderList':[]}"}),
    OPS_TEST("Names of SAML providers are unique in an account, and there are 100 at most",
             MAKE_SAML("campus"),
             {.call = "iam:CreateSAMLProvider",
              .in = "{'Name':'campus','SAMLMetadataDocument':'" SAML_METADATA "'}",
              .code = "EntityAlreadyExists"},
             {.sql = "INSERT INTO iam_saml_provider (account, name, id, metadata, issuer,"
                     " certificates, valid_until_ms, created_ms) WITH RECURSIVE n(i) AS (SELECT 1"
                     " UNION ALL SELECT i + 1 FROM n WHERE i < 99) SELECT '123456789012', 'p' || i,"
                     " 'i' || i, '', '', '[]', 0, 0 FROM n",
              .number = -1},
             {.call = "iam:CreateSAMLProvider",
              .in = "{'Name':'more','SAMLMetadataDocument':'" SAML_METADATA "'}",
              .code = "LimitExceeded",
              .text = "Cannot exceed quota for SAMLProvidersPerAccount: 100"}),
    OPS_TEST("Metadata must be a provider's, and a refused update leaves the old",
             {.call = "iam:CreateSAMLProvider",
              .in = "{'Name':'campus','SAMLMetadataDocument':'<!-- " SAML_METADATA "'}",
              .code = "InvalidInput",
              .text = "Could not parse metadata."},
             MAKE_SAML("campus"),
             {.call = "iam:UpdateSAMLProvider",
              .in = CHANGE_SAML("'SAMLMetadataDocument':'<a>" SAML_METADATA "'"),
              .code = "InvalidInput"},
             {.call = "iam:GetSAMLProvider",
              .in = ON_SAML,
              .out = "{'SAMLMetadataDocument':'" SAML_METADATA "'}"}),
    OPS_TEST("An update says what changes, and does not add and remove a key at once",
             MAKE_SAML("campus"),
             {.call = "iam:UpdateSAMLProvider",
              .in = ON_SAML,
              .code = "InvalidInput",
              .text = "Unable to update identity provider. No updates are defined for metadata or "
                      "encryption assertion."},
             {.call = "iam:UpdateSAMLProvider",
              .in = CHANGE_SAML("'AddPrivateKey':'x','RemovePrivateKey':'AAAAAAAAAAAAAAAAAAAAAA'"),
              .code = "InvalidInput",
              .text = "Unable to add and remove private keys in the same request. Set a value for "
                      "only one of the two parameters."}),
    OPS_TEST(
        "A provider has two RSA keys at most, and encryption is required only with one",
        MAKE_SAML("campus"),
        {.call = "iam:UpdateSAMLProvider",
         .in = CHANGE_SAML("'AssertionEncryptionMode':'Required'"),
         .code = "InvalidInput",
         .text = "Unable to set assertion encryption mode to Required because no private key "
                 "is provided."},
        {.call = "iam:UpdateSAMLProvider",
         .in = CHANGE_SAML("'AddPrivateKey':'-----BEGIN PRIVATE KEY-----'"),
         .code = "InvalidInput",
         .text = "Invalid private key."},
        {.call = "iam:UpdateSAMLProvider",
         .in = CHANGE_SAML("'AddPrivateKey':'" SAML_KEY "','AssertionEncryptionMode':'Required'"),
         .out = "{'SAMLProviderArn':'" SAML_ARN "campus'}"},
        {.call = "iam:GetSAMLProvider",
         .in = ON_SAML,
         .out = "{'AssertionEncryptionMode':'Required','PrivateKeyList':[{'KeyId':'~SAMLPK*',"
                "'Timestamp':1767225600000}]}",
         .save = "key=PrivateKeyList.0.KeyId"},
        {.call = "iam:UpdateSAMLProvider",
         .in = CHANGE_SAML("'RemovePrivateKey':'$key'"),
         .code = "InvalidInput",
         .text = "Failed to remove private key."},
        {.call = "iam:UpdateSAMLProvider",
         .in = CHANGE_SAML("'RemovePrivateKey':'AAAAAAAAAAAAAAAAAAAAAA'"),
         .code = "InvalidInput",
         .text = "Failed to remove private key because the Key ID does not match a private "
                 "key."},
        {.call = "iam:UpdateSAMLProvider", .in = CHANGE_SAML("'AddPrivateKey':'" SAML_KEY "'")},
        {.call = "iam:UpdateSAMLProvider",
         .in = CHANGE_SAML("'AddPrivateKey':'" SAML_KEY "'"),
         .code = "LimitExceeded",
         .text = "Private key limit of 2 is reached."},
        {.call = "iam:UpdateSAMLProvider",
         .in = CHANGE_SAML("'RemovePrivateKey':'$key'"),
         .sql = "SELECT count(*) FROM iam_saml_key",
         .number = 1}),
    OPS_TEST("A SAML provider is another account's affair, and goes with its keys and tags",
             {.call = "iam:CreateSAMLProvider",
              .in = "{'Name':'campus','SAMLMetadataDocument':'" SAML_METADATA
                    "','AddPrivateKey':'" SAML_KEY "','Tags':[{'Key':'a','Value':'b'}]}"},
             {.call = "iam:DeleteSAMLProvider",
              .in = ON_SAML,
              .account = OPS_OTHER,
              .code = "NoSuchEntity"},
             {.call = "iam:DeleteSAMLProvider",
              .in = ON_SAML,
              .sql = "SELECT (SELECT count(*) FROM tag) + (SELECT count(*) FROM iam_saml_key)"},
             {.call = "iam:GetSAMLProvider",
              .in = ON_SAML,
              .code = "NoSuchEntity",
              .text = "Manifest not found for arn " SAML_ARN "campus"},
             {.call = "iam:GetSAMLProvider",
              .in = "{'SAMLProviderArn':'arn:aws:iam::123456789012:role/a'}",
              .code = "InvalidInput"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
