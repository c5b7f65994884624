/* Counting failures: see lockout.h. Entries that are long past their wait are forgotten when there
 * are too many; beyond that, all are. */
#include "gateway/lockout.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <stdlib.h>

#define ENTRIES_MAX 16384
#define IDLE_MS     (INT64_C(3600) * 1000) /* after so long without a failure all is forgotten */
#define WAIT_MIN_MS INT64_C(1000)
#define WAIT_MAX_MS (INT64_C(900) * 1000)

/* Failures without a wait: many people may share an address. */
static const int free_failures[] = {[LOCKOUT_NAME] = 5, [LOCKOUT_ADDRESS] = 30};

struct entry {
    int failures;
    int64_t failed_ms, until_ms;
};

struct lockout {
    struct hash *entries; /* "0 123456789012 alice", "1 192.0.2.7" -> struct entry */
};

struct lockout *lockout_new(void)
{
    struct lockout *l = xcalloc(1, sizeof(*l));

    l->entries = hash_new();
    return l;
}

void lockout_free(struct lockout *l)
{
    if (l == NULL)
        return;
    hash_free(l->entries, free);
    free(l);
}

static char *key_of(enum lockout_kind kind, const char *who)
{
    return xasprintf("%d %s", (int)kind, who);
}

int64_t lockout_wait_ms(struct lockout *l, enum lockout_kind kind, const char *who, int64_t now_ms)
{
    char *key = key_of(kind, who);
    const struct entry *e = hash_get(l->entries, key);

    free(key);
    return e != NULL && e->until_ms > now_ms ? e->until_ms - now_ms : 0;
}

static void make_room(struct lockout *l, int64_t now_ms)
{
    const char *key;
    void *value;
    size_t at = 0;

    if (hash_count(l->entries) < ENTRIES_MAX)
        return;
    while (hash_next(l->entries, &at, &key, &value))
        if (((const struct entry *)value)->until_ms <= now_ms)
            free(hash_remove(l->entries, key));
    if (hash_count(l->entries) < ENTRIES_MAX)
        return;
    hash_free(l->entries, free);
    l->entries = hash_new();
}

static int64_t wait_after(int failures_beyond)
{
    int64_t wait_ms = WAIT_MIN_MS;

    for (int i = 1; i < failures_beyond && wait_ms < WAIT_MAX_MS; i++)
        wait_ms *= 2;
    return wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS;
}

void lockout_failed(struct lockout *l, enum lockout_kind kind, const char *who, int64_t now_ms)
{
    char *key = key_of(kind, who);
    struct entry *e = hash_get(l->entries, key);

    if (e == NULL) {
        make_room(l, now_ms);
        e = xcalloc(1, sizeof(*e));
        hash_put(l->entries, key, e);
    }
    free(key);
    if (now_ms - e->failed_ms > IDLE_MS)
        e->failures = 0;
    e->failed_ms = now_ms;
    e->failures++;
    if (e->failures >= free_failures[kind])
        e->until_ms = now_ms + wait_after(e->failures - free_failures[kind] + 1);
}

void lockout_forget(struct lockout *l, enum lockout_kind kind, const char *who)
{
    char *key = key_of(kind, who);

    free(hash_remove(l->entries, key));
    free(key);
}

size_t lockout_count(const struct lockout *l)
{
    return hash_count(l->entries);
}
