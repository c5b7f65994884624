/* The host names of AWS's endpoints that this emulator stands for: machines find them by DNS. */
#ifndef SERVICES_ENDPOINT_H
#define SERVICES_ENDPOINT_H

#include <stdbool.h>

/* "ec2.us-east-1.amazonaws.com", "sts.amazonaws.com", whatever the case. */
bool endpoint_is(const char *host);
/* What a certificate names so that it covers all of them: separated by spaces, with wildcards.
 * Heap. */
char *endpoint_hosts(void);

#endif
