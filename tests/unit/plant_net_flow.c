/* The table of flows: what it finds, what it forgets, how far it grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plant/net/flow.h"

static struct flow_key key_of(uint32_t n)
{
    return (struct flow_key){.own = 1, .peer = n, .own_port = 80, .peer_port = 1024, .proto = 6};
}

/* What was added is found by its key until it is removed, however much the table grows. */
static void test_flows_are_found(void **state)
{
    struct flows t;

    (void)state;
    flows_init(&t);
    for (uint32_t n = 0; n < 5000; n++) {
        struct flow_key key = key_of(n);

        assert_null(flows_find(&t, &key));
        flows_add(&t, &key)->expires_ms = n;
    }
    for (uint32_t n = 0; n < 5000; n += 2) {
        struct flow_key key = key_of(n);
        struct flow *f = flows_find(&t, &key);

        assert_non_null(f);
        flows_remove(&t, f);
    }
    assert_int_equal(t.count, 2500);
    for (uint32_t n = 0; n < 5000; n++) {
        struct flow_key key = key_of(n);
        struct flow *f = flows_find(&t, &key);

        assert_int_equal(f != NULL, n % 2);
        if (f != NULL)
            assert_int_equal(f->expires_ms, n);
    }
    flows_done(&t);
}

/* A full table forgets the flow that was idle longest, and no other. */
static void test_flows_forget_the_idle(void **state)
{
    struct flow_key kept = key_of(0), oldest = key_of(1), next = key_of(2),
                    extra = key_of(FLOW_MAX);
    struct flows t;

    (void)state;
    flows_init(&t);
    for (uint32_t n = 0; n < FLOW_MAX; n++) {
        struct flow_key key = key_of(n);

        flows_add(&t, &key);
    }
    assert_non_null(flows_find(&t, &kept));
    flows_add(&t, &extra);
    assert_int_equal(t.count, FLOW_MAX);
    assert_null(flows_find(&t, &oldest));
    assert_non_null(flows_find(&t, &kept));
    assert_non_null(flows_find(&t, &next));
    assert_non_null(flows_find(&t, &extra));
    flows_done(&t);
}

/* Slots of removed flows are used again before the table grows. */
static void test_flows_reuse_slots(void **state)
{
    struct flows t;

    (void)state;
    flows_init(&t);
    for (uint32_t n = 0; n < 100000; n++) {
        struct flow_key key = key_of(n);

        flows_remove(&t, flows_add(&t, &key));
    }
    assert_int_equal(t.count, 0);
    assert_int_equal(t.used, 1);
    flows_done(&t);
}

/* Only the flows of the uplink go when the uplink goes. */
static void test_flows_of_the_uplink_go_together(void **state)
{
    struct flow_key inside = key_of(1), outside = key_of(2);
    struct flows t;

    (void)state;
    flows_init(&t);
    flows_remove_uplink(&t);
    flows_add(&t, &inside);
    flows_add(&t, &outside)->uplink = true;
    flows_remove_uplink(&t);
    assert_non_null(flows_find(&t, &inside));
    assert_null(flows_find(&t, &outside));
    flows_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows_are_found),
        cmocka_unit_test(test_flows_forget_the_idle),
        cmocka_unit_test(test_flows_reuse_slots),
        cmocka_unit_test(test_flows_of_the_uplink_go_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
