/* The condition keys that a document names (GetContextKeysForCustomPolicy). */
#include "base/hash.h"
#include "policy/model.h"

struct keys {
    struct hash *seen;
    void (*fn)(void *arg, const char *key);
    void *arg;
};

static void key_take(void *arg, const char *key)
{
    struct keys *keys = arg;

    if (hash_get(keys->seen, key) != NULL)
        return;
    (void)hash_put(keys->seen, key, keys);
    keys->fn(keys->arg, key);
}

void policy_context_keys(const struct policy *p, void (*fn)(void *arg, const char *key), void *arg)
{
    struct keys keys = {.seen = hash_new(), .fn = fn, .arg = arg};

    for (size_t i = 0; i < p->statement_count; i++) {
        const struct statement *s = &p->statements[i];
        for (size_t j = 0; j < s->resources.count; j++)
            pattern_keys(&s->resources.patterns[j], key_take, &keys);
        conditions_keys(&s->conditions, key_take, &keys);
    }
    hash_free(keys.seen, NULL);
}
