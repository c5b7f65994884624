/* Signing keys, canonical requests and the signer. (Whole requests are judged in tests/wire, where
 * botocore signs.) */
#include "wire/sigv4_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

static const struct sigv4_scope iam_scope = {
    .access_key_id = "AKIDEXAMPLE", .date = "20150830", .region = "us-east-1", .service = "iam"};

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* The key of AWS's own example (secret, day, region and service as its documentation has them). */
static void test_derived_key(void **state)
{
    (void)state;
    uint8_t key[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    sigv4_key_derive(SECRET, &iam_scope, key);
    hex_encode(key, sizeof(key), hex);
    assert_string_equal(hex, "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

/* The whole of AWS's example: GET ListUsers with three signed headers. */
static void test_documented_signature(void **state)
{
    (void)state;
    const struct wire_header headers[] = {
        {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
        {"Host", "iam.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"}};
    const struct wire_request q = {.method = "GET",
                                   .path = "/",
                                   .query = "Action=ListUsers&Version=2010-05-08",
                                   .headers = headers,
                                   .header_count = ARRAY_LEN(headers),
                                   .body = ""};
    const struct sigv4_signer signer = {"AKIDEXAMPLE", SECRET, "us-east-1", "iam"};
    assert_string_equal(
        sigv4_sign(&signer, &q, arena),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

static void assert_canonical(const char *path, const char *query, const char *expected)
{
    const struct wire_header headers[] = {{"Host", " a   b "}, {"X-Two", "1"}, {"x-two", "2"}};
    const struct wire_request q = {.method = "GET",
                                   .path = path,
                                   .query = query,
                                   .headers = headers,
                                   .header_count = ARRAY_LEN(headers),
                                   .body = ""};
    char whole[512];
    snprintf(whole, sizeof(whole), "GET\n%s\nhost:a b\nx-two:1,2\n\nhost;x-two\nhash", expected);
    assert_string_equal(sigv4_canonical_request(&q, "host;x-two", "hash", arena), whole);
}

/* Dot segments go, slashes fold, a trailing one stays; what is not unreserved is escaped again. */
static void test_canonical_path(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"", "/"},
                                           {"/", "/"},
                                           {"/./", "/"},
                                           {"/a/..", "/"},
                                           {"/a/../..", "/"},
                                           {"//a//b/", "/a/b/"},
                                           {"/./a", "/a"},
                                           {"/a/b/../c", "/a/c"},
                                           {"/a/..b", "/a/..b"},
                                           {"/%3A ü", "/%253A%20%C3%BC"},
                                           {"/a/.", "/a/"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char expected[128];
        snprintf(expected, sizeof(expected), "%s\n", cases[i][1]);
        assert_canonical(cases[i][0], "", expected);
    }
}

/* Parameters are decoded once and sorted by name, then value; '+' is a plus; the signature itself
 * is left out. */
static void test_canonical_query(void **state)
{
    (void)state;
    assert_canonical("/", "b=2&a=%7e+&a=1&c&X-Amz-Signature=x&=e", "/\n=e&a=1&a=~%2B&b=2&c=");
    assert_canonical("/", "a=%zz", "/\na=%25zz");
}

/* The cache holds so many keys and no more, and forgets the one that was not used for longest. */
static void test_cache_bound(void **state)
{
    (void)state;
    struct sigv4_keys *keys = sigv4_keys_new(3);
    uint8_t expected[SHA256_SIZE], key[SHA256_SIZE];
    for (int i = 0; i < 10; i++) {
        char day[32];
        snprintf(day, sizeof(day), "201508%02d", i);
        struct sigv4_scope scope = iam_scope;
        scope.date = day;
        sigv4_key_derive(SECRET, &scope, expected);
        sigv4_keys_get(keys, SECRET, &scope, key);
        assert_memory_equal(key, expected, SHA256_SIZE);
        sigv4_keys_get(keys, SECRET, &iam_scope, key); /* kept in use */
        assert_true(sigv4_keys_count(keys) <= 3);
    }
    sigv4_key_derive(SECRET, &iam_scope, expected);
    assert_memory_equal(key, expected, SHA256_SIZE);
    sigv4_keys_free(keys);
}

/* A secret that has changed takes its signing key with it. */
static void test_cache_secret(void **state)
{
    (void)state;
    struct sigv4_keys *keys = sigv4_keys_new(3);
    uint8_t old[SHA256_SIZE], new[SHA256_SIZE], expected[SHA256_SIZE];
    sigv4_keys_get(keys, SECRET, &iam_scope, old);
    sigv4_keys_get(keys, "another", &iam_scope, new);
    sigv4_key_derive("another", &iam_scope, expected);
    assert_memory_equal(new, expected, SHA256_SIZE);
    assert_memory_not_equal(new, old, SHA256_SIZE);
    assert_int_equal(sigv4_keys_count(keys), 1);
    sigv4_keys_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derived_key),
        cmocka_unit_test_setup_teardown(test_documented_signature, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_canonical_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_canonical_query, set_up, tear_down),
        cmocka_unit_test(test_cache_bound),
        cmocka_unit_test(test_cache_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
