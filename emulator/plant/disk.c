/* Disks by qemu-img.
 *
 * Happy path of a new disk: qemu-img makes "<path>.new" -> renamed to its name -> fn. A disk under
 * its own name is therefore whole. */
#include "plant/disk.h"

#include "base/text.h"
#include "loop/child.h"
#include "loop/file.h"
#include "plant/path.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CREATE_TIMEOUT_MS = 60000, QUERY_TIMEOUT_MS = 30000 };

struct job { /* one request, from its call to its fn */
    struct loop *loop;
    char *path, *path_new;
    struct err err;
    bool failed;
    disk_fn fn;
    void (*info_fn)(void *arg, const struct disk_info *info, struct err *err);
    void *arg;
};

static struct job *job_new(struct plant *p, const char *path)
{
    struct job *j = xcalloc(1, sizeof(*j));

    j->loop = p->loop;
    j->path = path_absolute(
        path); /* in a relative one, qemu-img takes "word:" at the front for a protocol */
    j->path_new = xasprintf("%s.new", j->path);
    return j;
}

static void job_free(struct job *j)
{
    free(j->path);
    free(j->path_new);
    free(j);
}

static void job_finish(void *arg)
{
    struct job *j = arg;
    struct err *err = j->failed ? &j->err : NULL;

    if (j->info_fn != NULL)
        j->info_fn(j->arg, NULL, err);
    else if (j->fn != NULL)
        j->fn(j->arg, err);
    job_free(j);
}

/* What qemu-img said, without its name in front and as one line. */
static void fail_with_output(struct job *j, int status, const char *output)
{
    const char *text = str_starts(output, "qemu-img: ") ? output + strlen("qemu-img: ") : output;
    int len = (int)strcspn(text, "\n");

    j->failed = true;
    if (len > 0)
        err_set(&j->err, "Failed", "%.*s", len, text);
    else
        err_set(&j->err, "Failed", "qemu-img ended with status %d", status);
}

static void on_created(void *arg, int status, const char *output)
{
    struct job *j = arg;

    if (status != 0) {
        fail_with_output(j, status, output);
        unlink(j->path_new);
    } else if (rename(j->path_new, j->path) != 0) {
        j->failed = true;
        err_set_errno(&j->err, errno, "cannot name %s", j->path);
    }
    job_finish(j);
}

/* The start itself can fail; fn still hears of it in another turn. */
static void job_run(struct job *j, const char *const *argv, int64_t timeout_ms, child_fn fn)
{
    const struct child_spec spec = {.argv = argv, .timeout_ms = timeout_ms};

    if (child_start(j->loop, &spec, fn, j, &j->err) != NULL)
        return;
    j->failed = true;
    loop_defer(j->loop, job_finish, j);
}

void disk_create(struct plant *p, const char *path, const char *base, int64_t size_gib, disk_fn fn,
                 void *arg)
{
    struct job *j = job_new(p, path);
    char *backing =
        base != NULL ? path_absolute(base) : NULL; /* else it is taken from the disk's folder */
    char size[32];
    const char *empty[] = {p->qemu_img, "create", "-q", "-f", "qcow2", j->path_new, size, NULL};
    const char *overlay[] = {p->qemu_img, "create", "-q",    "-f",        "qcow2", "-F",
                             "qcow2",     "-b",     backing, j->path_new, size,    NULL};

    j->fn = fn;
    j->arg = arg;
    snprintf(size, sizeof(size), "%" PRId64 "G", size_gib);
    if (access(j->path, F_OK) == 0)
        loop_defer(j->loop, job_finish, j);
    else
        job_run(j, base != NULL ? overlay : empty, CREATE_TIMEOUT_MS, on_created);
    free(backing);
}

/* On a worker thread: giving back a large file's blocks takes the file system a while. */
static void remove_files(void *arg)
{
    struct job *j = arg;

    unlink(j->path_new);
    if (unlink(j->path) != 0 && errno != ENOENT) {
        j->failed = true;
        err_set_errno(&j->err, errno, "cannot remove %s", j->path);
    }
}

void disk_remove(struct plant *p, const char *path, disk_fn fn, void *arg)
{
    struct job *j = job_new(p, path);

    j->fn = fn;
    j->arg = arg;
    loop_work(j->loop, remove_files, job_finish, j);
}

static void on_queried(void *arg, int status, const char *output)
{
    struct job *j = arg;
    json_t *doc = status == 0 ? json_parse(output, strlen(output), NULL) : NULL;
    struct disk_info info = {.virtual_bytes = json_int_or(doc, "virtual-size", -1),
                             .actual_bytes = json_int_or(doc, "actual-size", -1)};

    if (status != 0) {
        fail_with_output(j, status, output);
    } else if (info.virtual_bytes < 0 || info.actual_bytes < 0 ||
               !str_copy(info.format, sizeof(info.format), json_str_or(doc, "format", ""))) {
        j->failed = true;
        err_set(&j->err, "Failed", "qemu-img's answer is not understood");
    }
    json_decref(doc);
    if (j->failed) {
        job_finish(j);
        return;
    }
    j->info_fn(j->arg, &info, NULL);
    job_free(j);
}

void disk_query(struct plant *p, const char *path,
                void (*fn)(void *arg, const struct disk_info *info, struct err *err), void *arg)
{
    struct job *j = job_new(p, path);
    const char *argv[] = {p->qemu_img, "info", "-U", "--output=json", j->path, NULL};

    j->info_fn = fn;
    j->arg = arg;
    job_run(j, argv, QUERY_TIMEOUT_MS, on_queried);
}
