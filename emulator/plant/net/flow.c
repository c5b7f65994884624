/* The flows that one port knows. */
#include "plant/net/flow.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#define FLOW_CAPACITY_FIRST 64

void flows_init(struct flows *t)
{
    *t = (struct flows){.flows = NULL};
}

void flows_done(struct flows *t)
{
    free(t->flows);
    free(t->buckets);
    flows_init(t);
}

static uint32_t *bucket_of(const struct flows *t, const struct flow_key *key)
{
    return &t->buckets[hash_bytes(key, sizeof(*key)) & (t->capacity - 1)];
}

static void unlink_age(struct flows *t, uint32_t at)
{
    struct flow *f = &t->flows[at];

    t->flows[f->newer].older = f->older;
    t->flows[f->older].newer = f->newer;
}

static void link_newest(struct flows *t, uint32_t at)
{
    struct flow *head = &t->flows[0];

    t->flows[at].newer = 0;
    t->flows[at].older = head->older;
    t->flows[head->older].newer = at;
    head->older = at;
}

struct flow *flows_find(struct flows *t, const struct flow_key *key)
{
    if (t->capacity == 0)
        return NULL;
    for (uint32_t at = *bucket_of(t, key); at != 0; at = t->flows[at].bucket_next) {
        if (memcmp(&t->flows[at].key, key, sizeof(*key)) != 0)
            continue;
        if (t->flows[0].older != at) {
            unlink_age(t, at);
            link_newest(t, at);
        }
        return &t->flows[at];
    }
    return NULL;
}

static void link_bucket(struct flows *t, uint32_t at)
{
    uint32_t *bucket = bucket_of(t, &t->flows[at].key);

    t->flows[at].bucket_next = *bucket;
    *bucket = at;
}

/* Doubles the table. Slots are never vacant here, so that all of them are linked anew. */
static void grow(struct flows *t)
{
    uint32_t capacity = t->capacity == 0 ? FLOW_CAPACITY_FIRST : t->capacity * 2;

    t->flows = xrealloc(t->flows, ((size_t)capacity + 1) * sizeof(*t->flows));
    if (t->capacity == 0)
        memset(&t->flows[0], 0, sizeof(t->flows[0]));
    free(t->buckets);
    t->buckets = xcalloc(capacity, sizeof(*t->buckets));
    t->capacity = capacity;
    for (uint32_t at = 1; at <= t->used; at++)
        link_bucket(t, at);
}

static uint32_t take_slot(struct flows *t)
{
    uint32_t at;

    if (t->vacant == 0 && t->used == t->capacity) {
        if (t->capacity < FLOW_MAX)
            grow(t);
        else
            flows_remove(t, &t->flows[t->flows[0].newer]);
    }
    if (t->vacant == 0)
        return ++t->used;
    at = t->vacant;
    t->vacant = t->flows[at].bucket_next;
    return at;
}

struct flow *flows_add(struct flows *t, const struct flow_key *key)
{
    uint32_t at = take_slot(t);

    t->flows[at] = (struct flow){.key = *key};
    link_bucket(t, at);
    link_newest(t, at);
    t->count++;
    return &t->flows[at];
}

void flows_remove(struct flows *t, struct flow *f)
{
    uint32_t at = (uint32_t)(f - t->flows);
    uint32_t *link = bucket_of(t, &f->key);

    while (*link != at)
        link = &t->flows[*link].bucket_next;
    *link = f->bucket_next;
    unlink_age(t, at);
    f->bucket_next = t->vacant;
    t->vacant = at;
    t->count--;
}

void flows_remove_uplink(struct flows *t)
{
    uint32_t next;

    if (t->capacity == 0)
        return;
    for (uint32_t at = t->flows[0].older; at != 0; at = next) {
        next = t->flows[at].older;
        if (t->flows[at].uplink)
            flows_remove(t, &t->flows[at]);
    }
}
