/* Templates on disk: see template_file.h. A machine that goes on from a template needs its memory
 * file open for writing though it maps it privately (QEMU 7.2 knows no other way), so the manifest
 * keeps the file's time of change: whoever wrote into it has spoiled it, and it shows. */
#include "converge/template_file.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPLATE_FORMAT  1 /* to be raised when plant/command.c or the agent's `rest` changes */
#define MANIFEST         "manifest.json"
#define MANIFEST_CEILING 65536
#define BLOCK            512 /* of st_blocks */

static const char *const kept_files[] = {"memory", MACHINE_STATE};

char *template_name(const struct template_shape *shape)
{
    const char *disk = strrchr(shape->image->disk, '/');
    disk = disk != NULL ? disk + 1 : shape->image->disk;
    return xasprintf("%.*s-%dx%lld", (int)strcspn(disk, "."), disk, shape->vcpus,
                     (long long)shape->memory_mib);
}

static int64_t nanoseconds(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* {"path", "size", "modified"}; of a missing file the path alone. */
static json_t *file_to_json(const char *path)
{
    json_t *file = json_object();
    struct stat st;
    json_set_str(file, "path", path);
    if (path != NULL && stat(path, &st) == 0) {
        json_set_int(file, "size", st.st_size);
        json_set_int(file, "modified", nanoseconds(st.st_mtim));
    }
    return file;
}

/* The program as PATH finds it, heap. */
static char *program_path(const char *name)
{
    const char *path = getenv("PATH");
    while (strchr(name, '/') == NULL && path != NULL && *path != '\0') {
        size_t len = strcspn(path, ":");
        char *whole = xasprintf("%.*s/%s", (int)len, path, name);
        if (access(whole, X_OK) == 0)
            return whole;
        free(whole);
        path += path[len] == ':' ? len + 1 : len;
    }
    return xstrdup(name);
}

json_t *template_recipe(const struct plant *plant, const struct template_shape *shape)
{
    const struct image *image = shape->image;
    char *qemu = program_path(plant->qemu);
    json_t *recipe = json_object();
    json_set_int(recipe, "format", TEMPLATE_FORMAT);
    json_set_int(recipe, "vcpus", shape->vcpus);
    json_set_int(recipe, "memory_mib", shape->memory_mib);
    json_set_str(recipe, "accelerator", plant_accel(plant->accel) == ACCEL_KVM ? "kvm" : "tcg");
    json_set_str(recipe, "append", image->append);
    json_set_str(recipe, "user", image->user);
    json_set_new(recipe, "qemu", file_to_json(qemu));
    json_set_new(recipe, "disk", file_to_json(image->disk));
    json_set_new(recipe, "kernel", file_to_json(image->kernel));
    json_set_new(recipe, "initrd", file_to_json(image->initrd));
    free(qemu);
    return recipe;
}

/* {"memory": {"size", "changed"}, "state": ...}; NULL when one is missing. */
static json_t *files_to_json(const char *folder)
{
    json_t *files = json_object();
    for (size_t i = 0; i < ARRAY_LEN(kept_files); i++) {
        char *path = xasprintf("%s/%s", folder, kept_files[i]);
        struct stat st;
        int rc = stat(path, &st);
        free(path);
        if (rc != 0) {
            json_decref(files);
            return NULL;
        }
        json_t *file = json_object();
        json_set_int(file, "size", st.st_size);
        json_set_int(file, "changed", nanoseconds(st.st_mtim));
        json_set_new(files, kept_files[i], file);
    }
    return files;
}

int template_write(const char *folder, const json_t *recipe, struct err *err)
{
    char *path = xasprintf("%s/" MANIFEST, folder);
    json_t *manifest = json_object(), *files = files_to_json(folder);
    int rc = files == NULL ? err_set(err, "Template", "its files are not there") : 0;
    json_set_new(manifest, "recipe", json_deep_copy(recipe));
    if (files != NULL)
        json_set_new(manifest, "files", files);
    if (rc == 0 && json_dump_file(manifest, path, JSON_INDENT(2) | JSON_SORT_KEYS) != 0)
        rc = err_set_errno(err, errno, "cannot write %s", path);
    json_decref(manifest);
    free(path);
    return rc;
}

static bool is_fresh(const char *folder, const json_t *recipe)
{
    char *path = xasprintf("%s/" MANIFEST, folder);
    json_t *manifest = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    json_t *files = manifest != NULL ? files_to_json(folder) : NULL;
    bool fresh = files != NULL && json_equal(json_object_get(manifest, "recipe"), recipe) &&
                 json_equal(json_object_get(manifest, "files"), files);
    json_decref(files);
    json_decref(manifest);
    free(path);
    return fresh;
}

char *template_look_up(const char *templates_folder, const char *name, const json_t *recipe)
{
    size_t len = strlen(name);
    DIR *dir = opendir(templates_folder);
    const struct dirent *entry;
    char *found = NULL;
    while (dir != NULL && found == NULL && (entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, name, len) != 0 || entry->d_name[len] != '-')
            continue;
        char *folder = xasprintf("%s/%s", templates_folder, entry->d_name);
        if (is_fresh(folder, recipe))
            found = folder;
        else
            free(folder);
    }
    if (dir != NULL)
        closedir(dir);
    return found;
}

void template_touch(const char *folder)
{
    char *path = xasprintf("%s/" MANIFEST, folder);
    if (utimensat(AT_FDCWD, path, NULL, 0) != 0)
        log_debug("cannot note the use of %s: %s", folder, strerror(errno));
    free(path);
}

void template_discard(const char *folder)
{
    static const char *const first_to_last[] = {MANIFEST, "memory", MACHINE_STATE};
    for (size_t i = 0; i < ARRAY_LEN(first_to_last); i++) {
        char *path = xasprintf("%s/%s", folder, first_to_last[i]);
        if (unlink(path) != 0 && errno != ENOENT)
            log_warn("cannot remove %s: %s", path, strerror(errno));
        free(path);
    }
}

/* --- too many --------------------------------------------------------------------------------- */

struct found {
    char *folder;
    int64_t bytes, used; /* on disk; when last */
};

static bool look_at(const char *folder, struct found *ret)
{
    char *path = xasprintf("%s/" MANIFEST, folder);
    struct stat st;
    bool whole = stat(path, &st) == 0;
    free(path);
    *ret = (struct found){.used = whole ? nanoseconds(st.st_mtim) : 0};
    for (size_t i = 0; whole && i < ARRAY_LEN(kept_files); i++) {
        path = xasprintf("%s/%s", folder, kept_files[i]);
        if (stat(path, &st) == 0)
            ret->bytes += (int64_t)st.st_blocks * BLOCK;
        free(path);
    }
    return whole;
}

static int by_last_use(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return (x->used > y->used) - (x->used < y->used);
}

static struct found *list_all(const char *templates_folder, size_t *ret_count)
{
    struct found *list = NULL;
    size_t count = 0;
    DIR *dir = opendir(templates_folder);
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        struct found one;
        if (entry->d_name[0] == '.')
            continue;
        char *folder = xasprintf("%s/%s", templates_folder, entry->d_name);
        if (!look_at(folder, &one)) {
            free(folder);
            continue;
        }
        one.folder = folder;
        list = xrealloc(list, (count + 1) * sizeof(*list));
        list[count++] = one;
    }
    if (dir != NULL)
        closedir(dir);
    *ret_count = count;
    return list;
}

void template_evict(const char *templates_folder, int64_t bytes)
{
    size_t count = 0;
    struct found *list = list_all(templates_folder, &count);
    int64_t all = 0;
    for (size_t i = 0; i < count; i++)
        all += list[i].bytes;
    if (count > 0)
        qsort(list, count, sizeof(*list), by_last_use);
    for (size_t i = 0; i < count; i++) {
        if (all > bytes && i + 1 < count) { /* the newest stays, however large */
            log_info("the template %s goes: it was used longest ago", list[i].folder);
            template_discard(list[i].folder);
            all -= list[i].bytes;
        }
        free(list[i].folder);
    }
    free(list);
}
