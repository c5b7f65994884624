/* The user data of an instance: what kind it is, and running it. */
#ifndef AGENT_USERDATA_H
#define AGENT_USERDATA_H

#include "identity.h"

#include <stdbool.h>

enum user_data_kind {
    USER_DATA_NONE,
    USER_DATA_SCRIPT,     /* begins with #! */
    USER_DATA_CLOUD_INIT, /* anything that cloud-init knows */
    USER_DATA_UNKNOWN,
};

/* Judges by the first line. */
enum user_data_kind user_data_kind(const char *text);

/* Whether the identity's user data has something to do at this boot. */
bool user_data_is_due(const struct identity *identity);

/* Runs it to its end, telling the daemon as it begins and ends. Returns the exit code for the unit.
 */
int user_data_run(void);

#endif
