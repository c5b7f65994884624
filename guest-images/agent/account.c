/*
 * Users of the system and the keys that open their logins. A user owns the folder that its keys lie
 * in and might have put a link there, so nothing below a home folder is followed by name.
 */
#include "account.h"

#include "child.h"
#include "file.h"
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYS_MAX ((size_t)256 << 10)
#define KEY_MAX  16384

struct account {
    uid_t uid;
    gid_t gid;
    char home[256];
};

static bool account_find(const char *user, struct account *ret)
{
    FILE *list = fopen("/etc/passwd", "re");
    const struct passwd *entry = NULL;

    while (list != NULL && (entry = fgetpwent(list)) != NULL)
        if (strcmp(entry->pw_name, user) == 0)
            break;
    if (entry != NULL) {
        ret->uid = entry->pw_uid;
        ret->gid = entry->pw_gid;
        snprintf(ret->home, sizeof(ret->home), "%s", entry->pw_dir);
    }
    if (list != NULL)
        fclose(list);
    return entry != NULL;
}

int account_ensure(const char *user, struct err *err)
{
    const char *const make[] = {
        "useradd", "-m", "-U", "-G", "wheel,adm,systemd-journal", "-s", "/bin/bash", user, NULL,
    };
    struct account account;
    char path[128], rule[256];

    if (account_find(user, &account))
        return 0;
    if (child_run(make, err) != 0)
        return -1;
    snprintf(path, sizeof(path), "/etc/sudoers.d/91-user-%s", user);
    snprintf(rule, sizeof(rule), "%s ALL=(ALL) NOPASSWD:ALL\n", user);
    return file_write_text(path, rule, 0440, err);
}

/* The user's .ssh folder, made if it is not there; -1 if it is no folder of its own. */
static int open_key_folder(const struct account *account, struct err *err)
{
    int home = open(account->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int folder;

    if (home < 0)
        return err_set(err, "cannot open %s: %s", account->home, strerror(errno));
    if (mkdirat(home, ".ssh", 0700) == 0 &&
        fchownat(home, ".ssh", account->uid, account->gid, AT_SYMLINK_NOFOLLOW) != 0)
        (void)err_set(err, "cannot give away .ssh: %s", strerror(errno));
    folder = openat(home, ".ssh", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    close(home);
    if (folder < 0)
        return err_set(err, "cannot open .ssh in %s: %s", account->home, strerror(errno));
    return folder;
}

/* The keys that are there, in a new buffer of KEYS_MAX bytes; "" where there are none. */
static char *read_keys(int folder, struct err *err)
{
    int fd = openat(folder, "authorized_keys", O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    char *text = calloc(1, KEYS_MAX);
    size_t len = 0;
    ssize_t got;

    while (fd >= 0 && text != NULL && (got = read(fd, text + len, KEYS_MAX - 1 - len)) > 0)
        len += (size_t)got;
    if (fd >= 0)
        close(fd);
    if (text == NULL)
        (void)err_set(err, "no memory for keys");
    return text;
}

static int write_keys(int folder, const struct account *account, const char *text, struct err *err)
{
    static const char fresh[] = ".authorized_keys.new";
    size_t len = strlen(text);
    int fd;

    (void)unlinkat(folder, fresh, 0);
    fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, "cannot write keys: %s", strerror(errno));
    if (write(fd, text, len) != (ssize_t)len || fchown(fd, account->uid, account->gid) != 0 ||
        renameat(folder, fresh, folder, "authorized_keys") != 0) {
        close(fd);
        return err_set(err, "cannot write keys: %s", strerror(errno));
    }
    close(fd);
    return 0;
}

/* Whether one of the lines ends with the key: as it is, or after options. */
static bool has_key(const char *text, const char *key)
{
    size_t len = strlen(key);

    for (const char *at = strstr(text, key); at != NULL; at = strstr(at + 1, key))
        if ((at == text || at[-1] == '\n' || at[-1] == ' ') && (at[len] == '\n' || at[len] == '\0'))
            return true;
    return false;
}

static bool key_is_sound(const char *key)
{
    if (key == NULL || key[0] == '\0' || strlen(key) > KEY_MAX)
        return false;
    for (const char *at = key; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return true;
}

static int append_keys(char *text, const char *options, const json_t *keys, struct err *err)
{
    size_t len = strlen(text), index;
    const json_t *value;

    if (len > 0 && text[len - 1] != '\n' && len < KEYS_MAX - 1)
        text[len++] = '\n';
    json_array_foreach (keys, index, value) {
        const char *key = json_string_value(value);

        if (!key_is_sound(key))
            return err_set(err, "authorized_keys[%zu] is no key line", index);
        if (has_key(text, key))
            continue;
        if (len + strlen(options) + strlen(key) + 2 > KEYS_MAX)
            return err_set(err, "too many keys");
        len += (size_t)snprintf(text + len, KEYS_MAX - len, "%s%s\n", options, key);
    }
    return 0;
}

static int add_keys(const char *user, const char *options, const json_t *keys, struct err *err)
{
    struct account account;
    char *text = NULL;
    int folder, rc = -1;

    if (!account_find(user, &account))
        return err_set(err, "there is no user %s", user);
    folder = open_key_folder(&account, err);
    if (folder < 0)
        return -1;
    text = read_keys(folder, err);
    if (text != NULL && append_keys(text, options, keys, err) == 0)
        rc = write_keys(folder, &account, text, err);
    free(text);
    close(folder);
    return rc;
}

int account_add_keys(const char *user, const json_t *keys, struct err *err)
{
    return add_keys(user, "", keys, err);
}

int account_add_refused_root_keys(const char *user, const json_t *keys, struct err *err)
{
    char options[512];

    snprintf(options, sizeof(options),
             "no-port-forwarding,no-agent-forwarding,no-X11-forwarding,command=\"echo 'Please "
             "login as the user "
             "\\\"%s\\\" rather than the user \\\"root\\\".';echo;sleep 10;exit 142\" ",
             user);
    return add_keys("root", options, keys, err);
}
