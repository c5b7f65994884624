/* What the generator writes; see generate.c. */
#ifndef GENERATE_TABLES_H
#define GENERATE_TABLES_H

#include "generate/service.h"

/* IAM's facts of one prefix: api-spec/iam/<prefix>.json. */
struct facts {
    const char *prefix;
    char *identifier; /* `prefix` as part of a C name */
    struct source source;
};

void tables_write(const char *dir, const struct service *s); /* spec_<service>.c */
void services_write(const char *dir, const struct service *all, size_t count); /* spec_services.c */
void handlers_write(const char *dir, const struct service *all, size_t count); /* handlers.c */
void actions_write(const char *dir, const struct facts *files, size_t count);  /* spec_actions.c */
void coverage_write(const char *file, const struct service *all, size_t count);

#endif
