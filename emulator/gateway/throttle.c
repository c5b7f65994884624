/* Token buckets by account and operation. Accounts and operations are few, so the table stays
 * small. */
#include "gateway/throttle.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>

struct throttle {
    double per_second;
    struct hash *buckets;
};

struct bucket {
    double tokens;
    int64_t filled_us;
};

struct throttle *throttle_new(double per_second)
{
    struct throttle *t = xcalloc(1, sizeof(*t));
    t->per_second = per_second;
    t->buckets = hash_new();
    return t;
}

void throttle_free(struct throttle *t)
{
    if (t == NULL)
        return;
    hash_free(t->buckets, free);
    free(t);
}

bool throttle_take(struct throttle *t, const char *account, const char *operation, int64_t now_us)
{
    if (t->per_second <= 0)
        return true;
    char key[160];
    snprintf(key, sizeof(key), "%s %s", account, operation);
    struct bucket *b = hash_get(t->buckets, key);
    if (b == NULL) {
        b = xcalloc(1, sizeof(*b));
        b->tokens = 2 * t->per_second;
        b->filled_us = now_us;
        hash_put(t->buckets, key, b);
    }
    b->tokens += (double)(now_us - b->filled_us) / 1e6 * t->per_second;
    if (b->tokens > 2 * t->per_second)
        b->tokens = 2 * t->per_second;
    b->filled_us = now_us;
    if (b->tokens < 1)
        return false;
    b->tokens -= 1;
    return true;
}
