/* What a password is worth when somebody signs in with it, as its policy has it and time goes by.
 */
#include "services/iam/password.h"

#include "services/iam/password_hash.h"
#include "services/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ACCOUNT "123456789012"
#define USER    "AIDAALICE"
#define RIGHT   "First-Horse-1"
#define NOW_MS  1767225600000
#define DAY_MS  (INT64_C(24) * 3600 * 1000)

static struct clock clock_now;
static struct ids ids;
static struct call call_now;

static int begin(void **state)
{
    struct err err;

    (void)state;
    clock_now = (struct clock){.fixed_ms = NOW_MS};
    ids = (struct ids){.seed = 1};
    call_now = (struct call){.db = db_open(":memory:", &err),
                             .clock = &clock_now,
                             .ids = &ids,
                             .arena = arena_new(),
                             .account = ACCOUNT};
    assert_non_null(call_now.db);
    assert_int_equal(services_migrate(call_now.db, &err), 0);
    assert_int_equal(password_set(&call_now, USER, RIGHT, false), 0);
    assert_int_equal(password_set(&call_now, ACCOUNT, RIGHT, false), 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    db_close(call_now.db);
    arena_free(call_now.arena);
    return 0;
}

static void set_policy(const char *doc)
{
    db_exec(call_now.db, "INSERT INTO iam_password_policy (account, doc) VALUES (?, ?)", "ss",
            ACCOUNT, doc);
}

static enum password_state check(const char *user_id, const char *password, int64_t age_ms)
{
    clock_now.fixed_ms = NOW_MS + age_ms;
    return password_check(&call_now, user_id, password);
}

/* The right password is right; another one, one of nobody's and one of another's are not. */
static void only_the_own_password_is_right(void **state)
{
    (void)state;
    assert_int_equal(check(USER, RIGHT, 0), PASSWORD_RIGHT);
    assert_int_equal(check(USER, "first-horse-1", 0), PASSWORD_WRONG);
    assert_int_equal(check(USER, "", 0), PASSWORD_WRONG);
    assert_int_equal(check("AIDANOBODY", RIGHT, 0), PASSWORD_WRONG);
    assert_int_equal(check(NULL, RIGHT, 0), PASSWORD_WRONG);
    call_now.account = "210987654321";
    assert_int_equal(check(USER, RIGHT, 0), PASSWORD_WRONG);
}

/* Without a policy, or with one that says no age, a password never expires. */
static void passwords_last_by_default(void **state)
{
    (void)state;
    assert_int_equal(check(USER, RIGHT, 5000 * DAY_MS), PASSWORD_RIGHT);
    set_policy("{\"MinimumPasswordLength\":8}");
    assert_int_equal(check(USER, RIGHT, 5000 * DAY_MS), PASSWORD_RIGHT);
}

/* After its days a password is good for setting a new one, which then lives as long. */
static void an_expired_password_is_renewed(void **state)
{
    (void)state;
    set_policy("{\"MaxPasswordAge\":90}");
    assert_int_equal(check(USER, RIGHT, 90 * DAY_MS - 1), PASSWORD_RIGHT);
    assert_int_equal(check(USER, RIGHT, 90 * DAY_MS), PASSWORD_RENEW);
    assert_int_equal(check(USER, "Wrong-Horse-1", 90 * DAY_MS), PASSWORD_WRONG);
    assert_int_equal(password_set(&call_now, USER, "Second-Horse-2", false), 0);
    assert_int_equal(check(USER, "Second-Horse-2", 180 * DAY_MS - 1), PASSWORD_RIGHT);
    assert_int_equal(check(USER, "Second-Horse-2", 180 * DAY_MS), PASSWORD_RENEW);
}

/* With hard expiry it is good for nothing; the root user's password knows no policy. */
static void hard_expiry_ends_users_but_not_the_root_user(void **state)
{
    (void)state;
    set_policy("{\"MaxPasswordAge\":90,\"HardExpiry\":true}");
    assert_int_equal(check(USER, RIGHT, 90 * DAY_MS), PASSWORD_EXPIRED);
    assert_int_equal(check(ACCOUNT, RIGHT, 90 * DAY_MS), PASSWORD_RIGHT);
}

/* A password that must be changed says so whatever its age, until it is. */
static void a_reset_is_remembered(void **state)
{
    (void)state;
    assert_int_equal(password_set(&call_now, USER, RIGHT, true), 0);
    assert_int_equal(check(USER, RIGHT, 0), PASSWORD_RENEW);
    assert_int_equal(password_set(&call_now, USER, RIGHT, false), 0);
    assert_int_equal(check(USER, RIGHT, 0), PASSWORD_RIGHT);
}

/* No more former passwords are kept than a policy may ask for. */
static void so_many_former_passwords_are_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++)
        assert_int_equal(password_set(&call_now, USER, RIGHT, false), 0);
    assert_int_equal(db_int(call_now.db, 0, "SELECT count(*) FROM iam_former_password", ""), 24);
    password_remove(&call_now, USER);
    assert_int_equal(db_int(call_now.db, 0, "SELECT count(*) FROM iam_former_password", ""), 0);
}

/* Two people with one password have different hashes; one person's are comparable; what is no hash
 * matches nothing. */
static void hashes_have_salts(void **state)
{
    char one[PASSWORD_HASH_SIZE], two[PASSWORD_HASH_SIZE], like[PASSWORD_HASH_SIZE];

    (void)state;
    assert_true(password_hash_make(&ids, RIGHT, one));
    assert_true(password_hash_make(&ids, RIGHT, two));
    assert_false(password_hash_equal(one, two));
    assert_true(password_hash_matches(one, RIGHT) && password_hash_matches(two, RIGHT));
    assert_true(password_hash_like(one, RIGHT, like) && password_hash_equal(one, like));
    assert_false(password_hash_matches("scrypt$14$8$1$", RIGHT));
    assert_false(password_hash_matches("", ""));
    one[strlen("scrypt$14$8$1$")] = 'x'; /* no hex digit */
    assert_false(password_hash_matches(one, RIGHT));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_the_own_password_is_right),
        TEST(passwords_last_by_default),
        TEST(an_expired_password_is_renewed),
        TEST(hard_expiry_ends_users_but_not_the_root_user),
        TEST(a_reset_is_remembered),
        TEST(so_many_former_passwords_are_kept),
        TEST(hashes_have_salts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
