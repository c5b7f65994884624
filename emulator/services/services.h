/* All services: their tables, and what each does before its operations run. */
#ifndef SERVICES_SERVICES_H
#define SERVICES_SERVICES_H

#include "call/call.h"
#include "services/access.h"

struct service_module {
    const char *name;                   /* as spec_service.name */
    const struct migration *migrations; /* NULL: no tables */
    const size_t *migration_count;
    int (*prepare)(struct call *c); /* in the transaction, before the operation: first look at a
                                       region. NULL: nothing */
    const struct service_access *access; /* what its requests must be allowed; NULL: all that
                                            spec_actions says */
};
extern const struct service_module service_modules[];
extern const size_t service_module_count;
const struct service_module *service_module_find(const char *name);
int services_migrate(struct db *db, struct err *err)
    MUST_CHECK; /* every module's tables, and those of call/ and store/ */

#endif
