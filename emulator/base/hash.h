/* A hash table from text to a pointer. Keys are copied; values are the caller's. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash;
struct hash *hash_new(void);
void hash_free(struct hash *h, void (*free_value)(void *value)); /* takes NULLs */
void *hash_get(const struct hash *h, const char *key);           /* NULL when absent */
void *hash_put(struct hash *h, const char *key,
               void *value);                        /* returns the value it replaced, or NULL */
void *hash_remove(struct hash *h, const char *key); /* returns the value, or NULL */
size_t hash_count(const struct hash *h);
/* Walks in no order: `size_t at = 0; while (hash_next(h, &at, &key, &value))`. The current entry
 * may be removed. */
bool hash_next(const struct hash *h, size_t *at, const char **ret_key, void **ret_value);
uint64_t hash_bytes(const void *bytes,
                    size_t len); /* SipHash with a key drawn at start: safe against chosen keys */

#endif
