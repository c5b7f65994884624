/* The one source of wall-clock time. Tests put a fixed one in its place. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t fixed_ms; /* 0: the system's clock; else this time, which only clock_advance moves */
};

int64_t clock_now_ms(const struct clock *c); /* milliseconds since 1970-01-01 UTC */
void clock_advance(struct clock *c, int64_t ms);
int64_t clock_monotonic_us(void); /* for durations only */

#endif
