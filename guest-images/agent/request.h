/* What the host may ask for. */
#ifndef AGENT_REQUEST_H
#define AGENT_REQUEST_H

#include "daemon.h"

/* Carries out one line of the host and answers it. */
void request_handle(struct daemon *daemon, const char *line, size_t len);

#endif
