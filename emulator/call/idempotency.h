/* ClientToken: the same token and parameters get the same answer; with other parameters
 * IdempotentParameterMismatch. */
#ifndef CALL_IDEMPOTENCY_H
#define CALL_IDEMPOTENCY_H

#include "call/call.h"

extern const struct migration idempotency_migrations[];
extern const size_t idempotency_migration_count;

/* 1: seen before, call->out is set; 0: new (or no token); -1: mismatch, fault set. */
int idempotency_replay(struct call *c) MUST_CHECK;
void idempotency_record(struct call *c); /* after success, in the same transaction */

#endif
