/* Bytes as text and back, digests and comparisons (OpenSSL underneath). */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE     32
#define SHA256_HEX_SIZE 65

void hex_encode(const void *bytes, size_t len,
                char *out); /* lower case, 2*len characters and NUL */
bool hex_decode(const char *text, size_t text_len, uint8_t *out); /* text_len/2 bytes */

char *base64_encode(const void *bytes, size_t len); /* heap, one line, padded */
/* Strict: padding required, no line breaks; NULL when malformed. Heap; *ret_len bytes and a NUL
 * after them. */
uint8_t *base64_decode(const char *text, size_t text_len, size_t *ret_len);

void percent_encode(struct buf *out, const char *bytes, size_t len,
                    bool keep_slash); /* unreserved kept, upper-case hex */
/* Decodes in place and returns the new length, or -1 on a broken escape. plus_is_space for form
 * bodies. */
long percent_decode(char *text, size_t len, bool plus_is_space);

void sha256(const void *bytes, size_t len, uint8_t out[SHA256_SIZE]);
void sha256_hex(const void *bytes, size_t len, char out[SHA256_HEX_SIZE]);
void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                 uint8_t out[SHA256_SIZE]);
bool constant_time_equal(const void *a, const void *b, size_t len);
bool utf8_valid(const char *bytes, size_t len);

#endif
