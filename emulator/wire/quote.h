/* A client's own words in an answer. */
#ifndef WIRE_QUOTE_H
#define WIRE_QUOTE_H

#include "base/alloc.h"

#include <stddef.h>

#define QUOTE_MAX ((size_t)100) /* bytes of a value shown in a fault's text */

/* `text` as valid UTF-8 of at most `max` bytes: cut between characters, stray bytes become '?'. The
 * arena's, or `text` itself. */
const char *quote(const char *text, size_t max, struct arena *a);

#endif
