/* Certificates, keys of theirs and SSH keys for tests, as they stand in the JSON of a step. They
 * are of nobody: made for these tests with OpenSSL and ssh-keygen. */
#ifndef TESTS_OPS_IAM_CERTIFICATES_H
#define TESTS_OPS_IAM_CERTIFICATES_H

/* An authority. */
#define CA_PEM                                                                                     \
    "-----BEGIN CERTIFICATE-----\\n"                                                               \
    "MIIBcDCCARagAwIBAgIBATAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAtUcmFpbmlu\\n"                          \
    "ZyBDQTAgFw0yNjExMjQxMTA5MThaGA8yMTI2MTAzMTExMDkxOFowFjEUMBIGA1UE\\n"                          \
    "AwwLVHJhaW5pbmcgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARbpw+V77r/\\n"                          \
    "dhx4Gmt/DROgw7KqiPn9b/9mGBGBgvrqVUtippkbre8w6XagpJwmcdYXOjhPtHqt\\n"                          \
    "RkUgWrFlReW0o1MwUTAdBgNVHQ4EFgQUY/nCY9qXeua3dpUc24vDdcOfjRYwHwYD\\n"                          \
    "VR0jBBgwFoAUY/nCY9qXeua3dpUc24vDdcOfjRYwDwYDVR0TAQH/BAUwAwEB/zAK\\n"                          \
    "BggqhkjOPQQDAgNIADBFAiEAsvrrImksI44neBTmolJ+qOpD96MgAgqRonbGelcu\\n"                          \
    "zJoCICmrBI6orgGZi/WT+cVs2/CO0cKFWdRD6i+qfCL/DI9f\\n"                                          \
    "-----END CERTIFICATE-----\\n"

/* Issued by it. */
#define LEAF_PEM                                                                                   \
    "-----BEGIN CERTIFICATE-----\\n"                                                               \
    "MIIBGjCBwAIBAjAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAtUcmFpbmluZyBDQTAg\\n"                          \
    "Fw0yNjExMjQxMTA5MThaGA8yMTI2MTAzMTExMDkxOFowGjEYMBYGA1UEAwwPd3d3\\n"                          \
    "LmV4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZaMxsFNqQVTZ\\n"                          \
    "0BJ7d546CXfAsQf5STqutmFHgqJ1+dgKRHaTP1vP3m0X36m4O8Fogq4KKfXt9sMw\\n"                          \
    "r5rfJ+MMNDAKBggqhkjOPQQDAgNJADBGAiEA0jO+yhKGPcwXdjZuDDhFguXT9CmA\\n"                          \
    "vK7Z6X6ZabkA4rECIQCywbJjRI6zZdcAxvPgsO2NhUyqKtt90AMKWBvYF7GpTg==\\n"                          \
    "-----END CERTIFICATE-----\\n"

/* Its private key. */
#define LEAF_KEY                                                                                   \
    "-----BEGIN EC PRIVATE KEY-----\\n"                                                            \
    "MHcCAQEEID+3ETqmOjm/TnCel8S2OgXK9TajvMAsmZ1JVDmf0m6hoAoGCCqGSM49\\n"                          \
    "AwEHoUQDQgAEZaMxsFNqQVTZ0BJ7d546CXfAsQf5STqutmFHgqJ1+dgKRHaTP1vP\\n"                          \
    "3m0X36m4O8Fogq4KKfXt9sMwr5rfJ+MMNA==\\n"                                                      \
    "-----END EC PRIVATE KEY-----\\n"

/* The same, encrypted. */
#define LEAF_KEY_ENCRYPTED                                                                         \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\\n"                                                     \
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiXyQJ4CA+ouAICCAAw\\n"                          \
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEGXksTDtnVkVZglzN6SCKw8EgZDi\\n"                          \
    "vfhSBnSJqz/hQ4BIytzBkPN9hrD5oiqOuX5ALkSYRMIAsbFSfzuTraT6SSuYalxu\\n"                          \
    "ENp7UqmNlE995dEBlJ46ttcQcBje9/3rCD53JpeNyJHE+k5eD9rJFy6d3noFM2Xm\\n"                          \
    "GujteSQRPyMDQ1BnIwczKiasN50MqwZFw9K84YfjuVa2f7FM49tI7ZJJvNM9Aag=\\n"                          \
    "-----END ENCRYPTED PRIVATE KEY-----\\n"

/* Issued by itself. */
#define OTHER_PEM                                                                                  \
    "-----BEGIN CERTIFICATE-----\\n"                                                               \
    "MIIBZDCCAQqgAwIBAgIBAzAKBggqhkjOPQQDAjAQMQ4wDAYDVQQDDAVPdGhlcjAg\\n"                          \
    "Fw0yNjExMjQxMTA5MThaGA8yMTI2MTAzMTExMDkxOFowEDEOMAwGA1UEAwwFT3Ro\\n"                          \
    "ZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQORVOtBwlFQjnWaQH9vY+KcGk/\\n"                          \
    "233gznWmihts2iet7KOvSL2d/0mMOBD/xsXAHgvYOhx7mMQuy+y9jqlWtfooo1Mw\\n"                          \
    "UTAdBgNVHQ4EFgQUt/09H+1M9LcfkjiMNvSy1Khv+TswHwYDVR0jBBgwFoAUt/09\\n"                          \
    "H+1M9LcfkjiMNvSy1Khv+TswDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNI\\n"                          \
    "ADBFAiBtDedk27IhX+it3fnDqnLTh4mXH2fbZbarW520C/SNbAIhAKBAJ6NLkeM7\\n"                          \
    "BTnvCTmqLeqbnPSApgvJFIF64wnJAz++\\n"                                                          \
    "-----END CERTIFICATE-----\\n"

/* Expired in 2021. */
#define OLD_PEM                                                                                    \
    "-----BEGIN CERTIFICATE-----\\n"                                                               \
    "MIIBGDCBvgIBBTAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAtUcmFpbmluZyBDQTAe\\n"                          \
    "Fw0yMDAxMDEwMDAwMDBaFw0yMTAxMDEwMDAwMDBaMBoxGDAWBgNVBAMMD3d3dy5l\\n"                          \
    "eGFtcGxlLmNvbTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGWjMbBTakFU2dAS\\n"                          \
    "e3eeOgl3wLEH+Uk6rrZhR4KidfnYCkR2kz9bz95tF9+puDvBaIKuCin17fbDMK+a\\n"                          \
    "3yfjDDQwCgYIKoZIzj0EAwIDSQAwRgIhAMkUrFxdjmfc1P+gej08Js2nDpIAF2mT\\n"                          \
    "3Bfqn5QKruBCAiEAkQc5nqj0KzlVB3laO6Vw7hitGOAGy1Pm1Ipf8V3uQqc=\\n"                              \
    "-----END CERTIFICATE-----\\n"

#define SSH_RSA                                                                                    \
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCpoWj5XNXE7b9+5clB5WdIsG6o0U4YjzaEUauzP+RU"             \
    "9Cye0IaVFfP+b88kY4qSLlWOgURwsK6i6wCVaQnyGJQh8SzZ9eT+nxrgbhMUyVKy9E0BjJCfepgH2R2n"             \
    "0Q+3o3vkLFjHr2DyEdgTou17f4LEnpRmRBkawRli9W86Egpmgb+Vyqb3/mewtLhWVxBgO0gbEyAXnIzq"             \
    "BiqtEv0wVz64TBIcGtYwG3bMArtVgXeEfA5E8maEYcMywJcmgRcjOdzQE5IQo3pG85R8sSRYyllTP1XA"             \
    "8yqXrka6IatxK6EJAQDud8/VvyfW+tgUqI5vdBnC+k0ZJ8oHfBn+m7CEgb1T"
#define SSH_RSA_2                                                                                  \
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDjVZr3Zz1jD93UXpZVU1qHPoFAlKRYjvCd4srkYPWZ"             \
    "dyhlj5EM6GLZ3qhzRYPnelCLzVtiZ6JyNe+DhUcwyrdbkWPUWzJtz187UmO47CUffcU0tk3k/9jAXVl4"             \
    "0qVbQ7a4C0NG7CmtcJuyBOxfeiSNKwmgj0c4jcn+npt1FFyyV1v93sw6ZAgEX7jgMUnyBfMBu+PKN10p"             \
    "RkKQ5AmZG7gIfA6TBtj+IEyNc+6eUf+JzqeNPApO0C2/Ox7ST0E4VHw+5IgbbY1bHDTlCaAD/4Miq/K/"             \
    "fSpSj5PKWT5nAS2UpQ9FupcYmtTraQu1rUdGIoFp6odVJv5+amT+Z9To5Qpz"
#define SSH_ED25519                                                                                \
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKsnNt2sZd5F9Byiu3V1gil62NEA+QBuIjugkq0bEBRO"
#define SSH_RSA_MD5 "61:6b:ac:81:c6:51:66:76:d5:6a:90:e9:a8:37:4f:1f"

#endif
