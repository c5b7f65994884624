/* What a machine's process has used. */
#ifndef PLANT_USAGE_H
#define PLANT_USAGE_H

#include "plant/machine.h"

void usage_read(pid_t pid,
                struct machine_usage *ret_usage); /* all 0 when there is no such process */

#endif
