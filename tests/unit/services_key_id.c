/* Access key ids: the account stands in them, as in AWS's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/iam/key_id.h"

#include <string.h>

/* Rule: the account of a key of AWS's is read from its id. The id and its account were published
 * with the description of the form ("A short note on AWS KEY ID", 2023). */
static void test_of_aws(void **state)
{
    char account[KEY_ID_ACCOUNT_SIZE];
    (void)state;
    assert_true(key_id_account("ASIAQNZGKIQY56JQ7WML", account));
    assert_string_equal(account, "029608264753");
}

/* Rule: every account comes back from the ids made for it, leading zeros, odd and even numbers, the
 * least and the greatest. */
static void test_round_trip(void **state)
{
    static const char *const accounts[] = {"000000000000", "000000000001", "123456789012",
                                           "111111111111", "999999999998", "999999999999"};
    static const char *const prefixes[] = {"AKIA", "ASIA"};
    struct ids ids = {.seed = 7};
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < 100; j++) {
            char id[KEY_ID_SIZE], account[KEY_ID_ACCOUNT_SIZE];
            key_id_make(&ids, prefixes[j % 2], accounts[i], id);
            assert_int_equal(strlen(id), KEY_ID_SIZE - 1);
            assert_memory_equal(id, prefixes[j % 2], 4);
            assert_true(key_id_account(id, account));
            assert_string_equal(account, accounts[i]);
        }
    }
}

/* Rule: ids of one account differ. */
static void test_differ(void **state)
{
    struct ids ids = {.seed = 7};
    char one[KEY_ID_SIZE], other[KEY_ID_SIZE];
    (void)state;
    key_id_make(&ids, "ASIA", "123456789012", one);
    key_id_make(&ids, "ASIA", "123456789012", other);
    assert_string_not_equal(one, other);
}

/* Rule: what is not made like this has no account: other lengths, prefixes and letters, the ids of
 * old keys, whose first bit is not set, and numbers that are no account's. */
static void test_of_nobody(void **state)
{
    static const char *const ids[] = {"",
                                      "AKIA",
                                      "ASIAQNZGKIQY56JQ7WM",
                                      "ASIAQNZGKIQY56JQ7WMLA",
                                      "AROAQNZGKIQY56JQ7WML",
                                      "ASIAqnzgkiqy56jq7wml",
                                      "ASIAQNZGKIQY56JQ7WM1",
                                      "AKIAIOSFODNN7EXAMPLE",
                                      "AKIA7777777777777777"};
    char account[KEY_ID_ACCOUNT_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        assert_false(key_id_account(ids[i], account));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_aws),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_differ),
        cmocka_unit_test(test_of_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
