/* Ids, random text, the clock and the log. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* An id is its prefix, a dash and 17 hexadecimal digits of which the first is zero, as AWS makes
 * them. */
static void ids_look_like_aws(void **state)
{
    (void)state;
    struct ids ids = {.seed = 0};
    char one[ID_SIZE], two[ID_SIZE];

    id_make(&ids, "vol", one);
    id_make(&ids, "vol", two);
    assert_memory_equal(one, "vol-0", 5);
    assert_int_equal(strlen(one), 4 + 17);
    assert_int_equal(strspn(one + 4, "0123456789abcdef"), 17);
    assert_string_not_equal(one, two);
}

/* A seed makes the same sequence again; the sequence itself does not repeat. */
static void seeded_ids_repeat(void **state)
{
    (void)state;
    struct ids a = {.seed = 5}, b = {.seed = 5};
    char one[UUID_SIZE], two[UUID_SIZE];

    uuid_make(&a, one);
    uuid_make(&b, two);
    assert_string_equal(one, two);
    uuid_make(&b, two);
    assert_string_not_equal(one, two);
    assert_int_equal(one[14], '4');
    assert_non_null(strchr("89ab", one[19]));
    assert_true(one[8] == '-' && one[13] == '-' && one[18] == '-' && one[23] == '-');
}

/* Random text is of the alphabet and length asked for, and uses every letter. */
static void random_text_uses_its_alphabet(void **state)
{
    (void)state;
    struct ids ids = {.seed = 0};
    char text[1001], bytes[1000] = {0};

    random_text(&ids, "abc", text, 1000);
    assert_int_equal(strlen(text), 1000);
    assert_int_equal(strspn(text, "abc"), 1000);
    assert_true(strchr(text, 'a') != NULL && strchr(text, 'b') != NULL &&
                strchr(text, 'c') != NULL);
    random_bytes(&ids, bytes, sizeof(bytes));
    size_t zeroes = 0;
    for (size_t i = 600; i < sizeof(bytes); i++)
        zeroes += bytes[i] == 0;
    assert_in_range(zeroes, 0, 50); /* the tail is filled too */
}

/* A fixed clock moves only when it is told to; the system's cannot be moved. */
static void clocks(void **state)
{
    (void)state;
    struct clock fixed = {.fixed_ms = 1000}, system = {.fixed_ms = 0};

    clock_advance(&fixed, 5);
    assert_int_equal(clock_now_ms(&fixed), 1005);
    clock_advance(&system, 5000);
    assert_true(clock_now_ms(&system) > 1700000000000);
    int64_t before = clock_monotonic_us();
    usleep(2000);
    assert_in_range(clock_monotonic_us() - before, 2000, 2000000);
}

static char log_text[8192];

/* What fn writes to the log, in log_text. */
static void capture(void (*fn)(void))
{
    int saved = dup(STDERR_FILENO), ends[2];

    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    fn();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t got = read(ends[0], log_text, sizeof(log_text) - 1);
    log_text[got > 0 ? got : 0] = '\0';
    close(ends[0]);
}

static void log_lines(void)
{
    char longer[6000];

    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    log_info("a\nb\x7f %d", 3);
    log_debug("not shown");
    log_warn("%s", longer);
}

/* One line an event, with time and level; an outsider's newline cannot forge a second one, nor
 * length. */
static void log_is_one_line_an_event(void **state)
{
    (void)state;
    enum log_level level = LOG_INFO;

    capture(log_lines);
    char *first_end = strchr(log_text, '\n'), *second_end = strchr(first_end + 1, '\n');
    *first_end = '\0';
    assert_string_equal(strchr(log_text, 'Z'), "Z info a?b? 3");
    assert_int_equal(second_end[1], '\0');
    assert_non_null(strstr(first_end + 1, "Z warn xxx"));
    assert_true(log_level_parse("debug", &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_false(log_level_parse("loud", &level));
    assert_false(log_enabled(LOG_DEBUG));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_look_like_aws),
        cmocka_unit_test(seeded_ids_repeat),
        cmocka_unit_test(random_text_uses_its_alphabet),
        cmocka_unit_test(clocks),
        cmocka_unit_test(log_is_one_line_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
