/* Bytes as text and back, digests and comparisons. */
#include "base/encode.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

void hex_encode(const void *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = bytes;

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * len] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte that two hex digits name, or -1. */
static int hex_pair(const char *text)
{
    int high = hex_digit(text[0]);
    int low = high < 0 ? -1 : hex_digit(text[1]);

    return low < 0 ? -1 : high * 16 + low;
}

bool hex_decode(const char *text, size_t text_len, uint8_t *out)
{
    if (text_len % 2 != 0)
        return false;
    for (size_t i = 0; i < text_len; i += 2) {
        int byte = hex_pair(text + i);
        if (byte < 0)
            return false;
        out[i / 2] = (uint8_t)byte;
    }
    return true;
}

static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    char *text = xmalloc((len + 2) / 3 * 4 + 1), *out = text;

    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t word = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
                        (left > 2 ? (uint32_t)p[i + 2] : 0);
        *out++ = base64_letters[word >> 18];
        *out++ = base64_letters[word >> 12 & 63];
        *out++ = left > 1 ? base64_letters[word >> 6 & 63] : '=';
        *out++ = left > 2 ? base64_letters[word & 63] : '=';
    }
    *out = '\0';
    return text;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

uint8_t *base64_decode(const char *text, size_t text_len, size_t *ret_len)
{
    size_t pad = 0, len = 0;

    if (text_len % 4 != 0)
        return NULL;
    while (pad < 2 && pad < text_len && text[text_len - 1 - pad] == '=')
        pad++;
    uint8_t *out = xmalloc(text_len / 4 * 3 + 1);
    for (size_t i = 0; i < text_len; i += 4) {
        uint32_t word = 0;
        for (size_t j = i; j < i + 4; j++) {
            int digit = j >= text_len - pad ? 0 : base64_digit(text[j]);
            if (digit < 0) {
                free(out);
                return NULL;
            }
            word = word << 6 | (uint32_t)digit;
        }
        out[len++] = (uint8_t)(word >> 16);
        out[len++] = (uint8_t)(word >> 8);
        out[len++] = (uint8_t)word;
    }
    len -= pad;
    out[len] = 0;
    *ret_len = len;
    return out;
}

static bool unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void percent_encode(struct buf *out, const char *bytes, size_t len, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        const char escape[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        if (unreserved(bytes[i]) || (keep_slash && bytes[i] == '/'))
            buf_add_char(out, bytes[i]);
        else
            buf_add(out, escape, sizeof(escape));
    }
}

long percent_decode(char *text, size_t len, bool plus_is_space)
{
    size_t out = 0;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            int byte = len - i > 2 ? hex_pair(text + i + 1) : -1;
            if (byte < 0)
                return -1;
            c = (char)byte;
            i += 2;
        }
        text[out++] = c;
    }
    if (out < len)
        text[out] = '\0';
    return (long)out;
}

void sha256(const void *bytes, size_t len, uint8_t out[SHA256_SIZE])
{
    if (EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL) != 1)
        abort();
}

void sha256_hex(const void *bytes, size_t len, char out[SHA256_HEX_SIZE])
{
    uint8_t digest[SHA256_SIZE];

    sha256(bytes, len, digest);
    hex_encode(digest, sizeof(digest), out);
}

void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                 uint8_t out[SHA256_SIZE])
{
    if (HMAC(EVP_sha256(), key, (int)key_len, bytes, len, out, NULL) == NULL)
        abort();
}

bool constant_time_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

/* Length of the well-formed sequence at p, or 0. The second byte's range shuts out overlong forms,
 * surrogates and what lies past U+10FFFF. */
static size_t utf8_sequence(const uint8_t *p, size_t left)
{
    uint8_t first = p[0], low = 0x80, high = 0xbf;
    size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (len == 1)
        return 1;
    if (first < 0xc2 || first > 0xf4 || left < len)
        return 0;
    if (first == 0xe0)
        low = 0xa0;
    else if (first == 0xed)
        high = 0x9f;
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

bool utf8_valid(const char *bytes, size_t len)
{
    const uint8_t *p = (const uint8_t *)bytes;

    for (size_t at = 0, step; at < len; at += step) {
        step = utf8_sequence(p + at, len - at);
        if (step == 0)
            return false;
    }
    return true;
}
