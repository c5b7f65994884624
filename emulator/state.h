/* The state folder: made private, locked by the one emulator that uses it, with the files that
 * commands read.
 *
 *   groundschool.db   everything that is recorded        admin-token   for /_groundschool/ (0600)
 *   instances/        a folder per machine               environment   export lines of the first
 * account (0600) volumes/          disks                              lock          held while an
 * emulator runs images/           unless --images says otherwise     services/     sockets of the
 * guests' services */
#ifndef STATE_H
#define STATE_H

#include "base/err.h"

struct state_environment { /* what the export lines say */
    char access_key_id[129], secret[129], region[64], endpoint[128];
};

/* Makes the folder (0700) and takes its lock. The descriptor, or -1 with err "StateInUse" when
 * another emulator holds it. */
int state_open(const char *folder, struct err *err) MUST_CHECK;
/* The token in the folder's file, made when there is none. `fixed` (may be NULL) replaces it. On
 * the heap. */
char *state_admin_token(const char *folder, const char *fixed, struct err *err);
int state_write_environment(const char *folder, const struct state_environment *env,
                            struct err *err) MUST_CHECK;
int state_read_environment(const char *folder, struct state_environment *ret_env,
                           struct err *err) MUST_CHECK;
/* Prints `export NAME=value` lines for a shell. */
void state_print_environment(const struct state_environment *env);

#endif
