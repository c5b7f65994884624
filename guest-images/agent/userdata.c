/*
 * The user data of an instance. A script runs once in the life of an instance, as root; a mark
 * beside it says that it did. What cloud-init knows is handed to Debian's cloud-init, at every
 * boot, since that keeps its own marks. What either prints goes to the console and to
 * /var/log/cloud-init-output.log.
 */
#include "userdata.h"

#include "base64.h"
#include "child.h"
#include "file.h"
#include "tell.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#define CLOUD_FOLDER "/var/lib/cloud"
#define GZIP_WINDOW  31 /* zlib's word for: the largest window, in gzip's wrapping */
#define OUTPUT_LOG   "/var/log/cloud-init-output.log"

struct run {
    struct identity identity;
    char folder[128]; /* of this instance, below CLOUD_FOLDER */
    char *text;       /* the user data, decoded */
    size_t len;
};

enum user_data_kind user_data_kind(const char *text)
{
    static const char *const cloud_init[] = {
        "#cloud-config", "#cloud-boothook", "#include",      "#part-handler", "#upstart-job",
        "## template:",  "Content-Type:",   "MIME-Version:", "From ",
    };

    if (text == NULL || text[0] == '\0')
        return USER_DATA_NONE;
    if (strncmp(text, "#!", 2) == 0)
        return USER_DATA_SCRIPT;
    for (size_t i = 0; i < sizeof(cloud_init) / sizeof(cloud_init[0]); i++)
        if (strncasecmp(text, cloud_init[i], strlen(cloud_init[i])) == 0)
            return USER_DATA_CLOUD_INIT;
    return USER_DATA_UNKNOWN;
}

static void mark_path(const char *instance_id, char *ret, size_t size)
{
    snprintf(ret, size, CLOUD_FOLDER "/instances/%s/sem/config_scripts_user", instance_id);
}

bool user_data_is_due(const struct identity *identity)
{
    char mark[192];

    if (!identity->run_user_data || identity->user_data == NULL || identity->user_data[0] == '\0')
        return false;
    mark_path(identity->instance_id, mark, sizeof(mark));
    return access(mark, F_OK) != 0;
}

/* Users encode twice by mistake, and AWS's own tools then still start the script. */
static void decode_again(struct run *run)
{
    size_t len;
    char *text = NULL;

    if (run->len > 0 && (isalnum((unsigned char)run->text[0]) != 0))
        text = base64_decode(run->text, run->len, &len);
    if (text != NULL &&
        (user_data_kind(text) < USER_DATA_UNKNOWN || (text[0] == '\x1f' && text[1] == '\x8b'))) {
        free(run->text);
        run->text = text;
        run->len = len;
    } else {
        free(text);
    }
}

/* Unpacks what was sent gzipped. */
static int unzip(struct run *run, struct err *err)
{
    z_stream stream = {.next_in = (unsigned char *)run->text, .avail_in = (unsigned)run->len};
    char *text;
    int rc;

    if (run->len < 2 || run->text[0] != '\x1f' || run->text[1] != '\x8b')
        return 0;
    text = malloc(FILE_MAX + 1);
    if (text == NULL || inflateInit2(&stream, GZIP_WINDOW) != Z_OK) {
        free(text);
        return err_set(err, "no memory to unpack the user data");
    }
    stream.next_out = (unsigned char *)text;
    stream.avail_out = (unsigned)FILE_MAX;
    rc = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    free(run->text);
    run->text = text;
    run->len = stream.total_out;
    text[run->len] = '\0';
    return rc == Z_STREAM_END
               ? 0
               : err_set(err, "the user data is damaged, or larger than %zu bytes", FILE_MAX);
}

/* Makes the folders that cloud-init would make, and reads the user data into the run. */
static int run_prepare(struct run *run, struct err *err)
{
    char path[192];

    if (identity_load(&run->identity, err) != 0)
        return -1;
    snprintf(run->folder, sizeof(run->folder), CLOUD_FOLDER "/instances/%s",
             run->identity.instance_id);
    snprintf(path, sizeof(path), "%s/sem", run->folder);
    if (file_make_folders(path, 0755, err) != 0)
        return -1;
    snprintf(path, sizeof(path), "%s/scripts", run->folder);
    if (file_make_folders(path, 0755, err) != 0)
        return -1;
    (void)unlink(CLOUD_FOLDER "/instance");
    if (symlink(run->folder, CLOUD_FOLDER "/instance") != 0)
        return err_set(err, "cannot link %s: %s", CLOUD_FOLDER "/instance", strerror(errno));
    if (run->identity.user_data == NULL)
        return 0;
    run->text = base64_decode(run->identity.user_data, strlen(run->identity.user_data), &run->len);
    if (run->text == NULL)
        return err_set(err, "the user data is no base64");
    snprintf(path, sizeof(path), "%s/user-data.txt", run->folder);
    if (file_write(path, run->text, run->len, 0600, err) != 0)
        return -1;
    decode_again(run);
    return unzip(run, err);
}

/* From here on what this process and its children print goes through tee, to the console and to the
 * log. */
static int output_begin(struct err *err)
{
    int ends[2];
    pid_t pid;

    if (pipe(ends) != 0 || (pid = fork()) < 0)
        return err_set(err, "cannot start tee: %s", strerror(errno));
    if (pid == 0) {
        dup2(ends[0], 0);
        close(ends[0]);
        close(ends[1]);
        execlp("tee", "tee", "-a", OUTPUT_LOG, (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    dup2(ends[1], 1);
    dup2(ends[1], 2);
    close(ends[1]);
    return 0;
}

static int run_script(const struct run *run, struct err *err)
{
    char script[192], mark[192];
    const char *const words[] = {script, NULL};
    int status;
    pid_t pid;

    snprintf(script, sizeof(script), "%s/scripts/part-001", run->folder);
    mark_path(run->identity.instance_id, mark, sizeof(mark));
    if (file_write(script, run->text, run->len, 0700, err) != 0 ||
        file_write_text(mark, "", 0644, err) != 0)
        return -1;
    pid = child_start(words, err);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return child_exit_code(status);
}

/* cloud-init's stages in their order; the last one that failed gives the exit code. */
static int run_cloud_init(const struct run *run, struct err *err)
{
    static const char *const stages[][4] = {
        {"cloud-init", "init", "--local", NULL},
        {"cloud-init", "init", NULL, NULL},
        {"cloud-init", "modules", "--mode=config", NULL},
        {"cloud-init", "modules", "--mode=final", NULL},
    };
    char settings[128];
    int code = 0;

    snprintf(settings, sizeof(settings), "system_info:\n  default_user:\n    name: %s\n",
             run->identity.user);
    if (file_write_text("/etc/cloud/cloud.cfg.d/90_user.cfg", settings, 0644, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
        int status = -1;
        pid_t pid = child_start(stages[i], err);

        if (pid < 0 || waitpid(pid, &status, 0) != pid)
            return -1;
        if (status != 0)
            code = child_exit_code(status);
    }
    return code;
}

/* The exit code of what ran, or -1 with the reason. */
static int run_kind(const struct run *run, struct err *err)
{
    switch (user_data_kind(run->text)) {
    case USER_DATA_SCRIPT:
        return run_script(run, err);
    case USER_DATA_CLOUD_INIT:
        return run_cloud_init(run, err);
    case USER_DATA_UNKNOWN:
        puts("The user data is of no known kind (a script begins with #!); it is left alone.");
        fflush(stdout);
        return 0;
    case USER_DATA_NONE:
        break;
    }
    return 0;
}

int user_data_run(void)
{
    struct run run = {.text = NULL};
    struct err err;
    int code = -1;

    umask(022);
    tell_user_data("running", 0);
    if (output_begin(&err) == 0 && run_prepare(&run, &err) == 0)
        code = run_kind(&run, &err);
    if (code < 0)
        fprintf(stderr, "user data: %s\n", err.text);
    tell_user_data(code == 0 ? "done" : "failed", code);
    free(run.text);
    identity_done(&run.identity);
    return code == 0 ? 0 : 1;
}
