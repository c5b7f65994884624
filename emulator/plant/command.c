/* The command line of QEMU 7.2.
 *
 * Choices that are not plain: RAM is reserved nowhere (reserve=off), so that a type larger than the
 * host starts. Disks pass no flush down to the host's own disk: what the guest flushed is in the
 * host's page cache and outlives QEMU and the emulator, not a power cut. Options that carry paths
 * are written as JSON, which knows no special characters. Guest shutdown ends the process, reboot
 * resets, a panic (told by pvpanic) ends it as a crash; each shutdown's cause is traced into
 * qemu.log (see record.c). */
#include "plant/command.h"

#include "base/encode.h"
#include "base/text.h"
#include "plant/path.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define UEFI_CODE "/usr/share/OVMF/OVMF_CODE_4M.fd"
#define UEFI_VARS "/usr/share/OVMF/OVMF_VARS_4M.fd"
#define VARS_COPY "uefi-vars.fd"

enum {
    VCPUS_MAX = 255,              /* of the pc machine */
    NODE_NAME_MAX = 31,           /* of QEMU */
    DISK_SERIAL_MAX = 20,         /* of virtio-blk */
    TB_SIZE_COLD_MIB = 256,       /* translated code: a boot runs much of it once */
    TB_SIZE_WARM_MIB = 64,        /* a resumed machine runs little, and there are many of them */
    WIDE_MEMORY_MIB = 512 * 1024, /* from here on 40 address bits do not hold RAM and devices */
};

struct line {
    struct arena *arena;
    const char **args;
    size_t count, capacity;
};

static void add(struct line *l, const char *arg)
{
    if (l->count + 1 >= l->capacity) {
        size_t capacity = l->capacity == 0 ? 64 : l->capacity * 2;
        const char **args = arena_alloc(l->arena, capacity * sizeof(*args));
        if (l->count > 0)
            memcpy(args, l->args, l->count * sizeof(*args));
        l->args = args;
        l->capacity = capacity;
    }
    l->args[l->count++] = arg;
    l->args[l->count] = NULL;
}

PRINTF_LIKE(3, 4) static void addf(struct line *l, const char *option, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(l, option);
    add(l, arena_vprintf(l->arena, fmt, ap));
    va_end(ap);
}

static void add_json(struct line *l, const char *option, json_t *value)
{
    char *text = json_to_text(value);

    add(l, option);
    add(l, arena_strdup(l->arena, text));
    free(text);
    json_decref(value);
}

static const char *absolute(struct arena *a, const char *path)
{
    char *whole = path_absolute(path);
    const char *kept = arena_strdup(a, whole);

    free(whole);
    return kept;
}

/* A version 8 UUID: of our own making, always the same for the same id. */
static char *uuid_from_id(struct arena *a, const char *id)
{
    char hex[SHA256_HEX_SIZE];

    sha256_hex(id, strlen(id), hex);
    return arena_printf(a, "%.8s-%.4s-8%.3s-a%.3s-%.12s", hex, hex + 8, hex + 12, hex + 15,
                        hex + 18);
}

/* Where the memory is a template's, the file names it; a maker's is shared with the file, everyone
 * else's is private. */
static void add_memory(struct line *l, const struct machine_spec *spec)
{
    json_t *ram =
        json_pack("{s:s, s:s, s:I, s:b}", "qom-type",
                  spec->template == TEMPLATE_NONE ? "memory-backend-ram" : "memory-backend-file",
                  "id", "ram", "size", (json_int_t)spec->memory_mib * 1024 * 1024, "reserve", 0);

    addf(l, "-m", "%" PRId64 "M", spec->memory_mib);
    if (spec->template != TEMPLATE_NONE) {
        json_set_str(ram, "mem-path", absolute(l->arena, spec->template_memory));
        json_set_bool(ram, "share", spec->template == TEMPLATE_MAKE);
    }
    if (spec->template == TEMPLATE_RESUME)
        addf(l, "-incoming", "defer");
    add_json(l, "-object", ram);
}

static void add_processor(struct line *l, const struct plant *p, const struct machine_spec *spec)
{
    bool wide = spec->memory_mib >= WIDE_MEMORY_MIB;

    if (plant_accel(p->accel) == ACCEL_KVM) {
        addf(l, "-accel", "kvm");
        addf(l, "-cpu", "host%s", wide ? ",host-phys-bits=on" : "");
    } else {
        addf(l, "-accel", "tcg,thread=multi,tb-size=%d",
             spec->template == TEMPLATE_RESUME ? TB_SIZE_WARM_MIB : TB_SIZE_COLD_MIB);
        addf(l, "-cpu", "max%s", wide ? ",phys-bits=46" : "");
    }
    addf(l, "-smp", "%d", spec->vcpus);
}

static void add_smbios(struct buf *option, const char *key, const char *value)
{
    if (value == NULL)
        return;
    buf_addf(option, ",%s=", key);
    for (; *value != '\0'; value++) {
        if (*value == ',')
            buf_add_char(option, ',');
        buf_add_char(option, *value);
    }
}

static void add_board(struct line *l, const struct machine_spec *spec)
{
    enum { OPTION_CEILING = 4096 };
    const struct machine_board *b = &spec->board;
    const char *uuid = b->uuid != NULL ? b->uuid : uuid_from_id(l->arena, spec->id);
    struct buf option;

    addf(l, "-uuid", "%s", uuid);
    buf_init(&option, OPTION_CEILING);
    buf_add_str(&option, "type=1");
    add_smbios(&option, "manufacturer", b->maker);
    add_smbios(&option, "product", b->product);
    add_smbios(&option, "version", b->version);
    add_smbios(&option, "serial", b->serial);
    add_smbios(&option, "uuid", uuid);
    addf(l, "-smbios", "%s", buf_text(&option));
    buf_clear(&option);
    buf_add_str(&option, "type=3");
    add_smbios(&option, "manufacturer", b->maker);
    add_smbios(&option, "asset", b->asset_tag);
    addf(l, "-smbios", "%s", buf_text(&option));
    buf_done(&option);
}

static int add_boot(struct line *l, const struct machine_spec *spec, struct err *err)
{
    switch (spec->boot) {
    case BOOT_KERNEL:
        if (spec->kernel == NULL)
            return err_set(err, "InvalidSpec", "a machine that boots a kernel needs one");
        addf(l, "-kernel", "%s", absolute(l->arena, spec->kernel));
        if (spec->initrd != NULL)
            addf(l, "-initrd", "%s", absolute(l->arena, spec->initrd));
        if (spec->append != NULL)
            addf(l, "-append", "%s", spec->append);
        return 0;
    case BOOT_UEFI:
        if (access(UEFI_CODE, R_OK) != 0)
            return err_set(err, "NoFirmware", "UEFI boot needs the package ovmf (%s)", UEFI_CODE);
        addf(l, "-drive", "if=pflash,format=raw,unit=0,readonly=on,file=%s", UEFI_CODE);
        addf(l, "-drive", "if=pflash,format=raw,unit=1,file=%s", VARS_COPY);
        return 0;
    case BOOT_BIOS:
        return 0;
    }
    return err_set(err, "InvalidSpec", "unknown way to boot");
}

json_t *command_disk_file(const struct machine_disk *d)
{
    char *path = path_absolute(d->path);
    json_t *file = json_pack("{s:s, s:s, s:s, s:{s:b}, s:{s:s, s:s, s:{s:b}}}", "driver", "qcow2",
                             "node-name", d->id, "discard", "unmap", "cache", "no-flush", 1, "file",
                             "driver", "file", "filename", path, "cache", "no-flush", 1);

    free(path);
    return file;
}

json_t *command_disk_device(const struct machine_disk *d)
{
    char slot[8];
    json_t *device;

    snprintf(slot, sizeof(slot), "%02x", (unsigned)d->slot & 0x1f);
    device = json_pack("{s:s, s:s+, s:s, s:s}", "driver", "virtio-blk-pci", "id", "disk-", d->id,
                       "drive", d->id, "addr", slot);
    json_set_str(device, "serial", d->serial);
    return device;
}

static void add_disk(struct line *l, const struct machine_disk *d, bool boot_first)
{
    json_t *device = command_disk_device(d);

    if (boot_first)
        json_set_int(device, "bootindex", 0);
    add_json(l, "-blockdev", command_disk_file(d));
    add_json(l, "-device", device);
}

json_t *command_nic_cable(const struct machine_nic *n, size_t index)
{
    char path[32];

    snprintf(path, sizeof(path), "nic-%zu.sock", index);
    return json_pack("{s:s, s:s, s:b, s:{s:s, s:s}}", "type", "stream", "id", n->id, "server", 1,
                     "addr", "type", "unix", "path", path);
}

json_t *command_nic_device(const struct machine_nic *n)
{
    char slot[8];

    snprintf(slot, sizeof(slot), "%02x", (unsigned)n->slot & 0x1f);
    return json_pack("{s:s, s:s+, s:s, s:s, s:s, s:s}", "driver", "virtio-net-pci", "id", "nic-",
                     n->id, "netdev", n->id, "mac", n->mac, "romfile", "", "addr", slot);
}

static void add_nic(struct line *l, const struct machine_nic *n, size_t index)
{
    add_json(l, "-netdev", command_nic_cable(n, index));
    add_json(l, "-device", command_nic_device(n));
}

static void add_fixed_devices(struct line *l)
{
    static const char *const args[] = {
        "-device",  "VGA,addr=02",
        "-device",  "virtio-serial-pci,addr=06",
        "-chardev", "socket,id=agent,path=agent.sock,server=on,wait=off",
        "-device",  "virtserialport,id=agent,chardev=agent,name=groundschool.agent.0",
        "-device",  "virtio-rng-pci,addr=07",
        "-device",  "pvpanic",
        "-chardev", "file,id=console,path=console.log",
        "-serial",  "chardev:console",
        "-qmp",     "unix:qmp.sock,server=on,wait=off",
    };

    for (size_t i = 0; i < ARRAY_LEN(args); i++)
        add(l, args[i]);
}

static bool id_valid(const char *id, size_t len_max)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t len = strlen(id);

    return len > 0 && len <= len_max && strchr(letters, id[0]) != NULL &&
           strspn(id + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
               len - 1;
}

static int check_spec(const struct machine_spec *spec, struct err *err)
{
    if (!id_valid(spec->id, 63))
        return err_set(err, "InvalidSpec",
                       "a machine's id is a letter and up to 62 letters, digits, '-', '_', '.'");
    if (spec->vcpus < 1 || spec->vcpus > VCPUS_MAX)
        return err_set(err, "InvalidSpec", "%d vCPUs: a machine has 1 to %d", spec->vcpus,
                       VCPUS_MAX);
    if (spec->memory_mib < 1)
        return err_set(err, "InvalidSpec", "a machine needs memory");
    if (spec->template != TEMPLATE_NONE && spec->template_memory == NULL)
        return err_set(err, "InvalidSpec", "a template has a file for its memory");
    if (spec->template == TEMPLATE_RESUME && spec->template_state == NULL)
        return err_set(err, "InvalidSpec", "a template has a file for its state");
    for (size_t i = 0; i < spec->disk_count; i++) {
        const struct machine_disk *d = &spec->disks[i];
        if (!id_valid(d->id, NODE_NAME_MAX - strlen("disk-")) ||
            !utf8_valid(d->path, strlen(d->path)))
            return err_set(err, "InvalidSpec", "a disk's id is too long, or its path is not UTF-8");
        if (d->serial != NULL && strlen(d->serial) > DISK_SERIAL_MAX)
            return err_set(err, "InvalidSpec", "a disk's serial has at most %d characters",
                           DISK_SERIAL_MAX);
    }
    for (size_t i = 0; i < spec->nic_count; i++) {
        if (!id_valid(spec->nics[i].id, sizeof(spec->nics[i].id) - 1))
            return err_set(err, "InvalidSpec", "a network interface's id is not a name");
    }
    return 0;
}

const char *const *command_build(struct arena *a, const struct plant *p,
                                 const struct machine_spec *spec, struct err *err)
{
    struct line l = {.arena = a};

    if (check_spec(spec, err) != 0)
        return NULL;
    add(&l, p->qemu);
    addf(&l, "-name", "guest=%s,debug-threads=on", spec->id);
    addf(&l, "-machine", "pc,memory-backend=ram");
    add_processor(&l, p, spec);
    add_memory(&l, spec);
    addf(&l, "-action", "reboot=reset,shutdown=poweroff,panic=shutdown");
    /* A template's maker writes its state through a child of its own. */
    addf(&l, "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=%s,resourcecontrol=deny",
         spec->template == TEMPLATE_MAKE ? "allow" : "deny");
    addf(&l, "-display", "none");
    addf(&l, "-msg", "timestamp=on");
    addf(&l, "-trace", "%s", COMMAND_SHUTDOWN_TRACE);
    add(&l, "-nodefaults");
    add(&l, "-no-user-config");
    add_board(&l, spec);
    if (add_boot(&l, spec, err) != 0)
        return NULL;
    for (size_t i = 0; i < spec->disk_count; i++)
        add_disk(&l, &spec->disks[i], i == 0 && spec->boot != BOOT_KERNEL);
    for (size_t i = 0; i < spec->nic_count; i++)
        add_nic(&l, &spec->nics[i], i);
    add_fixed_devices(&l);
    return l.args;
}

static int copy_file(int from, int to)
{
    ssize_t n;

    do {
        n = sendfile(to, from, NULL, 1 << 20);
    } while (n > 0);
    return n < 0 ? -1 : 0;
}

int command_prepare(int folder_fd, const struct machine_spec *spec, struct err *err)
{
    int from;
    int to;
    int failed;

    if (spec->boot != BOOT_UEFI || faccessat(folder_fd, VARS_COPY, F_OK, 0) == 0)
        return 0;
    from = open(UEFI_VARS, O_RDONLY | O_CLOEXEC);
    to = openat(folder_fd, VARS_COPY ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    failed = from < 0 || to < 0 || copy_file(from, to) != 0 ||
             renameat(folder_fd, VARS_COPY ".new", folder_fd, VARS_COPY) != 0;
    if (failed)
        err_set_errno(err, errno, "cannot copy %s", UEFI_VARS);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return failed ? -1 : 0;
}
