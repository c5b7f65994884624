/* Scalars as text and back. */
#include "wire/scalar.h"

#include "base/alloc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_real(double value, bool is_float, const char *expected)
{
    char text[SCALAR_SIZE];
    scalar_format_real(value, is_float, text);
    assert_string_equal(text, expected);
}

/* A number is written as the shortest text that reads back as itself, always seen to be no integer.
 */
static void test_reals(void **state)
{
    (void)state;
    assert_real(0, false, "0.0");
    assert_real(5, false, "5.0");
    assert_real(0.1, false, "0.1");
    assert_real(1.0 / 3, false, "0.3333333333333333");
    assert_real(1e21, false, "1e+21");
    assert_real(5e-324, false, "4.94065645841247e-324");
    assert_real((double)0.1F, true, "0.1");
    assert_real(NAN, false, "NaN");
    assert_real(INFINITY, false, "Infinity");
    assert_real(-INFINITY, false, "-Infinity");
    for (int i = 0; i < 20000; i++) {
        double value =
            ldexp((double)random() / (double)(1 + random()), (int)(random() % 200) - 100);
        char text[SCALAR_SIZE];
        scalar_format_real(value, false, text);
        double back = strtod(text, NULL);
        assert_memory_equal(&back, &value, sizeof(value));
    }
}

static void assert_epoch(int64_t ms, const char *expected)
{
    char text[SCALAR_SIZE];
    scalar_format_epoch(ms, text);
    assert_string_equal(text, expected);
}

/* Epoch seconds have three decimals where there is a fraction, also before 1970. */
static void test_epoch(void **state)
{
    (void)state;
    assert_epoch(0, "0");
    assert_epoch(1767225600000, "1767225600");
    assert_epoch(1767225600007, "1767225600.007");
    assert_epoch(-1500, "-1.500");
}

static void assert_parses(uint8_t type, const char *text, const char *expected)
{
    const struct spec_shape shape = {.name = "S", .type = type};
    json_t *value = scalar_parse(&shape, text);
    if (expected == NULL) {
        assert_null(value);
        return;
    }
    assert_non_null(value);
    char *shown = json_dumps(value, JSON_ENCODE_ANY);
    assert_string_equal(shown, expected);
    free(shown);
    json_decref(value);
}

/* Text is taken as a value of its shape or not at all. */
static void test_parse(void **state)
{
    (void)state;
    assert_parses(SPEC_INTEGER, "2147483647", "2147483647");
    assert_parses(SPEC_INTEGER, "2147483648", NULL);
    assert_parses(SPEC_LONG, "9223372036854775807", "9223372036854775807");
    assert_parses(SPEC_LONG, "9223372036854775808", NULL);
    assert_parses(SPEC_INTEGER, "", NULL);
    assert_parses(SPEC_INTEGER, " 1", NULL);
    assert_parses(SPEC_DOUBLE, "1e3", "1000.0");
    assert_parses(SPEC_DOUBLE, "NaN", "\"NaN\"");
    assert_parses(SPEC_DOUBLE, "nan", NULL);
    assert_parses(SPEC_DOUBLE, "1e999", NULL);
    assert_parses(SPEC_BOOLEAN, "true", "true");
    assert_parses(SPEC_BOOLEAN, "False", "false");
    assert_parses(SPEC_BOOLEAN, "yes", NULL);
    assert_parses(SPEC_TIMESTAMP, "2026-01-01T00:00:00Z", "1767225600000");
    assert_parses(SPEC_TIMESTAMP, "2026-01-01T00:00:00.007Z", "1767225600007");
    assert_parses(SPEC_TIMESTAMP, "Thu, 01 Jan 2026 00:00:00 GMT", "1767225600000");
    assert_parses(SPEC_TIMESTAMP, "1767225600.5", "1767225600500");
    assert_parses(SPEC_TIMESTAMP, "1e300", NULL);
    assert_parses(SPEC_TIMESTAMP, "soon", NULL);
    assert_parses(SPEC_BLOB, "YWJj", "\"YWJj\"");
    assert_parses(SPEC_BLOB, "YWJ", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_epoch),
        cmocka_unit_test(test_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
