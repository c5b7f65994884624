/* JSON Web Tokens and key sets: whatever comes, a token is read or refused, and none is verified
 * that nobody signed. Input: a token, a NUL, a JWK set. */
#include "services/sts/jwt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    size_t len = strlen(text);
    struct err err;
    struct jwt token;
    json_t *keys =
        len < size ? json_parse((const char *)data + len + 1, size - len - 1, &err) : NULL;

    if (jwt_read(text, &token) == 0) {
        enum jwt_verdict verdict = jwt_verify(&token, keys);
        if (verdict == JWT_VERIFIED && token.signature_len < 64) {
            fprintf(stderr, "verified by a signature too short for any key\n");
            abort();
        }
        jwt_done(&token);
    }
    (void)jwt_keys_valid(keys);
    json_decref(keys);
    free(text);
    return 0;
}
