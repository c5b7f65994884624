/* When keys, users and roles were last used: noted at once, written again only after a while. */
#include "services/iam/last_used.h"

#include "base/text.h"
#include "services/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#define ACCOUNT "123456789012"
#define NOW_MS  1767225600000

struct world {
    struct db *db;
    struct clock clock;
    struct arena *arena;
    struct last_used_log *log;
    struct session session;
};

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof(*w));
    struct err err;
    w->db = db_open(":memory:", &err);
    assert_non_null(w->db);
    assert_int_equal(services_migrate(w->db, &err), 0);
    w->clock.fixed_ms = NOW_MS;
    w->arena = arena_new();
    w->log = last_used_log_new();
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    last_used_log_free(w->log);
    arena_free(w->arena);
    db_close(w->db);
    free(w);
    return 0;
}

static struct call use(struct world *w, const char *service, const char *region, const char *key)
{
    struct call c = {
        .service = spec_service_find(service),
        .db = w->db,
        .clock = &w->clock,
        .arena = w->arena,
        .account = ACCOUNT,
        .region = region,
        .who = {.type = PRINCIPAL_USER,
                .account = ACCOUNT,
                .entity_id = "AIDABOB",
                .access_key_id = key},
    };
    last_used_note(w->log, &c);
    return c;
}

/* The latest use counts, with its service and region, of the key and of its user. */
static void the_latest_use_counts(void **state)
{
    struct world *w = *state;
    struct last_used found;
    struct call c = use(w, "ec2", "us-east-1", "AKIAONE");
    clock_advance(&w->clock, 1000);
    c = use(w, "cloudwatch", "eu-west-1", "AKIATWO");
    assert_true(last_used_find(&c, "AKIAONE", &found));
    assert_string_equal(found.service, "ec2");
    assert_int_equal(found.at_ms, NOW_MS);
    assert_true(last_used_find(&c, "AIDABOB", &found));
    assert_string_equal(found.service, "cloudwatch");
    assert_string_equal(found.region, "eu-west-1");
    assert_int_equal(found.at_ms, NOW_MS + 1000);
    assert_false(last_used_find(&c, "AKIATHREE", &found));
}

/* Within a minute nothing is written again, after it the new time is. */
static void it_is_written_once_a_minute(void **state)
{
    struct world *w = *state;
    struct last_used found;
    struct call c = use(w, "ec2", "us-east-1", "AKIAONE");
    clock_advance(&w->clock, LAST_USED_LAG_MS - 1000);
    c = use(w, "ec2", "us-west-2", "AKIAONE");
    assert_true(last_used_find(&c, "AKIAONE", &found));
    assert_int_equal(found.at_ms, NOW_MS);
    clock_advance(&w->clock, 1000);
    c = use(w, "ec2", "us-west-2", "AKIAONE");
    assert_true(last_used_find(&c, "AKIAONE", &found));
    assert_int_equal(found.at_ms, NOW_MS + LAST_USED_LAG_MS);
    assert_string_equal(found.region, "us-west-2");
}

/* The key of a session is gone soon: its user or role alone is noted. A root user is its account.
 */
static void sessions_note_who_is_behind_them(void **state)
{
    struct world *w = *state;
    struct last_used found;
    struct call c = use(w, "ec2", "us-east-1", "AKIAONE");
    c.who.session = &w->session;
    c.who.access_key_id = "ASIASESSION";
    c.who.entity_id = "AROAROLE";
    last_used_note(w->log, &c);
    assert_false(last_used_find(&c, "ASIASESSION", &found));
    assert_true(last_used_find(&c, "AROAROLE", &found));
    c.who.session = NULL;
    c.who.entity_id = NULL;
    last_used_note(w->log, &c);
    assert_true(last_used_find(&c, ACCOUNT, &found));
    c.who = (struct principal){.type = PRINCIPAL_ANONYMOUS};
    last_used_note(w->log, &c);
    assert_int_equal(db_int(w->db, 0, "SELECT count(*) FROM iam_last_used", ""), 5);
}

/* However many there are, the log stays small and loses nothing. */
static void it_is_bounded(void **state)
{
    struct world *w = *state;
    struct last_used found;
    struct err err;
    struct call c;
    assert_int_equal(db_begin(w->db, &err), 0);
    for (int i = 0; i < 20000; i++) {
        c = use(w, "ec2", "us-east-1", arena_printf(w->arena, "AKIA%d", i));
    }
    assert_int_equal(db_commit(w->db, &err), 0);
    assert_true(last_used_find(&c, "AKIA0", &found));
    assert_true(last_used_find(&c, "AKIA19999", &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_latest_use_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_written_once_a_minute, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sessions_note_who_is_behind_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_bounded, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
