/* Other programs: started, and waited for where the answer matters. */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t child_start(const char *const argv[], struct err *err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    char *words[16];
    size_t count = 1; /* the program itself is always there */
    pid_t pid;
    int rc;

    while (count < sizeof(words) / sizeof(words[0]) - 1 && argv[count] != NULL)
        count++;
    memcpy(words, argv, count * sizeof(words[0]));
    words[count] = NULL;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
    rc = posix_spawnp(&pid, argv[0], &actions, &attributes, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (rc != 0)
        return err_set(err, "cannot start %s: %s", argv[0], strerror(rc));
    return pid;
}

int child_exit_code(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int child_wait(pid_t pid, const char *name, struct err *err)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_set(err, "lost %s: %s", name, strerror(errno));
    if (status != 0)
        return err_set(err, "%s ended with %d", name, child_exit_code(status));
    return 0;
}

int child_run(const char *const argv[], struct err *err)
{
    pid_t pid = child_start(argv, err);

    return pid < 0 ? -1 : child_wait(pid, argv[0], err);
}
