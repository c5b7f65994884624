/* Processes that we start.
 *
 * Everything a child could inherit is marked close-on-exec first, whoever opened it. Its output
 * goes to a file, to nothing, or through one pipe for both streams, which is emptied a last time
 * when the child has ended: what a grandchild writes later is not waited for. libuv gives it
 * default signals and an empty mask. */
#include "loop/child.h"

#include "base/text.h"
#include "loop/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define OUTPUT_CEILING ((size_t)65536)
#define LAST_READS     16 /* of READ_SIZE: far more than a pipe holds */

struct child {
    struct loop *loop;
    uv_process_t process;
    uv_pipe_t pipe; /* open when output is collected */
    struct timer *timeout;
    struct buf output;
    child_fn fn;
    void *arg;
    struct list node; /* in loop->forgotten once forgotten */
    bool collects, detached, ended;
    int open_handles;
};

static void keep_descriptors_from_children(void)
{
    DIR *dir = opendir("/proc/self/fd");

    if (dir == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        int64_t fd;
        if (parse_int64(entry->d_name, &fd) && fd > STDERR_FILENO)
            fcntl((int)fd, F_SETFD, FD_CLOEXEC);
    }
    closedir(dir);
}

static void child_closed(uv_handle_t *handle)
{
    struct child *c = handle->data;

    if (--c->open_handles > 0)
        return;
    buf_done(&c->output);
    free(c);
}

static void child_close(struct child *c)
{
    timer_free(c->timeout);
    c->timeout = NULL;
    list_remove(&c->node);
    uv_close((uv_handle_t *)&c->process, child_closed);
    if (c->collects)
        uv_close((uv_handle_t *)&c->pipe, child_closed);
}

/* Past the ceiling output is read and dropped, so that the child never waits for us. */
static void child_collect(struct child *c, const char *bytes, size_t len)
{
    size_t room = c->output.ceiling - c->output.len;
    buf_add(&c->output, bytes, len < room ? len : room);
}

static void child_alloc(uv_handle_t *pipe, size_t wanted, uv_buf_t *ret_buf)
{
    struct child *c = pipe->data;

    (void)wanted;
    *ret_buf = uv_buf_init(c->loop->read_bytes, READ_SIZE);
}

static void child_read(uv_stream_t *pipe, ssize_t len, const uv_buf_t *bytes)
{
    if (len < 0)
        uv_read_stop(pipe);
    else
        child_collect(pipe->data, bytes->base, (size_t)len);
}

static void child_read_rest(struct child *c)
{
    uv_os_fd_t fd;

    uv_read_stop((uv_stream_t *)&c->pipe);
    if (uv_fileno((uv_handle_t *)&c->pipe, &fd) != 0)
        return;
    for (int i = 0; i < LAST_READS; i++) {
        ssize_t len = read(fd, c->loop->read_bytes, READ_SIZE);
        if (len <= 0)
            break;
        child_collect(c, c->loop->read_bytes, (size_t)len);
    }
}

static void child_exited(uv_process_t *process, int64_t code, int signum)
{
    struct child *c = process->data;

    c->ended = true;
    if (c->collects)
        child_read_rest(c);
    if (c->fn != NULL)
        c->fn(c->arg, signum != 0 ? 128 + signum : (int)code, buf_text(&c->output));
    child_close(c);
}

static void child_timed_out(void *arg)
{
    child_kill(arg, SIGKILL);
}

/* Where stdout and stderr go: a descriptor to close after the start, or -1 for nowhere. */
static int output_open(struct child *c, const struct child_spec *spec, struct err *err)
{
    int ends[2];

    if (spec->log_path != NULL) {
        int fd = open(spec->log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
        if (fd < 0)
            err_set_errno(err, errno, "open %s", spec->log_path);
        return fd;
    }
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set_errno(err, errno, "pipe");
    uv_must(uv_pipe_init(&c->loop->uv, &c->pipe, 0), "child");
    uv_must(uv_pipe_open(&c->pipe, ends[0]), "child");
    c->pipe.data = c;
    c->collects = true;
    c->open_handles++;
    uv_read_start((uv_stream_t *)&c->pipe, child_alloc, child_read);
    return ends[1];
}

struct child_files { /* -1: none */
    int input, output;
};

static int child_spawn(struct child *c, const struct child_spec *spec, struct child_files files)
{
    uv_stdio_container_t stdio[3];
    uv_process_options_t options = {.exit_cb = child_exited,
                                    .file = spec->argv[0],
                                    .cwd = spec->cwd,
                                    .stdio = stdio,
                                    .stdio_count = 3,
                                    .uid = spec->uid,
                                    .gid = spec->gid};
    union { /* libuv takes the vectors as char ** and only reads them */
        const char *const *given;
        char **taken;
    } argv = {.given = spec->argv}, env = {.given = spec->env};

    options.args = argv.taken;
    options.env = env.taken;
    options.flags = (spec->detached ? UV_PROCESS_DETACHED : 0U) |
                    (spec->uid != 0 ? UV_PROCESS_SETUID : 0U) |
                    (spec->gid != 0 ? UV_PROCESS_SETGID : 0U);
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
        stdio[i].data.fd = i == STDIN_FILENO ? files.input : files.output;
        stdio[i].flags = stdio[i].data.fd >= 0 ? UV_INHERIT_FD : UV_IGNORE;
    }
    keep_descriptors_from_children();
    return uv_spawn(&c->loop->uv, &c->process, &options);
}

/* Opens what the spec names; the caller closes them after the start. */
static int files_open(struct child *c, const struct child_spec *spec, struct child_files *ret,
                      struct err *err)
{
    *ret = (struct child_files){-1, -1};
    if (spec->input_path != NULL) {
        ret->input = open(spec->input_path, O_RDONLY | O_CLOEXEC);
        if (ret->input < 0)
            return err_set_errno(err, errno, "open %s", spec->input_path);
    }
    if (spec->log_path == NULL && spec->detached)
        return 0;
    ret->output = output_open(c, spec, err);
    return ret->output < 0 ? -1 : 0;
}

static void files_close(const struct child_files *files)
{
    if (files->input >= 0)
        close(files->input);
    if (files->output >= 0)
        close(files->output);
}

struct child *child_start(struct loop *l, const struct child_spec *spec, child_fn fn, void *arg,
                          struct err *err)
{
    struct child *c = xcalloc(1, sizeof(*c));
    struct child_files files;

    *c = (struct child){
        .loop = l, .fn = fn, .arg = arg, .detached = spec->detached, .open_handles = 1};
    list_init(&c->node);
    buf_init(&c->output, spec->output_ceiling > 0 ? spec->output_ceiling : OUTPUT_CEILING);
    if (files_open(c, spec, &files, err) != 0) {
        files_close(&files);
        free(c);
        return NULL;
    }
    int result = child_spawn(c, spec, files);
    c->process.data = c;
    files_close(&files);
    if (result < 0) {
        err_set_uv(err, result, spec->argv[0]);
        child_close(c);
        return NULL;
    }
    if (spec->timeout_ms > 0) {
        c->timeout = timer_new(l, child_timed_out, c);
        timer_start(c->timeout, spec->timeout_ms, 0);
    }
    return c;
}

pid_t child_pid(const struct child *c)
{
    return uv_process_get_pid(&c->process);
}

void child_kill(struct child *c, int signum)
{
    if (!c->ended)
        uv_process_kill(&c->process, signum);
}

/* It stays known to the loop, which must collect its exit status; but only one that is to die now
 * keeps the loop alive until it has. */
void child_forget(struct child *c)
{
    c->fn = NULL;
    if (c->ended)
        return;
    list_append(&c->loop->forgotten, &c->node);
    if (c->detached)
        uv_unref((uv_handle_t *)&c->process);
    else
        child_kill(c, SIGKILL);
}

void children_forget_all(struct loop *l)
{
    list_foreach_safe (it, &l->forgotten)
        child_close(list_entry(it, struct child, node));
}
