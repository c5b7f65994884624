/* Judges a json_t against a shape: requests in AWS's words, replies in ours. */
#ifndef SPEC_VALIDATE_H
#define SPEC_VALIDATE_H

#include "base/err.h"
#include "base/json.h"
#include "spec/spec.h"

/* A request's input against its shape. EC2 has texts of its own (MissingParameter ...), the other
 * services share the framework texts "1 validation error detected: Value ...". On -1 `fault->code`
 * is the code the service and `protocol` (one enum spec_protocol bit) use. Texts never show a
 * sensitive value. */
int validate_input(const struct spec_service *s, const struct spec_operation *op, unsigned protocol,
                   const json_t *input, struct err *fault) MUST_CHECK;

/* Our own mistake in an output: unknown or missing members, wrong types, values outside their enum,
 * null. The text names the path. Checked in debug builds and tests. */
int validate_output(const struct spec_shape *shape, json_t *output, struct err *err) MUST_CHECK;

#endif
