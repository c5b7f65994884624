/* ClientToken: replays, mismatches, expiry. */
#include "call/idempotency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAY_MS (24LL * 60 * 60 * 1000)

static struct clock now = {.fixed_ms = 1767225600000};
static struct db *db;

static int setup(void **state)
{
    struct err err = {.text = ""};

    (void)state;
    db = db_open(":memory:", &err);
    assert_non_null(db);
    return db_migrate(db, idempotency_migrations, idempotency_migration_count, &err);
}

static int teardown(void **state)
{
    (void)state;
    db_close(db);
    return 0;
}

struct asked {
    int seen;
    char code[64];
    char answer[64];
};

/* RunInstances with this input by this account; when new it is answered with `answer`. */
static struct asked ask(const char *account, const char *in, const char *answer)
{
    const struct spec_service *ec2 = spec_service_find("ec2");
    struct err err = {.text = ""};
    struct asked asked = {0};
    struct call c = {
        .service = ec2,
        .op = spec_operation_find(ec2, "RunInstances"),
        .db = db,
        .clock = &now,
        .arena = arena_new(),
        .account = account,
        .region = "us-east-1",
        .in = json_parse(in, strlen(in), &err),
    };

    assert_non_null(c.in);
    asked.seen = idempotency_replay(&c);
    if (asked.seen == 0) {
        call_reply(&c, json_pack("{s:s}", "ReservationId", answer));
        idempotency_record(&c);
    }
    snprintf(asked.code, sizeof(asked.code), "%s", c.err.code);
    snprintf(asked.answer, sizeof(asked.answer), "%s", json_str_or(c.out, "ReservationId", ""));
    json_decref(c.in);
    json_decref(c.out);
    arena_free(c.arena);
    return asked;
}

/* The same token and parameters, in whatever order, get the first answer. */
static void test_same_answer(void **state)
{
    (void)state;
    assert_int_equal(
        ask("1", "{\"ClientToken\":\"t\",\"ImageId\":\"ami-1\",\"MinCount\":1}", "r-1").seen, 0);
    struct asked again =
        ask("1", "{\"MinCount\":1,\"ImageId\":\"ami-1\",\"ClientToken\":\"t\"}", "r-2");
    assert_int_equal(again.seen, 1);
    assert_string_equal(again.answer, "r-1");
}

/* The same token with other parameters is a fault. */
static void test_mismatch(void **state)
{
    (void)state;
    ask("1", "{\"ClientToken\":\"t\",\"ImageId\":\"ami-1\"}", "r-1");
    struct asked other = ask("1", "{\"ClientToken\":\"t\",\"ImageId\":\"ami-2\"}", "r-2");
    assert_int_equal(other.seen, -1);
    assert_string_equal(other.code, "IdempotentParameterMismatch");
}

/* A token is its account's own; no token, or an empty one, is never remembered. */
static void test_scope(void **state)
{
    (void)state;
    ask("1", "{\"ClientToken\":\"t\"}", "r-1");
    assert_int_equal(ask("2", "{\"ClientToken\":\"t\"}", "r-2").seen, 0);
    assert_int_equal(ask("1", "{\"ClientToken\":\"\"}", "r-3").seen, 0);
    assert_int_equal(ask("1", "{\"ClientToken\":\"\"}", "r-4").seen, 0);
    assert_int_equal(ask("1", "{}", "r-5").seen, 0);
    assert_int_equal(ask("1", "{}", "r-6").seen, 0);
}

/* After a day the token is new again, and old rows are gone. */
static void test_expiry(void **state)
{
    (void)state;
    ask("1", "{\"ClientToken\":\"t\"}", "r-1");
    ask("1", "{\"ClientToken\":\"u\"}", "r-2");
    clock_advance(&now, DAY_MS);
    assert_int_equal(ask("1", "{\"ClientToken\":\"t\",\"ImageId\":\"ami-9\"}", "r-3").seen, 0);
    assert_int_equal(db_int(db, -1, "SELECT count(*) FROM idempotency", ""), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mismatch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scope, setup, teardown),
        cmocka_unit_test_setup_teardown(test_expiry, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
