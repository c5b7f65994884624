/* What is known of a machine's process without talking to it: machine.json, /proc, and the last
 * lines of qemu.log. */
#ifndef PLANT_RECORD_H
#define PLANT_RECORD_H

#include "plant/machine.h"

#define RECORD_FILE "machine.json"
#define MACHINE_LOG "qemu.log"

struct record {
    char id[64];
    pid_t pid; /* 0: it was about to be started */
    uint64_t start_ticks;
    char boot_id[40]; /* of the host: a pid means nothing after a restart of it */
    bool has_agent;
};

/* Writes machine.json whole or not at all. `argv` is kept for the reader. */
int record_save(int folder_fd, const struct record *r, const char *const *argv,
                struct err *err) MUST_CHECK;
int record_load(int folder_fd, struct record *ret_record,
                struct err *err) MUST_CHECK; /* err "NoMachine" when there is none */
/* Between record_load and record_find_process, and around record_save and the start, the folder is
 * locked. Waits for the moment that a start under way takes. */
void record_lock(int folder_fd);
void record_unlock(int folder_fd);
/* The process of this record if it runs (pid and start_ticks are filled in when the record was
 * written before the start). */
bool record_find_process(int folder_fd, struct record *r);
void host_boot_id(char out[40]);
/* Sends a signal to that very process; nothing happens when it is gone, even when its pid was given
 * away since. */
void process_signal(pid_t pid, uint64_t start_ticks, int signum);

/* How QEMU ended by its own log. err: "PoweredOff", "Killed", "Crashed" with what it said last. */
enum machine_exit record_last_words(int folder_fd, struct err *err);

#endif
