/* scrypt over passwords: see password_hash.h. */
#include "services/iam/password_hash.h"

#include "base/encode.h"
#include "base/text.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define PREFIX      "scrypt$14$8$1$"
#define COST        (UINT64_C(1) << 14)
#define BLOCK_SIZE  8
#define PARALLEL    1
#define MEMORY_MAX  (UINT64_C(32) * 1024 * 1024)
#define SALT_SIZE   16
#define DIGEST_SIZE 24
#define SALT_HEX    (2 * SALT_SIZE)
#define DIGEST_HEX  (2 * DIGEST_SIZE)

static bool digest(const char *password, const uint8_t salt[SALT_SIZE], uint8_t out[DIGEST_SIZE])
{
    return EVP_PBE_scrypt(password, strlen(password), salt, SALT_SIZE, COST, BLOCK_SIZE, PARALLEL,
                          MEMORY_MAX, out, DIGEST_SIZE) == 1;
}

_Static_assert(sizeof(PREFIX) + SALT_HEX + 1 + DIGEST_HEX <= PASSWORD_HASH_SIZE,
               "a hash fits into its buffer");

bool password_hash_make(struct ids *ids, const char *password, char ret_hash[PASSWORD_HASH_SIZE])
{
    uint8_t salt[SALT_SIZE], bytes[DIGEST_SIZE];
    char salt_hex[SALT_HEX + 1], digest_hex[DIGEST_HEX + 1];

    random_bytes(ids, salt, sizeof(salt));
    if (!digest(password, salt, bytes))
        return false;
    hex_encode(salt, sizeof(salt), salt_hex);
    hex_encode(bytes, sizeof(bytes), digest_hex);
    snprintf(ret_hash, PASSWORD_HASH_SIZE, PREFIX "%s$%s", salt_hex, digest_hex);
    return true;
}

bool password_hash_matches(const char *hash, const char *password)
{
    const size_t prefix = sizeof(PREFIX) - 1;
    uint8_t salt[SALT_SIZE], wanted[DIGEST_SIZE], given[DIGEST_SIZE];

    return str_starts(hash, PREFIX) && strlen(hash) == prefix + SALT_HEX + 1 + DIGEST_HEX &&
           hex_decode(hash + prefix, SALT_HEX, salt) &&
           hex_decode(hash + prefix + SALT_HEX + 1, DIGEST_HEX, wanted) &&
           digest(password, salt, given) && constant_time_equal(given, wanted, sizeof(given));
}

void password_hash_waste(const char *password)
{
    static const uint8_t salt[SALT_SIZE] = {0};
    uint8_t bytes[DIGEST_SIZE];

    (void)digest(password, salt, bytes);
}
