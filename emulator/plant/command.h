/* QEMU's command line for a machine. */
#ifndef PLANT_COMMAND_H
#define PLANT_COMMAND_H

#include "plant/machine.h"

#define COMMAND_SHUTDOWN_TRACE "qemu_system_shutdown_request"

/* NULL-terminated, all of it in the arena. The process must be started in the machine's folder. err
 * "InvalidSpec", or "NoFirmware" when UEFI is asked for and not installed. */
const char *const *command_build(struct arena *a, const struct plant *p,
                                 const struct machine_spec *spec, struct err *err);
/* A disk and a network interface in the words of the command line and of the monitor; new
 * references. */
json_t *command_disk_file(const struct machine_disk *d);
json_t *command_disk_device(const struct machine_disk *d);
json_t *command_nic_cable(const struct machine_nic *n, size_t index);
json_t *command_nic_device(const struct machine_nic *n);
/* Gives the folder what the command line expects in it besides what QEMU makes: a copy of UEFI's
 * variables. */
int command_prepare(int folder_fd, const struct machine_spec *spec, struct err *err) MUST_CHECK;

#endif
