/* Page tokens: the last key shown, and a MAC that ties it to account, region and operation, so that
 * a client can neither make one up nor carry it elsewhere. The MAC's key is drawn once for a
 * database. */
#include "base/encode.h"
#include "call/describe.h"
#include "call/secret.h"

#include <stdlib.h>
#include <string.h>

#define SECRET_SIZE    32
#define MAC_SIZE       16
#define TOKEN_SIZE_MAX 4096

const struct migration describe_migrations[] = {
    {"call", "CREATE TABLE call_secret (name TEXT NOT NULL PRIMARY KEY, bytes BLOB NOT NULL)"
             " WITHOUT ROWID;"},
};
const size_t describe_migration_count = ARRAY_LEN(describe_migrations);

static void token_mac(struct call *c, const char *key, uint8_t out[SHA256_SIZE])
{
    uint8_t secret[SECRET_SIZE];
    const char *bound =
        call_printf(c, "%s/%s/%s/%s/%s", c->account, c->region, c->service->name, c->op->name, key);

    secret_random(c->db, c->ids, "page token", secret, sizeof(secret));
    hmac_sha256(secret, sizeof(secret), bound, strlen(bound), out);
}

const char *page_token_make(struct call *c, const char *key)
{
    uint8_t mac[SHA256_SIZE];
    size_t key_len = strlen(key);
    uint8_t *bytes = arena_alloc(c->arena, MAC_SIZE + key_len + 1);

    token_mac(c, key, mac);
    memcpy(bytes, mac, MAC_SIZE);
    memcpy(bytes + MAC_SIZE, key, key_len + 1);
    char *text = base64_encode(bytes, MAC_SIZE + key_len);
    const char *token = arena_strdup(c->arena, text);
    free(text);
    return token;
}

const char *page_token_read(struct call *c, const char *token)
{
    uint8_t mac[SHA256_SIZE];
    size_t text_len = strlen(token), len;

    if (text_len > TOKEN_SIZE_MAX)
        return NULL;
    uint8_t *bytes = base64_decode(token, text_len, &len);
    if (bytes == NULL)
        return NULL;
    const char *key = NULL;
    if (len >= MAC_SIZE && memchr(bytes + MAC_SIZE, '\0', len - MAC_SIZE) == NULL) {
        key = arena_strndup(c->arena, (const char *)bytes + MAC_SIZE, len - MAC_SIZE);
        token_mac(c, key, mac);
        if (!constant_time_equal(mac, bytes, MAC_SIZE))
            key = NULL;
    }
    free(bytes);
    return key;
}
