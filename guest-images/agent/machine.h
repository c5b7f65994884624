/* What makes a machine itself beside its network: clock, entropy, machine id, names, host keys. */
#ifndef AGENT_MACHINE_H
#define AGENT_MACHINE_H

#include "identity.h"

#include <sys/types.h>

#define MACHINE_KEY_TYPES 2

/* The programs that make the host keys while other work goes on. */
struct key_makers {
    pid_t pids[MACHINE_KEY_TYPES];
};

/* Sets the clock to the host's, in milliseconds since 1970; 0 leaves it. */
int machine_set_clock(json_int_t time_ms, struct err *err) __attribute__((warn_unused_result));

/* Feeds base64 bytes to the kernel's random numbers, credited in full; NULL does nothing. */
int machine_add_entropy(const char *base64, struct err *err) __attribute__((warn_unused_result));

/* Makes /etc/machine-id what the identity says, and moves the journal along. */
int machine_set_id(const char *machine_id, struct err *err) __attribute__((warn_unused_result));

/* Sets the host name, now and for later boots. */
int machine_set_name(const char *fqdn, struct err *err) __attribute__((warn_unused_result));

/* Keeps this instance's line in /etc/hosts; other lines stay. */
int machine_set_hosts(const struct identity *identity, struct err *err)
    __attribute__((warn_unused_result));

/* For a machine that went on from another's memory: makes what the kernel shows of this boot and of
 * the board ({"product_uuid", ...} as in /sys/class/dmi/id) its own. */
int machine_renew_kernel(const json_t *board, struct err *err) __attribute__((warn_unused_result));

/* Begins to replace the ssh host keys by those given ([{"type","private","public"}]) or, where none
 * are, by some that are made here; and waits until they are there. */
int machine_start_host_keys(struct key_makers *ret, const json_t *given, struct err *err)
    __attribute__((warn_unused_result));
int machine_await_host_keys(const struct key_makers *makers, struct err *err)
    __attribute__((warn_unused_result));

/* Begins to grow the root file system to its disk where the disk is larger. Returns the pid, 0 if
 * there is nothing to do. */
pid_t machine_start_grow(struct err *err) __attribute__((warn_unused_result));

#endif
