/* rest-json: members in the URI, the query string and the headers, beside those in the body. */
#ifndef WIRE_REST_H
#define WIRE_REST_H

#include "base/json.h"
#include "wire/serialize.h"

int rest_read(const struct wire_route *route, const struct wire_request *q, struct arena *a,
              json_t **ret_input, struct err *fault) MUST_CHECK;
/* Status, headers and body of an output or of a fault's members; `reply` has its own headers
 * already. */
void rest_write(struct wire_reply *reply, const struct spec_shape *shape, const json_t *value,
                struct arena *a);

#endif
