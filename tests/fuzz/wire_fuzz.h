/* What the wire targets share: libFuzzer's entry and a choice of operations by the input's first
 * bytes. */
#ifndef FUZZ_WIRE_FUZZ_H
#define FUZZ_WIRE_FUZZ_H

#include "must_hold.h"
#include "spec/spec.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct choice {
    const struct spec_service *service;
    const struct spec_operation *operation;
};

/* The operation that three bytes choose among the services that speak one of `protocols`. */
static inline struct choice operation_choose(const uint8_t bytes[3], unsigned protocols)
{
    size_t at = bytes[0] % spec_service_count;
    while ((spec_services[at]->protocols & protocols) == 0)
        at = (at + 1) % spec_service_count;
    size_t number = (size_t)bytes[1] << 8 | bytes[2];
    const struct spec_service *s = spec_services[at];
    return (struct choice){.service = s, .operation = &s->operations[number % s->operation_count]};
}

#endif
