/* Times as text. Years 1 to 9999 are what the formats can say; what lies outside is shown as the
 * nearest. */
#include "base/timefmt.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define FIRST_MS (-62135596800000) /* 0001-01-01T00:00:00.000Z */
#define LAST_MS  253402300799999   /* 9999-12-31T23:59:59.999Z */

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char day_names[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct moment { /* as people write it */
    int year, month, day, hour, minute, second, ms;
    int weekday; /* 0: Sunday */
};

static struct moment moment_of(int64_t ms)
{
    if (ms < FIRST_MS)
        ms = FIRST_MS;
    if (ms > LAST_MS)
        ms = LAST_MS;
    int64_t part = ms % 1000;
    if (part < 0)
        part += 1000;
    time_t seconds = (time_t)((ms - part) / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    return (struct moment){.year = tm.tm_year + 1900,
                           .month = tm.tm_mon + 1,
                           .day = tm.tm_mday,
                           .hour = tm.tm_hour,
                           .minute = tm.tm_min,
                           .second = tm.tm_sec,
                           .ms = (int)part,
                           .weekday = tm.tm_wday};
}

static int month_days(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool moment_to_ms(const struct moment *m, int64_t *ret_ms)
{
    if (m->year < 1 || m->year > 9999 || m->month < 1 || m->month > 12 || m->day < 1 ||
        m->day > month_days(m->year, m->month))
        return false;
    if (m->hour > 23 || m->minute > 59 || m->second > 60) /* a leap second is the next one */
        return false;
    struct tm tm = {.tm_year = m->year - 1900,
                    .tm_mon = m->month - 1,
                    .tm_mday = m->day,
                    .tm_hour = m->hour,
                    .tm_min = m->minute,
                    .tm_sec = m->second};
    *ret_ms = (int64_t)timegm(&tm) * 1000 + m->ms;
    return true;
}

void time_format_iso8601(int64_t ms, char out[TIME_SIZE])
{
    struct moment m = moment_of(ms);
    snprintf(out, TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ", m.year, m.month, m.day, m.hour,
             m.minute, m.second);
}

void time_format_iso8601_ms(int64_t ms, char out[TIME_SIZE])
{
    struct moment m = moment_of(ms);
    snprintf(out, TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", m.year, m.month, m.day, m.hour,
             m.minute, m.second, m.ms);
}

void time_format_rfc822(int64_t ms, char out[TIME_SIZE])
{
    struct moment m = moment_of(ms);
    snprintf(out, TIME_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT", day_names[m.weekday], m.day,
             month_names[m.month - 1], m.year, m.hour, m.minute, m.second);
}

void time_format_basic(int64_t ms, char out[TIME_SIZE])
{
    struct moment m = moment_of(ms);
    snprintf(out, TIME_SIZE, "%04d%02d%02dT%02d%02d%02dZ", m.year, m.month, m.day, m.hour, m.minute,
             m.second);
}

/* Reads exactly `digits` digits and moves on. */
static bool take_number(const char **at, int digits, int *ret_number)
{
    int number = 0;

    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        number = number * 10 + (**at - '0');
    }
    *ret_number = number;
    return true;
}

static bool take_char(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

static bool take_clock(const char **at, struct moment *m)
{
    return take_number(at, 2, &m->hour) && take_char(at, ':') && take_number(at, 2, &m->minute) &&
           take_char(at, ':') && take_number(at, 2, &m->second);
}

/* Digits past milliseconds are read and dropped. */
static bool take_fraction(const char **at, struct moment *m)
{
    int weight = 100;

    if (**at != '.' && **at != ',')
        return true;
    (*at)++;
    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; (*at)++, weight /= 10)
        m->ms += weight * (**at - '0');
    return true;
}

/* "Z", "+hh:mm", "+hhmm", "+hh" or nothing, which is UTC too. */
static bool take_offset(const char **at, int64_t *ret_offset_ms)
{
    int hours = 0, minutes = 0;

    *ret_offset_ms = 0;
    if (take_char(at, 'Z') || take_char(at, 'z') || **at == '\0')
        return true;
    int sign = take_char(at, '-') ? -1 : 1;
    if (sign > 0 && !take_char(at, '+'))
        return false;
    if (!take_number(at, 2, &hours))
        return false;
    if (take_char(at, ':') || **at != '\0') {
        if (!take_number(at, 2, &minutes))
            return false;
    }
    if (hours > 23 || minutes > 59)
        return false;
    *ret_offset_ms = sign * ((int64_t)hours * 60 + minutes) * 60000;
    return true;
}

bool time_parse_iso8601(const char *text, int64_t *ret_ms)
{
    struct moment m = {0};
    const char *at = text;
    int64_t offset_ms = 0, ms;

    if (!take_number(&at, 4, &m.year) || !take_char(&at, '-') || !take_number(&at, 2, &m.month) ||
        !take_char(&at, '-') || !take_number(&at, 2, &m.day))
        return false;
    if (*at != '\0') {
        if (!take_char(&at, 'T') && !take_char(&at, 't') && !take_char(&at, ' '))
            return false;
        if (!take_clock(&at, &m) || !take_fraction(&at, &m) || !take_offset(&at, &offset_ms))
            return false;
    }
    if (*at != '\0' || !moment_to_ms(&m, &ms))
        return false;
    *ret_ms = ms - offset_ms;
    return true;
}

static bool take_name(const char **at, const char names[][4], int count, int *ret_index)
{
    for (int i = 0; i < count; i++) {
        if (strncasecmp(*at, names[i], 3) == 0) {
            *at += 3;
            *ret_index = i;
            return true;
        }
    }
    return false;
}

/* `Thu, 01 Jan 2026 00:00:00 GMT`, as HTTP has it; the weekday may be left out and is not checked.
 */
bool time_parse_rfc822(const char *text, int64_t *ret_ms)
{
    struct moment m = {0};
    const char *at = text;

    if (take_name(&at, day_names, 7, &m.weekday) && (!take_char(&at, ',') || !take_char(&at, ' ')))
        return false;
    int digits = at[0] != '\0' && at[1] == ' ' ? 1 : 2;
    if (!take_number(&at, digits, &m.day) || !take_char(&at, ' ') ||
        !take_name(&at, month_names, 12, &m.month) || !take_char(&at, ' ') ||
        !take_number(&at, 4, &m.year) || !take_char(&at, ' ') || !take_clock(&at, &m))
        return false;
    static const char *const zones[] = {" GMT", " UTC", " +0000", " -0000"};
    bool is_utc = false;
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
        is_utc = is_utc || strcmp(at, zones[i]) == 0;
    if (!is_utc)
        return false;
    m.month++;
    return moment_to_ms(&m, ret_ms);
}

bool time_parse_basic(const char *text, int64_t *ret_ms)
{
    struct moment m = {0};
    const char *at = text;

    if (!take_number(&at, 4, &m.year) || !take_number(&at, 2, &m.month) ||
        !take_number(&at, 2, &m.day) || !take_char(&at, 'T') || !take_number(&at, 2, &m.hour) ||
        !take_number(&at, 2, &m.minute) || !take_number(&at, 2, &m.second) || strcmp(at, "Z") != 0)
        return false;
    return moment_to_ms(&m, ret_ms);
}
