/* What services do with their roles: making them on first use, and holding them. */
#include "services/iam/iam.h"
#include "services/iam/policy_cache.h"
#include "services/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SERVICE "autoscaling.amazonaws.com"
#define ROLE    "AWSServiceRoleForAutoScaling"
#define GROUP   "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1:autoScalingGroupName/a"

static struct clock clock_now = {.fixed_ms = 1767225600000};
static struct ids ids;
static struct site site;
static struct call call;

static int setup(void **state)
{
    struct err err;

    (void)state;
    ids = (struct ids){.seed = 1};
    call = (struct call){
        .db = db_open(":memory:", &err),
        .clock = &clock_now,
        .ids = &ids,
        .arena = arena_new(),
        .site = &site,
        .account = "123456789012",
        .region = "us-east-1",
    };
    return call.db != NULL ? services_migrate(call.db, &err) : -1;
}

static int teardown(void **state)
{
    (void)state;
    policy_cache_clear();
    db_close(call.db);
    arena_free(call.arena);
    return 0;
}

/* The role is made once, with the service's description and policy, and trusts the service alone.
 */
static void made_on_first_use(void **state)
{
    struct iam_role_row first, second;

    (void)state;
    iam_service_linked_role_ensure(&call, SERVICE);
    assert_true(iam_role_find(&call, ROLE, &first));
    assert_string_equal(first.service, SERVICE);
    assert_non_null(first.description);
    assert_true(iam_role_trusts_service(&call, &first, SERVICE));
    assert_false(iam_role_trusts_service(&call, &first, "ec2.amazonaws.com"));
    assert_int_equal(db_int(call.db, 0, "SELECT count(*) FROM iam_attachment WHERE entity_id = ?",
                            "s", first.entity.id),
                     1);
    iam_service_linked_role_ensure(&call, SERVICE);
    assert_true(iam_role_find(&call, ROLE, &second));
    assert_string_equal(first.entity.id, second.entity.id);
    assert_false(db_failed(call.db));
}

/* A resource holds a role once, until it lets go. */
static void held_by_resources(void **state)
{
    static const char sql[] = "SELECT count(*) FROM iam_service_use WHERE account = ?"
                              " AND service = ? AND region = ? AND resource = ?";

    (void)state;
    iam_service_linked_role_hold(&call, SERVICE, GROUP);
    iam_service_linked_role_hold(&call, SERVICE, GROUP);
    assert_int_equal(db_int(call.db, 0, sql, "ssss", "123456789012", SERVICE, "us-east-1", GROUP),
                     1);
    iam_service_linked_role_release(&call, GROUP);
    assert_int_equal(db_int(call.db, 0, "SELECT count(*) FROM iam_service_use", ""), 0);
    assert_false(db_failed(call.db));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(made_on_first_use, setup, teardown),
        cmocka_unit_test_setup_teardown(held_by_resources, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
