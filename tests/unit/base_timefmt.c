/* Times as text. */
#include "base/alloc.h"
#include "base/timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NEW_YEAR_2026 INT64_C(1767225600000)

/* Each format spells the same moment in its own way. */
static void formats(void **state)
{
    (void)state;
    char out[TIME_SIZE];

    time_format_iso8601(NEW_YEAR_2026 + 999, out);
    assert_string_equal(out, "2026-01-01T00:00:00Z");
    time_format_iso8601_ms(NEW_YEAR_2026 + 7, out);
    assert_string_equal(out, "2026-01-01T00:00:00.007Z");
    time_format_rfc822(NEW_YEAR_2026, out);
    assert_string_equal(out, "Thu, 01 Jan 2026 00:00:00 GMT");
    time_format_basic(NEW_YEAR_2026, out);
    assert_string_equal(out, "20260101T000000Z");
    time_format_iso8601_ms(-1, out);
    assert_string_equal(out, "1969-12-31T23:59:59.999Z");
    time_format_iso8601(INT64_MAX, out);
    assert_string_equal(out, "9999-12-31T23:59:59Z");
    time_format_iso8601(INT64_MIN, out);
    assert_string_equal(out, "0001-01-01T00:00:00Z");
}

/* What ISO 8601 allows is read; what is no date, or has something after it, is not. */
static void iso8601_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"2026-01-01", NEW_YEAR_2026},
        {"2026-01-01T00:00:00Z", NEW_YEAR_2026},
        {"2026-01-01T00:00:00", NEW_YEAR_2026},
        {"2026-01-01T00:00:00.5Z", NEW_YEAR_2026 + 500},
        {"2026-01-01T00:00:00.123456789Z", NEW_YEAR_2026 + 123},
        {"2026-01-01T02:30:00+02:30", NEW_YEAR_2026},
        {"2025-12-31T19:00:00-0500", NEW_YEAR_2026},
        {"2026-01-01T01:00:00+01", NEW_YEAR_2026},
        {"2024-02-29T00:00:00Z", INT64_C(1709164800000)},
        {"1960-01-01T00:00:00Z", INT64_C(-315619200000)},
    };
    static const char *const bad[] = {
        "",
        "2026",
        "2026-13-01",
        "2026-02-29",
        "2026-1-1",
        "2026-01-01T",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-0a",
        "2026-01-01 x",
        "2026-01-01T00:00:00Zx",
        "0000-01-01",
        "tomorrow",
        "2026-01-01T00:00:00+99:00",
    };
    int64_t ms;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(time_parse_iso8601(good[i].text, &ms));
        assert_true(ms == good[i].ms);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(time_parse_iso8601(bad[i], &ms));
}

/* HTTP's dates and SigV4's are read as strictly as they are written. */
static void other_formats_are_read(void **state)
{
    (void)state;
    int64_t ms = 0;

    assert_true(time_parse_rfc822("Thu, 01 Jan 2026 00:00:00 GMT", &ms));
    assert_true(ms == NEW_YEAR_2026);
    assert_true(time_parse_rfc822("1 Jan 2026 00:00:01 +0000", &ms));
    assert_true(ms == NEW_YEAR_2026 + 1000);
    assert_false(time_parse_rfc822("Thu, 01 Jan 2026 00:00:00", &ms));
    assert_false(time_parse_rfc822("", &ms));
    assert_false(time_parse_rfc822("Thu", &ms));
    assert_true(time_parse_basic("20260101T000000Z", &ms));
    assert_true(ms == NEW_YEAR_2026);
    assert_false(time_parse_basic("20260101T000000", &ms));
    assert_false(time_parse_basic("20260101T000000Z ", &ms));
    assert_false(time_parse_basic("20261301T000000Z", &ms));
    assert_false(time_parse_basic("2026", &ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(iso8601_is_read),
        cmocka_unit_test(other_formats_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
