/* Certificates: first as the system judges them, then under the pins: a pinned certificate that the
 * server itself shows is an anchor, and what it issued must hold like any chain (dates, signatures,
 * purpose). The name is libcurl's to check. */
#include "loop/fetch_trust.h"

#include "base/encode.h"
#include "base/text.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define SHA1_SIZE 20
#define PIN_SIZE  (2 * SHA1_SIZE + 1)

static bool digest_hex(const X509 *certificate, char ret_hex[PIN_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    if (X509_digest(certificate, EVP_sha1(), digest, &len) != 1 || len != SHA1_SIZE)
        return false;
    hex_encode(digest, len, ret_hex);
    return true;
}

static bool is_pinned(const struct fetch_trust *trust, const X509 *certificate)
{
    char hex[PIN_SIZE];

    if (!digest_hex(certificate, hex))
        return false;
    for (size_t i = 0; i < trust->pin_count; i++)
        if (str_equal_ci(trust->pins[i], hex))
            return true;
    return false;
}

/* The pinned ones among the certificates shown; *ret_any says whether there are any. */
static X509_STORE *anchors(const struct fetch_trust *trust, X509 *leaf, STACK_OF(X509) * shown,
                           bool *ret_any)
{
    X509_STORE *store = X509_STORE_new();

    *ret_any = false;
    if (store == NULL)
        return NULL;
    if (is_pinned(trust, leaf))
        *ret_any = X509_STORE_add_cert(store, leaf) == 1;
    for (int i = 0; i < sk_X509_num(shown); i++)
        if (is_pinned(trust, sk_X509_value(shown, i)))
            *ret_any |= X509_STORE_add_cert(store, sk_X509_value(shown, i)) == 1;
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    return store;
}

static bool holds_under_pins(const struct fetch_trust *trust, X509_STORE_CTX *failed)
{
    X509 *leaf = X509_STORE_CTX_get0_cert(failed);
    STACK_OF(X509) *shown = X509_STORE_CTX_get0_untrusted(failed);
    bool any = false, holds = false;
    X509_STORE *store = anchors(trust, leaf, shown, &any);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();

    if (any && ctx != NULL && X509_STORE_CTX_init(ctx, store, leaf, shown) == 1 &&
        X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER) == 1)
        holds = X509_verify_cert(ctx) == 1;
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return holds;
}

/* The last one shown is the authority's nearest to the root. */
static bool learn(struct fetch_trust *trust, X509_STORE_CTX *ctx)
{
    STACK_OF(X509) *shown = X509_STORE_CTX_get0_untrusted(ctx);
    const X509 *last = sk_X509_num(shown) > 0 ? sk_X509_value(shown, sk_X509_num(shown) - 1)
                                              : X509_STORE_CTX_get0_cert(ctx);

    return last != NULL && digest_hex(last, trust->learned);
}

static int judge(X509_STORE_CTX *ctx, void *arg)
{
    struct fetch_trust *trust = arg;
    bool believed = trust->learns ? learn(trust, ctx)
                                  : X509_verify_cert(ctx) == 1 || holds_under_pins(trust, ctx);

    if (believed) {
        X509_STORE_CTX_set_error(ctx, X509_V_OK);
        return 1;
    }
    trust->untrusted = true;
    return 0;
}

void fetch_trust_install(void *ssl_ctx, struct fetch_trust *trust)
{
    SSL_CTX_set_cert_verify_callback(ssl_ctx, judge, trust);
}
