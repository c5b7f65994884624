/* Whole small files: read at once, replaced at once by way of a new file beside the old one. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *file_read(const char *path, size_t *ret_len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 4096, len = 0;
    char *data = malloc(size + 1);

    while (fd >= 0 && data != NULL) {
        ssize_t got = read(fd, data + len, size - len);

        if (got == 0) {
            data[len] = '\0';
            *ret_len = len;
            close(fd);
            return data;
        }
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        len += (size_t)got;
        if (len < size)
            continue;
        if (size >= FILE_MAX)
            break;
        size *= 2;

        char *more = realloc(data, size + 1);

        if (more == NULL)
            break;
        data = more;
    }
    free(data);
    if (fd >= 0)
        close(fd);
    return NULL;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, data, len);

        if (put < 0 && errno != EINTR)
            return -1;
        if (put > 0) {
            data += put;
            len -= (size_t)put;
        }
    }
    return 0;
}

int file_write(const char *path, const void *data, size_t len, mode_t mode, struct err *err)
{
    char fresh[512];
    int fd;

    snprintf(fresh, sizeof(fresh), "%s.new", path);
    (void)unlink(fresh);
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, "cannot make %s: %s", fresh, strerror(errno));
    if (write_all(fd, data, len) != 0 || fchmod(fd, mode) != 0 || rename(fresh, path) != 0) {
        (void)err_set(err, "cannot write %s: %s", path, strerror(errno));
        close(fd);
        (void)unlink(fresh);
        return -1;
    }
    close(fd);
    return 0;
}

int file_write_text(const char *path, const char *text, mode_t mode, struct err *err)
{
    return file_write(path, text, strlen(text), mode, err);
}

int file_put(const char *path, const char *text, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return err_set(err, "cannot open %s: %s", path, strerror(errno));
    if (write_all(fd, text, strlen(text)) != 0) {
        (void)err_set(err, "cannot set %s: %s", path, strerror(errno));
        close(fd);
        return -1;
    }
    close(fd);
    return 0;
}

int file_make_folders(const char *path, mode_t mode, struct err *err)
{
    char part[512];

    snprintf(part, sizeof(part), "%s", path);
    for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(part, mode) != 0 && errno != EEXIST)
            return err_set(err, "cannot make folder %s: %s", part, strerror(errno));
        if (slash == NULL)
            return 0;
        *slash = '/';
    }
}
