/* Times as text. All times are UTC milliseconds since 1970. */
#ifndef BASE_TIMEFMT_H
#define BASE_TIMEFMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIME_SIZE 40
#define DAY_MS    (INT64_C(24) * 3600 * 1000)

void time_format_iso8601(int64_t ms, char out[TIME_SIZE]);    /* 2026-01-01T00:00:00Z */
void time_format_iso8601_ms(int64_t ms, char out[TIME_SIZE]); /* 2026-01-01T00:00:00.000Z */
void time_format_rfc822(int64_t ms, char out[TIME_SIZE]);     /* Thu, 01 Jan 2026 00:00:00 GMT */
void time_format_basic(int64_t ms, char out[TIME_SIZE]);      /* 20260101T000000Z */
bool time_parse_iso8601(const char *text,
                        int64_t *ret_ms); /* date alone, fraction, Z or +hh:mm offset allowed */
bool time_parse_rfc822(const char *text, int64_t *ret_ms);
bool time_parse_basic(const char *text, int64_t *ret_ms); /* exactly YYYYMMDDTHHMMSSZ */

#endif
