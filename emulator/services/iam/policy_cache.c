/* Compiled policy documents by their text: see policy_cache.h. A text means the same whenever and
 * wherever it is read, so nothing here can be out of date. */
#include "services/iam/policy_cache.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <stdint.h>
#include <string.h>

#define KIND_COUNT (POLICY_TRUST + 1)
/* What a compiled document takes: a block of its arena, and some times its text. */
#define BYTES_EACH          8192
#define BYTES_PER_CHARACTER 8

static struct hash *documents[KIND_COUNT]; /* text -> struct policy */
static size_t kept_bytes;

const struct policy *policy_cache_find(const char *text, enum policy_kind kind, struct err *err)
{
    struct err unwanted;

    if (documents[kind] == NULL)
        documents[kind] = hash_new();
    struct policy *policy = hash_get(documents[kind], text);
    if (policy != NULL)
        return policy;
    size_t len = strlen(text);
    policy = policy_compile(text, len, kind, err != NULL ? err : &unwanted);
    if (policy == NULL)
        return NULL;
    hash_put(documents[kind], text, policy);
    kept_bytes += BYTES_EACH + len * BYTES_PER_CHARACTER;
    return policy;
}

const char *policy_cache_text(const struct policy *policy)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        const char *text;
        void *kept;
        size_t at = 0;
        while (documents[i] != NULL && hash_next(documents[i], &at, &text, &kept))
            if (kept == policy)
                return text;
    }
    return NULL;
}

size_t policy_cache_bytes(void)
{
    return kept_bytes;
}

static void forget(void *policy)
{
    policy_free(policy);
}

void policy_cache_clear(void)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        hash_free(documents[i], forget);
        documents[i] = NULL;
    }
    kept_bytes = 0;
}
