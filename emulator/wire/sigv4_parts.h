/* The parts of Signature Version 4 that signing and verifying share. */
#ifndef WIRE_SIGV4_PARTS_H
#define WIRE_SIGV4_PARTS_H

#include "base/encode.h"
#include "wire/sigv4.h"

#define SIGV4_ALGORITHM  "AWS4-HMAC-SHA256"
#define SIGV4_TERMINATOR "aws4_request"

/* The canonical request; `signed_headers` is the list "host;x-amz-date". All strings are the
 * arena's. */
const char *sigv4_canonical_request(const struct wire_request *q, const char *signed_headers,
                                    const char *payload_hash, struct arena *a);
const char *sigv4_string_to_sign(const char *date, const char *scope, const char *canonical_request,
                                 struct arena *a);

/* What a signing key is made for. */
struct sigv4_scope {
    const char *access_key_id, *date, *region, *service;
};
void sigv4_key_derive(const char *secret, const struct sigv4_scope *scope,
                      uint8_t ret_key[SHA256_SIZE]);
void sigv4_signature(const uint8_t key[SHA256_SIZE], const char *string_to_sign,
                     char ret_hex[SHA256_HEX_SIZE]);

/* The cache of signing keys: the least recently used one goes; a key whose secret has changed is
 * made anew. */
struct sigv4_keys;
struct sigv4_keys *sigv4_keys_new(size_t limit);
void sigv4_keys_free(struct sigv4_keys *keys); /* wipes; takes NULL */
void sigv4_keys_get(struct sigv4_keys *keys, const char *secret, const struct sigv4_scope *scope,
                    uint8_t ret_key[SHA256_SIZE]);
size_t sigv4_keys_count(const struct sigv4_keys *keys);

#endif
