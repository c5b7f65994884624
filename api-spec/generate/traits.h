/* The words a service model may use. */
#ifndef GENERATE_TRAITS_H
#define GENERATE_TRAITS_H

#include "generate/source.h"

/* Walks a whole model and refuses any trait, metadata or shape type that is not in the table, or
 * whose value is not of the type the table says. */
void traits_check(const struct source *model);

#endif
