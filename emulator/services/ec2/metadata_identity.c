/* The instance identity document and its signatures. The key is RSA with 2048 bits, its certificate
 * names this installation's metadata service; both are made once and kept in the database. The
 * certificate stands in every PKCS #7 answer: `openssl pkcs7 -print_certs` takes it out, and
 * `openssl smime -verify` checks against it. */
#include "services/ec2/metadata_tree.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "call/secret.h"
#include "services/ec2/key_maker.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define PEM_MAX         16384
#define CERTIFICATE_S   (30L * 365 * 86400)
#define LINE_CHARACTERS 64 /* AWS's base64 lines */
#define SIGNATURE_MAX   1024

struct signer {
    EVP_PKEY *key;
    X509 *certificate;
};

static void signer_done(struct signer *s)
{
    EVP_PKEY_free(s->key);
    X509_free(s->certificate);
}

/* --- key and certificate
 * ------------------------------------------------------------------------------ */

static X509 *make_certificate(struct metadata *m, EVP_PKEY *key)
{
    static const unsigned char name[] = "Groundschool instance identity";
    X509 *x = X509_new();
    time_t now = (time_t)(call_now_ms(&m->call) / 1000);
    uint32_t serial;
    random_bytes(m->call.ids, &serial, sizeof(serial));
    if (x == NULL)
        return NULL;
    X509_NAME *subject = X509_get_subject_name(x);
    bool ok = X509_set_version(x, X509_VERSION_3) == 1 &&
              ASN1_INTEGER_set(X509_get_serialNumber(x), (long)(serial >> 1) + 1) == 1 &&
              ASN1_TIME_set(X509_getm_notBefore(x), now) != NULL &&
              ASN1_TIME_set(X509_getm_notAfter(x), now + CERTIFICATE_S) != NULL &&
              X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1 &&
              X509_set_issuer_name(x, subject) == 1 && X509_set_pubkey(x, key) == 1 &&
              X509_sign(x, key, EVP_sha256()) > 0;
    if (ok)
        return x;
    X509_free(x);
    return NULL;
}

static bool signer_keep(struct metadata *m, const struct signer *s)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *bytes;
    bool ok = out != NULL &&
              PEM_write_bio_PrivateKey(out, s->key, NULL, NULL, 0, NULL, NULL) == 1 &&
              PEM_write_bio_X509(out, s->certificate) == 1;
    long len = ok ? BIO_get_mem_data(out, &bytes) : 0;
    if (ok)
        secret_put(m->call.db, "instance identity", bytes, (size_t)len);
    if (len > 0)
        OPENSSL_cleanse(bytes, (size_t)len);
    BIO_free(out);
    return ok;
}

static bool signer_find(struct metadata *m, struct signer *s)
{
    struct buf pem;
    buf_init(&pem, PEM_MAX);
    if (secret_find(m->call.db, "instance identity", &pem)) {
        BIO *in = BIO_new_mem_buf(buf_text(&pem), (int)pem.len);
        s->key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
        s->certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);
        BIO_free(in);
        OPENSSL_cleanse(pem.data, pem.len);
    }
    buf_done(&pem);
    return s->key != NULL && s->certificate != NULL;
}

static bool signer_load(struct metadata *m, struct signer *s)
{
    *s = (struct signer){.key = NULL};
    if (signer_find(m, s))
        return true;
    signer_done(s);
    s->key = key_maker_take_rsa();
    s->certificate = s->key != NULL ? make_certificate(m, s->key) : NULL;
    return s->certificate != NULL && signer_keep(m, s);
}

/* --- document and signatures
 * ----------------------------------------------------------------------------- */

static const char *make_document(struct metadata *m)
{
    char pending[TIME_SIZE];
    const struct instance *i = &m->instance;
    time_format_iso8601(i->launched_ms, pending);
    return call_printf(&m->call,
                       "{\n"
                       "  \"accountId\" : \"%s\",\n"
                       "  \"architecture\" : \"%s\",\n"
                       "  \"availabilityZone\" : \"%s\",\n"
                       "  \"billingProducts\" : null,\n"
                       "  \"devpayProductCodes\" : null,\n"
                       "  \"marketplaceProductCodes\" : null,\n"
                       "  \"imageId\" : \"%s\",\n"
                       "  \"instanceId\" : \"%s\",\n"
                       "  \"instanceType\" : \"%s\",\n"
                       "  \"kernelId\" : null,\n"
                       "  \"pendingTime\" : \"%s\",\n"
                       "  \"privateIp\" : \"%s\",\n"
                       "  \"ramdiskId\" : null,\n"
                       "  \"region\" : \"%s\",\n"
                       "  \"version\" : \"2017-09-30\"\n"
                       "}",
                       m->call.account, json_str_or(i->doc, "Architecture", "x86_64"), i->zone,
                       i->image_id, i->id, i->type, pending,
                       m->interface_count > 0 ? m->interfaces[0].address : "", m->call.region);
}

/* Base64 in lines, in the arena. */
static const char *in_lines(struct metadata *m, const unsigned char *bytes, size_t len)
{
    size_t size = (len + 2) / 3 * 4;
    char *flat = arena_alloc(m->call.arena, size + 1);
    char *out = arena_alloc(m->call.arena, size + size / LINE_CHARACTERS + 2), *to = out;
    EVP_EncodeBlock((unsigned char *)flat, bytes, (int)len);
    for (size_t i = 0; i < size; i++) {
        if (i > 0 && i % LINE_CHARACTERS == 0)
            *to++ = '\n';
        *to++ = flat[i];
    }
    return out;
}

/* RSA over the document's SHA-256. */
static const char *sign_plain(struct metadata *m, const struct signer *s, const char *document)
{
    unsigned char signature[SIGNATURE_MAX];
    size_t len = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, s->key) == 1 &&
              EVP_DigestSign(ctx, signature, &len, (const unsigned char *)document,
                             strlen(document)) == 1;
    EVP_MD_CTX_free(ctx);
    return ok ? in_lines(m, signature, len) : NULL;
}

/* The document, the signature over it and the certificate in one. */
static const char *sign_pkcs7(struct metadata *m, const struct signer *s, const char *document)
{
    const char *text = NULL;
    unsigned char *der = NULL;
    BIO *in = BIO_new_mem_buf(document, (int)strlen(document));
    PKCS7 *p7 = in != NULL ? PKCS7_sign(s->certificate, s->key, NULL, in, PKCS7_BINARY) : NULL;
    int len = p7 != NULL ? i2d_PKCS7(p7, &der) : 0;
    if (len > 0)
        text = in_lines(m, der, (size_t)len);
    OPENSSL_free(der);
    PKCS7_free(p7);
    BIO_free(in);
    return text;
}

const char *metadata_identity(struct metadata *m, const char *name)
{
    struct signer signer;
    const char *document = make_document(m), *text = NULL;
    if (str_equal(name, "document"))
        return document;
    if (signer_load(m, &signer))
        text = str_equal(name, "signature") ? sign_plain(m, &signer, document)
                                            : sign_pkcs7(m, &signer, document);
    signer_done(&signer);
    return text;
}
