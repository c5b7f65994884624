/* One-time passwords against the vectors of RFC 6238, and base32 against those of RFC 4648. */
#include "services/iam/totp.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Appendix B of RFC 6238, SHA-1, the last six of its eight digits. */
static void codes_are_those_of_the_rfc(void **state)
{
    static const struct {
        int64_t time_s;
        const char *code;
    } vectors[] = {
        {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
        {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"},
    };
    const char *seed = "12345678901234567890";

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        char code[TOTP_CODE_SIZE];
        int64_t step = vectors[i].time_s * 1000 / TOTP_STEP_MS;
        totp_code((const uint8_t *)seed, strlen(seed), step, code);
        assert_string_equal(code, vectors[i].code);
        assert_true(totp_code_is((const uint8_t *)seed, strlen(seed), step, code));
        assert_false(totp_code_is((const uint8_t *)seed, strlen(seed), step + 1, code));
    }
}

/* A code has six digits: nothing shorter or longer is one. */
static void a_code_has_six_digits(void **state)
{
    const char *seed = "12345678901234567890";

    (void)state;
    assert_false(totp_code_is((const uint8_t *)seed, strlen(seed), 1, ""));
    assert_false(totp_code_is((const uint8_t *)seed, strlen(seed), 1, "28708"));
    assert_false(totp_code_is((const uint8_t *)seed, strlen(seed), 1, "2870820"));
}

/* Section 10 of RFC 4648, for the length that needs no padding. */
static void base32_is_that_of_the_rfc(void **state)
{
    char out[17];

    (void)state;
    totp_base32((const uint8_t *)"fooba", 5, out);
    assert_string_equal(out, "MZXW6YTB");
    totp_base32((const uint8_t *)"foobafooba", 10, out);
    assert_string_equal(out, "MZXW6YTBMZXW6YTB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_the_rfc),
        cmocka_unit_test(a_code_has_six_digits),
        cmocka_unit_test(base32_is_that_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
