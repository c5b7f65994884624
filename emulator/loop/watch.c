/* Watching any process by its pid: a pidfd becomes readable when it ends. */
#include "base/text.h"
#include "loop/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct watch {
    int fd;
    struct poller *poller;
    void (*fn)(void *arg);
    void *arg;
};

static void watch_told(void *arg, int events, struct err *err)
{
    struct watch *w = arg;

    (void)events;
    (void)err; /* a pidfd has one thing to say */
    poller_set(w->poller, 0);
    w->fn(w->arg);
}

struct watch *watch_pid(struct loop *l, pid_t pid, void (*fn)(void *arg), void *arg,
                        struct err *err)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd < 0 && errno == ESRCH) {
        err_set(err, "NoProcess", "no process %d", (int)pid);
        return NULL;
    }
    if (fd < 0) {
        err_set_errno(err, errno, "watch process %d", (int)pid);
        return NULL;
    }
    struct watch *w = xcalloc(1, sizeof(*w));
    *w = (struct watch){.fd = fd, .fn = fn, .arg = arg};
    w->poller = poller_new(l, fd, watch_told, w);
    poller_set(w->poller, POLLER_READ);
    return w;
}

void watch_free(struct watch *w)
{
    if (w == NULL)
        return;
    poller_free(w->poller);
    close(w->fd);
    free(w);
}

/* Field 2, the name, may hold spaces and parentheses: fields are counted after its last one. */
uint64_t process_start_ticks(pid_t pid)
{
    char path[64], text[1024];

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t len = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (len <= 0)
        return 0;
    text[len] = '\0';
    char *at = strrchr(text, ')');
    for (int field = 2; field < 22 && at != NULL; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at, NULL, 10) : 0;
}
