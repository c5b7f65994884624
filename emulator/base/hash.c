/* A hash table with open addressing and linear probing. A removed entry leaves a tombstone, which
 * the next growth sweeps away, so that a walk may remove what it stands on. */
#include "base/hash.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FIRST_CAPACITY ((size_t)16)

struct slot {
    uint64_t hash;
    char *key; /* NULL: free, or a tombstone */
    void *value;
    bool tombstone;
};

struct hash {
    struct slot *slots;
    size_t capacity; /* a power of two */
    size_t count;    /* entries */
    size_t used;     /* entries and tombstones */
};

static inline uint64_t rotate(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static const uint64_t *sip_key(void)
{
    static uint64_t key[2];
    static bool drawn;

    if (!drawn) {
        if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
            abort();
        drawn = true;
    }
    return key;
}

static uint64_t little_endian(const unsigned char *p, size_t len)
{
    uint64_t word = 0;

    for (size_t i = 0; i < len; i++)
        word |= (uint64_t)p[i] << (8 * i);
    return word;
}

/* SipHash-2-4 as its authors published it. */
uint64_t hash_bytes(const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    const uint64_t *key = sip_key();
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575U, key[1] ^ 0x646f72616e646f6dU,
                     key[0] ^ 0x6c7967656e657261U, key[1] ^ 0x7465646279746573U};
    size_t whole = len / 8 * 8;

    for (size_t i = 0; i <= whole; i += 8) {
        uint64_t word = i < whole ? little_endian(p + i, 8)
                                  : little_endian(p + i, len - whole) | (uint64_t)len << 56;
        v[3] ^= word;
        sip_round(v);
        sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct hash *hash_new(void)
{
    return xcalloc(1, sizeof(struct hash));
}

void hash_free(struct hash *h, void (*free_value)(void *value))
{
    if (h == NULL)
        return;
    for (size_t i = 0; i < h->capacity; i++) {
        struct slot *s = &h->slots[i];
        if (s->key != NULL && free_value != NULL)
            free_value(s->value);
        free(s->key);
    }
    free(h->slots);
    free(h);
}

/* The slot that holds the key, or else the free one where it would go. */
static struct slot *slot_for(const struct hash *h, uint64_t hash, const char *key)
{
    struct slot *reusable = NULL;

    for (size_t i = hash & (h->capacity - 1);; i = (i + 1) & (h->capacity - 1)) {
        struct slot *s = &h->slots[i];
        if (s->key == NULL && !s->tombstone)
            return reusable != NULL ? reusable : s;
        if (s->key == NULL)
            reusable = reusable != NULL ? reusable : s;
        else if (s->hash == hash && strcmp(s->key, key) == 0)
            return s;
    }
}

static struct slot *slot_find(const struct hash *h, const char *key)
{
    if (h->capacity == 0)
        return NULL;
    struct slot *s = slot_for(h, hash_bytes(key, strlen(key)), key);
    return s->key != NULL ? s : NULL;
}

static void rehash(struct hash *h)
{
    struct slot *old = h->slots;
    size_t old_capacity = h->capacity;

    h->capacity = FIRST_CAPACITY;
    while (h->capacity < (h->count + 1) * 2)
        h->capacity *= 2;
    h->slots = xcalloc(h->capacity, sizeof(*h->slots));
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].key != NULL)
            *slot_for(h, old[i].hash, old[i].key) = old[i];
    }
    h->used = h->count;
    free(old);
}

void *hash_get(const struct hash *h, const char *key)
{
    const struct slot *s = slot_find(h, key);
    return s != NULL ? s->value : NULL;
}

void *hash_put(struct hash *h, const char *key, void *value)
{
    uint64_t hash = hash_bytes(key, strlen(key));

    if ((h->used + 1) * 4 > h->capacity * 3)
        rehash(h);
    struct slot *s = slot_for(h, hash, key);
    if (s->key != NULL) {
        void *replaced = s->value;
        s->value = value;
        return replaced;
    }
    h->count++;
    h->used += s->tombstone ? 0 : 1;
    *s = (struct slot){.hash = hash, .key = xstrdup(key), .value = value};
    return NULL;
}

void *hash_remove(struct hash *h, const char *key)
{
    struct slot *s = slot_find(h, key);

    if (s == NULL)
        return NULL;
    void *value = s->value;
    free(s->key);
    *s = (struct slot){.tombstone = true};
    h->count--;
    return value;
}

size_t hash_count(const struct hash *h)
{
    return h->count;
}

bool hash_next(const struct hash *h, size_t *at, const char **ret_key, void **ret_value)
{
    while (*at < h->capacity) {
        const struct slot *s = &h->slots[(*at)++];
        if (s->key == NULL)
            continue;
        if (ret_key != NULL)
            *ret_key = s->key;
        if (ret_value != NULL)
            *ret_value = s->value;
        return true;
    }
    return false;
}
