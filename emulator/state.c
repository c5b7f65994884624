/* The state folder's small files: see state.h. */
#include "state.h"

#include "base/buf.h"
#include "base/ids.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_LEN    40
#define FILE_CEILING 4096

static int make_parents(const char *folder)
{
    char *path = xstrdup(folder);
    for (char *p = path + 1; *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        (void)mkdir(path, 0755);
        *p = '/';
    }
    free(path);
    return mkdir(folder, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

int state_open(const char *folder, struct err *err)
{
    if (make_parents(folder) != 0)
        return err_set_errno(err, errno, "cannot make the state folder %s (--state names another)",
                             folder);
    if (chmod(folder, 0700) != 0)
        return err_set_errno(err, errno, "cannot make the state folder %s private", folder);
    char *path = xasprintf("%s/lock", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(path);
    if (fd < 0)
        return err_set_errno(err, errno, "cannot write in the state folder %s", folder);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return err_set(err, "StateInUse",
                       "another emulator uses the state folder %s. Stop it, or name another folder "
                       "with --state",
                       folder);
    }
    return fd;
}

/* Written beside and renamed, so that a reader never sees half a file. */
static int write_private(const char *folder, const char *name, const char *text, struct err *err)
{
    char *path = xasprintf("%s/%s", folder, name), *fresh = xasprintf("%s/.%s.new", folder, name);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t len = strlen(text);
    bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len;
    ok = fd >= 0 && close(fd) == 0 && ok && rename(fresh, path) == 0;
    if (!ok)
        err_set_errno(err, errno, "cannot write %s", path);
    free(path);
    free(fresh);
    return ok ? 0 : -1;
}

static bool read_private(const char *folder, const char *name, char text[FILE_CEILING])
{
    char *path = xasprintf("%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    free(path);
    if (fd < 0)
        return false;
    ssize_t len = read(fd, text, FILE_CEILING - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    return len > 0;
}

char *state_admin_token(const char *folder, const char *fixed, struct err *err)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    char text[FILE_CEILING], token[TOKEN_LEN + 1];
    struct ids ids = {.seed = 0};
    if (fixed == NULL && read_private(folder, "admin-token", text)) {
        text[strcspn(text, "\n")] = '\0';
        return xstrdup(text);
    }
    random_text(&ids, alphabet, token, TOKEN_LEN);
    const char *wanted = fixed != NULL ? fixed : token;
    char *line = xasprintf("%s\n", wanted);
    int rc = write_private(folder, "admin-token", line, err);
    free(line);
    return rc == 0 ? xstrdup(wanted) : NULL;
}

static const struct {
    const char *name;
    size_t offset, size;
} lines[] = {
    {"AWS_ACCESS_KEY_ID", offsetof(struct state_environment, access_key_id), 129},
    {"AWS_SECRET_ACCESS_KEY", offsetof(struct state_environment, secret), 129},
    {"AWS_DEFAULT_REGION", offsetof(struct state_environment, region), 64},
    {"AWS_ENDPOINT_URL", offsetof(struct state_environment, endpoint), 128},
};

int state_write_environment(const char *folder, const struct state_environment *env,
                            struct err *err)
{
    struct buf text;
    buf_init(&text, FILE_CEILING);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        buf_addf(&text, "%s=%s\n", lines[i].name, (const char *)env + lines[i].offset);
    int rc = write_private(folder, "environment", buf_text(&text), err);
    buf_done(&text);
    return rc;
}

int state_read_environment(const char *folder, struct state_environment *ret_env, struct err *err)
{
    char text[FILE_CEILING], *rest = text, *line;
    *ret_env = (struct state_environment){.region = ""};
    if (!read_private(folder, "environment", text))
        return err_set(err, "NotStarted",
                       "no emulator has been started with the state folder %s yet. Start one with: "
                       "groundschool serve",
                       folder);
    while ((line = strsep(&rest, "\n")) != NULL) {
        char *value = strchr(line, '=');
        if (value == NULL)
            continue;
        *value++ = '\0';
        for (size_t i = 0; i < ARRAY_LEN(lines); i++)
            if (str_equal(lines[i].name, line))
                (void)str_copy((char *)ret_env + lines[i].offset, lines[i].size, value);
    }
    return 0;
}

/* A value is quoted for the shell, since a secret may hold anything printable. */
void state_print_environment(const struct state_environment *env)
{
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        const char *value = (const char *)env + lines[i].offset;
        bool plain =
            strspn(value,
                   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+=:.-_[]") ==
            strlen(value);
        printf("export %s=%s", lines[i].name, plain ? value : "'");
        for (const char *p = value; !plain && *p != '\0'; p++)
            *p == '\'' ? (void)fputs("'\\''", stdout) : (void)putchar(*p);
        puts(plain ? "" : "'");
    }
}
