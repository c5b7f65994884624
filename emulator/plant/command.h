/* QEMU's command line for a machine. */
#ifndef PLANT_COMMAND_H
#define PLANT_COMMAND_H

#include "plant/machine.h"

#define COMMAND_SHUTDOWN_TRACE "qemu_system_shutdown_request"

/* NULL-terminated, all of it in the arena. The process must be started in the machine's folder. err
 * "InvalidSpec", or "NoFirmware" when UEFI is asked for and not installed. */
const char *const *command_build(struct arena *a, const struct plant *p,
                                 const struct machine_spec *spec, struct err *err);
/* Gives the folder what the command line expects in it besides what QEMU makes: a copy of UEFI's
 * variables. */
int command_prepare(int folder_fd, const struct machine_spec *spec, struct err *err) MUST_CHECK;

#endif
