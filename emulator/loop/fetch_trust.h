/* Whom a fetch believes. Private to fetch.c. */
#ifndef LOOP_FETCH_TRUST_H
#define LOOP_FETCH_TRUST_H

#include "loop/fetch.h"

struct fetch_trust {
    char pins[FETCH_PINS_MAX][41];
    size_t pin_count;
    bool untrusted; /* a certificate was turned down */
    bool learns;
    char learned[41]; /* "": nothing was shown yet */
};

/* For CURLOPT_SSL_CTX_FUNCTION: the connection's certificates are judged by `trust`. */
void fetch_trust_install(void *ssl_ctx, struct fetch_trust *trust);

#endif
