/* `groundschool image`: build the stock image, list the images, import one from a qcow2 file. Works
 * on the images folder alone; an emulator that runs sees what changed by itself. */
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "options.h"
#include "serve.h"
#include "services/ec2/image.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define INFO_SIZE_MAX 65536 /* what qemu-img says of a file */
#define GIB           (1024LL * 1024 * 1024)
#define PUBLISHER     "000000000000" /* who owns imported images: everybody's, and no account's */

struct wish {
    const char *word; /* "import" */
    const char *source, *tools;
    const char *file, *name, *user, *boot, *description, *architecture;
    struct options options;
};

/* --- running programs
 * --------------------------------------------------------------------------------- */

/* Runs argv to its end; what it prints goes to `out`, or (-1) to where ours goes. */
static int run(char *const *argv, int out, struct err *err)
{
    posix_spawn_file_actions_t actions;
    int status;
    pid_t pid;
    posix_spawn_file_actions_init(&actions);
    if (out >= 0)
        posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    int rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (rc != 0)
        return err_set_errno(err, rc, "cannot run %s", argv[0]);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_set_errno(err, errno, "cannot wait for %s", argv[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return err_set(err, "Program", "%s %s failed", argv[0], argv[1]);
    return 0;
}

/* The JSON that argv prints; NULL with err. */
static json_t *run_for_json(char *const *argv, struct err *err)
{
    FILE *out = tmpfile();
    if (out == NULL) {
        err_set_errno(err, errno, "cannot make a temporary file");
        return NULL;
    }
    json_t *value = NULL;
    if (run(argv, fileno(out), err) == 0) {
        char *text = xmalloc(INFO_SIZE_MAX);
        rewind(out);
        value = json_parse(text, fread(text, 1, INFO_SIZE_MAX, out), err);
        free(text);
    }
    fclose(out);
    return value;
}

/* --- build
 * -------------------------------------------------------------------------------------------- */

/* The folder that holds this program, on the heap. */
static char *own_folder(void)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    char *slash;
    if (len < 0)
        return xstrdup(".");
    path[len] = '\0';
    slash = strrchr(path, '/');
    if (slash != NULL)
        *slash = '\0';
    return xstrdup(path);
}

/* The script takes this process's place, so that its progress and its exit status are the
 * command's.
 */
static int image_build(const struct wish *w, struct err *err)
{
    char *here = own_folder();
    char *script = w->source != NULL ? xasprintf("%s/guest-images/build.sh", w->source)
                                     : xasprintf("%s/../guest-images/build.sh", here);
    char *tools = w->tools != NULL    ? xstrdup(w->tools)
                  : w->source != NULL ? xasprintf("%s/build/guest", w->source)
                                      : xasprintf("%s/guest", here);
    char *images = xstrdup(w->options.images);
    char images_word[] = "--images", tools_word[] = "--tools";
    char *argv[] = {script, images_word, images, tools_word, tools, NULL};
    if (access(script, X_OK) != 0)
        err_set_errno(err, errno, "%s (--source DIR names the folder of the sources)", script);
    else if (execv(script, argv) != 0)
        err_set_errno(err, errno, "cannot run %s", script);
    free(here);
    free(script);
    free(tools);
    free(images);
    return -1;
}

/* --- list
 * --------------------------------------------------------------------------------------------- */

static int image_list(const struct wish *w)
{
    struct image_catalog *catalog = image_catalog_new(w->options.images);
    printf("%-21s  %-6s  %8s  %s\n", "IMAGE", "BOOT", "SIZE", "NAME");
    for (size_t i = 0; i < image_count(catalog); i++) {
        const struct image *image = image_at(catalog, i);
        printf("%-21s  %-6s  %4lld GiB  %s\n", image->id, image->boot,
               (long long)image->disk_size_gib, image->name);
    }
    if (image_count(catalog) == 0)
        printf("There are no images in %s. `groundschool image build` makes the stock image.\n",
               w->options.images);
    image_catalog_free(catalog);
    return 0;
}

/* --- import
 * ------------------------------------------------------------------------------------------- */

/* "CreateImage", EC2 API reference: 3 to 128 letters, digits and these. */
static int check_name(const struct wish *w, struct err *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "()[] ./-'@_";
    size_t len = strlen(w->name);
    if (len < 3 || len > 128 || strspn(w->name, allowed) != len)
        return err_set(err, "InvalidOption",
                       "--name has 3 to 128 letters, digits and characters of ()[] ./-'@_");
    struct image_catalog *catalog = image_catalog_new(w->options.images);
    bool taken = false;
    for (size_t i = 0; i < image_count(catalog); i++)
        taken |= str_equal(image_at(catalog, i)->name, w->name);
    image_catalog_free(catalog);
    return taken ? err_set(err, "InvalidOption", "there is an image of the name '%s' already",
                           w->name)
                 : 0;
}

static int check_import(const struct wish *w, struct err *err)
{
    if (w->file == NULL || w->name == NULL)
        return err_set(err, "InvalidOption", "`image import` needs FILE.qcow2 and --name NAME");
    if (!str_equal(w->boot, "bios") && !str_equal(w->boot, "uefi"))
        return err_set(err, "InvalidOption", "--boot is bios or uefi");
    if (!str_equal(w->architecture, "x86_64"))
        return err_set(err, "InvalidOption",
                       "--architecture is x86_64: guests of this program are");
    if (!utf8_valid(w->description, strlen(w->description)) || strlen(w->description) > 255)
        return err_set(err, "InvalidOption", "--description has up to 255 bytes of UTF-8");
    if (w->user[0] == '\0' ||
        strspn(w->user, "abcdefghijklmnopqrstuvwxyz0123456789-_") != strlen(w->user))
        return err_set(err, "InvalidOption", "--user is the name of a user in the image");
    return check_name(w, err);
}

/* A file that leans on another one would let an image read what lies anywhere on this machine. */
static int check_file(const char *file, int64_t *ret_size_gib, struct err *err)
{
    char program[] = "qemu-img", info[] = "info", json[] = "--output=json", f[] = "-f",
         qcow2[] = "qcow2", check[] = "check", quiet[] = "-q", dashes[] = "--";
    char *path = xstrdup(file);
    char *info_argv[] = {program, info, json, f, qcow2, dashes, path, NULL};
    char *check_argv[] = {program, check, quiet, f, qcow2, dashes, path, NULL};
    json_t *about = run_for_json(info_argv, err);
    int rc = about != NULL ? 0 : -1;
    const json_t *data = json_get(json_get(about, "format-specific"), "data");
    if (rc == 0 &&
        (json_get(about, "backing-filename") != NULL ||
         json_get(about, "full-backing-filename") != NULL || json_get(data, "data-file") != NULL))
        rc = err_set(err, "InvalidImage", "%s leans on another file; flatten it first", file);
    if (rc == 0 && json_get(data, "encrypt") != NULL)
        rc = err_set(err, "InvalidImage", "%s is encrypted", file);
    *ret_size_gib = (json_int_or(about, "virtual-size", 0) + GIB - 1) / GIB;
    json_decref(about);
    if (rc == 0)
        rc = run(check_argv, -1, err);
    free(path);
    return rc;
}

static int convert(const char *file, const char *folder, struct err *err)
{
    char program[] = "qemu-img", word[] = "convert", progress[] = "-p", f[] = "-f",
         qcow2[] = "qcow2", o[] = "-O", dashes[] = "--";
    char *from = xstrdup(file), *to = xasprintf("%s/disk.qcow2", folder);
    char *argv[] = {program, word, progress, f, qcow2, o, qcow2, dashes, from, to, NULL};
    int rc = run(argv, -1, err);
    free(from);
    free(to);
    return rc;
}

static int write_manifest(const struct wish *w, const char *folder, const char *id,
                          int64_t size_gib, struct err *err)
{
    char created[TIME_SIZE];
    char *path = xasprintf("%s/manifest.json", folder);
    json_t *m = json_object();
    time_format_iso8601_ms(clock_now_ms(&(struct clock){.fixed_ms = 0}), created);
    json_set_int(m, "format", 1);
    json_set_str(m, "image_id", id);
    json_set_str(m, "name", w->name);
    json_set_str(m, "description", w->description);
    json_set_str(m, "architecture", w->architecture);
    json_set_str(m, "boot", w->boot);
    json_set_str(m, "disk", "disk.qcow2");
    json_set_int(m, "disk_size_gib", size_gib);
    json_set_str(m, "user", w->user);
    json_set_bool(m, "agent", false);
    json_set_str(m, "root_device_name", "/dev/xvda");
    json_set_str(m, "owner_id", PUBLISHER);
    json_set_str(m, "creation_date", created);
    int rc = json_dump_file(m, path, JSON_INDENT(2)) != 0
                 ? err_set_errno(err, errno, "cannot write %s", path)
                 : 0;
    json_decref(m);
    free(path);
    return rc;
}

/* The folder gets its name last, so that it is never seen half made. */
static int fill_folder(const struct wish *w, const char *id, int64_t size_gib, struct err *err)
{
    char *folder = xasprintf("%s/.import.XXXXXX", w->options.images);
    char *final = xasprintf("%s/%s", w->options.images, id);
    int rc = 0;
    if (mkdtemp(folder) == NULL) {
        rc = err_set_errno(err, errno, "cannot make a folder in %s", w->options.images);
    } else if (chmod(folder, 0755) != 0 || convert(w->file, folder, err) != 0 ||
               write_manifest(w, folder, id, size_gib, err) != 0) {
        rc = -1;
    } else if (rename(folder, final) != 0) {
        rc = err_set_errno(err, errno, "cannot make %s", final);
    }
    if (rc != 0) {
        char *disk = xasprintf("%s/disk.qcow2", folder);
        char *manifest = xasprintf("%s/manifest.json", folder);
        (void)unlink(disk);
        (void)unlink(manifest);
        (void)rmdir(folder);
        free(disk);
        free(manifest);
    }
    free(folder);
    free(final);
    return rc;
}

static int image_import(const struct wish *w, struct err *err)
{
    char hex[SHA256_HEX_SIZE], id[32];
    int64_t size_gib;
    if (check_import(w, err) != 0 || check_file(w->file, &size_gib, err) != 0)
        return -1;
    sha256_hex(w->name, strlen(w->name), hex);
    snprintf(id, sizeof(id), "ami-%.17s", hex);
    if (mkdir(w->options.images, 0755) != 0 && errno != EEXIST)
        return err_set_errno(err, errno, "cannot make %s", w->options.images);
    if (fill_folder(w, id, size_gib, err) != 0)
        return -1;
    printf("%s is there: %s, %lld GiB.\n", id, w->name, (long long)size_gib);
    return 0;
}

/* --- the command
 * -------------------------------------------------------------------------------------- */

static int print_usage(void)
{
    puts("Usage: groundschool image build [--source DIR] [--tools DIR]\n"
         "       groundschool image list\n"
         "       groundschool image import FILE.qcow2 --name NAME [--description TEXT]\n"
         "                [--user USER] [--boot bios|uefi] [--architecture x86_64]\n\n"
         "  build      makes the stock image and the packages, or brings them up to date\n"
         "  list       the images there are\n"
         "  import     copies a disk into the images folder, for all accounts to launch\n\n"
         "  --images DIR   the images folder [images in the state folder]\n"
         "  --state DIR    the state folder\n"
         "  --source DIR   the source tree with guest-images/ [the one this program was built in]\n"
         "  --tools DIR    the programs that go into the image [guest/ beside this program]\n"
         "  --user USER    who logs in [ec2-user]");
    return 0;
}

struct slot {
    const char *name;
    const char **value;
};

/* By the name before any `=`; NULL: none of the command's own. */
static const struct slot *slot_find(const struct slot *slots, const char *option)
{
    size_t len = strcspn(option, "=");
    while (slots->name != NULL &&
           !(strncmp(slots->name, option, len) == 0 && slots->name[len] == '\0'))
        slots++;
    return slots->name != NULL ? slots : NULL;
}

static int refuse_option(const char *arg, const struct slot *slots, struct err *err)
{
    const char *words[16] = {"state", "images", "config", "help"};
    char name[64];
    size_t count = 4;
    for (size_t i = 0; slots[i].name != NULL; i++)
        words[count++] = slots[i].name;
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(arg + 2, "="), arg + 2);
    for (size_t i = 0; i < count; i++)
        if (str_equal(words[i], name))
            return 0;
    const char *meant = options_nearest(name, words);
    return err_set(err, "UnknownOption",
                   "there is no option --%s.%s%s%s (`image --help` lists them)", name,
                   meant != NULL ? " Did you mean --" : "", meant != NULL ? meant : "",
                   meant != NULL ? "?" : "");
}

/* Takes the command's own arguments out of argv; what is left are options of serve. Returns as
 * options_read. */
static int wish_read(struct wish *w, int argc, char **argv, struct err *err)
{
    const struct slot slots[] = {
        {"source", &w->source},
        {"tools", &w->tools},
        {"name", &w->name},
        {"user", &w->user},
        {"boot", &w->boot},
        {"description", &w->description},
        {"architecture", &w->architecture},
        {NULL, NULL},
    };
    int left = 0;
    for (int i = 0; i < argc; i++) {
        bool is_option = str_starts(argv[i], "--");
        const char *value = is_option ? strchr(argv[i], '=') : NULL;
        const struct slot *slot = is_option ? slot_find(slots, argv[i] + 2) : NULL;
        if (is_option && slot == NULL && refuse_option(argv[i], slots, err) != 0)
            return -1;
        if (is_option && value == NULL && i + 1 == argc)
            return err_set(err, "InvalidOption", "%s needs a value", argv[i]);
        if (slot != NULL) {
            *slot->value = value != NULL ? value + 1 : argv[++i];
        } else if (!is_option && w->file == NULL) {
            w->file = argv[i];
        } else {
            argv[left++] = argv[i];
            if (is_option && value == NULL)
                argv[left++] = argv[++i];
        }
    }
    return options_read(&w->options, left, argv, err);
}

static int carry_out(const struct wish *w, struct err *err)
{
    static const char *const words[] = {"build", "list", "import", NULL};
    if (str_equal(w->word, "build"))
        return image_build(w, err);
    if (str_equal(w->word, "list"))
        return image_list(w);
    if (str_equal(w->word, "import"))
        return image_import(w, err);
    const char *meant = options_nearest(w->word, words);
    return err_set(err, "UnknownCommand", "there is no `image %.40s`%s%s%s", w->word,
                   meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "",
                   meant != NULL ? "?" : "");
}

int command_image(int argc, char **argv)
{
    struct wish w = {
        .word = argc > 0 ? argv[0] : "--help",
        .user = "ec2-user",
        .boot = "bios",
        .description = "",
        .architecture = "x86_64",
    };
    struct err err = {.code = ""};
    for (int i = 0; i < argc; i++)
        if (str_equal(argv[i], "--help") || str_equal(argv[i], "-h"))
            return print_usage();
    if (argc == 0)
        return print_usage();
    int rc = wish_read(&w, argc - 1, argv + 1, &err);
    if (rc == 0)
        rc = carry_out(&w, &err);
    if (rc != 0)
        fprintf(stderr, "groundschool: %s\n", err.text);
    options_done(&w.options);
    return rc == 0 ? 0 : 1;
}
