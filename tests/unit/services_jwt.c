/* JSON Web Tokens, signed here by OpenSSL with keys of each kind. */
#include "services/sts/jwt.h"

#include "base/encode.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

static EVP_PKEY *rsa, *small, *p256, *p384, *p521;

static int setup(void **state)
{
    (void)state;
    rsa = EVP_RSA_gen(2048);
    small = EVP_RSA_gen(1024);
    p256 = EVP_EC_gen("P-256");
    p384 = EVP_EC_gen("P-384");
    p521 = EVP_EC_gen("P-521");
    return rsa == NULL || small == NULL || p256 == NULL || p384 == NULL || p521 == NULL;
}

static int teardown(void **state)
{
    EVP_PKEY *keys[] = {rsa, small, p256, p384, p521};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        EVP_PKEY_free(keys[i]);
    return 0;
}

/* base64url without padding. */
static char *url64(const void *bytes, size_t len)
{
    char *text = base64_encode(bytes, len);
    for (char *at = text; *at != '\0'; at++) {
        if (*at == '+')
            *at = '-';
        if (*at == '/')
            *at = '_';
        if (*at == '=')
            *at = '\0';
    }
    return text;
}

static void set_number(json_t *jwk, const char *name, EVP_PKEY *key, const char *param)
{
    BIGNUM *number = NULL;
    uint8_t bytes[1024];
    assert_int_equal(EVP_PKEY_get_bn_param(key, param, &number), 1);
    int len = BN_bn2bin(number, bytes);
    char *text = url64(bytes, (size_t)len);
    json_set_str(jwk, name, text);
    free(text);
    BN_free(number);
}

static json_t *jwk_of(EVP_PKEY *key, const char *kid)
{
    json_t *jwk = json_object();
    json_set_str(jwk, "kid", kid);
    if (EVP_PKEY_is_a(key, "RSA")) {
        json_set_str(jwk, "kty", "RSA");
        set_number(jwk, "n", key, OSSL_PKEY_PARAM_RSA_N);
        set_number(jwk, "e", key, OSSL_PKEY_PARAM_RSA_E);
    } else {
        int bits = EVP_PKEY_get_bits(key);
        json_set_str(jwk, "kty", "EC");
        json_set_str(jwk, "crv", bits == 256 ? "P-256" : bits == 384 ? "P-384" : "P-521");
        set_number(jwk, "x", key, OSSL_PKEY_PARAM_EC_PUB_X);
        set_number(jwk, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y);
    }
    return jwk;
}

static json_t *set_of(EVP_PKEY *key, const char *kid)
{
    json_t *set = json_object(), *list = json_array();
    json_append_new(list, jwk_of(key, kid));
    json_set_new(set, "keys", list);
    return set;
}

struct spec {
    const char *alg;
    EVP_PKEY **key;
    const char *digest;
    bool pss;
    size_t half; /* of an ECDSA signature */
};
static const struct spec specs[] = {
    {"RS256", &rsa, "SHA256", false, 0},   {"RS384", &rsa, "SHA384", false, 0},
    {"RS512", &rsa, "SHA512", false, 0},   {"PS256", &rsa, "SHA256", true, 0},
    {"PS384", &rsa, "SHA384", true, 0},    {"PS512", &rsa, "SHA512", true, 0},
    {"ES256", &p256, "SHA256", false, 32}, {"ES384", &p384, "SHA384", false, 48},
    {"ES512", &p521, "SHA512", false, 66},
};

/* DER as OpenSSL signs -> r and s side by side. */
static size_t raw_ecdsa(uint8_t *signature, size_t len, size_t half)
{
    const uint8_t *at = signature;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
    assert_non_null(sig);
    BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, (int)half);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + half, (int)half);
    ECDSA_SIG_free(sig);
    return 2 * half;
}

static char *sign(const struct spec *spec, EVP_PKEY *key, const char *header, const char *claims)
{
    char *h = url64(header, strlen(header)), *c = url64(claims, strlen(claims));
    char *text = xasprintf("%s.%s", h, c);
    uint8_t signature[1024];
    size_t len = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *kctx = NULL;
    assert_int_equal(EVP_DigestSignInit_ex(ctx, &kctx, spec->digest, NULL, NULL, key, NULL), 1);
    if (spec->pss) {
        EVP_PKEY_CTX_set_rsa_padding(kctx, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(kctx, RSA_PSS_SALTLEN_DIGEST);
    }
    assert_int_equal(
        EVP_DigestSign(ctx, signature, &len, (const unsigned char *)text, strlen(text)), 1);
    EVP_MD_CTX_free(ctx);
    if (spec->half > 0)
        len = raw_ecdsa(signature, len, spec->half);
    char *s = url64(signature, len), *token = xasprintf("%s.%s", text, s);
    free(h);
    free(c);
    free(s);
    free(text);
    return token;
}

static enum jwt_verdict judge(const char *token, json_t *keys)
{
    struct jwt t;
    assert_int_equal(jwt_read(token, &t), 0);
    enum jwt_verdict verdict = jwt_verify(&t, keys);
    jwt_done(&t);
    json_decref(keys);
    return verdict;
}

static char *sign_with(size_t spec, const char *kid)
{
    char *header = xasprintf("{\"alg\":\"%s\",\"kid\":\"%s\"}", specs[spec].alg, kid);
    char *token = sign(&specs[spec], *specs[spec].key, header, "{\"sub\":\"alice\"}");
    free(header);
    return token;
}

/* A token signed by each algorithm is verified with its key, and its claims can be read. */
static void each_algorithm_verifies(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
        char *token = sign_with(i, "k");
        struct jwt t;
        assert_int_equal(judge(token, set_of(*specs[i].key, "k")), JWT_VERIFIED);
        assert_int_equal(jwt_read(token, &t), 0);
        assert_string_equal(json_str(t.claims, "sub"), "alice");
        jwt_done(&t);
        free(token);
    }
}

/* Another claim under the same signature is forged, by each algorithm. */
static void altered_claims_are_forged(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
        char *token = sign_with(i, "k");
        char *other = url64("{\"sub\":\"mallory\"}", 17);
        char *dot = strchr(token, '.'), *end = strchr(dot + 1, '.');
        char *forged = xasprintf("%.*s.%s%s", (int)(dot - token), token, other, end);
        assert_int_equal(judge(forged, set_of(*specs[i].key, "k")), JWT_FORGED);
        free(forged);
        free(other);
        free(token);
    }
}

/* A key of another id is not asked; without an id in the token every key of the kind is. */
static void the_key_is_chosen_by_its_id(void **state)
{
    (void)state;
    char *token = sign_with(0, "old");
    assert_int_equal(judge(token, set_of(rsa, "new")), JWT_NO_KEY);
    free(token);
    token = sign(&specs[0], rsa, "{\"alg\":\"RS256\"}", "{}");
    assert_int_equal(judge(token, set_of(rsa, "new")), JWT_VERIFIED);
    assert_int_equal(judge(token, set_of(p256, "new")), JWT_NO_KEY);
    free(token);
}

/* A key counts for what it says it is for: another algorithm or encryption does not fit. */
static void the_key_says_what_it_is_for(void **state)
{
    (void)state;
    char *token = sign_with(0, "k");
    json_t *set = set_of(rsa, "k");
    json_set_str(json_array_get(json_object_get(set, "keys"), 0), "alg", "PS256");
    assert_int_equal(judge(token, set), JWT_NO_KEY);
    set = set_of(rsa, "k");
    json_set_str(json_array_get(json_object_get(set, "keys"), 0), "use", "enc");
    assert_int_equal(judge(token, set), JWT_NO_KEY);
    free(token);
}

/* ES256 is P-256 alone: a key on another curve does not fit. */
static void the_curve_belongs_to_the_algorithm(void **state)
{
    (void)state;
    char *token = sign(&(struct spec){"ES256", &p384, "SHA256", false, 48}, p384,
                       "{\"alg\":\"ES256\",\"kid\":\"k\"}", "{}");
    assert_int_equal(judge(token, set_of(p384, "k")), JWT_NO_KEY);
    free(token);
}

/* "none" and HMACs, which whoever knows the public key could make, are refused. */
static void unsigned_and_symmetric_are_unsupported(void **state)
{
    (void)state;
    static const char *const names[] = {"none", "None", "HS256", "HS512", "rs256", ""};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *header = xasprintf("{\"alg\":\"%s\"}", names[i]);
        char *h = url64(header, strlen(header)), *token = xasprintf("%s.e30.", h);
        assert_int_equal(judge(token, set_of(rsa, "k")), JWT_UNSUPPORTED);
        free(token);
        free(h);
        free(header);
    }
}

/* RSA keys shorter than 2,048 bits are not taken. */
static void short_keys_are_not_taken(void **state)
{
    (void)state;
    char *token = sign(&specs[0], small, "{\"alg\":\"RS256\",\"kid\":\"k\"}", "{}");
    assert_int_equal(judge(token, set_of(small, "k")), JWT_NO_KEY);
    free(token);
}

/* What is not three parts of base64url, or not objects, or asks for extensions, is no token. */
static void malformed_tokens(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "e30.e30",
        "e30.e30.AA.AA",
        "e3*.e30.AA",
        "e30=.e30.AA",
        "W10.e30.AA",                 /* [] */
        "e30.IiI.AA",                 /* "" */
        "eyJjcml0IjpbImIiXX0.e30.AA", /* {"crit":["b"]} */
        "e30.e30.A",
    };
    struct jwt t;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(jwt_read(texts[i], &t), -1);
    assert_int_equal(jwt_read("e30.e30.", &t), 0);
    jwt_done(&t);
}

/* A key set is an object with a list of objects. */
static void key_sets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"{\"keys\":[]}", true},
        {"{\"keys\":[{}]}", true},
        {"{\"keys\":[1]}", false},
        {"{\"keys\":{}}", false},
        {"{}", false},
        {"[]", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err;
        json_t *keys = json_parse(cases[i].text, strlen(cases[i].text), &err);
        assert_int_equal(jwt_keys_valid(keys), cases[i].valid);
        json_decref(keys);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_algorithm_verifies),
        cmocka_unit_test(altered_claims_are_forged),
        cmocka_unit_test(the_key_is_chosen_by_its_id),
        cmocka_unit_test(the_key_says_what_it_is_for),
        cmocka_unit_test(the_curve_belongs_to_the_algorithm),
        cmocka_unit_test(unsigned_and_symmetric_are_unsupported),
        cmocka_unit_test(short_keys_are_not_taken),
        cmocka_unit_test(malformed_tokens),
        cmocka_unit_test(key_sets),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
