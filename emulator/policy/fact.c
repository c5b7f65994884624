/* The facts of a decision: what the request's context says, asked for once a key. */
#include "policy/model.h"

#include <string.h>

struct key key_make(struct arena *arena, const char *name, size_t len)
{
    struct key key = {.name = arena_strndup(arena, name, len), .hash = 2166136261U};

    for (size_t i = 0; i < len; i++) /* FNV-1a: a collision costs one comparison */
        key.hash = (key.hash ^ (unsigned char)name[i]) * 16777619U;
    return key;
}

bool facts_get(struct facts *facts, const struct key *key, struct policy_values *ret_values)
{
    const struct policy_context *context = facts->context;
    size_t at = 0;

    while (at < facts->count && (facts->known[at].key.hash != key->hash ||
                                 strcmp(facts->known[at].key.name, key->name) != 0))
        at++;
    if (at < facts->count) {
        *ret_values = facts->known[at].values;
        return facts->known[at].present;
    }
    *ret_values = (struct policy_values){.count = 0};
    bool present = context != NULL && context->get(context->arg, key->name, ret_values);
    if (!present)
        ret_values->count = 0;
    if (at < FACTS_MAX) {
        facts->known[at].key = *key;
        facts->known[at].present = present;
        facts->known[at].values = *ret_values;
        facts->count++;
    }
    return present;
}
