/* Token buckets: how many requests a second an account may send to one operation. */
#ifndef GATEWAY_THROTTLE_H
#define GATEWAY_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

struct throttle;
struct throttle *throttle_new(double per_second); /* bursts of twice as many */
void throttle_free(struct throttle *t);
bool throttle_take(struct throttle *t, const char *account, const char *operation, int64_t now_us);

#endif
