/* Reading and checking certificates: see certificate.h. */
#include "services/iam/certificate.h"

#include "base/encode.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

/* The end of a text, or what is no PEM, leaves an error in the thread's queue, where TLS would take
 * it for its own. */
static void bio_done(BIO *bio)
{
    BIO_free(bio);
    ERR_clear_error();
}

static BIO *bio_of(const char *text)
{
    return BIO_new_mem_buf(text, (int)strlen(text));
}

/* No passphrase is asked for: an encrypted key is not read. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

X509 *certificate_parse(struct call *c, const char *pem)
{
    BIO *bio = bio_of(pem);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);

    bio_done(bio);
    if (certificate == NULL)
        call_fail(c, "MalformedCertificate",
                  "Unable to parse certificate. Please ensure the certificate is in PEM format.");
    return certificate;
}

int64_t certificate_expires_ms(const X509 *certificate)
{
    struct tm tm = {.tm_sec = 0};

    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1)
        return 0;
    return (int64_t)timegm(&tm) * 1000;
}

int certificate_check_key(struct call *c, X509 *certificate, const char *key_pem)
{
    BIO *bio = bio_of(key_pem);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    int rc = 0;

    bio_done(bio);
    if (key == NULL)
        return call_fail(c, "MalformedCertificate",
                         "Unable to parse private key. Please ensure the private key is in PEM "
                         "format and is not encrypted.");
    if (X509_check_private_key(certificate, key) != 1)
        rc = call_fail(c, "KeyPairMismatch", "Private key does not match certificate.");
    ERR_clear_error();
    EVP_PKEY_free(key);
    return rc;
}

static bool issued_by(X509 *certificate, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);

    return key != NULL && X509_check_issued(issuer, certificate) == X509_V_OK &&
           X509_verify(certificate, key) == 1;
}

/* The place of the first certificate that does not belong there; -1: all do. */
static int misplaced(X509 *certificate, BIO *chain, int *ret_count)
{
    X509 *last = certificate, *next;
    int at = 0, bad = -1;

    X509_up_ref(last);
    while (bad < 0 && (next = PEM_read_bio_X509(chain, NULL, no_passphrase, NULL)) != NULL) {
        if (!issued_by(last, next))
            bad = at;
        X509_free(last);
        last = next;
        at++;
    }
    X509_free(last);
    *ret_count = at;
    return bad;
}

int certificate_check_chain(struct call *c, X509 *certificate, const char *chain)
{
    BIO *bio = bio_of(chain);
    int count = 0, bad = misplaced(certificate, bio, &count);

    bio_done(bio);
    if (count > 0 && bad < 0)
        return 0;
    return call_fail(c, "MalformedCertificate",
                     "Unable to validate certificate chain. The certificate chain must start with "
                     "the immediate signing certificate, followed by any intermediaries in order. "
                     "The index within the chain of the invalid certificate is: %d",
                     bad);
}

const char *certificate_digest(struct call *c, const X509 *certificate)
{
    unsigned char bytes[SHA256_SIZE] = {0};
    char hex[SHA256_HEX_SIZE];
    unsigned len = sizeof(bytes);

    X509_digest(certificate, EVP_sha256(), bytes, &len);
    hex_encode(bytes, sizeof(bytes), hex);
    return call_printf(c, "%s", hex);
}
