/* Certificates: see certificate.h. Keys are ECDSA on P-256, which costs an emulated machine least.
 */
#include "http/certificate.h"

#include "base/buf.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX  65536
#define SLACK_S    86400 /* clocks differ */
#define SERIAL_LEN 16

struct authority {
    EVP_PKEY *key;
    X509 *certificate;
};

static void authority_done(struct authority *a)
{
    EVP_PKEY_free(a->key);
    X509_free(a->certificate);
}

static FILE *open_part(const char *folder, const char *name)
{
    char *path = xasprintf("%s/%s", folder, name);
    FILE *file = fopen(path, "re");

    free(path);
    return file;
}

static int authority_open(const char *folder, struct authority *a, struct err *err)
{
    FILE *key = open_part(folder, "key.pem"), *certificate = open_part(folder, "certificate.pem");

    *a = (struct authority){
        .key = key != NULL ? PEM_read_PrivateKey(key, NULL, NULL, NULL) : NULL,
        .certificate = certificate != NULL ? PEM_read_X509(certificate, NULL, NULL, NULL) : NULL,
    };
    if (key != NULL)
        fclose(key);
    if (certificate != NULL)
        fclose(certificate);
    if (a->key != NULL && a->certificate != NULL &&
        X509_check_private_key(a->certificate, a->key) == 1)
        return 0;
    authority_done(a);
    return err_set(err, "NoAuthority", "there is no usable key.pem and certificate.pem in %s",
                   folder);
}

/* "a b" -> "DNS:a,DNS:b"; heap. */
static char *alternative_names(const char *names)
{
    struct buf out;
    size_t len;

    buf_init(&out, NAMES_MAX);
    for (; *names != '\0'; names += len) {
        names += strspn(names, " ");
        len = strcspn(names, " ");
        if (len > 0)
            buf_addf(&out, "%sDNS:%.*s", out.len > 0 ? "," : "", (int)len, names);
    }
    char *text = xstrdup(buf_text(&out));
    buf_done(&out);
    return text;
}

static bool add_extension(X509 *x, const struct authority *a, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, a->certificate, x, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = extension != NULL && X509_add_ext(x, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    return ok;
}

static bool add_extensions(X509 *x, const struct authority *a, const char *names)
{
    char *alternatives = alternative_names(names);
    bool ok = add_extension(x, a, NID_basic_constraints, "critical,CA:FALSE") &&
              add_extension(x, a, NID_key_usage, "critical,digitalSignature") &&
              add_extension(x, a, NID_ext_key_usage, "serverAuth") &&
              add_extension(x, a, NID_subject_key_identifier, "hash") &&
              add_extension(x, a, NID_authority_key_identifier, "keyid") &&
              add_extension(x, a, NID_subject_alt_name, alternatives);

    free(alternatives);
    return ok;
}

static bool set_serial(X509 *x)
{
    unsigned char bytes[SERIAL_LEN];
    BIGNUM *number =
        RAND_bytes(bytes, sizeof(bytes)) == 1 ? BN_bin2bn(bytes, sizeof(bytes), NULL) : NULL;
    bool ok = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;

    BN_free(number);
    return ok;
}

static X509 *make_certificate(const struct authority *a, EVP_PKEY *key, const char *names,
                              int64_t now_ms)
{
    static const unsigned char name[] = "Groundschool";
    X509 *x = X509_new();
    bool ok = x != NULL && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
              ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(now_ms / 1000 - SLACK_S)) != NULL &&
              X509_set1_notAfter(x, X509_get0_notAfter(a->certificate)) == 1 &&
              X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, name, -1,
                                         -1, 0) == 1 &&
              X509_set_issuer_name(x, X509_get_subject_name(a->certificate)) == 1 &&
              X509_set_pubkey(x, key) == 1 && add_extensions(x, a, names) &&
              X509_sign(x, a->key, EVP_sha256()) > 0;

    if (ok)
        return x;
    X509_free(x);
    return NULL;
}

/* What was written, as text on the heap; the BIO is freed. */
static char *take_text(BIO *bio)
{
    char *bytes;
    long len = BIO_get_mem_data(bio, &bytes);
    char *text = xstrndup(bytes, (size_t)len);

    OPENSSL_cleanse(bytes, (size_t)len);
    BIO_free(bio);
    return text;
}

static bool write_certificate(const struct authority *a, EVP_PKEY *key, X509 *x,
                              struct certificate *ret)
{
    BIO *key_out = BIO_new(BIO_s_mem()), *chain_out = BIO_new(BIO_s_mem());
    bool ok = key_out != NULL && chain_out != NULL &&
              PEM_write_bio_PrivateKey(key_out, key, NULL, NULL, 0, NULL, NULL) == 1 &&
              PEM_write_bio_X509(chain_out, x) == 1 &&
              PEM_write_bio_X509(chain_out, a->certificate) == 1;

    if (!ok) {
        BIO_free(key_out);
        BIO_free(chain_out);
        return false;
    }
    *ret = (struct certificate){.key = take_text(key_out), .chain = take_text(chain_out)};
    return true;
}

int certificate_issue(const char *folder, const char *names, int64_t now_ms,
                      struct certificate *ret_certificate, struct err *err)
{
    struct authority a;

    if (authority_open(folder, &a, err) != 0)
        return -1;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = key != NULL ? make_certificate(&a, key, names, now_ms) : NULL;
    bool ok = x != NULL && write_certificate(&a, key, x, ret_certificate);
    X509_free(x);
    EVP_PKEY_free(key);
    authority_done(&a);
    return ok ? 0 : err_set(err, "Certificate", "OpenSSL could not make a certificate");
}

void certificate_done(struct certificate *c)
{
    if (c->key != NULL)
        OPENSSL_cleanse(c->key, strlen(c->key));
    free(c->key);
    free(c->chain);
    *c = (struct certificate){.key = NULL};
}
