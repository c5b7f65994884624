/* Bytes as text and back, and digests. */
#include "base/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* Base64 of RFC 4648 both ways, and nothing that is not exactly that. */
static void base64(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"\xff\xfe\xfb", "//77"},
    };
    static const char *const bad[] = {
        "Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm 9", "Zg==Zg==", "Zm9-"};
    size_t len;

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        char *text = base64_encode(pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(text, pairs[i][1]);
        uint8_t *bytes = base64_decode(text, strlen(text), &len);
        assert_non_null(bytes);
        assert_int_equal(len, strlen(pairs[i][0]));
        assert_string_equal((const char *)bytes, pairs[i][0]);
        free(bytes);
        free(text);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_null(base64_decode(bad[i], strlen(bad[i]), &len));
}

/* Hexadecimal is written in lower case and read in either. */
static void hexadecimal(void **state)
{
    (void)state;
    char text[7];
    uint8_t bytes[3];

    hex_encode("\x01\xab\xff", 3, text);
    assert_string_equal(text, "01abff");
    assert_true(hex_decode("01ABff", 6, bytes));
    assert_memory_equal(bytes, "\x01\xab\xff", 3);
    assert_false(hex_decode("01a", 3, bytes));
    assert_false(hex_decode("0g", 2, bytes));
}

/* Percent encoding keeps RFC 3986's unreserved characters only; decoding refuses a broken escape.
 */
static void percent(void **state)
{
    (void)state;
    struct buf b;
    char text[] = "a%20b+c%2Fd", broken[] = "a%2", wrong[] = "%zz", nul[] = "a%00b";

    buf_init(&b, 100);
    percent_encode(&b, "a b/~*\xc3", 7, true);
    assert_string_equal(buf_text(&b), "a%20b/~%2A%C3");
    buf_clear(&b);
    percent_encode(&b, "/", 1, false);
    assert_string_equal(buf_text(&b), "%2F");
    buf_done(&b);
    assert_int_equal(percent_decode(text, strlen(text), true), 7);
    assert_string_equal(text, "a b c/d");
    assert_int_equal(percent_decode(broken, strlen(broken), false), -1);
    assert_int_equal(percent_decode(wrong, strlen(wrong), false), -1);
    assert_int_equal(percent_decode(nul, strlen(nul), false), 3);
    assert_memory_equal(nul, "a\0b", 4);
}

/* The digests of FIPS 180-4 and RFC 4231. */
static void digests(void **state)
{
    (void)state;
    char hex[SHA256_HEX_SIZE];
    uint8_t mac[SHA256_SIZE];

    sha256_hex("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac);
    hex_encode(mac, sizeof(mac), hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_true(constant_time_equal("abc", "abc", 3));
    assert_false(constant_time_equal("abc", "abd", 3));
}

/* UTF-8 is well-formed without overlong forms, surrogates, or anything past U+10FFFF. */
static void utf8(void **state)
{
    (void)state;
    static const char *const good[] = {
        "", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\xaf",
                                      "\xc3",
                                      "\xe0\x80\xaf",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xe2\x82",
                                      "a\xff"};

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(utf8_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(utf8_valid(bad[i], strlen(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64),  cmocka_unit_test(hexadecimal), cmocka_unit_test(percent),
        cmocka_unit_test(digests), cmocka_unit_test(utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
