/* The one source of wall-clock time. */
#include "base/clock.h"

#include <time.h>

static int64_t now_us(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now_ms(const struct clock *c)
{
    return c->fixed_ms != 0 ? c->fixed_ms : now_us(CLOCK_REALTIME) / 1000;
}

void clock_advance(struct clock *c, int64_t ms)
{
    if (c->fixed_ms != 0)
        c->fixed_ms += ms;
}

int64_t clock_monotonic_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}
