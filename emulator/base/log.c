/* The log: each line is built on the stack and leaves in one write, so that lines of several
 * threads or processes never mix. */
#include "base/log.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/timefmt.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 4096

static const char *const level_words[] = {
    [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};
static enum log_level current_level = LOG_INFO;

void log_set_level(enum log_level level)
{
    current_level = level;
}

bool log_level_parse(const char *word, enum log_level *ret_level)
{
    for (size_t i = 0; i < ARRAY_LEN(level_words); i++) {
        if (str_equal(word, level_words[i])) {
            *ret_level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool log_enabled(enum log_level level)
{
    return level <= current_level;
}

void log_write(enum log_level level, const char *fmt, ...)
{
    char line[LINE_SIZE], now[TIME_SIZE];
    const struct clock clock = {.fixed_ms = 0};
    va_list ap;

    if (!log_enabled(level))
        return;
    time_format_iso8601_ms(clock_now_ms(&clock), now);
    size_t len = (size_t)snprintf(line, sizeof(line), "%s %s ", now, level_words[level]);
    va_start(ap, fmt);
    int wanted = vsnprintf(line + len, sizeof(line) - len, fmt, ap);
    va_end(ap);
    if (wanted < 0)
        return;
    len = strlen(line);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
    }
    line[len++] = '\n'; /* in place of the NUL */
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written; /* a log that cannot be written has nowhere to say so */
}
