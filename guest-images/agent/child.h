/* Other programs: started, and waited for where the answer matters. */
#ifndef AGENT_CHILD_H
#define AGENT_CHILD_H

#include "err.h"

#include <sys/types.h>

/* Starts a program found on PATH, its input /dev/null. Returns its pid, or -1. The arguments end
 * with NULL. */
pid_t child_start(const char *const argv[], struct err *err) __attribute__((warn_unused_result));

/* Waits for a program; 0 if it ended with exit code 0. */
int child_wait(pid_t pid, const char *name, struct err *err) __attribute__((warn_unused_result));

/* Both in one. */
int child_run(const char *const argv[], struct err *err) __attribute__((warn_unused_result));

/* The exit code a shell would show for a wait status. */
int child_exit_code(int status);

#endif
