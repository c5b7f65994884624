/* What the generator writes; see generate.c. */
#ifndef GENERATE_TABLES_H
#define GENERATE_TABLES_H

#include "generate/service.h"

void tables_write(const char *dir, const struct service *s); /* spec_<service>.c */
void services_write(const char *dir, const struct service *all, size_t count); /* spec_services.c */
void handlers_write(const char *dir, const struct service *all, size_t count); /* handlers.c */
void coverage_write(const char *file, const struct service *all, size_t count);

#endif
