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
#define SALT_SIZE   16UL
#define DIGEST_SIZE 24UL
#define SALT_HEX    (2 * SALT_SIZE)
#define DIGEST_HEX  (2 * DIGEST_SIZE)

#define HASH_LENGTH (sizeof(PREFIX) - 1 + SALT_HEX + 1 + DIGEST_HEX)
_Static_assert(HASH_LENGTH < PASSWORD_HASH_SIZE, "a hash fits into its buffer");

static bool hash_with(const char *password, const uint8_t salt[SALT_SIZE],
                      char ret_hash[PASSWORD_HASH_SIZE])
{
    uint8_t bytes[DIGEST_SIZE];
    char salt_hex[SALT_HEX + 1], digest_hex[DIGEST_HEX + 1];

    if (EVP_PBE_scrypt(password, strlen(password), salt, SALT_SIZE, COST, BLOCK_SIZE, PARALLEL,
                       MEMORY_MAX, bytes, sizeof(bytes)) != 1)
        return false;
    hex_encode(salt, SALT_SIZE, salt_hex);
    hex_encode(bytes, sizeof(bytes), digest_hex);
    snprintf(ret_hash, PASSWORD_HASH_SIZE, PREFIX "%s$%s", salt_hex, digest_hex);
    return true;
}

bool password_hash_make(struct ids *ids, const char *password, char ret_hash[PASSWORD_HASH_SIZE])
{
    uint8_t salt[SALT_SIZE];

    random_bytes(ids, salt, sizeof(salt));
    return hash_with(password, salt, ret_hash);
}

bool password_hash_like(const char *like, const char *password, char ret_hash[PASSWORD_HASH_SIZE])
{
    uint8_t salt[SALT_SIZE];

    return str_starts(like, PREFIX) && strlen(like) == HASH_LENGTH &&
           hex_decode(like + sizeof(PREFIX) - 1, SALT_HEX, salt) &&
           hash_with(password, salt, ret_hash);
}

bool password_hash_equal(const char *a, const char *b)
{
    return strlen(a) == HASH_LENGTH && strlen(b) == HASH_LENGTH &&
           constant_time_equal(a, b, HASH_LENGTH);
}

bool password_hash_matches(const char *hash, const char *password)
{
    char given[PASSWORD_HASH_SIZE];

    return password_hash_like(hash, password, given) && password_hash_equal(hash, given);
}

void password_hash_waste(const char *password)
{
    static const uint8_t salt[SALT_SIZE] = {0};
    char hash[PASSWORD_HASH_SIZE];

    (void)hash_with(password, salt, hash);
}
