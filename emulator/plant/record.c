/* machine.json, and the questions to /proc and qemu.log that need no running emulator to have
 * watched.
 *
 * The record is written with pid 0 before the process starts and again after, so an emulator
 * killed at any moment in between leaves enough behind to find that process: QEMU runs in the
 * machine's folder and writes to its qemu.log. The start holds a lock on the folder; a forked child
 * holds it too until it has become QEMU, so whoever gets the lock sees either QEMU or nothing. How
 * a process ended stands in qemu.log, because QEMU traces the cause of each shutdown into it. */
#include "plant/record.h"

#include "base/encode.h"
#include "base/text.h"
#include "loop/child.h"
#include "plant/command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD_NEW RECORD_FILE ".new"

enum { RECORD_CEILING = 256 << 10, LOG_TAIL = 16 << 10 };

/* The last `size - 1` bytes at most of a file, NUL-terminated; the length, or -1. */
static ssize_t read_tail(int dir_fd, const char *name, char *out, size_t size)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    struct stat st;

    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && st.st_size > (off_t)size - 1)
        lseek(fd, st.st_size - (off_t)size + 1, SEEK_SET);
    while (len < size - 1) {
        ssize_t n = read(fd, out + len, size - 1 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    close(fd);
    out[len] = '\0';
    return (ssize_t)len;
}

void host_boot_id(char out[40])
{
    if (read_tail(AT_FDCWD, "/proc/sys/kernel/random/boot_id", out, 40) < 0)
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

static int write_whole(int fd, const char *text)
{
    size_t len = strlen(text);

    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

int record_save(int folder_fd, const struct record *r, const char *const *argv, struct err *err)
{
    json_t *doc = json_object();
    json_t *command = json_array();
    int fd = openat(folder_fd, RECORD_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char *text;
    int failed;

    json_set_int(doc, "format", 1);
    json_set_str(doc, "id", r->id);
    json_set_int(doc, "pid", r->pid);
    json_set_int(doc, "start_ticks", (int64_t)r->start_ticks);
    json_set_str(doc, "boot_id", r->boot_id);
    json_set_bool(doc, "has_agent", r->has_agent);
    for (; *argv != NULL; argv++)
        json_append_new(command, json_text_new(*argv));
    json_set_new(doc, "command", command);
    text = json_to_text(doc);
    failed = fd < 0 || write_whole(fd, text) != 0 ||
             renameat(folder_fd, RECORD_NEW, folder_fd, RECORD_FILE) != 0;
    if (failed)
        err_set_errno(err, errno, "cannot write %s", RECORD_FILE);
    if (fd >= 0)
        close(fd);
    free(text);
    json_decref(doc);
    return failed ? -1 : 0;
}

int record_load(int folder_fd, struct record *ret_record, struct err *err)
{
    char *text = xmalloc(RECORD_CEILING);
    ssize_t len = read_tail(folder_fd, RECORD_FILE, text, RECORD_CEILING);
    json_t *doc = len < 0 ? NULL : json_parse(text, (size_t)len, NULL);
    struct record r = {.pid = (pid_t)json_int_or(doc, "pid", -1),
                       .start_ticks = (uint64_t)json_int_or(doc, "start_ticks", 0),
                       .has_agent = json_bool_or(doc, "has_agent", false)};
    bool whole = json_int_or(doc, "format", 0) == 1 && r.pid >= 0 &&
                 str_copy(r.id, sizeof(r.id), json_str_or(doc, "id", "")) && r.id[0] != '\0' &&
                 str_copy(r.boot_id, sizeof(r.boot_id), json_str_or(doc, "boot_id", ""));

    free(text);
    json_decref(doc);
    if (!whole)
        return err_set(err, "NoMachine", "no machine was started in this folder");
    *ret_record = r;
    return 0;
}

/* A process that has ended but was not yet waited for still has a pid and a start time. */
static bool process_runs(pid_t pid)
{
    char path[64];
    char stat[512];
    const char *state;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (read_tail(AT_FDCWD, path, stat, sizeof(stat)) < 0)
        return false;
    state = strrchr(stat, ')');
    return state != NULL && strlen(state) > 2 && strchr("ZX", state[2]) == NULL;
}

/* Does /proc/PID/<link> lead to the very file `ours`? */
static bool leads_to(pid_t pid, const char *link, const struct stat *ours)
{
    char path[64];
    struct stat theirs;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, link);
    return stat(path, &theirs) == 0 && theirs.st_dev == ours->st_dev &&
           theirs.st_ino == ours->st_ino;
}

/* Only asked when an emulator died between writing the record and learning the pid. */
static bool search_process(int folder_fd, struct record *r)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    struct stat folder;
    struct stat log;
    bool found = false;

    if (proc == NULL)
        return false;
    if (fstat(folder_fd, &folder) == 0 && fstatat(folder_fd, MACHINE_LOG, &log, 0) == 0) {
        while (!found && (entry = readdir(proc)) != NULL) {
            int64_t pid;
            if (!parse_int64(entry->d_name, &pid) || !leads_to((pid_t)pid, "cwd", &folder) ||
                !leads_to((pid_t)pid, "fd/1", &log))
                continue;
            r->pid = (pid_t)pid;
            r->start_ticks = process_start_ticks(r->pid);
            found = process_runs(r->pid);
        }
    }
    closedir(proc);
    return found;
}

void record_lock(int folder_fd)
{
    while (flock(folder_fd, LOCK_EX) != 0 && errno == EINTR)
        ;
}

void record_unlock(int folder_fd)
{
    flock(folder_fd, LOCK_UN);
}

bool record_find_process(int folder_fd, struct record *r)
{
    char boot_id[40];

    host_boot_id(boot_id);
    if (!str_equal(boot_id, r->boot_id))
        return false;
    if (r->pid == 0)
        return search_process(folder_fd, r);
    return process_start_ticks(r->pid) == r->start_ticks && process_runs(r->pid);
}

void process_signal(pid_t pid, uint64_t start_ticks, int signum)
{
    int fd = pidfd_open(pid, 0);

    if (fd < 0)
        return;
    if (process_start_ticks(pid) == start_ticks)
        pidfd_send_signal(fd, signum, NULL, 0);
    close(fd);
}

/* The traced cause of the last shutdown: a number of QEMU's ShutdownCause. */
static enum machine_exit cause_exit(const char *log)
{
    static const char mark[] = ":" COMMAND_SHUTDOWN_TRACE " reason=";
    enum { CAUSE_HOST_QMP_QUIT = 2, CAUSE_GUEST_SHUTDOWN = 6 };
    const char *last = NULL;

    for (const char *at = log; (at = strstr(at, mark)) != NULL; at += strlen(mark))
        last = at + strlen(mark);
    if (last == NULL)
        return MACHINE_EXIT_CRASH;
    switch (strtol(last, NULL, 10)) {
    case CAUSE_GUEST_SHUTDOWN:
        return MACHINE_EXIT_POWEROFF;
    case CAUSE_HOST_QMP_QUIT:
        return MACHINE_EXIT_KILLED;
    default:
        return MACHINE_EXIT_CRASH;
    }
}

static const char *last_line(char *log)
{
    char *end = log + strlen(log);
    char *start;

    while (end > log && end[-1] == '\n')
        *--end = '\0';
    start = strrchr(log, '\n');
    return start != NULL ? start + 1 : log;
}

enum machine_exit record_last_words(int folder_fd, struct err *err)
{
    char log[LOG_TAIL];
    ssize_t len = read_tail(folder_fd, MACHINE_LOG, log, sizeof(log));
    enum machine_exit how = len < 0 ? MACHINE_EXIT_CRASH : cause_exit(log);
    const char *said = len <= 0 ? "" : last_line(log);

    switch (how) {
    case MACHINE_EXIT_POWEROFF:
        err_set(err, "PoweredOff", "the guest shut itself down");
        break;
    case MACHINE_EXIT_KILLED:
        err_set(err, "Killed", "the machine was switched off");
        break;
    case MACHINE_EXIT_CRASH:
        if (!utf8_valid(said, strlen(said)))
            said = "";
        err_set(err, "Crashed", "the machine's process ended%s%s", *said != '\0' ? ": " : "", said);
        break;
    }
    return how;
}
