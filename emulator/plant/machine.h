/* One machine: a detached QEMU process, its monitor (QMP) and the agent inside, over sockets on
 * which QEMU listens. A restarted emulator dials them again and adopts the process; the guest never
 * notices. Knows nothing of what the machine is for.
 *
 * Folder of a machine (mode 0700): machine.json (what was started: pid, start ticks, command line),
 * qmp.sock, agent.sock, nic-<n>.sock (the n-th of machine_spec.nics), console.log (the serial
 * console since the last start; its front is given back to the file system as a hole once it grows
 * long, so read its tail), qemu.log, uefi-vars.fd. QEMU's working directory is this folder, so its
 * sockets have short names however long the folder's path is. */
#ifndef PLANT_MACHINE_H
#define PLANT_MACHINE_H

#include "base/json.h"
#include "loop/loop.h"

#include <sys/types.h>

enum machine_accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };
enum machine_boot { BOOT_KERNEL, BOOT_BIOS, BOOT_UEFI };

/* Places on the root bus. */
enum { MACHINE_SLOT_ROOT = 4, MACHINE_SLOT_NIC = 5 };

struct machine_disk {
    char id[64];        /* "vol-0123456789abcdef0": as machine_spec.id, at most 26 */
    const char *path;   /* qcow2 */
    const char *serial; /* shown to the guest, at most 20 characters */
    int slot;           /* PCI slot on the root bus; MACHINE_SLOT_ROOT: the root disk */
};

struct machine_nic {
    char id[64]; /* "eni-..." */
    char mac[18];
    int slot; /* MACHINE_SLOT_NIC: the first */
};

/* What the firmware tells of the machine (SMBIOS); NULL members are left out. */
struct machine_board {
    const char *maker, *product, *version, *serial, *asset_tag;
    const char *uuid; /* NULL: made from the machine's id */
};

/* A machine at rest, which others of the same shape go on from: its memory, a file that they map
 * privately (what they leave as it is they share), and the state of its devices. Made by a machine
 * that is started with TEMPLATE_MAKE, brought to rest and saved by machine_save. */
enum machine_template { TEMPLATE_NONE, TEMPLATE_MAKE, TEMPLATE_RESUME };

struct machine_spec {
    const char *id;     /* "i-...": letters, digits, '-', '_' and '.', at most 63 */
    const char *folder; /* exists or is made; its parent exists */
    int vcpus;          /* 1 to 255 */
    int64_t memory_mib; /* not set aside: the host pays for what the guest touches */
    struct machine_board board;
    enum machine_boot boot;
    const char *kernel, *initrd, *append; /* BOOT_KERNEL */
    bool has_agent; /* else its port is ignored, whatever the guest writes to it */
    const struct machine_disk *disks;
    size_t disk_count;
    const struct machine_nic *nics;
    size_t nic_count;
    enum machine_template template;
    const char *template_memory; /* a file; TEMPLATE_NONE: NULL */
    const char *template_state;  /* TEMPLATE_RESUME: a file that machine_save wrote */
};

#define MACHINE_PATH_SIZE 64

enum machine_exit {
    MACHINE_EXIT_POWEROFF, /* the guest shut itself down, or was asked to */
    MACHINE_EXIT_CRASH,    /* guest panic, QEMU died */
    MACHINE_EXIT_KILLED,   /* machine_kill */
};

struct machine;
struct machine_events { /* each may be NULL */
    /* The monitor answers and the machine runs (a template's state is loaded). Once. */
    void (*connected)(void *arg);
    /* The agent answered `hello`; again after each guest boot or redial. */
    void (*agent_connected)(void *arg);
    /* {"event":"ready"} ... (guest-images/README.md): the guest's word. */
    void (*agent_event)(void *arg, const json_t *event);
    /* The guest rebooted itself. */
    void (*reset)(void *arg);
    /* The process is gone; requests under way were answered. Free the machine. */
    void (*exited)(void *arg, enum machine_exit how);
};

struct plant { /* what all machines share */
    struct loop *loop;
    enum machine_accel accel;
    const char *qemu;     /* "qemu-system-x86_64" */
    const char *qemu_img; /* "qemu-img" */
};

/* What ACCEL_AUTO becomes here: KVM only where the CPU shows vmx or svm and /dev/kvm opens. */
enum machine_accel plant_accel(enum machine_accel wanted);

/* Starts the process, or adopts the one that machine.json names when it still runs (same pid, same
 * start ticks): idempotent. NULL with err when it cannot be started ("InvalidSpec", "NoFirmware",
 * "System" ...). Events come later; what QEMU itself refuses (a locked disk, no such kernel) comes
 * as `exited` with MACHINE_EXIT_CRASH and its reason in machine_exit_text. */
struct machine *machine_start(struct plant *p, const struct machine_spec *spec,
                              const struct machine_events *events, void *arg, struct err *err);
/* Only adopts: NULL with err when the process is gone: "PoweredOff" (the guest shut itself down),
 * "Killed" (machine_kill), "Crashed" (anything else; the text says what QEMU said last),
 * "HostRestarted", or "NoMachine" when none was started here. */
struct machine *machine_adopt(struct plant *p, const char *folder,
                              const struct machine_events *events, void *arg, struct err *err);
/* True when a process that this folder's machine.json names is alive. */
bool machine_alive(const char *folder);
/* Lets go; the process lives on. Takes NULL; allowed in any callback of the machine. No callback
 * runs any more, nor those of requests under way. The loop must turn once more before loop_free. */
void machine_free(struct machine *m);

struct loop *machine_loop(const struct machine *m);
/* 0 once it ended. */
pid_t machine_pid(const struct machine *m);
/* How it ended, for people; "" while it runs. */
const char *machine_exit_text(const struct machine *m);
/* Where the index-th network interface is dialled; valid while the machine is held. */
void machine_nic_path(const struct machine *m, size_t index, char ret_path[MACHINE_PATH_SIZE]);
/* `hello` was answered since the last guest boot. */
bool machine_agent_ready(const struct machine *m);

/* Answers by fn once: result (borrowed) or err: "Timeout"; "NotConnected", also while the other
 * side is not ready yet or ended meanwhile; "Failed" with the other side's text. */
typedef void (*machine_reply_fn)(void *arg, const json_t *result, struct err *err);
/* Steals arguments (may be NULL). fn may be NULL. */
void machine_qmp(struct machine *m, const char *command, json_t *arguments, machine_reply_fn fn,
                 void *arg);
/* Steals request ({"do": ...}); `id` is added. The result is the whole answer. fn may be NULL. */
void machine_agent(struct machine *m, json_t *request, int64_t timeout_ms, machine_reply_fn fn,
                   void *arg);
/* Changes of a machine that runs, answered once the monitor has done them; what the guest makes of
 * it takes it a moment more. machine_nic_plug: as the index-th of its nics. machine_disk_announce:
 * tells the guest the disk's size, which may be another than the one it knows from its template. */
void machine_disk_plug(struct machine *m, const struct machine_disk *disk, machine_reply_fn fn,
                       void *arg);
void machine_nic_plug(struct machine *m, const struct machine_nic *nic, size_t index,
                      machine_reply_fn fn, void *arg);
void machine_disk_announce(struct machine *m, const char *disk_id, int64_t bytes,
                           machine_reply_fn fn, void *arg);
/* The guest's display as a PNG file; png_path is absolute or relative to the machine's folder. */
void machine_screenshot(struct machine *m, const char *png_path, machine_reply_fn fn, void *arg);
/* Of a machine started with TEMPLATE_MAKE: writes the state of its devices to the file
 * MACHINE_STATE in its folder and stops it; the memory file is complete then. machine_kill ends it.
 */
#define MACHINE_STATE "state"
void machine_save(struct machine *m, machine_reply_fn fn, void *arg);
/* QMP quit (SIGTERM while the monitor is not connected), then SIGKILL after 2 s; `exited` follows.
 */
void machine_kill(struct machine *m);
/* Hard reset, as the button. */
void machine_reset(struct machine *m);
/* Gives the space of a long console.log's and qemu.log's older part back. Happens every half minute
 * by itself. */
void machine_trim_logs(struct machine *m);

struct machine_usage { /* since the process started; for metrics. All 0 once it ended */
    int64_t cpu_us;    /* of the vCPU threads */
    int64_t resident_bytes;
};
void machine_usage(const struct machine *m, struct machine_usage *ret_usage);

#endif
