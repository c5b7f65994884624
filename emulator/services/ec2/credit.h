/* CPU credits of burstable instances. */
#ifndef SERVICES_EC2_CREDIT_H
#define SERVICES_EC2_CREDIT_H

#include "call/call.h"
#include "services/ec2/instance_type.h"

/* "standard" or "unlimited"; NULL when the type is not burstable. "Key concepts" of burstable
 * performance instances: t2 launches as standard, the later families as unlimited. */
const char *credit_default(const struct instance_type *type);
/* InvalidParameterValue for what is neither of the two; NULL is fine. */
int credit_check(struct call *c, const char *credits) MUST_CHECK;

#endif
