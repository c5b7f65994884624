/* What makes a machine itself beside its network. */
#include "machine.h"

#include "base64.h"
#include "child.h"
#include "file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/random.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_SLACK_MS   5
#define ENTROPY_MAX      512
#define HOSTS_MARK       "# this instance"
#define EXT_SUPER_OFFSET 1024
#define EXT_MAGIC        0xef53
#define JOURNAL_FOLDER   "/run/log/journal"

static const char *const key_types[MACHINE_KEY_TYPES] = {"ed25519", "ecdsa"};

int machine_set_clock(json_int_t time_ms, struct err *err)
{
    struct timespec now;
    json_int_t now_ms;

    if (time_ms <= 0)
        return 0;
    clock_gettime(CLOCK_REALTIME, &now);
    now_ms = (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (llabs(now_ms - time_ms) <= CLOCK_SLACK_MS)
        return 0;
    now.tv_sec = (time_t)(time_ms / 1000);
    now.tv_nsec = (long)(time_ms % 1000) * 1000000;
    if (clock_settime(CLOCK_REALTIME, &now) != 0)
        return err_set(err, "cannot set the clock: %s", strerror(errno));
    return 0;
}

int machine_add_entropy(const char *base64, struct err *err)
{
    const size_t room = sizeof(struct rand_pool_info) + ENTROPY_MAX;
    struct rand_pool_info *pool;
    size_t len = 0;
    char *bytes;
    int fd, rc;

    if (base64 == NULL)
        return 0;
    bytes = base64_decode(base64, strlen(base64), &len);
    pool = calloc(1, room);
    if (bytes == NULL || pool == NULL || len > ENTROPY_MAX) {
        free(bytes);
        free(pool);
        return err_set(err, "entropy is no base64 of at most %d bytes", ENTROPY_MAX);
    }
    pool->entropy_count = (int)len * 8;
    pool->buf_size = (int)len;
    memcpy(pool->buf, bytes, len);
    fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);
    rc = fd < 0 || ioctl(fd, RNDADDENTROPY, pool) != 0 || ioctl(fd, RNDRESEEDCRNG) != 0 ? -1 : 0;
    if (rc != 0)
        (void)err_set(err, "cannot add entropy: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    explicit_bzero(bytes, len);
    explicit_bzero(pool, room);
    free(bytes);
    free(pool);
    return rc;
}

/* journald has opened its files under the old id and goes on writing to them; journalctl looks
 * under the new one. */
static void journal_move(const char *old_id, const char *new_id)
{
    char from[128], to[128];

    snprintf(from, sizeof(from), JOURNAL_FOLDER "/%.32s", old_id);
    snprintf(to, sizeof(to), JOURNAL_FOLDER "/%.32s", new_id);
    if (rename(from, to) == 0 && symlink(new_id, from) != 0)
        fprintf(stderr, "the journal of this boot cannot go on: %s\n", strerror(errno));
}

int machine_set_id(const char *machine_id, struct err *err)
{
    size_t len;
    char *old, line[40];
    int rc;

    if (machine_id == NULL)
        return 0;
    old = file_read("/etc/machine-id", &len);
    if (old != NULL && strncmp(old, machine_id, 32) == 0) {
        free(old);
        return 0;
    }
    snprintf(line, sizeof(line), "%s\n", machine_id);
    rc = file_write_text("/etc/machine-id", line, 0444, err);
    if (rc == 0 && old != NULL && len >= 32)
        journal_move(old, machine_id);
    free(old);
    return rc;
}

int machine_set_name(const char *fqdn, struct err *err)
{
    char line[300];

    snprintf(line, sizeof(line), "%s\n", fqdn);
    if (sethostname(fqdn, strlen(fqdn)) != 0)
        return err_set(err, "cannot set the host name: %s", strerror(errno));
    return file_write_text("/etc/hostname", line, 0644, err);
}

int machine_set_hosts(const struct identity *identity, struct err *err)
{
    size_t len = 0, out = 0, room;
    char *old = file_read("/etc/hosts", &len);
    char *text = malloc(room = len + 1024);
    char *rest = NULL, address[INET_ADDRSTRLEN];
    int rc;

    if (text == NULL)
        abort();
    text[0] = '\0';
    for (char *line = old == NULL ? NULL : strtok_r(old, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        if (strstr(line, HOSTS_MARK) == NULL)
            out += (size_t)snprintf(text + out, room - out, "%s\n", line);
    if (identity->interface_count > 0) {
        inet_ntop(AF_INET, &identity->interfaces[0].addresses[0], address, sizeof(address));
        (void)snprintf(text + out, room - out, "%s %s %s " HOSTS_MARK "\n", address, identity->fqdn,
                       identity->hostname);
    }
    rc = file_write_text("/etc/hosts", text, 0644, err);
    free(text);
    free(old);
    return rc;
}

/* Lays a file of our own over one in which the kernel shows what is the same in every copy of a
 * memory. */
static int show_instead(const char *shown, const char *text, struct err *err)
{
    const char *name = strrchr(shown, '/') + 1;
    char path[96];

    snprintf(path, sizeof(path), "/run/groundschool/%s", name);
    if (file_write_text(path, text, 0444, err) != 0)
        return -1;
    if (mount(path, shown, NULL, MS_BIND, NULL) != 0)
        return err_set(err, "cannot show a new %s: %s", name, strerror(errno));
    return 0;
}

static int renew_boot_id(struct err *err)
{
    size_t len = 0;
    char *id = file_read("/proc/sys/kernel/random/uuid", &len);
    int rc = id == NULL ? err_set(err, "the kernel gives no id")
                        : show_instead("/proc/sys/kernel/random/boot_id", id, err);

    free(id);
    return rc;
}

static int renew_board(const json_t *board, struct err *err)
{
    static const char *const names[] = {"product_uuid", "product_serial", "product_name",
                                        "chassis_asset_tag"};
    char shown[64], line[160];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = json_string_value(json_object_get(board, names[i]));
        snprintf(shown, sizeof(shown), "/sys/class/dmi/id/%s", names[i]);
        if (text == NULL || access(shown, F_OK) != 0)
            continue;
        snprintf(line, sizeof(line), "%s\n", text);
        if (show_instead(shown, line, err) != 0)
            return -1;
    }
    return 0;
}

int machine_renew_kernel(const json_t *board, struct err *err)
{
    return renew_boot_id(err) != 0 ? -1 : renew_board(board, err);
}

static int host_key_write(const json_t *key, struct err *err)
{
    const char *type = json_string_value(json_object_get(key, "type"));
    const char *private = json_string_value(json_object_get(key, "private"));
    const char *public = json_string_value(json_object_get(key, "public"));
    char path[64], public_path[80];

    for (size_t i = 0; i < MACHINE_KEY_TYPES; i++) {
        if (type == NULL || private == NULL || public == NULL || strcmp(type, key_types[i]) != 0)
            continue;
        snprintf(path, sizeof(path), "/etc/ssh/ssh_host_%s_key", key_types[i]);
        snprintf(public_path, sizeof(public_path), "%s.pub", path);
        if (file_write_text(path, private, 0600, err) != 0)
            return -1;
        return file_write_text(public_path, public, 0644, err);
    }
    return err_set(err, "a host key is of no known type, or not whole");
}

int machine_start_host_keys(struct key_makers *ret, const json_t *given, struct err *err)
{
    char path[64], public_path[80];

    *ret = (struct key_makers){.pids = {0}};
    for (size_t i = 0; i < json_array_size(given); i++)
        if (host_key_write(json_array_get(given, i), err) != 0)
            return -1;
    if (json_array_size(given) > 0)
        return 0;
    for (size_t i = 0; i < MACHINE_KEY_TYPES; i++) {
        const char *const make[] = {
            "ssh-keygen", "-q", "-t", key_types[i], "-N", "", "-C", "", "-f", path, NULL,
        };

        snprintf(path, sizeof(path), "/etc/ssh/ssh_host_%s_key", key_types[i]);
        snprintf(public_path, sizeof(public_path), "%s.pub", path);
        if ((unlink(path) != 0 || unlink(public_path) != 0) && errno != ENOENT)
            return err_set(err, "cannot remove %s: %s", path, strerror(errno));
        ret->pids[i] = child_start(make, err);
        if (ret->pids[i] < 0)
            return -1;
    }
    return 0;
}

int machine_await_host_keys(const struct key_makers *makers, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; i < MACHINE_KEY_TYPES; i++)
        if (makers->pids[i] > 0 && child_wait(makers->pids[i], "ssh-keygen", err) != 0)
            rc = -1;
    return rc;
}

/* The bytes that an ext4 file system on a device takes, 0 if there is none. */
static uint64_t ext_size(int fd)
{
    unsigned char super[1024];
    uint32_t blocks, blocks_high, log_block;
    uint16_t magic;

    if (pread(fd, super, sizeof(super), EXT_SUPER_OFFSET) != (ssize_t)sizeof(super))
        return 0;
    memcpy(&magic, super + 0x38, sizeof(magic));
    memcpy(&blocks, super + 0x04, sizeof(blocks));
    memcpy(&log_block, super + 0x18, sizeof(log_block));
    memcpy(&blocks_high, super + 0x150, sizeof(blocks_high));
    if (magic != EXT_MAGIC || log_block > 6)
        return 0;
    return (blocks | (uint64_t)blocks_high << 32) * (1024ULL << log_block);
}

pid_t machine_start_grow(struct err *err)
{
    char device[64];
    const char *const grow[] = {"resize2fs", device, NULL};
    uint64_t disk = 0, used;
    struct stat root;
    int fd;

    if (stat("/", &root) != 0)
        return err_set(err, "cannot look at /: %s", strerror(errno));
    snprintf(device, sizeof(device), "/dev/block/%u:%u", major(root.st_dev), minor(root.st_dev));
    fd = open(device, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        snprintf(device, sizeof(device), "/dev/vda");
        fd = open(device, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0)
        return err_set(err, "cannot open the root disk: %s", strerror(errno));
    used = ext_size(fd);
    if (ioctl(fd, BLKGETSIZE64, &disk) != 0)
        disk = 0;
    close(fd);
    return used == 0 || disk < used + (1U << 20) ? 0 : child_start(grow, err);
}
