/* How the machine does at the moment. */
#ifndef AGENT_STATS_H
#define AGENT_STATS_H

#include <jansson.h>

/* {"memory":{"total_kib","available_kib"},"uptime_s","load":[1,5,15 minutes],"listen":{..}}, a new
 * reference. */
json_t *stats_read(void);

#endif
