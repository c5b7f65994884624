/* The program's options: each from the command line, a GROUNDSCHOOL_* variable or the configuration
 * file, in that order of rank. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "base/err.h"
#include "base/log.h"
#include "base/net.h"
#include "plant/machine.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct options { /* text on the heap, for the life of the program */
    struct sockaddr_storage listen;
    socklen_t listen_len;
    char *listen_text;                   /* "127.0.0.1:4566" */
    char *state;                         /* folder */
    char *images;                        /* folder */
    char *account;                       /* 12 digits, or NULL */
    char *root_key_id, *root_key_secret; /* or NULL */
    char *admin_token;                   /* or NULL: the one kept in the state folder */
    char *region;                        /* the one the printed export lines name */
    bool guests;
    enum machine_accel accel;
    bool warm;                 /* instances may share a template's memory */
    int64_t memory_budget_mib; /* 0: decided at start */
    struct cidr public_pool;
    bool allow_internet;
    double request_rate;
    enum log_level log_level;
};

/* Fills `o` from argv (after the subcommand), environment and file. 0; 1: --help was asked for and
 * printed; -1 with err: what is wrong and what was probably meant. */
int options_read(struct options *o, int argc, char **argv, struct err *err) MUST_CHECK;
void options_done(struct options *o);
/* The word of `words` (NULL-terminated) that `word` was probably meant to be; NULL: none is near.
 */
const char *options_nearest(const char *word, const char *const *words);

#endif
