/* The life of one machine.
 *
 * Happy path: machine_start writes machine.json, starts QEMU in the machine's folder, lets go of
 * the child and holds the process just as one that it found: a watch on the pid, the monitor, the
 * agent. The monitor greets -> connected; the guest opens its agent port -> the monitor tells ->
 * hello -> agent_connected. The process ends -> qemu.log says why -> requests under way are
 * answered -> exited. */
#include "plant/machine.h"

#include "base/log.h"
#include "base/text.h"
#include "loop/child.h"
#include "plant/agent.h"
#include "plant/command.h"
#include "plant/qmp.h"
#include "plant/record.h"
#include "plant/save.h"
#include "plant/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KILL_AFTER_MS = 2000,
    TRIM_EVERY_MS = 30000,
    RESET_ECHO_MS = 3000,
    STATUS_EVERY_MS = 20,
    LOG_LONG = 4 << 20, /* a log that takes more than this on disk */
    LOG_KEPT = 1 << 20, /* is cut to this at its front */
};

struct machine {
    struct loop *loop;
    struct record record;
    int folder_fd;
    const struct machine_events *events;
    void *arg;
    struct watch *watch;
    struct qmp qmp;
    struct agent agent;
    struct timer *killer, *trimmer;
    struct timer *resumed; /* asks whether a template's state is loaded; NULL: not asked */
    struct save save;
    bool connected; /* told */
    int64_t reset_echo_until_ms;
    bool killed, ended, freed;
    struct err last_words;
};

static void learn_port(void *arg, const json_t *result, struct err *err)
{
    struct machine *m = arg;

    (void)err; /* lost with the monitor: it is asked again when that is back */
    for (size_t i = 0; i < json_array_size(result); i++) {
        const json_t *chardev = json_array_get(result, i);
        if (str_equal(json_str(chardev, "label"), "agent"))
            agent_port(&m->agent, json_bool_or(chardev, "frontend-open", false));
    }
}

static void on_running(struct machine *m)
{
    if (m->record.has_agent)
        qmp_execute(&m->qmp, "query-chardev", NULL, learn_port, m);
    if (m->connected)
        return;
    m->connected = true;
    if (m->events->connected != NULL)
        m->events->connected(m->arg);
}

static void ask_status(void *arg);

static void ask_soon(struct machine *m)
{
    if (m->resumed == NULL)
        m->resumed = timer_new(m->loop, ask_status, m);
    timer_start(m->resumed, STATUS_EVERY_MS, 0);
}

static void on_loading(void *arg, const json_t *result, struct err *err)
{
    struct machine *m = arg;

    (void)result;
    if (err != NULL) /* "already": an emulator before this one has asked */
        log_debug("machine %s: %s", m->record.id, err->text);
    ask_soon(m);
}

/* A machine that goes on from a template waits for its state, which is its standard input. */
static void on_status(void *arg, const json_t *result, struct err *err)
{
    struct machine *m = arg;

    if (err != NULL)
        return; /* lost with the monitor: it is asked again when that is back */
    if (!str_equal(json_str(result, "status"), "inmigrate")) {
        on_running(m);
    } else if (m->resumed != NULL) {
        ask_soon(m);
    } else {
        machine_ignore_shared(m);
        qmp_execute(&m->qmp, "migrate-incoming", json_pack("{s:s}", "uri", "fd:0"), on_loading, m);
    }
}

static void ask_status(void *arg)
{
    struct machine *m = arg;

    qmp_execute(&m->qmp, "query-status", NULL, on_status, m);
}

static void on_monitor_ready(void *arg)
{
    ask_status(arg);
}

/* The firmware resets once or more itself after each reset, which looks like the guest's doing:
 * what follows one within RESET_ECHO_MS is part of it. */
static void take_reset(struct machine *m, bool by_guest)
{
    int64_t now = loop_now_ms(m->loop);

    if (by_guest && now < m->reset_echo_until_ms)
        return;
    m->reset_echo_until_ms = now + RESET_ECHO_MS;
    if (by_guest && m->events->reset != NULL)
        m->events->reset(m->arg);
}

static void on_monitor_event(void *arg, const char *name, const json_t *data)
{
    struct machine *m = arg;

    log_debug("machine %s: %s", m->record.id, name);
    if (str_equal(name, "VSERPORT_CHANGE") && m->record.has_agent &&
        str_equal(json_str(data, "id"), "agent"))
        agent_port(&m->agent, json_bool_or(data, "open", false));
    else if (str_equal(name, "RESET"))
        take_reset(m, json_bool_or(data, "guest", false));
}

static void on_agent_connected(void *arg)
{
    struct machine *m = arg;

    if (m->events->agent_connected != NULL)
        m->events->agent_connected(m->arg);
}

static void on_agent_event(void *arg, const json_t *event)
{
    struct machine *m = arg;

    if (m->events->agent_event != NULL)
        m->events->agent_event(m->arg, event);
}

/* Everything that runs for a machine stops; what it remembers stays. */
static void machine_rest(struct machine *m)
{
    watch_free(m->watch);
    m->watch = NULL;
    timer_free(m->killer);
    timer_free(m->trimmer);
    timer_free(m->resumed);
    m->killer = m->trimmer = m->resumed = NULL;
    save_done(&m->save);
    qmp_done(&m->qmp);
    agent_done(&m->agent);
}

static void on_ended(void *arg)
{
    struct machine *m = arg;
    enum machine_exit how = record_last_words(m->folder_fd, &m->last_words);

    if (m->killed && how == MACHINE_EXIT_CRASH)
        err_set(&m->last_words, "Killed", "the machine was switched off by force");
    if (m->killed)
        how = MACHINE_EXIT_KILLED;
    m->ended = true;
    log_debug("machine %s: %s", m->record.id, m->last_words.text);
    channel_end(&m->agent.channel);
    channel_end(&m->qmp.channel);
    if (m->freed)
        return;
    machine_rest(m);
    if (m->events->exited != NULL)
        m->events->exited(m->arg, how);
}

static void on_kill_due(void *arg)
{
    struct machine *m = arg;

    process_signal(m->record.pid, m->record.start_ticks, SIGKILL);
}

/* A guest may write to its console for ever: the front of a long log becomes a hole, so that
 * offsets stay and space returns. */
static void trim_log(int folder_fd, const char *name)
{
    enum { BLOCK = 512, ALIGN = 4096 };
    int fd = openat(folder_fd, name, O_WRONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_blocks * BLOCK > LOG_LONG && st.st_size > LOG_KEPT) {
        off_t cut = (st.st_size - LOG_KEPT) / ALIGN * ALIGN;
        if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, cut) != 0)
            log_debug("cannot trim %s: %s", name, strerror(errno));
    }
    close(fd);
}

void machine_trim_logs(struct machine *m)
{
    trim_log(m->folder_fd, "console.log");
    trim_log(m->folder_fd, MACHINE_LOG);
}

static void on_trim_due(void *arg)
{
    machine_trim_logs(arg);
}

/* However long the folder's path is, a socket's address holds 107 characters. */
static void socket_path(int folder_fd, const char *name, char out[MACHINE_PATH_SIZE])
{
    snprintf(out, MACHINE_PATH_SIZE, "/proc/self/fd/%d/%s", folder_fd, name);
}

/* Holds a running process; its events come once `events` is set. Takes folder_fd, also on failure.
 */
static struct machine *hold(struct loop *l, int folder_fd, const struct record *record,
                            struct err *err)
{
    static const struct qmp_events qmp_events = {.ready = on_monitor_ready,
                                                 .event = on_monitor_event};
    static const struct agent_events agent_events = {.connected = on_agent_connected,
                                                     .event = on_agent_event};
    char path[MACHINE_PATH_SIZE];
    struct machine *m = xcalloc(1, sizeof(*m));

    m->loop = l;
    m->record = *record;
    m->folder_fd = folder_fd;
    m->watch = watch_pid(l, record->pid, on_ended, m, err);
    if (m->watch != NULL && process_start_ticks(record->pid) != record->start_ticks) {
        watch_free(m->watch); /* it ended just now, and the pid was given away */
        m->watch = NULL;
    }
    if (m->watch == NULL) {
        record_last_words(folder_fd, err);
        close(folder_fd);
        free(m);
        return NULL;
    }
    m->killer = timer_new(l, on_kill_due, m);
    m->trimmer = timer_new(l, on_trim_due, m);
    timer_start(m->trimmer, TRIM_EVERY_MS, TRIM_EVERY_MS);
    socket_path(folder_fd, "qmp.sock", path);
    qmp_init(&m->qmp, l, path, &qmp_events, m);
    socket_path(folder_fd, "agent.sock", path);
    agent_init(&m->agent, l, path, &agent_events,
               m); /* idle when there is none: its port never opens */
    return m;
}

static int open_folder(const char *folder, struct err *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        return err_set(err, "NoMachine", "no machine was started in this folder");
    if (fd < 0)
        return err_set_errno(err, errno, "cannot open %s", folder);
    return fd;
}

static int make_folder(const char *folder, struct err *err)
{
    int fd;

    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, errno, "cannot make %s", folder);
    fd = open_folder(folder, err);
    if (fd >= 0 && fchmod(fd, 0700) != 0) {
        err_set_errno(err, errno, "cannot protect %s", folder);
        close(fd);
        return -1;
    }
    return fd;
}

/* Starts QEMU and lets go of it; `r` learns its pid. */
static int spawn_command(struct plant *p, const struct child_spec *command, int folder_fd,
                         struct record *r, struct err *err)
{
    struct child *child;

    if (record_save(folder_fd, r, command->argv, err) != 0)
        return -1;
    child = child_start(p->loop, command, NULL, NULL, err);
    if (child == NULL) {
        unlinkat(folder_fd, RECORD_FILE, 0);
        return -1;
    }
    r->pid = child_pid(child);
    r->start_ticks = process_start_ticks(r->pid);
    child_forget(child);
    if (record_save(folder_fd, r, command->argv, err) != 0) {
        process_signal(r->pid, r->start_ticks, SIGKILL);
        return -1;
    }
    return 0;
}

static int spawn(struct plant *p, const struct machine_spec *spec, int folder_fd, struct record *r,
                 struct err *err)
{
    struct arena *arena = arena_new();
    struct child_spec command = {
        .argv = command_build(arena, p, spec, err),
        .cwd = spec->folder,
        .input_path = spec->template == TEMPLATE_RESUME ? spec->template_state : NULL,
        .log_path = arena_printf(arena, "%s/%s", spec->folder, MACHINE_LOG),
        .detached = true,
    };
    int result = -1;

    *r = (struct record){.has_agent = spec->has_agent};
    str_copy(r->id, sizeof(r->id), spec->id);
    host_boot_id(r->boot_id);
    if (command.argv != NULL && command_prepare(folder_fd, spec, err) == 0) {
        unlinkat(folder_fd, MACHINE_LOG, 0); /* the last words in it are an earlier run's */
        result = spawn_command(p, &command, folder_fd, r, err);
    }
    arena_free(arena);
    return result;
}

static int find_or_spawn(struct plant *p, const struct machine_spec *spec, int folder_fd,
                         struct record *r, struct err *err)
{
    int result = 0;

    record_lock(folder_fd);
    if (record_load(folder_fd, r, NULL) != 0 || !record_find_process(folder_fd, r))
        result = spawn(p, spec, folder_fd, r, err);
    record_unlock(folder_fd);
    return result;
}

/* Finds the process of a folder's record, or says what became of it. */
static int find_running(int folder_fd, struct record *r, struct err *err)
{
    char boot_id[sizeof(r->boot_id)];
    bool recorded, found;

    record_lock(folder_fd);
    recorded = record_load(folder_fd, r, err) == 0;
    found = recorded && record_find_process(folder_fd, r);
    record_unlock(folder_fd);
    if (found)
        return 0;
    if (!recorded)
        return -1;
    if (r->pid == 0)
        return err_set(err, "NoMachine", "the machine was about to be started");
    host_boot_id(boot_id);
    if (record_last_words(folder_fd, err) == MACHINE_EXIT_CRASH && !str_equal(boot_id, r->boot_id))
        err_set(err, "HostRestarted", "the host was restarted while the machine ran");
    return -1;
}

static struct machine *told_to(struct machine *m, const struct machine_events *events, void *arg)
{
    if (m != NULL) {
        m->events = events;
        m->arg = arg;
    }
    return m;
}

struct machine *machine_start(struct plant *p, const struct machine_spec *spec,
                              const struct machine_events *events, void *arg, struct err *err)
{
    struct record record;
    int folder_fd = make_folder(spec->folder, err);

    if (folder_fd < 0)
        return NULL;
    if (find_or_spawn(p, spec, folder_fd, &record, err) != 0) {
        close(folder_fd);
        return NULL;
    }
    return told_to(hold(p->loop, folder_fd, &record, err), events, arg);
}

struct machine *machine_adopt(struct plant *p, const char *folder,
                              const struct machine_events *events, void *arg, struct err *err)
{
    struct record record;
    int folder_fd = open_folder(folder, err);

    if (folder_fd < 0)
        return NULL;
    if (find_running(folder_fd, &record, err) != 0) {
        close(folder_fd);
        return NULL;
    }
    return told_to(hold(p->loop, folder_fd, &record, err), events, arg);
}

bool machine_alive(const char *folder)
{
    struct record record;
    int folder_fd = open_folder(folder, NULL);
    bool alive;

    if (folder_fd < 0)
        return false;
    alive = find_running(folder_fd, &record, NULL) == 0;
    close(folder_fd);
    return alive;
}

static void machine_delete(void *arg)
{
    free(arg);
}

void machine_free(struct machine *m)
{
    if (m == NULL || m->freed)
        return;
    m->freed = true;
    machine_rest(m);
    close(m->folder_fd);
    loop_defer(m->loop, machine_delete, m); /* a callback of its own may be on the stack */
}

const char *machine_exit_text(const struct machine *m)
{
    return m->last_words.text;
}

struct save *machine_saving(struct machine *m)
{
    return &m->save;
}

struct loop *machine_loop(const struct machine *m)
{
    return m->loop;
}

pid_t machine_pid(const struct machine *m)
{
    return m->ended ? 0 : m->record.pid;
}

void machine_nic_path(const struct machine *m, size_t index, char ret_path[MACHINE_PATH_SIZE])
{
    char name[32];

    snprintf(name, sizeof(name), "nic-%zu.sock", index);
    socket_path(m->folder_fd, name, ret_path);
}

bool machine_agent_ready(const struct machine *m)
{
    return agent_ready(&m->agent);
}

void machine_qmp(struct machine *m, const char *command, json_t *arguments, machine_reply_fn fn,
                 void *arg)
{
    qmp_execute(&m->qmp, command, arguments, fn, arg);
}

void machine_agent(struct machine *m, json_t *request, int64_t timeout_ms, machine_reply_fn fn,
                   void *arg)
{
    agent_request(&m->agent, request, timeout_ms, fn, arg);
}

void machine_screenshot(struct machine *m, const char *png_path, machine_reply_fn fn, void *arg)
{
    machine_qmp(m, "screendump", json_pack("{s:s, s:s}", "filename", png_path, "format", "png"), fn,
                arg);
}

void machine_kill(struct machine *m)
{
    if (m->ended || m->killed)
        return;
    m->killed = true;
    if (qmp_ready(&m->qmp))
        machine_qmp(m, "quit", NULL, NULL, NULL);
    else
        process_signal(m->record.pid, m->record.start_ticks, SIGTERM);
    timer_start(m->killer, KILL_AFTER_MS, KILL_AFTER_MS);
}

void machine_reset(struct machine *m)
{
    machine_qmp(m, "system_reset", NULL, NULL, NULL);
}

void machine_usage(const struct machine *m, struct machine_usage *ret_usage)
{
    *ret_usage = (struct machine_usage){0};
    if (!m->ended)
        usage_read(m->record.pid, ret_usage);
}
