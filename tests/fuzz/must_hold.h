/* A rule of the emulator that must hold for every input; breaking it is a finding. */
#ifndef FUZZ_MUST_HOLD_H
#define FUZZ_MUST_HOLD_H

#include <stdio.h>
#include <stdlib.h>

#define MUST_HOLD(claim)                                                                           \
    do {                                                                                           \
        if (!(claim)) {                                                                            \
            fprintf(stderr, "does not hold: %s\n", #claim);                                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
