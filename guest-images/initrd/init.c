/*
 * The first program of a guest: loads the drivers that its root disk, network card and agent port
 * need, mounts the root file system and hands over to the real init. The drivers lie in the initrd
 * as /modules, in the order in which /modules/order names them. It says nothing unless it fails;
 * then one line, and the kernel's panic that follows shows it on the console.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CMDLINE_MAX   4096
#define ROOT_WAIT_MS  30000
#define ROOT_POLL_MS  2
#define NEW_ROOT      "/root"
#define MODULE_FOLDER "/modules"

struct boot {
    char cmdline[CMDLINE_MAX];
    const char *root;    /* device of the root file system */
    const char *type;    /* its file system */
    const char *init;    /* program to hand over to */
    unsigned long flags; /* MS_RDONLY or 0 */
};

static void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

static void die(const char *fmt, ...)
{
    va_list ap;

    fputs("initrd: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

static void mount_kernel_folder(const char *type, const char *where, unsigned long flags)
{
    (void)mkdir(where, 0755);
    if (mount(type, where, type, flags, NULL) != 0)
        die("cannot mount %s: %s", where, strerror(errno));
}

static void modules_load(void)
{
    FILE *order = fopen(MODULE_FOLDER "/order", "re");
    char name[128];
    char path[192];

    if (order == NULL)
        die("no list of drivers: %s", strerror(errno));
    while (fscanf(order, "%127s", name) == 1) {
        snprintf(path, sizeof(path), MODULE_FOLDER "/%s", name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST))
            die("cannot load %s: %s", name, strerror(errno));
        close(fd);
        (void)unlink(path);
    }
    fclose(order);
}

/* Reads the kernel's command line; words it does not know belong to others. */
static void boot_read(struct boot *boot)
{
    int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, boot->cmdline, sizeof(boot->cmdline) - 1);
    char *rest = NULL;

    if (len < 0)
        die("cannot read the command line: %s", strerror(errno));
    close(fd);
    boot->cmdline[len] = '\0';
    for (char *word = strtok_r(boot->cmdline, " \n", &rest); word != NULL;
         word = strtok_r(NULL, " \n", &rest)) {
        if (strncmp(word, "root=", 5) == 0)
            boot->root = word + 5;
        else if (strncmp(word, "rootfstype=", 11) == 0)
            boot->type = word + 11;
        else if (strncmp(word, "init=", 5) == 0)
            boot->init = word + 5;
        else if (strcmp(word, "ro") == 0)
            boot->flags |= MS_RDONLY;
        else if (strcmp(word, "rw") == 0)
            boot->flags &= ~(unsigned long)MS_RDONLY;
    }
}

/* The root disk under EC2's names, which udev keeps later; so df and /proc/mounts show the name a
 * user expects. */
static void root_name(void)
{
    if (symlink("vda", "/dev/xvda") != 0 || symlink("vda", "/dev/xvda1") != 0)
        die("cannot name the root disk: %s", strerror(errno));
}

static void root_mount(const struct boot *boot)
{
    const struct timespec pause = {.tv_nsec = ROOT_POLL_MS * 1000000L};
    int waited_ms = 0;

    (void)mkdir(NEW_ROOT, 0755);
    while (mount(boot->root, NEW_ROOT, boot->type, boot->flags, NULL) != 0) {
        if ((errno != ENOENT && errno != ENXIO) || waited_ms >= ROOT_WAIT_MS)
            die("cannot mount %s as root (%s): %s", boot->root, boot->type, strerror(errno));
        nanosleep(&pause, NULL);
        waited_ms += ROOT_POLL_MS;
    }
}

/* Moves the kernel's folders over, frees the initrd's memory, and becomes the real init. */
static void root_enter(const struct boot *boot)
{
    static const char *const moved[] = {"/dev", "/proc", "/sys"};
    char path[64];

    for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
        snprintf(path, sizeof(path), NEW_ROOT "%s", moved[i]);
        if (mount(moved[i], path, NULL, MS_MOVE, NULL) != 0)
            die("cannot move %s: %s", moved[i], strerror(errno));
    }
    (void)unlink(MODULE_FOLDER "/order");
    (void)unlink("/init");
    if (chdir(NEW_ROOT) != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 ||
        chdir("/") != 0)
        die("cannot enter the root file system: %s", strerror(errno));

    char *argv[] = {strdup(boot->init), NULL};

    execv(boot->init, argv);
    die("cannot start %s: %s", boot->init, strerror(errno));
}

int main(void)
{
    static struct boot boot = {
        .root = "/dev/vda", .type = "ext4", .init = "/sbin/init", .flags = MS_NOATIME};

    mount_kernel_folder("devtmpfs", "/dev", MS_NOSUID);
    mount_kernel_folder("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC);
    mount_kernel_folder("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC);
    boot_read(&boot);
    modules_load();
    root_name();
    root_mount(&boot);
    root_enter(&boot);
}
