/* Key pairs: made, imported, described, deleted. The keys here were made for these tests. */
#include "harness.h"

static const struct ops_test tests[] = {
    OPS_TEST(
        "A key pair is RSA in PEM unless asked otherwise, and its private key is kept nowhere",
        {.call = "CreateKeyPair",
         .in = "{'KeyName':'lab','TagSpecifications':[{'ResourceType':'key-pair','Tags':[{'Key':'a'"
               ",'Value':'b'}]}]}",
         .out = "{'KeyName':'lab','KeyPairId':'~key-0*','KeyMaterial':'~-----BEGIN RSA PRIVATE "
                "KEY-----*-----END RSA"
                " PRIVATE KEY-----','KeyFingerprint':'~*:*:*','Tags':[{'Key':'a','Value':'b'}]}",
         .save = "id=KeyPairId print=KeyFingerprint"},
        {.call = "DescribeKeyPairs",
         .out = "{'KeyPairs':[{'KeyPairId':'$id','KeyName':'lab','KeyType':'rsa','KeyFingerprint':'"
                "$print',"
                "'CreateTime':1767225600000,'PublicKey':null,'Tags':[{'Key':'a','Value':'b'}]}]}"},
        {.call = "DescribeKeyPairs",
         .in = "{'KeyNames':['lab'],'IncludePublicKey':true}",
         .out = "{'KeyPairs':[{'PublicKey':'~ssh-rsa AAAA* lab'}]}",
         .sql = "SELECT count(*) FROM ec2_key_pair WHERE public_key LIKE '%PRIVATE%'"}),
    OPS_TEST(
        "Ed25519 keys come in OpenSSH's format, both kinds in PuTTY's where asked",
        {.call = "CreateKeyPair",
         .in = "{'KeyName':'ed','KeyType':'ed25519'}",
         .out = "{'KeyMaterial':'~-----BEGIN OPENSSH PRIVATE KEY-----*','KeyFingerprint':'~*='}"},
        {.call = "CreateKeyPair",
         .in = "{'KeyName':'p','KeyFormat':'ppk'}",
         .out = "{'KeyMaterial':'~PuTTY-User-Key-File-2: ssh-rsa*Encryption: none*Comment: "
                "p*Public-Lines: 6*"
                "Private-Lines: 14*Private-MAC: *'}"},
        {.call = "CreateKeyPair",
         .in = "{'KeyName':'q','KeyFormat':'ppk','KeyType':'ed25519'}",
         .out = "{'KeyMaterial':'~PuTTY-User-Key-File-2: ssh-ed25519*Public-Lines: "
                "2*Private-Lines: 1*'}"}),
    OPS_TEST(
        "The same RSA key has one fingerprint in every form that it is imported in",
        {.call = "ImportKeyPair",
         .in = "{'KeyName':'line','PublicKeyMaterial':'"
               "c3NoLXJzYSBBQUFBQjNOemFDMXljMkVBQUFBREFRQUJBQUFCQVFDZVJqS3QwTGVUOGRYUm9TZVdJQll2bmd"
               "ubXNnczlmUWMvWXM0YjlMaEY0K0xqb0d4ckc2T21PaFE4WnN6MTdlaGFUTnM2dmlVLy90MjVuYURZL0pwRE"
               "VCSndIK0lZVloyOTFHVVhZMEl6NnRUN2d6b1ZDTmlpTWZpcmdsRzhNenM0anZaa1c0Z3JPM09MU20remhCc"
               "2Y4b2lSVDkyYUNLUVY0NlFwekdMMGtCK29UQng0ckE1azZyTjR0S01KcE9LZDdoekV0eTMzZWtwcmlDZFBM"
               "TlFvYnZQMnQwRWEreVFYdWQvZktKV3dRRmtscTk3RzZGRFFWOTlCbHN4L1NFbDZnYlRLVGhnSExoS0s4Tm5"
               "ibmpxRE5yN2hqaStmS3dYekZFVlU4Z2k2SHNiVjNsWE5BMUxkdXFzaUc2VVBCcWJLY1cwd01UQXBNYnZmTE"
               "IycmlGN1AgdUBoCg=='}",
         .out = "{'KeyName':'line','KeyFingerprint':'c1:d7:66:1a:a8:62:09:26:01:0b:25:42:1d:a6:11:"
                "e7','KeyPairId':'~key-0*','Tags':[]}"},
        {.call = "ImportKeyPair",
         .in =
             "{'KeyName':'rfc4716','PublicKeyMaterial':'"
             "LS0tLSBCRUdJTiBTU0gyIFBVQkxJQyBLRVkgLS0tLQpDb21tZW50OiAiMjA0OC1iaXQgUlNBLCBjb252ZXJ0Z"
             "WQgYnkgcm9vdEB2bSBmcm9tIE9wZW5TU0giCkFBQUFCM056YUMxeWMyRUFBQUFEQVFBQkFBQUJBUUNlUmpLdD"
             "BMZVQ4ZFhSb1NlV0lCWXZuZ25tc2dzOWZRYy9ZczRiOUwKaEY0K0xqb0d4ckc2T21PaFE4WnN6MTdlaGFUTnM"
             "2dmlVLy90MjVuYURZL0pwREVCSndIK0lZVloyOTFHVVhZMEl6NnRUNwpnem9WQ05paU1maXJnbEc4TXpzNGp2"
             "WmtXNGdyTzNPTFNtK3poQnNmOG9pUlQ5MmFDS1FWNDZRcHpHTDBrQitvVEJ4NHJBCjVrNnJONHRLTUpwT0tkN"
             "2h6RXR5MzNla3ByaUNkUExOUW9idlAydDBFYSt5UVh1ZC9mS0pXd1FGa2xxOTdHNkZEUVY5OUIKbHN4L1NFbD"
             "ZnYlRLVGhnSExoS0s4Tm5ibmpxRE5yN2hqaStmS3dYekZFVlU4Z2k2SHNiVjNsWE5BMUxkdXFzaUc2VVBCcQp"
             "iS2NXMHdNVEFwTWJ2ZkxCMnJpRjdQCi0tLS0gRU5EIFNTSDIgUFVCTElDIEtFWSAtLS0tCg=='}",
         .out = "{'KeyName':'rfc4716','KeyFingerprint':'c1:d7:66:1a:a8:62:09:26:01:0b:25:42:1d:a6:"
                "11:e7','KeyPairId':'~key-0*','Tags':[]}"},
        {.call = "ImportKeyPair",
         .in = "{'KeyName':'pem','PublicKeyMaterial':'"
               "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUlJQklqQU5CZ2txaGtpRzl3MEJBUUVGQUFPQ0FROEFNSUl"
               "CQ2dLQ0FRRUFua1l5cmRDM2svSFYwYUVubGlBVwpMNTRKNXJJTFBYMEhQMkxPRy9TNFJlUGk0NkJzYXh1an"
               "Bqb1VQR2JNOWUzb1dremJPcjRsUC83ZHVaMmcyUHlhClF4QVNjQi9pR0ZXZHZkUmxGMk5DTStyVSs0TTZGU"
               "WpZb2pINHE0SlJ2RE03T0k3MlpGdUlLenR6aTBwdnM0UWIKSC9LSWtVL2RtZ2lrRmVPa0tjeGk5SkFmcUV3"
               "Y2VLd09aT3F6ZUxTakNhVGluZTRjeExjdDkzcEthNGduVHl6VQpLRzd6OXJkQkd2c2tGN25mM3lpVnNFQlp"
               "KYXZleHVoUTBGZmZRWmJNZjBoSmVvRzB5azRZQnk0U2l2RFoyNTQ2Cmd6YSs0WTR2bnlzRjh4UkZWUElJdW"
               "g3RzFkNVZ6UU5TM2JxcklodWxEd2FteW5GdE1ERXdLVEc3M3l3ZHE0aGUKendJREFRQUIKLS0tLS1FTkQgU"
               "FVCTElDIEtFWS0tLS0tCg=='}",
         .out = "{'KeyName':'pem','KeyFingerprint':'c1:d7:66:1a:a8:62:09:26:01:0b:25:42:1d:a6:11:"
                "e7','KeyPairId':'~key-0*','Tags':[]}"},
        {.call = "ImportKeyPair",
         .in = "{'KeyName':'der','PublicKeyMaterial':'"
               "TUlJQklqQU5CZ2txaGtpRzl3MEJBUUVGQUFPQ0FROEFNSUlCQ2dLQ0FRRUFua1l5cmRDM2svSFYwYUVubGl"
               "BV0w1NEo1cklMUFgwSFAyTE9HL1M0UmVQaTQ2QnNheHVqcGpvVVBHYk05ZTNvV2t6Yk9yNGxQLzdkdVoyZz"
               "JQeWFReEFTY0IvaUdGV2R2ZFJsRjJOQ00rclUrNE02RlFqWW9qSDRxNEpSdkRNN09JNzJaRnVJS3p0emkwc"
               "HZzNFFiSC9LSWtVL2RtZ2lrRmVPa0tjeGk5SkFmcUV3Y2VLd09aT3F6ZUxTakNhVGluZTRjeExjdDkzcEth"
               "NGduVHl6VUtHN3o5cmRCR3Zza0Y3bmYzeWlWc0VCWkphdmV4dWhRMEZmZlFaYk1mMGhKZW9HMHlrNFlCeTR"
               "TaXZEWjI1NDZnemErNFk0dm55c0Y4eFJGVlBJSXVoN0cxZDVWelFOUzNicXJJaHVsRHdhbXluRnRNREV3S1"
               "RHNzN5d2RxNGhlendJREFRQUI='}",
         .out = "{'KeyName':'der','KeyFingerprint':'c1:d7:66:1a:a8:62:09:26:01:0b:25:42:1d:a6:11:"
                "e7','KeyPairId':'~key-0*','Tags':[]}"},
        {.call = "ImportKeyPair",
         .in =
             "{'KeyName':'wire','PublicKeyMaterial':'"
             "QUFBQUIzTnphQzF5YzJFQUFBQURBUUFCQUFBQkFRQ2VSakt0MExlVDhkWFJvU2VXSUJZdm5nbm1zZ3M5ZlFjL"
             "1lzNGI5TGhGNCtMam9HeHJHNk9tT2hROFpzejE3ZWhhVE5zNnZpVS8vdDI1bmFEWS9KcERFQkp3SCtJWVZaMj"
             "kxR1VYWTBJejZ0VDdnem9WQ05paU1maXJnbEc4TXpzNGp2WmtXNGdyTzNPTFNtK3poQnNmOG9pUlQ5MmFDS1F"
             "WNDZRcHpHTDBrQitvVEJ4NHJBNWs2ck40dEtNSnBPS2Q3aHpFdHkzM2VrcHJpQ2RQTE5Rb2J2UDJ0MEVhK3lR"
             "WHVkL2ZLSld3UUZrbHE5N0c2RkRRVjk5QmxzeC9TRWw2Z2JUS1RoZ0hMaEtLOE5uYm5qcUROcjdoamkrZkt3W"
             "HpGRVZVOGdpNkhzYlYzbFhOQTFMZHVxc2lHNlVQQnFiS2NXMHdNVEFwTWJ2ZkxCMnJpRjdQ'}",
         .out = "{'KeyName':'wire','KeyFingerprint':'c1:d7:66:1a:a8:62:09:26:01:0b:25:42:1d:a6:11:"
                "e7','KeyPairId':'~key-0*','Tags':[]}"}),
    OPS_TEST("An imported Ed25519 key's fingerprint is the SHA-256 of its public key",
             {.call = "ImportKeyPair",
              .in = "{'KeyName':'e','PublicKeyMaterial':'"
                    "c3NoLWVkMjU1MTkgQUFBQUMzTnphQzFsWkRJMU5URTVBQUFBSUdFajVkdlIxREJUckZoRWovR0VoMk"
                    "czWGc2SHR6azRXdHFoUStEOHd5T00gdUBoCg=='}",
              .out = "{'KeyFingerprint':'ssAiE2GrnRk9Hazoa8RCE0/KoxoQJRfawHqZ26JwbMY='}"},
             {.call = "DescribeKeyPairs",
              .in = "{'IncludePublicKey':true}",
              .out = "{'KeyPairs':[{'KeyType':'ed25519','PublicKey':'ssh-ed25519 "
                     "AAAAC3NzaC1lZDI1NTE5AAAAIGEj5dvR1DBTrFhEj/GEh2G3Xg6Htzk4WtqhQ+D8wyOM e'}]}"}),
    OPS_TEST(
        "What is no RSA key of 1024, 2048 or 4096 bits and no Ed25519 key is refused",
        {.call = "ImportKeyPair",
         .in = "{'KeyName':'x','PublicKeyMaterial':'"
               "ZWNkc2Etc2hhMi1uaXN0cDI1NiBBQUFBRTJWalpITmhMWE5vWVRJdGJtbHpkSEF5TlRZQUFBQUlibWx6ZEh"
               "BeU5UWUFBQUJCQk1DbUZLTjgzVk5aWWhsenpLVDZQVDY2aTU1OUh6T3BYbjZOd1lnV0tGVkxPN0pOM282M0"
               "dSQnBlN0hxY0c5b1ozUzk4SzlwMndnTEt2RlhWZ29xTVNrPSByb290QHZtCg=='}",
         .code = "InvalidKey.Format",
         .text = "Key is not in valid OpenSSH public key format"},
        {.call = "ImportKeyPair",
         .in =
             "{'KeyName':'x','PublicKeyMaterial':'"
             "c3NoLXJzYSBBQUFBQjNOemFDMXljMkVBQUFBREFRQUJBQUFCZ1FEYlBmYmE1T0dwM3NmZ09Udm0rb1hua2ZDR"
             "3FlN2ZyV09IVk1rQnUvMGtaTEFoaDdaTUZGcHFmUHluTHRPaXYzN0UzQyt0ZUZKakVaY08xc0lkb2pMM1V6T0"
             "lFU09GY2FXVmd6VkFob3JkVll0dXdXN0lBeFBjSkxOQWZtcERlS0t3WnR3RVpzTnE1UjZtY2JCREJZS0RGSUI"
             "5WEdLZmVRZG9sb1l0NUFpdkk1QmZaRzAxc0Y4R09PK2VVK1o4MGx4ZXFYOTFzSVVJNWtGQ3ArM3NYZXNVM0ph"
             "cWliTWpjMVhjblovcWlGam9jYUprcVBiU2dvbG0rNUhxWnhudFZXSkJ4Qk5oV1owbENBMUc2Nys2YVl2ZkplT"
             "XNPS2N2K1dEaW5aVDZ3Sk9IZEg5WUYwd2FEVXlob2l2dFRQd051Ujk0S0xKeUVJUmxTU3N2UzdnNmp6YnNNY0"
             "hkbnFFdEVPQkVWT3RiNWR4dGlHYTY5cjUvMzNaZ3Z0S1ZvODg5clVUMFBHRCs2eDR1RzF6YTRXTE9qb3Q2Q1Q"
             "yN0c4ZHo4ZFFYTllyVG8wbktHWlFtMEJVKysyekgyeTYyOWhidGhGdEtQSGVrZEkrZFRHa0lUS014MWNFaDI3"
             "OWpSL1dlaVNNSXljaXdWc3VHcE9NSVhXR2EwMGIvbUVKMmpsYjBQanM9IHJvb3RAdm0K'}",
         .code = "InvalidKey.Format"},
        {.call = "ImportKeyPair",
         .in = "{'KeyName':'x','PublicKeyMaterial':'"
               "c3NoLWVkMjU1MTkgQUFBQUIzTnphQzF5YzJFQUFBQURBUUFCQUFBQkFRQ2VSakt0MExlVDhkWFJvU2VXSUJ"
               "Zdm5nbm1zZ3M5ZlFjL1lzNGI5TGhGNCtMam9HeHJHNk9tT2hROFpzejE3ZWhhVE5zNnZpVS8vdDI1bmFEWS"
               "9KcERFQkp3SCtJWVZaMjkxR1VYWTBJejZ0VDdnem9WQ05paU1maXJnbEc4TXpzNGp2WmtXNGdyTzNPTFNtK"
               "3poQnNmOG9pUlQ5MmFDS1FWNDZRcHpHTDBrQitvVEJ4NHJBNWs2ck40dEtNSnBPS2Q3aHpFdHkzM2VrcHJp"
               "Q2RQTE5Rb2J2UDJ0MEVhK3lRWHVkL2ZLSld3UUZrbHE5N0c2RkRRVjk5QmxzeC9TRWw2Z2JUS1RoZ0hMaEt"
               "LOE5uYm5qcUROcjdoamkrZkt3WHpGRVZVOGdpNkhzYlYzbFhOQTFMZHVxc2lHNlVQQnFiS2NXMHdNVEFwTW"
               "J2ZkxCMnJpRjdQ'}",
         .code = "InvalidKey.Format"},
        {.call = "ImportKeyPair",
         .in = "{'KeyName':'x','PublicKeyMaterial':'aGVsbG8='}",
         .code = "InvalidKey.Format"},
        {.call = "ImportKeyPair",
         .in = "{'KeyName':'x','PublicKeyMaterial':'"
               "c3NoLXJzYSBBQUFBQjNOemFDMXljMkVBQUFBREFRQUJBQUFCQVFDZVJqS3QwTGVUOGRYUm9TZVdJQll2bmd"
               "ubXNnczlmUWMvWXM0YjlMaEY0K0xqb0d4ckc2T21PaFE4WnN6MTdlaGFUTnM2'}",
         .code = "InvalidKey.Format"}),
    OPS_TEST("A name is taken once in a region",
             {.call = "CreateKeyPair", .in = "{'KeyName':'lab','KeyType':'ed25519'}"},
             {.call = "CreateKeyPair",
              .in = "{'KeyName':'lab','KeyType':'ed25519'}",
              .code = "InvalidKeyPair.Duplicate",
              .text = "The keypair already exists"},
             {.call = "CreateKeyPair",
              .in = "{'KeyName':'lab','KeyType':'ed25519'}",
              .region = "eu-west-1"},
             {.call = "CreateKeyPair", .in = "{'KeyName':' lab'}", .code = "InvalidParameterValue"},
             {.call = "CreateKeyPair", .code = "MissingParameter"}),
    OPS_TEST("Deleting goes by name or id and succeeds when there is nothing to delete",
             {.call = "CreateKeyPair",
              .in = "{'KeyName':'a','KeyType':'ed25519'}",
              .save = "a=KeyPairId"},
             {.call = "CreateKeyPair",
              .in = "{'KeyName':'b','KeyType':'ed25519'}",
              .save = "b=KeyPairId"},
             {.call = "DeleteKeyPair",
              .in = "{'KeyName':'a'}",
              .out = "{'Return':true,'KeyPairId':'$a'}"},
             {.call = "DeleteKeyPair",
              .in = "{'KeyName':'a'}",
              .out = "{'Return':true,'KeyPairId':null}"},
             {.call = "DeleteKeyPair", .in = "{'KeyPairId':'$b'}", .out = "{'Return':true}"},
             {.call = "DeleteKeyPair", .code = "MissingParameter"},
             {.call = "DescribeKeyPairs", .out = "{'KeyPairs':[]}"}),
    OPS_TEST("Key pairs are found by names, ids and filters; a missing one is named",
             {.call = "CreateKeyPair",
              .in = "{'KeyName':'a1','KeyType':'ed25519'}",
              .save = "a=KeyPairId print=KeyFingerprint"},
             {.call = "CreateKeyPair", .in = "{'KeyName':'b1','KeyType':'ed25519'}"},
             {.call = "DescribeKeyPairs",
              .in = "{'KeyPairIds':['$a']}",
              .out = "{'KeyPairs':[{'KeyName':'a1'}]}"},
             {.call = "DescribeKeyPairs",
              .in = "{'Filters':[{'Name':'fingerprint','Values':['$print']}]}",
              .out = "{'KeyPairs':[{'KeyName':'a1'}]}"},
             {.call = "DescribeKeyPairs",
              .in = "{'Filters':[{'Name':'key-name','Values':['*1']}]}",
              .out = "{'KeyPairs':[{'KeyName':'a1'},{'KeyName':'b1'}]}"},
             {.call = "DescribeKeyPairs",
              .in = "{'KeyNames':['zz']}",
              .code = "InvalidKeyPair.NotFound",
              .text = "The key pair 'zz' does not exist"}),
};

int main(void)
{
    return ops_run(tests, sizeof(tests) / sizeof(tests[0]));
}
