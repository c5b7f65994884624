/*
 * The agent's daemon. It waits for the host to say who this machine is, makes that true and tells
 * systemd, so that sshd, which starts after it, accepts nobody before. When sshd listens it tells
 * the host "ready", starts the user data, and from then on looks once a second which ports are open
 * and passes on what happens.
 *
 * A machine that boots while no host speaks, but knows from before who it is, goes on as that after
 * a few seconds.
 */
#include "daemon.h"

#include "apply.h"
#include "child.h"
#include "file.h"
#include "machine.h"
#include "request.h"
#include "userdata.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOST_WAIT_MS   4000
#define SSHD_WAIT_MS   90000
#define SSHD_LOOK_MS   10
#define LOOK_MS        1000
#define CALM_LOOK_MS   2000 /* where no port has changed for CALM_MS */
#define CALM_MS        30000
#define ABSENT_LOOK_MS 200
#define SSHD_PORT      22
#define SSHD_PID       "/run/sshd.pid"

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Tells systemd that what waits for this service may start. */
static void notify_systemd(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = path == NULL ? -1 : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return;
    snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
    if (to.sun_path[0] == '@')
        to.sun_path[0] = '\0';
    (void)sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (const struct sockaddr *)&to,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
    close(fd);
}

/* Starts a program whose end nobody waits for. */
static void start(const char *const words[])
{
    struct err err;

    if (child_start(words, &err) < 0)
        fprintf(stderr, "%s\n", err.text);
}

static void grow(void)
{
    struct err err;

    if (machine_start_grow(&err) < 0)
        fprintf(stderr, "cannot grow the root file system: %s\n", err.text);
}

/* An sshd that ran before this machine was this instance starts itself anew, with the new host
 * keys; until its new socket waits nobody is let in. */
static void renew_sshd(struct daemon *daemon)
{
    size_t len = 0;
    char *text = file_read(SSHD_PID, &len);
    long pid = text == NULL ? 0 : strtol(text, NULL, 10);

    free(text);
    daemon->old_sshd = listening_socket(SSHD_PORT);
    daemon->is_resumed = true;
    if (pid <= 1 || kill((pid_t)pid, SIGHUP) != 0)
        fprintf(stderr, "sshd cannot be told about its new keys\n");
}

int daemon_configure(struct daemon *daemon, json_t *request, struct err *err)
{
    struct identity to = {.document = NULL};
    struct change change = {
        .to = request == NULL ? &daemon->identity : &to,
        .from = daemon->identity.document == NULL ? NULL : &daemon->identity,
        .was_ready = daemon->state == DAEMON_READY,
    };

    if (request != NULL) {
        if (identity_parse(request, &to, err) != 0)
            return -1;
        change.time_ms = json_integer_value(json_object_get(request, "time_ms"));
        change.entropy = json_string_value(json_object_get(request, "entropy"));
    }
    daemon->is_new_instance = change_is_new_instance(&change);
    if (change_apply(&change, err) != 0) {
        identity_done(&to);
        return -1;
    }
    if (request != NULL) {
        identity_done(&daemon->identity);
        daemon->identity = to;
    }
    listening_read(&daemon->listening);
    if (daemon->is_new_instance && listening_has_tcp(&daemon->listening, SSHD_PORT))
        renew_sshd(daemon);
    if (daemon->state == DAEMON_WAITING || daemon->is_new_instance) {
        daemon->state = DAEMON_CONFIGURED;
        daemon->configured_ms = now_ms();
    }
    notify_systemd();
    grow();
    return 0;
}

static void say_listening(struct daemon *daemon)
{
    json_t *event = listening_to_json(&daemon->listening);

    json_object_set_new(event, "event", json_string("listen"));
    port_send_new(&daemon->port, event);
}

void daemon_restate(struct daemon *daemon)
{
    if (daemon->state == DAEMON_READY)
        say_listening(daemon);
    if (daemon->user_data_event[0] != '\0')
        port_send_new(&daemon->port, json_loads(daemon->user_data_event, 0, NULL));
}

/* What comes after sshd accepts, or did not in a long time. */
static void become_ready(struct daemon *daemon, bool has_ssh)
{
    static const char *const user_data[] = {
        "systemctl", "--no-block", "start", "groundschool-user-data.service", NULL,
    };

    static const char *const renew[] = {"sh", "/usr/lib/groundschool/renew", NULL};

    daemon->state = DAEMON_READY;
    daemon->changed_ms = now_ms();
    port_send_new(&daemon->port, json_pack("{s:s, s:b}", "event", "ready", "ssh", has_ssh));
    say_listening(daemon);
    if (user_data_is_due(&daemon->identity))
        start(user_data);
    if (daemon->is_resumed)
        start(renew);
    daemon->is_resumed = false;
}

static void look_at_ports(struct daemon *daemon)
{
    struct listening found;

    daemon->looked_ms = now_ms();
    listening_read(&found);
    if (daemon->state == DAEMON_CONFIGURED) {
        const unsigned long socket = listening_socket(SSHD_PORT);
        const bool has_ssh =
            listening_has_tcp(&found, SSHD_PORT) && socket != 0 && socket != daemon->old_sshd;

        daemon->listening = found;
        if (has_ssh || daemon->looked_ms - daemon->configured_ms > SSHD_WAIT_MS)
            become_ready(daemon, has_ssh);
    } else if (!listening_equal(&found, &daemon->listening)) {
        daemon->listening = found;
        daemon->changed_ms = daemon->looked_ms;
        say_listening(daemon);
    }
}

/* The instance that the host started this machine as, from the kernel's command line, is the one
 * that was kept. */
static bool is_kept_instance(const struct daemon *daemon)
{
    size_t len;
    char *line = file_read("/proc/cmdline", &len);
    char *rest = NULL;
    bool same = line != NULL;

    for (char *word = line == NULL ? NULL : strtok_r(line, " \n", &rest); word != NULL;
         word = strtok_r(NULL, " \n", &rest))
        if (strncmp(word, "gs.instance=", 12) == 0)
            same = strcmp(word + 12, daemon->identity.instance_id) == 0;
    free(line);
    return same;
}

static void use_kept_identity(struct daemon *daemon)
{
    struct err err;

    fprintf(stderr, "no host speaks; going on as %s\n", daemon->identity.instance_id);
    if (daemon_configure(daemon, NULL, &err) != 0)
        fprintf(stderr, "cannot apply the kept identity: %s\n", err.text);
}

static void handle_line(const char *line, size_t len, void *context)
{
    request_handle(context, line, len);
}

static void handle_tell(struct daemon *daemon)
{
    char text[TELL_MAX];
    ssize_t len = recv(daemon->tell_fd, text, sizeof(text) - 1, MSG_DONTWAIT);
    const char *name;
    json_t *event;

    if (len <= 0)
        return;
    text[len] = '\0';
    event = json_loads(text, 0, NULL);
    name = json_string_value(json_object_get(event, "event"));
    if (name != NULL && strcmp(name, "user-data") == 0)
        snprintf(daemon->user_data_event, sizeof(daemon->user_data_event), "%s", text);
    if (name != NULL)
        port_send_new(&daemon->port, event);
    else
        json_decref(event);
}

static void handle_signal(struct daemon *daemon)
{
    struct signalfd_siginfo info;

    if (read(daemon->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    if (info.ssi_signo != SIGCHLD)
        daemon->is_stopping = true;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
}

/* Everything that is due by the clock. Returns how long to wait for the next, in milliseconds. */
static int handle_time(struct daemon *daemon)
{
    const int64_t now = now_ms();
    int wait_ms = LOOK_MS;

    if (daemon->port.fd < 0 && !port_open(&daemon->port))
        wait_ms = ABSENT_LOOK_MS;
    if (daemon->state == DAEMON_WAITING) {
        if (daemon->identity.document == NULL || daemon->port.is_heard || !is_kept_instance(daemon))
            return wait_ms;
        if (now - daemon->started_ms >= HOST_WAIT_MS)
            use_kept_identity(daemon);
        return ABSENT_LOOK_MS;
    }
    if (daemon->state == DAEMON_CONFIGURED)
        wait_ms = SSHD_LOOK_MS;
    else if (now - daemon->changed_ms > CALM_MS)
        wait_ms = CALM_LOOK_MS;
    if (now - daemon->looked_ms >= wait_ms)
        look_at_ports(daemon);
    return wait_ms;
}

static void loop_once(struct daemon *daemon, bool *is_hung_up)
{
    const int wait_ms = handle_time(daemon);
    struct pollfd fds[] = {
        {.fd = daemon->signal_fd, .events = POLLIN},
        {.fd = daemon->tell_fd, .events = POLLIN},
        {.fd = *is_hung_up ? -1 : daemon->port.fd, .events = port_wanted_events(&daemon->port)},
    };
    struct pollfd again = {.fd = daemon->port.fd, .events = POLLIN};

    if (poll(fds, 3, *is_hung_up && wait_ms > ABSENT_LOOK_MS ? ABSENT_LOOK_MS : wait_ms) < 0)
        return;
    if (fds[0].revents != 0)
        handle_signal(daemon);
    if (fds[1].revents != 0)
        handle_tell(daemon);
    if (*is_hung_up && daemon->port.fd >= 0 && poll(&again, 1, 0) >= 0)
        *is_hung_up = (again.revents & POLLHUP) != 0;
    if ((fds[2].revents & POLLIN) != 0)
        port_read(&daemon->port, handle_line, daemon);
    if ((fds[2].revents & POLLOUT) != 0)
        port_flush(&daemon->port);
    if ((fds[2].revents & POLLHUP) != 0) {
        *is_hung_up = true;
        port_hang_up(&daemon->port);
    }
}

static int tell_socket_open(struct err *err)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = TELL_SOCKET};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const mode_t mask = umask(0177);

    (void)unlink(TELL_SOCKET);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
        (void)err_set(err, "cannot listen on " TELL_SOCKET ": %s", strerror(errno));
    (void)umask(mask);
    return fd;
}

int daemon_run(void)
{
    struct daemon daemon = {.state = DAEMON_WAITING, .started_ms = now_ms()};
    struct err err = {.text = ""};
    bool is_hung_up = false;
    sigset_t signals;

    (void)umask(022);
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    daemon.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    daemon.tell_fd = tell_socket_open(&err);
    if (err.text[0] != '\0')
        fprintf(stderr, "%s\n", err.text);
    port_init(&daemon.port);
    if (identity_load(&daemon.identity, &err) != 0)
        fprintf(stderr, "no identity yet (%s)\n", err.text);
    while (!daemon.is_stopping)
        loop_once(&daemon, &is_hung_up);
    port_done(&daemon.port);
    identity_done(&daemon.identity);
    return 0;
}
