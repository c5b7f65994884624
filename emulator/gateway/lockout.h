/* Against guessing at the sign-in: who fails too often must wait, twice as long after each further
 * failure. It counts in memory for names (an account's user) and for addresses that requests come
 * from. */
#ifndef GATEWAY_LOCKOUT_H
#define GATEWAY_LOCKOUT_H

#include <stddef.h>
#include <stdint.h>

struct lockout;
enum lockout_kind { LOCKOUT_NAME, LOCKOUT_ADDRESS };

struct lockout *lockout_new(void);
void lockout_free(struct lockout *l); /* takes NULL */
/* How long it has to wait still, in milliseconds; 0: it may try. */
int64_t lockout_wait_ms(struct lockout *l, enum lockout_kind kind, const char *who, int64_t now_ms);
void lockout_failed(struct lockout *l, enum lockout_kind kind, const char *who, int64_t now_ms);
void lockout_forget(struct lockout *l, enum lockout_kind kind, const char *who); /* it succeeded */
size_t lockout_count(const struct lockout *l); /* names and addresses that are remembered */

#endif
