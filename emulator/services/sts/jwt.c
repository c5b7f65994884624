/* Tokens and their signatures: see jwt.h. Only algorithms with a private key count: "none" and the
 * HMACs, which a public key would open, are refused whatever the set says. */
#include "services/sts/jwt.h"

#include "base/encode.h"
#include "base/text.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192

/* --- reading ---------------------------------------------------------------------------------- */

/* base64url without padding (RFC 7515); heap. */
static uint8_t *base64url_decode(const char *text, size_t len, size_t *ret_len)
{
    size_t padded = (len + 3) / 4 * 4;
    char *standard = xmalloc(padded + 1);
    uint8_t *bytes = NULL;
    bool valid = true;

    memset(standard, '=', padded);
    standard[padded] = '\0';
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        valid = valid && c != '+' && c != '/' && c != '=';
        standard[i] = c;
        if (c == '-')
            standard[i] = '+';
        if (c == '_')
            standard[i] = '/';
    }
    if (valid)
        bytes = base64_decode(standard, padded, ret_len);
    free(standard);
    return bytes;
}

/* An object; NULL when the part is none. */
static json_t *part_object(const char *text, size_t len)
{
    size_t bytes_len = 0;
    uint8_t *bytes = base64url_decode(text, len, &bytes_len);
    struct err err;
    json_t *value = bytes != NULL ? json_parse((const char *)bytes, bytes_len, &err) : NULL;

    free(bytes);
    if (json_is_object(value))
        return value;
    json_decref(value);
    return NULL;
}

int jwt_read(const char *text, struct jwt *ret_token)
{
    const char *first = strchr(text, '.');
    const char *second = first != NULL ? strchr(first + 1, '.') : NULL;

    if (second == NULL || strchr(second + 1, '.') != NULL)
        return -1;
    struct jwt t = {
        .header = part_object(text, (size_t)(first - text)),
        .claims = part_object(first + 1, (size_t)(second - first - 1)),
        .signed_text = text,
        .signed_len = (size_t)(second - text),
    };
    t.signature = base64url_decode(second + 1, strlen(second + 1), &t.signature_len);
    if (t.header == NULL || t.claims == NULL || t.signature == NULL ||
        json_get(t.header, "crit") != NULL) {
        jwt_done(&t);
        return -1;
    }
    *ret_token = t;
    return 0;
}

void jwt_done(struct jwt *token)
{
    json_decref(token->header);
    json_decref(token->claims);
    free(token->signature);
    *token = (struct jwt){.header = NULL};
}

/* --- algorithms ------------------------------------------------------------------------------- */

enum family { RSA_PKCS1, RSA_PSS, ECDSA };

struct algorithm {
    const char *name, *digest, *key_type;
    enum family family;
    const char *curve, *group; /* of ECDSA: as JWK and as OpenSSL call it */
    size_t coordinate_len;
};
static const struct algorithm algorithms[] = {
    {"RS256", "SHA256", "RSA", RSA_PKCS1, NULL, NULL, 0},
    {"RS384", "SHA384", "RSA", RSA_PKCS1, NULL, NULL, 0},
    {"RS512", "SHA512", "RSA", RSA_PKCS1, NULL, NULL, 0},
    {"PS256", "SHA256", "RSA", RSA_PSS, NULL, NULL, 0},
    {"PS384", "SHA384", "RSA", RSA_PSS, NULL, NULL, 0},
    {"PS512", "SHA512", "RSA", RSA_PSS, NULL, NULL, 0},
    {"ES256", "SHA256", "EC", ECDSA, "P-256", "P-256", 32},
    {"ES384", "SHA384", "EC", ECDSA, "P-384", "P-384", 48},
    {"ES512", "SHA512", "EC", ECDSA, "P-521", "P-521", 66},
};

static const struct algorithm *algorithm_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
        if (str_equal(algorithms[i].name, name))
            return &algorithms[i];
    return NULL;
}

/* --- keys ------------------------------------------------------------------------------------- */

static EVP_PKEY *key_make(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* A number of the key; NULL: absent, malformed or longer than any key we take. */
static BIGNUM *key_number(const json_t *jwk, const char *name)
{
    const char *text = json_str(jwk, name);
    size_t len = 0;
    uint8_t *bytes = text != NULL ? base64url_decode(text, strlen(text), &len) : NULL;
    BIGNUM *number =
        bytes != NULL && len <= RSA_BITS_MAX / 8 + 1 ? BN_bin2bn(bytes, (int)len, NULL) : NULL;

    free(bytes);
    return number;
}

static EVP_PKEY *rsa_key(const json_t *jwk)
{
    BIGNUM *n = key_number(jwk, "n"), *e = key_number(jwk, "e");
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;
    int bits = n != NULL ? BN_num_bits(n) : 0;

    if (e != NULL && BN_num_bits(e) <= 64 && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX &&
        build != NULL && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        params = OSSL_PARAM_BLD_to_param(build);
        key = key_make("RSA", params);
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return key;
}

/* The point, uncompressed: 4, x, y. */
static bool ec_point(const json_t *jwk, const struct algorithm *a, uint8_t *point)
{
    BIGNUM *x = key_number(jwk, "x"), *y = key_number(jwk, "y");
    int len = (int)a->coordinate_len;
    bool whole = x != NULL && y != NULL && BN_bn2binpad(x, point + 1, len) == len &&
                 BN_bn2binpad(y, point + 1 + len, len) == len;

    point[0] = 4;
    BN_free(x);
    BN_free(y);
    return whole;
}

static EVP_PKEY *ec_key(const json_t *jwk, const struct algorithm *a)
{
    uint8_t point[1 + 2 * 66];
    char group[8];

    if (!str_equal(json_str(jwk, "crv"), a->curve) || !ec_point(jwk, a, point))
        return NULL;
    str_copy(group, sizeof(group), a->group);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point,
                                          1 + 2 * a->coordinate_len),
        OSSL_PARAM_construct_end(),
    };
    return key_make("EC", params);
}

/* The key may sign tokens like this one. */
static bool key_fits(const json_t *jwk, const struct algorithm *a, const char *kid)
{
    return (kid == NULL || str_equal(json_str(jwk, "kid"), kid)) &&
           str_equal(json_str(jwk, "kty"), a->key_type) &&
           str_equal(json_str_or(jwk, "use", "sig"), "sig") &&
           str_equal(json_str_or(jwk, "alg", a->name), a->name);
}

/* --- verifying -------------------------------------------------------------------------------- */

/* JWS has r and s side by side, OpenSSL wants them in DER; heap, NULL when it is neither. */
static uint8_t *ecdsa_der(const struct jwt *t, const struct algorithm *a, size_t *ret_len)
{
    int half = (int)a->coordinate_len, len;
    uint8_t *der = NULL;

    if (t->signature_len != 2 * a->coordinate_len)
        return NULL;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(t->signature, half, NULL),
           *s = BN_bin2bn(t->signature + half, half, NULL);
    if (sig == NULL || ECDSA_SIG_set0(sig, r, s) != 1)
        abort(); /* memory is out */
    len = i2d_ECDSA_SIG(sig, NULL);
    if (len > 0) {
        uint8_t *end = der = xmalloc((size_t)len);
        *ret_len = (size_t)i2d_ECDSA_SIG(sig, &end);
    }
    ECDSA_SIG_free(sig);
    return der;
}

static bool signature_holds(const struct jwt *t, const struct algorithm *a, EVP_PKEY *key,
                            const uint8_t *signature, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_ctx = NULL;
    bool ready = ctx != NULL &&
                 EVP_DigestVerifyInit_ex(ctx, &key_ctx, a->digest, NULL, NULL, key, NULL) == 1;

    if (ready && a->family == RSA_PSS)
        ready = EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
    bool holds =
        ready && EVP_DigestVerify(ctx, signature, len, (const unsigned char *)t->signed_text,
                                  t->signed_len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return holds;
}

static bool signed_with(const struct jwt *t, const struct algorithm *a, EVP_PKEY *key)
{
    size_t len = t->signature_len;
    uint8_t *der = a->family == ECDSA ? ecdsa_der(t, a, &len) : NULL;
    bool holds = (a->family != ECDSA || der != NULL) &&
                 signature_holds(t, a, key, der != NULL ? der : t->signature, len);

    free(der);
    return holds;
}

enum jwt_verdict jwt_verify(const struct jwt *token, const json_t *keys)
{
    const struct algorithm *a = algorithm_find(json_str(token->header, "alg"));
    const char *kid = json_str(token->header, "kid");
    enum jwt_verdict verdict = JWT_NO_KEY;
    const json_t *list = json_get(keys, "keys");

    if (a == NULL)
        return JWT_UNSUPPORTED;
    for (size_t i = 0; i < json_array_size(list) && verdict != JWT_VERIFIED; i++) {
        const json_t *jwk = json_array_get(list, i);
        if (!key_fits(jwk, a, kid))
            continue;
        EVP_PKEY *key = a->family == ECDSA ? ec_key(jwk, a) : rsa_key(jwk);
        if (key != NULL)
            verdict = signed_with(token, a, key) ? JWT_VERIFIED : JWT_FORGED;
        EVP_PKEY_free(key);
    }
    ERR_clear_error();
    return verdict;
}

bool jwt_keys_valid(const json_t *keys)
{
    const json_t *list = json_get(keys, "keys"), *key;
    size_t i;

    if (!json_is_array(list) || json_array_size(list) > JWT_KEYS_MAX)
        return false;
    json_array_foreach (list, i, key)
        if (!json_is_object(key))
            return false;
    return true;
}
