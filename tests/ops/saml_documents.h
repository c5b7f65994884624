/* A SAML provider's metadata and an RSA key that nobody uses, as JSON texts of the tables in this
 * folder. Made by tests/api/saml.py. */
#ifndef TESTS_OPS_SAML_DOCUMENTS_H
#define TESTS_OPS_SAML_DOCUMENTS_H

/* clang-format off */
#define SAML_METADATA \
    "<md:EntityDescriptor xmlns:md=\\'urn:oasis:names:tc:SAML:2.0:metadata\\' entityID=\\'h" \
    "ttps://idp.example.com/saml\\'><md:IDPSSODescriptor protocolSupportEnumeration=\\'urn:" \
    "oasis:names:tc:SAML:2.0:protocol\\'><md:KeyDescriptor use=\\'signing\\'><ds:KeyInfo xm" \
    "lns:ds=\\'http://www.w3.org/2000/09/xmldsig#\\'><ds:X509Data><ds:X509Certificate>MIIC4" \
    "DCCAcigAwIBAgIUDVmu+M9fRp+cjM2mjNQU8vGKgVMwDQYJKoZIhvcNAQELBQAwGjEYMBYGA1UEAwwPaWRwLmV" \
    "4YW1wbGUuY29tMB4XDTI2MTEyMzEwNTUxN1oXDTI2MTEyNTEwNTUxN1owGjEYMBYGA1UEAwwPaWRwLmV4YW1wb" \
    "GUuY29tMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqNQWcrLQN0Wj8A3PDMX5d55rpoqba/k/hjL" \
    "JV+SwyHHJOO+hytk+8OWyJcay+vpK5nsveLGbyCe1t5VAm18Yiyyu928mifD7OzFFe/BBtKXlF44uNNGIi3KnA" \
    "sywtTUUxm3ynfGSW2dat3Yv2eamVfNBw4koldpS2RleUAmOQE2P5YRlkXVq4eL1oXbKmOfhQPg6t4ncsqywME7" \
    "wu4CoWAq6Rd84aWiX+QE8tzJOu/n8XvjyRY2I60qCIutCqeS1CLlJY0v7BgG4wAdy24FnO/+nJY+O+rgPU2rcP" \
    "pLlZd3fhiqelUNBku9rYl8XKcewxnBIsgkkNvyhinJTsT9fVwIDAQABox4wHDAaBgNVHREEEzARgg9pZHAuZXh" \
    "hbXBsZS5jb20wDQYJKoZIhvcNAQELBQADggEBAEILOoUueuG+Obo325d5dIGwX09BV9/sgfIFhTPOT5qErmx5A" \
    "r+BmMZAKcd5vw2cLdhJm/f5DdY+rs8+DTzUI5hidx1NLpLvEEsbq6Cmo881xf3lD7jRHHRZ7Gmd/kPMWYq4LcP" \
    "BUYHcZE6PuAh0j6pmxJXGBYL/Ba0bCIWb41QgD7wu5bjIVtWEckLs68PQJmY46vmW5BntEiyiw0BvngbCF/6Rr" \
    "pU4D7Ih71LrVhG5gdeQrqG8ox4gLW6S0QwMP1uALZQLmHQ/wq1XKzZgPW9SjfxeLrwAl8y/KNPXs0X9S8eadWs" \
    "x1fzlcNKdk97njkE8JRaTzV9UuQUJ54WvK5Y=</ds:X509Certificate></ds:X509Data></ds:KeyInfo><" \
    "/md:KeyDescriptor><md:SingleSignOnService Binding=\\'urn:oasis:names:tc:SAML:2.0:bindi" \
    "ngs:HTTP-POST\\' Location=\\'https://idp.example.com/sso\\'/></md:IDPSSODescriptor></m" \
    "d:EntityDescriptor>"

#define SAML_KEY \
    "-----BEGIN PRIVATE KEY-----\\nMIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCo1BZy" \
    "stA3RaPw\\nDc8Mxfl3nmumiptr+T+GMslX5LDIcck476HK2T7w5bIlxrL6+krmey94sZvIJ7W3\\nlUCbXxiL" \
    "LK73byaJ8Ps7MUV78EG0peUXji400YiLcqcCzLC1NRTGbfKd8ZJbZ1q3\\ndi/Z5qZV80HDiSiV2lLZGV5QCY5" \
    "ATY/lhGWRdWrh4vWhdsqY5+FA+Dq3idyyrLAw\\nTvC7gKhYCrpF3zhpaJf5ATy3Mk67+fxe+PJFjYjrSoIi60" \
    "Kp5LUIuUljS/sGAbjA\\nB3LbgWc7/6clj476uA9Tatw+kuVl3d+GKp6VQ0GS72tiXxcpx7DGcEiyCSQ2/KGK" \
    "\\nclOxP19XAgMBAAECggEAGz/UJGIpH5VdbvxY7A0I2rOWrimWtA2QS7w8aYkkts2V\\ndrDy0mylxI2xEc4p" \
    "iunFbMBQOrD2sw55vYOuYFraeXLWW2M00LSKZZTqdqUiLc1N\\nld43JgOggDAatbsiVbUXa9RI1xEBGECtJd8" \
    "XvRoFxJSqi4FtVraHgw6dqC8f/Hpl\\nF/nVOoOpS0aDjMYDiYmNQ3wZQ4VBVsnX4vfFdTVTbokx5TRHe4cvny" \
    "Kj0QRTEYp9\\n3Jzwjc7qONWKMCsXBMd5ImvyBqh8V4U4fW8LOGaBgh25ms9rhiJEvaHLMYgRUqtt\\nPiZy7v" \
    "0ApoD9DDHpqepueKEXnuZmI54tuJYHX9sC2QKBgQDeoTfJ/1is3/RKzYoN\\n7T/5I2QapHso7896lmXSNReYn" \
    "5bT/LoB4KYtmJTVMSZqjA7kiIu7UCL1wOe8pZ0+\\n2ZeGzUQWYloZId6Ul4AEYRp8yIELbZtdOX+ejgkmxsUX" \
    "qzBrGjph07wAtatHOmT+\\nFpq+yJAWyeGvmTDkWlXBrTbnaQKBgQDCImYQEpnaTgKvq1RCesyCIBIXp0iOLNS" \
    "J\\ndctGx+F+NkcPTT5JDI2QVDpEm+ze94kK+dmzwYuJYdI7LTT+eOr+MdkNVNr6ylY/\\nIZk3Sa/XYqxBUBS" \
    "JIhebJ4WtNRcNm4UkIZECoBdmBIBo8MtZFo+9HzdFJrwd3ZJE\\nrIaXG+P4vwKBgDlmNZ0WAcXoo/KZVcvLbK" \
    "AOeOPJnptqYQMJPc1ZtPC7zMZxNYAA\\nbLf6y/y/hFkaLUjMz8IGokzcZKMlzAoFTeUKjVB8ISCzs9B50x7N7" \
    "mdXxrWsl88M\\nYRP/KOrferdkgsJKa90HG0TPkg52Rs2gBFvGGChX+qEsjQeDJvMddrdpAoGAZ42N\\nv5kMd" \
    "EQUbrwHEAcMu4R74h4bN6t2G3S336OTBo3RTbo4NSL7CDfFdP9vVGfZs/8e\\nPyJIWhnR2Dr+/5ZkUv8n9lKD" \
    "FC+F3dsALVui7lL160jaC2QiD2L/jSq6h0mjtWgq\\nP6pBkOtpy5BWB8lfFtRl2P8WbR/Ze8RDbqsz6WUCgYB" \
    "5/BV48ZX+oXYuRZCnono0\\nTHJ9qSGh8vQpfOhyo2Iv450VuPPBW7jyz/eLZixbFhXPbZwMlgAVysRFDPmtmb" \
    "K8\\nRZ9pBpNgYV1A+Sq1WILLQZJ5SDBZhIKGNAIP6itTuiNU8N6EYf45Uhzyb4+/c1Fa\\nOQLyJf5uVjfi+1" \
    "6YYDypew==\\n-----END PRIVATE KEY-----\\n"
/* clang-format on */

#endif
