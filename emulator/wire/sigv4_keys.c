/* Signing keys: four HMACs make one from a secret, its day, region and service, so those in use are
 * kept. */
#include "wire/sigv4_parts.h"

#include "base/hash.h"
#include "base/list.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 512

struct entry {
    struct list by_use; /* of sigv4_keys.by_use, the latest last */
    char *name;
    char secret[SIGV4_SECRET_MAX + 1];
    uint8_t key[SHA256_SIZE];
};

struct sigv4_keys {
    struct hash *by_name;
    struct list by_use;
    size_t limit;
};

static void hmac_text(const void *key, size_t key_len, const char *text, uint8_t out[SHA256_SIZE])
{
    hmac_sha256(key, key_len, text, strlen(text), out);
}

void sigv4_key_derive(const char *secret, const struct sigv4_scope *scope,
                      uint8_t ret_key[SHA256_SIZE])
{
    char first[SIGV4_SECRET_MAX + 5];
    uint8_t key[SHA256_SIZE];
    int len = snprintf(first, sizeof(first), "AWS4%s", secret);
    hmac_text(first, (size_t)len < sizeof(first) ? (size_t)len : sizeof(first) - 1, scope->date,
              key);
    hmac_text(key, sizeof(key), scope->region, key);
    hmac_text(key, sizeof(key), scope->service, key);
    hmac_text(key, sizeof(key), SIGV4_TERMINATOR, ret_key);
    explicit_bzero(first, sizeof(first));
    explicit_bzero(key, sizeof(key));
}

void sigv4_signature(const uint8_t key[SHA256_SIZE], const char *string_to_sign,
                     char ret_hex[SHA256_HEX_SIZE])
{
    uint8_t signature[SHA256_SIZE];
    hmac_text(key, SHA256_SIZE, string_to_sign, signature);
    hex_encode(signature, sizeof(signature), ret_hex);
}

struct sigv4_keys *sigv4_keys_new(size_t limit)
{
    struct sigv4_keys *keys = xcalloc(1, sizeof(*keys));
    keys->by_name = hash_new();
    list_init(&keys->by_use);
    keys->limit = limit;
    return keys;
}

static void entry_free(struct sigv4_keys *keys, struct entry *entry)
{
    hash_remove(keys->by_name, entry->name);
    list_remove(&entry->by_use);
    free(entry->name);
    explicit_bzero(entry, sizeof(*entry));
    free(entry);
}

void sigv4_keys_free(struct sigv4_keys *keys)
{
    if (keys == NULL)
        return;
    list_foreach_safe (at, &keys->by_use)
        entry_free(keys, list_entry(at, struct entry, by_use));
    hash_free(keys->by_name, NULL);
    free(keys);
}

static struct entry *entry_new(struct sigv4_keys *keys, const char *name)
{
    struct entry *entry = xcalloc(1, sizeof(*entry));
    if (hash_count(keys->by_name) >= keys->limit)
        entry_free(keys, list_entry(keys->by_use.next, struct entry, by_use));
    entry->name = xstrdup(name);
    list_init(&entry->by_use);
    hash_put(keys->by_name, name, entry);
    return entry;
}

static bool secret_is(const struct entry *entry, const char *secret)
{
    size_t len = strlen(secret);
    return len == strlen(entry->secret) && constant_time_equal(entry->secret, secret, len);
}

void sigv4_keys_get(struct sigv4_keys *keys, const char *secret, const struct sigv4_scope *scope,
                    uint8_t ret_key[SHA256_SIZE])
{
    char name[NAME_SIZE];
    int len = snprintf(name, sizeof(name), "%s/%s/%s/%s", scope->access_key_id, scope->date,
                       scope->region, scope->service);
    if ((size_t)len >= sizeof(name) || strlen(secret) > SIGV4_SECRET_MAX) {
        sigv4_key_derive(secret, scope, ret_key);
        return;
    }
    struct entry *entry = hash_get(keys->by_name, name);
    if (entry == NULL || !secret_is(entry, secret)) {
        if (entry == NULL)
            entry = entry_new(keys, name);
        str_copy(entry->secret, sizeof(entry->secret), secret);
        sigv4_key_derive(secret, scope, entry->key);
    }
    list_remove(&entry->by_use);
    list_append(&keys->by_use, &entry->by_use);
    memcpy(ret_key, entry->key, SHA256_SIZE);
}

size_t sigv4_keys_count(const struct sigv4_keys *keys)
{
    return hash_count(keys->by_name);
}
