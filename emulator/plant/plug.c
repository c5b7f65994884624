/* Plugging into a machine that runs: the host's end, then the device. The monitor does one after
 * the other, so the device's answer speaks for both; why a host's end failed stands in the log. */
#include "plant/command.h"

#include "base/log.h"

static void on_host_end(void *arg, const json_t *result, struct err *err)
{
    (void)arg;
    (void)result;
    if (err != NULL)
        log_debug("the monitor refuses what is to be plugged: %s", err->text);
}

void machine_disk_plug(struct machine *m, const struct machine_disk *disk, machine_reply_fn fn,
                       void *arg)
{
    machine_qmp(m, "blockdev-add", command_disk_file(disk), on_host_end, NULL);
    machine_qmp(m, "device_add", command_disk_device(disk), fn, arg);
}

void machine_nic_plug(struct machine *m, const struct machine_nic *nic, size_t index,
                      machine_reply_fn fn, void *arg)
{
    machine_qmp(m, "netdev_add", command_nic_cable(nic, index), on_host_end, NULL);
    machine_qmp(m, "device_add", command_nic_device(nic), fn, arg);
}

void machine_disk_announce(struct machine *m, const char *disk_id, int64_t bytes,
                           machine_reply_fn fn, void *arg)
{
    machine_qmp(m, "block_resize",
                json_pack("{s:s, s:I}", "node-name", disk_id, "size", (json_int_t)bytes), fn, arg);
}
