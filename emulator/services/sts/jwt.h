/* JSON Web Tokens (RFC 7519) signed with a key of a JSON Web Key Set (RFC 7517): read, and
 * verified. Pure: text in, a verdict out. */
#ifndef SERVICES_STS_JWT_H
#define SERVICES_STS_JWT_H

#include "base/err.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jwt {
    json_t *header, *claims; /* objects */
    const char *signed_text; /* header and payload as they came; borrowed from the token */
    size_t signed_len;
    uint8_t *signature;
    size_t signature_len;
};

/* Takes a token of three parts apart; nothing in it may be believed yet. -1: it is none; then there
 * is nothing to free. `text` must last as long as the token. */
int jwt_read(const char *text, struct jwt *ret_token) MUST_CHECK;
void jwt_done(struct jwt *token);

enum jwt_verdict {
    JWT_VERIFIED,
    JWT_FORGED,     /* a key fits, but not the signature */
    JWT_NO_KEY,     /* the set has no key of that id and kind */
    JWT_UNSUPPORTED /* the algorithm is none that signs with a private key */
};
/* RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512. `keys`: a JWK set. The token's
 * "kid" chooses the key; without it every key of the kind is tried. RSA keys have 2,048 to 8,192
 * bits. */
enum jwt_verdict jwt_verify(const struct jwt *token, const json_t *keys);
bool jwt_keys_valid(const json_t *keys); /* {"keys": [...]} with at most JWT_KEYS_MAX objects */

#define JWT_KEYS_MAX 200 /* AWS reads 100 RSA and 100 EC keys */

#endif
