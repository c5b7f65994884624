/* A SAML provider's metadata and an RSA key, as JSON texts of tables.
 * Made by federation_vectors.py. */
#ifndef TESTS_OPS_SAML_DOCUMENTS_H
#define TESTS_OPS_SAML_DOCUMENTS_H

/* clang-format off */
#define SAML_METADATA \
    "<md:EntityDescriptor xmlns:md=\\'urn:oasis:names:tc:SAML:2.0:metadata\\' entityID=\\'h" \
    "ttps://idp.example.com/saml\\'><md:IDPSSODescriptor protocolSupportEnumeration=\\'urn:" \
    "oasis:names:tc:SAML:2.0:protocol\\'><md:KeyDescriptor use=\\'signing\\'><ds:KeyInfo xm" \
    "lns:ds=\\'http://www.w3.org/2000/09/xmldsig#\\'><ds:X509Data><ds:X509Certificate>MIIC4" \
    "DCCAcigAwIBAgIUb76VOyKdZToqxBDfDLQVM5d9xAAwDQYJKoZIhvcNAQELBQAwGjEYMBYGA1UEAwwPaWRwLmV" \
    "4YW1wbGUuY29tMB4XDTI2MTEyMzExMDgwNVoXDTI2MTEyNTExMDgwNVowGjEYMBYGA1UEAwwPaWRwLmV4YW1wb" \
    "GUuY29tMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA48QmJr9CdlP8HjPxp20pmMDtg+Ga/5Y6/3M" \
    "74mv7V020kb9SeqOztkQfYhJhFXyKK324YNrqG1BTIPrr7nE5hWPhMl6Ixdz/Wk/IhQYOYdhSGdRec06AdJwJR" \
    "qIRpBXmSnrmEtUJZubxX2Ff9OdhESZdYJXA9u75xVycG2IpS9p/TOynLCtupulONwAmiT2omKiu+JpoYqPs3qQ" \
    "ZTzPJOAqxH5PofMH74ynrHxoj0VzfgN9zWPEcaA5IW0Ao982Ya303k3V3ipJdwjncoefe8W4Z6hO31WwlZ62Pu" \
    "kSG8lBgwis7HYMhc/GkmmnFXdfBLI3X+l8II6xuw0R94C97UQIDAQABox4wHDAaBgNVHREEEzARgg9pZHAuZXh" \
    "hbXBsZS5jb20wDQYJKoZIhvcNAQELBQADggEBAByFtRSnKfSAqQwl3gVv1cFYNae/1UxeNl+UHUEAEr3DSvkBb" \
    "vkVyrc4ttlCTheqJ0YTddSmsu7l2kb+lVPQRwAnNBXFqUKLwol6XJtKgQ3Q2WFmC3NwoMpmYmCDrZpqWDuwwSi" \
    "9ZtTelaFLq6iz3HXRxp3/ESShii5k0MjAFO3rFKmP7h7MCqOrXrLTgPzopsytd1Bb3jqWGjopDbRI0h0IGxkbJ" \
    "BvCaMkoubnt5KdqrShVJuDmed01Lfae9Gr4wejmRLn8QewuWodtlYItNVk431DQ7oy6zG3XrL0XoZoSjIC8jFX" \
    "evv4d/mc8MnG+uKqTYAi6QY5voXOkrWedB0Y=</ds:X509Certificate></ds:X509Data></ds:KeyInfo><" \
    "/md:KeyDescriptor><md:SingleSignOnService Binding=\\'urn:oasis:names:tc:SAML:2.0:bindi" \
    "ngs:HTTP-POST\\' Location=\\'https://idp.example.com/sso\\'/></md:IDPSSODescriptor></m" \
    "d:EntityDescriptor>"

#define SAML_KEY \
    "-----BEGIN PRIVATE KEY-----\\nMIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDjxCYm" \
    "v0J2U/we\\nM/GnbSmYwO2D4Zr/ljr/czvia/tXTbSRv1J6o7O2RB9iEmEVfIorfbhg2uobUFMg\\n+uvucTmF" \
    "Y+EyXojF3P9aT8iFBg5h2FIZ1F5zToB0nAlGohGkFeZKeuYS1Qlm5vFf\\nYV/052ERJl1glcD27vnFXJwbYil" \
    "L2n9M7KcsK26m6U43ACaJPaiYqK74mmhio+ze\\npBlPM8k4CrEfk+h8wfvjKesfGiPRXN+A33NY8RxoDkhbQC" \
    "j3zZhrfTeTdXeKkl3C\\nOdyh597xbhnqE7fVbCVnrY+6RIbyUGDCKzsdgyFz8aSaacVd18Esjdf6XwgjrG7D" \
    "\\nRH3gL3tRAgMBAAECggEAAjW34crRDRM6UYvzGNWcnc97N8sey7g9kcHLRi0tEisr\\ne27xS2YGvz0yFtZQ" \
    "hYgIvRHTlzzP1jSMCO3G+nBUFLrr9KcBhwDChBHyTervD+ns\\nkn+gAWNaKFTPpiUk3GGMw2KwaaTSNM1nRek" \
    "nbbRYFGW0agSWm6K6DvKBA9GVZAev\\nC8hG+racckTbgwQhuWleZi2JoSH4GEKpeXrY9xmRSxGi6Ed0T6IdUi" \
    "pdDZrhSKP0\\nWJV9BFCUkEqB6uCeJ9f+JR30AgOBRjZxa3eTPJn0CnZ2NUUTIHbbAHkq4iHksXQ+\\noT2/qM" \
    "n4hlXV9VjcosCgABWIEvh8sgFWRnMpdGKVwQKBgQD9au26nVRdOc+2vwK9\\nSjvfxSAc8nMdLqshjT5MDnDbk" \
    "5LIGzPD4hKQsGFJP3rzaRbzWftdDapnsQq/6kpD\\nH2dw9zi/1vCOnGUvXjkmMny+PEoCdByo1if97nfFM4Z5" \
    "uUyWC0t34RbQfy7BAIcN\\nKnvJE2K8TlOzmkPtYRaQbk6bQQKBgQDmFk4qgTLqdHwPE9EgyvOI19p6YtkN5bz" \
    "C\\n6B7FncAtoJrYlgyu1M7kE+bMcfrgpi3Jx9Mg6qcwGVSf9vTCtUU8sIKWOwRNoyl2\\nZJvWAsWh090sF+8" \
    "7iWbGfRv7NH2WUD+e77lpjoUAKy2Lu9gbjo3VK/gW3XK5q4IC\\nKUtdYEgsEQKBgDM+H/wQPDLtsba+QQuNqz" \
    "XAYpH35JcODMSoDuTKNr/vw0p7VahS\\nWnavc7yf/Xii02U52L4kOUTmY8oS0hlojD4nf24rRFFSBpPhdaTnq" \
    "Jm/DygX2oO5\\najTKt6VEmfibI4Vjm0sOVNKsJQQZ2zUqVgV+ygRRwlMa6olhjHKAG50BAoGAZvfa\\neVkig" \
    "RwqHNFAiM1qmXYIFzc/beG/TPZ2Nvf29jRmt8DG4kLoZ9ekNSBZJsoXubKM\\ngLGiqnrbjU8GkFBxMMzJVBQL" \
    "Q/dd6dbyip7o9RgMZdw8Osetz+xTZmNCRM+a+TTN\\nJDkcukuYcW1aNFLilGC+APWPjxn6756tVJdvFRECgYB" \
    "7MXW/9/GSXTtlIS750wfI\\n6SGuBHOvKR7MbwL1of3sN68mMspfK95s/CVVvbxIZLC5fC8cMaWfEtwccPmrJS" \
    "o/\\n39KNl4MZLaTzbCxodyswwnEqH/GPD9PW6l6AIfe2c64s3CyXGJpvZAfY7WYk/FX7\\nNL3m9yA/HSO4Pz" \
    "oZAXHSog==\\n-----END PRIVATE KEY-----\\n"
/* clang-format on */

#endif
