/* Questions about strings, addresses and resource names. */
#include "base/arn.h"
#include "base/net.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* `*` takes any run, `?` one character (not one byte), a backslash makes the next one literal. */
static void globs(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "abc", true},
        {"a*c", "abbc", true},
        {"a*c", "abcd", false},
        {"?", "", false},
        {"?", "a", true},
        {"?", "\xc3\xa9", true},
        {"??", "\xc3\xa9", false},
        {"a?c", "abc", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"a\\", "a\\", true},
        {"*a*b*", "xxaxxbxx", true},
        {"*a*b", "xxaxxbx", false},
        {"ab*", "a", false},
        {"**", "x", true},
        {"*.txt", "a.txt.txt", true},
        {"a", "A", false},
    };
    char many_stars[201], many_letters[2001];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(glob_match(cases[i].pattern, cases[i].text), cases[i].matches);
    for (size_t i = 0; i < 200; i += 2)
        memcpy(many_stars + i, "*a", 2);
    memcpy(many_stars + 199, "b", 2);
    memset(many_letters, 'a', 2000);
    many_letters[2000] = '\0';
    assert_false(glob_match(many_stars, many_letters)); /* would take ages if it were exponential */
}

/* A number is the whole text: no space, no other base, no overflow, no infinity. */
static void numbers(void **state)
{
    (void)state;
    int64_t n = 0;
    double d = 0;

    assert_true(parse_int64("-9223372036854775808", &n) && n == INT64_MIN);
    assert_true(parse_int64("+7", &n) && n == 7);
    static const char *const no_int[] = {"",    "-",  " 1", "1 ", "0x1", "9223372036854775808",
                                         "1.0", "--1"};
    for (size_t i = 0; i < ARRAY_LEN(no_int); i++)
        assert_false(parse_int64(no_int[i], &n));
    assert_true(parse_double("-1.5e3", &d) && d < -1499 && d > -1501);
    static const char *const no_double[] = {"",   "nan", "inf", "0x1p3", "1e999",
                                            " 1", "1x",  ".",   "e"};
    for (size_t i = 0; i < ARRAY_LEN(no_double); i++)
        assert_false(parse_double(no_double[i], &d));
}

/* Comparisons take NULL, and copies tell when they cut. */
static void comparisons(void **state)
{
    (void)state;
    char out[4];

    assert_true(str_equal(NULL, NULL) && !str_equal(NULL, "") && str_equal("a", "a"));
    assert_true(str_equal_ci("aB", "Ab") && !str_equal_ci("a", NULL));
    assert_true(str_starts("abc", "ab") && !str_starts("a", "ab"));
    assert_true(str_ends("abc", "bc") && !str_ends("c", "bc"));
    assert_true(str_copy(out, sizeof(out), "abc"));
    assert_string_equal(out, "abc");
    assert_false(str_copy(out, sizeof(out), "wxyz"));
    assert_string_equal(out, "wxy");
}

/* Blocks are read strictly and their host bits kept; base, count and relations follow the prefix.
 */
static void blocks(void **state)
{
    (void)state;
    struct cidr a, b;
    char text[CIDR_SIZE];
    uint32_t address;

    assert_true(cidr_parse("10.0.1.7/16", &a));
    cidr_format(a, text);
    assert_string_equal(text, "10.0.1.7/16");
    assert_int_equal(cidr_base(a), 0x0a000000);
    assert_int_equal(cidr_count(a), 65536);
    assert_true(ipv4_parse("10.0.255.255", &address) && cidr_contains(a, address));
    assert_false(cidr_contains(a, address + 1));
    assert_true(cidr_parse("10.0.128.0/17", &b) && cidr_overlaps(a, b) && cidr_overlaps(b, a));
    assert_true(cidr_parse("10.1.0.0/16", &b) && !cidr_overlaps(a, b));
    assert_true(cidr_parse("0.0.0.0/0", &b) && cidr_overlaps(a, b));
    assert_true(cidr_count(b) == UINT64_C(1) << 32);
    assert_true(cidr_parse("255.255.255.255/32", &b) && cidr_mask(b) == UINT32_MAX);
    static const char *const bad[] = {"10.0.0.0",
                                      "10.0.0.0/33",
                                      "10.0.0.0/",
                                      "10.0.0.0/08",
                                      "10.0.0/8",
                                      "10.0.0.256/8",
                                      "/8",
                                      "10.0.0.0/-1",
                                      "010.0.0.0/8",
                                      "10.0.0.0/8 ",
                                      "1000000000000000000/8"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(cidr_parse(bad[i], &b));
}

/* A resource name has six parts, the last of which keeps its colons; partition follows the region.
 */
static void resource_names(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct arn arn;
    const char *alarm = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a:b";

    assert_true(arn_parse(a, alarm, &arn));
    assert_string_equal(arn.resource, "alarm:a:b");
    assert_string_equal(arn_format(a, &arn), alarm);
    assert_true(arn_parse(a, "arn:aws:s3:::bucket/key", &arn));
    assert_string_equal(arn.region, "");
    assert_false(arn_parse(a, "arn:aws:s3::bucket", &arn));
    assert_false(arn_parse(a, "arn:aws:s3:::", &arn));
    assert_false(arn_parse(a, "", &arn));
    assert_string_equal(region_partition("us-east-1"), "aws");
    assert_string_equal(region_partition("cn-north-1"), "aws-cn");
    assert_string_equal(region_partition("us-gov-west-1"), "aws-us-gov");
    assert_string_equal(region_partition("us-isob-east-1"), "aws-iso-b");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs),  cmocka_unit_test(numbers),        cmocka_unit_test(comparisons),
        cmocka_unit_test(blocks), cmocka_unit_test(resource_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
