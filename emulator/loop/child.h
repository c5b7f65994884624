/* Processes: children we wait for, detached ones that outlive us, and watching a process by pid. */
#ifndef LOOP_CHILD_H
#define LOOP_CHILD_H

#include "loop/loop.h"

struct child_spec {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
    const char *const *env;  /* NULL: ours */
    const char *cwd;         /* NULL: ours */
    const char *input_path;  /* read as stdin; NULL: nothing */
    const char *log_path; /* stdout and stderr are appended here; NULL: collected (see child_fn) or
                             /dev/null when detached */
    bool detached;        /* own session; not ended with us */
    uid_t uid;            /* 0: as we are */
    gid_t gid;
    int64_t timeout_ms;    /* 0: none; then SIGKILL */
    size_t output_ceiling; /* of collected output; 0: 64 KiB */
};

struct child;
/* `status` is the exit code, or 128 + signal. `output` is what it wrote (stdout and stderr),
 * NUL-terminated. */
typedef void (*child_fn)(void *arg, int status, const char *output);
/* NULL with err set when it cannot be started (fn is not called then). fn is called once; the child
 * frees itself after it. */
struct child *child_start(struct loop *l, const struct child_spec *spec, child_fn fn, void *arg,
                          struct err *err);
pid_t child_pid(const struct child *c);
void child_kill(struct child *c, int signum);
void child_forget(struct child *c); /* fn will not be called; a detached process lives on */

/* Is told once when process `pid` ends, child or not (pidfd). NULL with err "NoProcess" when there
 * is none. */
struct watch;
struct watch *watch_pid(struct loop *l, pid_t pid, void (*fn)(void *arg), void *arg,
                        struct err *err);
void watch_free(struct watch *w); /* takes NULL */
/* Start time of a process in clock ticks since boot (/proc/PID/stat field 22): with the pid it
 * names a process for good. 0: none. */
uint64_t process_start_ticks(pid_t pid);

#endif
