/* From bytes to canonical JSON: the model's member names, times as integer milliseconds, blobs as
 * base64, absent members as absent keys, floats that are no number as "NaN", "Infinity" and
 * "-Infinity". */
#ifndef WIRE_PARSE_H
#define WIRE_PARSE_H

#include "base/json.h"
#include "wire/route.h"

#define WIRE_BODY_CEILING   ((size_t)1024 * 1024) /* also of an inflated body */
#define WIRE_FORM_KEYS_MAX  32768
#define WIRE_FORM_DEPTH_MAX 32
#define WIRE_CBOR_DEPTH_MAX JSON_DEPTH_MAX

/* Reads the operation's input by its shape; call it once the signature is verified, for it inflates
 * gzip bodies. *ret_input is a new object (empty when the operation takes no input). A compressed
 * form names its operation inside: route->operation is then set here. On -1 `fault` has the
 * protocol's own code. */
int wire_parse(struct wire_route *route, const struct wire_request *q, struct arena *a,
               json_t **ret_input, struct err *fault) MUST_CHECK;

#endif
