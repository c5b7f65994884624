/* Judges a request by the policies of who made it: every action upon every resource that it touches
 * must be allowed (services/access.h). */
#ifndef SERVICES_AUTHORIZE_H
#define SERVICES_AUTHORIZE_H

#include "call/call.h"

/* 0 when all is allowed. A refusal sets the fault, in the words of the service; the transaction is
 * then rolled back, for nothing of the request is to stay. `code` is the protocol's word for it:
 * "AccessDenied". */
int authorize(struct call *c, const char *code) MUST_CHECK;

#endif
