/* The hash table and the list. */
#include "base/alloc.h"
#include "base/hash.h"
#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#define KEYS 5000

static int values[KEYS];

static const char *key(int i)
{
    static char text[32];
    snprintf(text, sizeof(text), "key-%d", i);
    return text;
}

/* Thousands of entries come and go, and each is found exactly while it is in. */
static void finds_what_is_in(void **state)
{
    (void)state;
    struct hash *h = hash_new();

    assert_null(hash_get(h, "nothing"));
    assert_null(hash_remove(h, "nothing"));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < KEYS; i++)
            assert_null(hash_put(h, key(i), &values[i]));
        assert_int_equal(hash_count(h), KEYS);
        assert_ptr_equal(hash_put(h, key(7), &values[8]), &values[7]);
        assert_ptr_equal(hash_get(h, key(7)), &values[8]);
        for (int i = 0; i < KEYS; i += 2)
            assert_non_null(hash_remove(h, key(i)));
        for (int i = 0; i < KEYS; i++)
            assert_int_equal(hash_get(h, key(i)) != NULL, i % 2);
        for (int i = 1; i < KEYS; i += 2)
            hash_remove(h, key(i));
        assert_int_equal(hash_count(h), 0);
    }
    hash_free(h, NULL);
    hash_free(NULL, NULL);
}

/* A walk meets every entry once, even when each is removed as it is met. */
static void walk_may_remove(void **state)
{
    (void)state;
    struct hash *h = hash_new();
    size_t at = 0, met = 0;
    const char *name;
    void *value;

    for (int i = 0; i < 100; i++)
        hash_put(h, key(i), &values[i]);
    while (hash_next(h, &at, &name, &value)) {
        met++;
        assert_ptr_equal(hash_remove(h, name), value);
    }
    assert_int_equal(met, 100);
    assert_int_equal(hash_count(h), 0);
    hash_free(h, NULL);
}

/* Freeing hands every value to the function given. */
static void free_frees_values(void **state)
{
    (void)state;
    struct hash *h = hash_new();

    for (int i = 0; i < 50; i++)
        hash_put(h, key(i), xmalloc(10));
    hash_free(h, free);
}

/* Equal bytes hash equally and nearly equal ones differ, at every length around the word size. */
static void bytes_hash(void **state)
{
    (void)state;
    char bytes[40] = {0};

    for (size_t len = 0; len < sizeof(bytes) - 1; len++) {
        uint64_t first = hash_bytes(bytes, len);
        assert_true(first == hash_bytes(bytes, len));
        assert_true(first != hash_bytes(bytes, len + 1));
        bytes[len / 2]++;
        assert_true(len == 0 || first != hash_bytes(bytes, len));
    }
}

struct item {
    int number;
    struct list node;
};

/* A list keeps the order of appending, and its walk may remove what it stands on. */
static void list_keeps_order(void **state)
{
    (void)state;
    struct list head;
    struct item items[5];
    int expected = 0;

    list_init(&head);
    for (int i = 0; i < 5; i++) {
        items[i].number = i;
        list_append(&head, &items[i].node);
    }
    list_foreach_safe (it, &head) {
        assert_int_equal(list_entry(it, struct item, node)->number, expected);
        if (expected++ % 2 == 0)
            list_remove(it);
    }
    assert_int_equal(expected, 5);
    list_remove(&items[0].node);
    assert_int_equal(list_entry(head.next, struct item, node)->number, 1);
    list_remove(&items[1].node);
    list_remove(&items[3].node);
    assert_true(list_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_in),  cmocka_unit_test(walk_may_remove),
        cmocka_unit_test(free_frees_values), cmocka_unit_test(bytes_hash),
        cmocka_unit_test(list_keeps_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
