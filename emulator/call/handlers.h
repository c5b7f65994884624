/* Which function carries out which operation. The table is generated from api-spec/services: an
 * operation listed there without a function of its name (ec2_run_instances) does not link. */
#ifndef CALL_HANDLERS_H
#define CALL_HANDLERS_H

#include "spec/spec.h"

struct call;
typedef int (*operation_fn)(struct call *c); /* 0, or -1 with the call's fault set */

struct service_handlers {
    const struct spec_service *service;
    const operation_fn
        *handlers; /* by the operation's place in service->operations; NULL: not implemented */
};
extern const struct service_handlers service_handlers[]; /* in the order of spec_services */

operation_fn handler_find(const struct spec_service *s, const struct spec_operation *op);

#endif
