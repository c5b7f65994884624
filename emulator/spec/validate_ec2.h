/* EC2's own words for what is wrong with a request. Inside spec/ only. */
#ifndef SPEC_VALIDATE_EC2_H
#define SPEC_VALIDATE_EC2_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "spec/spec.h"

int validate_ec2(const struct spec_operation *op, const json_t *input,
                 struct err *fault) MUST_CHECK;

/* Shared with the framework's words (validate.c): a plain value, and a limit as its shape writes
 * numbers. */
void validate_add_plain(struct buf *out, const json_t *value);
void validate_add_number(struct buf *out, const struct spec_shape *shape, double number);

#endif
