/* One machine: a detached QEMU process, its monitor (QMP) and the agent inside, over sockets on which QEMU listens. A restarted
 * emulator dials them again and adopts the process; the guest never notices. Knows nothing of what the machine is for.
 *
 * Folder of a machine (mode 0700): machine.json (what was started: pid, start ticks, spec), qmp.sock, agent.sock,
 * nic-<n>.sock, console.log, qemu.log. */
#ifndef PLANT_MACHINE_H
#define PLANT_MACHINE_H

#include "base/json.h"
#include "loop/loop.h"

enum machine_accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };
enum machine_boot { BOOT_KERNEL, BOOT_BIOS, BOOT_UEFI };

struct machine_disk {
    char id[64];       /* "vol-0123456789abcdef0" */
    const char *path;  /* qcow2 */
    const char *serial; /* shown to the guest, at most 20 characters */
    int slot;          /* PCI slot on the root bus; 4: the root disk */
};

struct machine_nic {
    char id[64]; /* "eni-..." */
    char mac[18];
    int slot; /* 5: the first */
};

struct machine_spec {
    const char *id;     /* "i-..." */
    const char *folder; /* exists or is made */
    int vcpus;
    int64_t memory_mib;
    enum machine_boot boot;
    const char *kernel, *initrd, *append; /* BOOT_KERNEL */
    bool has_agent;
    const struct machine_disk *disks;
    size_t disk_count;
    const struct machine_nic *nics;
    size_t nic_count;
};

enum machine_exit {
    MACHINE_EXIT_POWEROFF, /* the guest shut itself down, or was asked to */
    MACHINE_EXIT_CRASH,    /* guest panic, QEMU died */
    MACHINE_EXIT_KILLED,   /* machine_kill */
};

struct machine;
struct machine_events {
    void (*connected)(void *arg);                      /* the monitor answers: the machine runs */
    void (*agent_connected)(void *arg);                /* the agent answered `hello`; again after each guest boot or redial */
    void (*agent_event)(void *arg, const json_t *event); /* {"event":"ready"} ... (guest-images/README.md) */
    void (*reset)(void *arg);                          /* the guest rebooted itself */
    void (*exited)(void *arg, enum machine_exit how);  /* the process is gone; free the machine */
};

struct plant { /* what all machines share */
    struct loop *loop;
    enum machine_accel accel;
    const char *qemu;     /* "qemu-system-x86_64" */
    const char *qemu_img; /* "qemu-img" */
};

/* What ACCEL_AUTO becomes here: KVM only where the CPU shows vmx or svm and /dev/kvm opens. */
enum machine_accel plant_accel(enum machine_accel wanted);

/* Starts the process, or adopts the one that machine.json names when it still runs (same pid, same start ticks): idempotent. NULL with err
 * when it cannot be started. Events come later. */
struct machine *machine_start(struct plant *p, const struct machine_spec *spec, const struct machine_events *events, void *arg, struct err *err);
/* Only adopts: NULL with err "NoMachine" when the process is gone. */
struct machine *machine_adopt(struct plant *p, const char *folder, const struct machine_events *events, void *arg, struct err *err);
/* True when a process that this folder's machine.json names is alive. */
bool machine_alive(const char *folder);
void machine_free(struct machine *m); /* lets go; the process lives on */
pid_t machine_pid(const struct machine *m);
bool machine_agent_ready(const struct machine *m); /* hello was answered since the last guest boot */

/* Answers by fn once: result (borrowed) or err ("Timeout", "NotConnected", "Failed" with the other side's text). */
typedef void (*machine_reply_fn)(void *arg, const json_t *result, struct err *err);
void machine_qmp(struct machine *m, const char *command, json_t *arguments, machine_reply_fn fn, void *arg); /* steals arguments (may be NULL) */
void machine_agent(struct machine *m, json_t *request, int64_t timeout_ms, machine_reply_fn fn, void *arg); /* steals; `id` is added */
void machine_screenshot(struct machine *m, const char *png_path, machine_reply_fn fn, void *arg);
void machine_kill(struct machine *m);  /* QMP quit, then SIGKILL after 2 s; `exited` follows */
void machine_reset(struct machine *m); /* hard reset, as the button */

struct machine_usage { /* since the process started; for metrics */
    int64_t cpu_us;    /* of the vCPU threads */
    int64_t resident_bytes;
};
void machine_usage(const struct machine *m, struct machine_usage *ret_usage);

#endif
