/* Scalars as text and back: what forms, headers, URLs and XML share. */
#ifndef WIRE_SCALAR_H
#define WIRE_SCALAR_H

#include "base/json.h"
#include "base/timefmt.h"
#include "spec/spec.h"

#define SCALAR_SIZE 64 /* holds any number, boolean or time */

bool shape_is_scalar(const struct spec_shape *shape);

/* How a time is written: the member's own format, else its shape's, else the protocol's default. */
enum spec_time scalar_time(const struct spec_member *member, enum spec_time fallback);

/* Text (valid UTF-8) as the canonical value of a scalar shape, or NULL when it is not one. */
json_t *scalar_parse(const struct spec_shape *shape, const char *text);
const char *scalar_expected(const struct spec_shape *shape); /* "an integer", for messages */

/* The text of a canonical scalar: strings and blobs as they are, the rest in `room`. */
const char *scalar_text(const struct spec_shape *shape, enum spec_time time, const json_t *value,
                        char room[SCALAR_SIZE]);

/* A decimal text that reads back as the same double (or float), 15 to 17 digits (6 to 9) as it
 * takes; "NaN", "Infinity",
 * "-Infinity". */
void scalar_format_real(double value, bool is_float, char out[SCALAR_SIZE]);
json_t *scalar_real_new(double value);                      /* canonical: those three are strings */
double scalar_real(const json_t *value);                    /* of a canonical float */
bool scalar_seconds_to_ms(double seconds, int64_t *ret_ms); /* false outside the years 1 to 9999 */
void scalar_format_epoch(int64_t ms,
                         char out[SCALAR_SIZE]); /* seconds, with a fraction where there is one */
bool scalar_integer_fits(const struct spec_shape *shape, int64_t value);

#endif
