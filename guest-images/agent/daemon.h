/* The agent's daemon: what it knows, and its loop. */
#ifndef AGENT_DAEMON_H
#define AGENT_DAEMON_H

#include "identity.h"
#include "listen.h"
#include "port.h"
#include "tell.h"

#include <stdbool.h>
#include <stdint.h>

#define AGENT_VERSION 1

enum daemon_state {
    DAEMON_WAITING,    /* for an identity */
    DAEMON_CONFIGURED, /* the identity is applied, sshd on its way */
    DAEMON_READY,      /* sshd accepts */
};

struct daemon {
    enum daemon_state state;
    struct port port;
    int tell_fd;
    int signal_fd;
    int64_t started_ms; /* of the monotonic clock, like the rest */
    int64_t configured_ms;
    int64_t looked_ms;        /* at the listening ports */
    int64_t changed_ms;       /* when they last did */
    struct identity identity; /* applied last, at this boot or before; its document is NULL if there
                                 never was one */
    bool is_new_instance;
    bool is_resumed;        /* it ran as another before: who runs already must be told */
    unsigned long old_sshd; /* the socket of the sshd that must not be found; 0: none */
    bool is_stopping;
    struct listening listening;
    char user_data_event[TELL_MAX]; /* the last, "" if none */
};

/* Runs until it is told to end; the exit code. */
int daemon_run(void);

/* Applies an identity from a request, or the kept one again where the request is NULL. */
int daemon_configure(struct daemon *daemon, json_t *request, struct err *err)
    __attribute__((warn_unused_result));

/* Says again what the host may have missed. */
void daemon_restate(struct daemon *daemon);

#endif
