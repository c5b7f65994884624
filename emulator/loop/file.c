/* Files without blocking the loop: everything that may wait for a disk runs on libuv's worker
 * threads. */
#include "loop/file.h"

#include "loop/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct work {
    uv_work_t uv;
    struct loop *loop;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

static void work_run(uv_work_t *uv)
{
    struct work *w = container_of(uv, struct work, uv);
    w->work(w->arg);
}

static void work_done(uv_work_t *uv, int status)
{
    struct work *w = container_of(uv, struct work, uv);

    (void)status; /* never cancelled */
    w->loop->works--;
    w->done(w->arg);
    free(w);
}

void loop_work(struct loop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
    struct work *w = xmalloc(sizeof(*w));

    *w = (struct work){.loop = l, .work = work, .done = done, .arg = arg};
    uv_must(uv_queue_work(&l->uv, &w->uv, work_run, work_done), "work");
    l->works++;
}

struct reading {
    char *path, *bytes;
    size_t ceiling, len;
    bool tail, failed;
    struct err err;
    file_read_fn fn;
    void *arg;
};

/* Reads on until the ceiling or the end; a file that has no size, as in /proc, is read all the
 * same. */
static int read_whole(struct reading *r, int fd)
{
    struct stat st;
    struct buf b;

    if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode))
        return err_set_errno(&r->err, S_ISDIR(st.st_mode) ? EISDIR : errno, "read %s", r->path);
    if (r->tail && st.st_size > 0 && (uint64_t)st.st_size > r->ceiling)
        lseek(fd, st.st_size - (off_t)r->ceiling, SEEK_SET);
    buf_init(&b, r->ceiling);
    for (;;) {
        size_t room = b.ceiling - b.len < READ_SIZE ? b.ceiling - b.len : READ_SIZE;
        char *at = buf_reserve(&b, room);
        ssize_t got = room > 0 ? read(fd, at, room) : 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            buf_done(&b);
            return err_set_errno(&r->err, errno, "read %s", r->path);
        }
        if (got == 0)
            break;
        buf_grow(&b, (size_t)got);
    }
    r->len = b.len;
    r->bytes = buf_take(&b);
    return 0;
}

static void reading_run(void *arg)
{
    struct reading *r = arg;
    int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        r->failed = true;
        err_set_errno(&r->err, errno, "open %s", r->path);
        return;
    }
    r->failed = read_whole(r, fd) != 0;
    close(fd);
}

static void reading_done(void *arg)
{
    struct reading *r = arg;

    r->fn(r->arg, r->failed ? NULL : r->bytes, r->len, r->failed ? &r->err : NULL);
    free(r->bytes);
    free(r->path);
    free(r);
}

void file_read(struct loop *l, const char *path, size_t ceiling, bool tail, file_read_fn fn,
               void *arg)
{
    struct reading *r = xcalloc(1, sizeof(*r));

    *r = (struct reading){
        .path = xstrdup(path), .ceiling = ceiling, .tail = tail, .fn = fn, .arg = arg};
    loop_work(l, reading_run, reading_done, r);
}

struct removal {
    char *path;
    int errnum; /* of the first that could not be removed */
    void (*fn)(void *arg, struct err *err);
    void *arg;
};

static void remove_entry(struct removal *r, const FTSENT *entry)
{
    int result = 0;

    if (entry->fts_info == FTS_D)
        return; /* its turn comes when it is empty */
    if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
        result = entry->fts_errno;
    else if (entry->fts_info == FTS_DP)
        result = rmdir(entry->fts_accpath) != 0 ? errno : 0;
    else
        result = unlink(entry->fts_accpath) != 0 ? errno : 0;
    if (result != 0 && result != ENOENT && r->errnum == 0)
        r->errnum = result;
}

static void removal_run(void *arg)
{
    struct removal *r = arg;
    char *const paths[] = {r->path, NULL};
    FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

    if (fts == NULL) {
        r->errnum = errno;
        return;
    }
    for (const FTSENT *entry; (entry = fts_read(fts)) != NULL;)
        remove_entry(r, entry);
    fts_close(fts);
}

static void removal_done(void *arg)
{
    struct removal *r = arg;
    struct err err;

    if (r->errnum != 0)
        err_set_errno(&err, r->errnum, "remove %s", r->path);
    if (r->fn != NULL)
        r->fn(r->arg, r->errnum != 0 ? &err : NULL);
    free(r->path);
    free(r);
}

void folder_remove(struct loop *l, const char *path, void (*fn)(void *arg, struct err *err),
                   void *arg)
{
    struct removal *r = xcalloc(1, sizeof(*r));

    *r = (struct removal){.path = xstrdup(path), .fn = fn, .arg = arg};
    loop_work(l, removal_run, removal_done, r);
}
