/* The disks of a launch: the image's root disk, as the request changes it, and further empty ones.
 */
#include "services/ec2/launch.h"

#include "base/text.h"

#include <string.h>

/* "Device names on Linux instances", EC2 user guide: /dev/sd[b-p] and /dev/xvd[b-p] for further
 * volumes. */
static bool device_valid(const char *device)
{
    bool named = str_starts(device, "/dev/sd") || str_starts(device, "/dev/xvd");
    size_t len = strlen(device);
    return named && len == (device[5] == 's' ? 8U : 9U) && device[len - 1] >= 'b' &&
           device[len - 1] <= 'p';
}

static bool is_root(const struct launch *l, const char *device)
{
    return str_equal(device, l->image->root_device_name) || str_equal(device, "/dev/sda1");
}

static void read_ebs(const json_t *ebs, struct volume_spec *spec)
{
    spec->size_gib = json_int_or(ebs, "VolumeSize", spec->size_gib);
    spec->type = json_str_or(ebs, "VolumeType", spec->type);
    spec->iops = json_int_or(ebs, "Iops", 0);
    spec->throughput = json_int_or(ebs, "Throughput", 0);
    spec->encrypted = json_bool_or(ebs, "Encrypted", false);
    spec->delete_on_termination = json_bool_or(ebs, "DeleteOnTermination", true);
}

static int read_root(struct call *c, struct launch *l, const json_t *ebs)
{
    struct volume_spec *root = &l->volumes[0];
    const char *snapshot = json_str(ebs, "SnapshotId");
    if (snapshot != NULL && !str_equal(snapshot, root->snapshot_id))
        return call_fail(c, "InvalidBlockDeviceMapping",
                         "snapshotId can only be modified on EBS devices");
    read_ebs(ebs, root);
    if (root->size_gib < l->image->disk_size_gib)
        return call_fail(
            c, "InvalidBlockDeviceMapping",
            "Volume of size %lldGB is smaller than snapshot '%s', expect size>= %lldGB",
            (long long)root->size_gib, root->snapshot_id, (long long)l->image->disk_size_gib);
    return 0;
}

static int read_further(struct call *c, struct launch *l, const char *device, const json_t *ebs)
{
    if (!device_valid(device))
        return call_fail(
            c, "InvalidBlockDeviceMapping",
            "Value (%s) for parameter deviceName is invalid. Use /dev/sd[b-p] or /dev/xvd[b-p].",
            device);
    const char *snapshot = json_str(ebs, "SnapshotId");
    if (snapshot != NULL)
        return call_fail(c, "InvalidSnapshot.NotFound", "The snapshot '%s' does not exist.",
                         snapshot);
    if (json_get(ebs, "VolumeSize") == NULL)
        return call_fail(c, "MissingParameter",
                         "The request must contain the parameter size or snapshotId");
    size_t len = strlen(device);
    for (size_t i = 1; i < l->volume_count; i++)
        if (l->volumes[i].device[strlen(l->volumes[i].device) - 1] == device[len - 1])
            return call_fail(c, "InvalidBlockDeviceMapping",
                             "The device '%s' is used in more than one block-device mapping",
                             device);
    struct volume_spec *spec = &l->volumes[l->volume_count++];
    *spec = (struct volume_spec){.type = "gp2", .device = device};
    read_ebs(ebs, spec);
    return 0;
}

static int read_mapping(struct call *c, struct launch *l, const json_t *mapping)
{
    const char *device = json_str(mapping, "DeviceName");
    const json_t *ebs = json_get(mapping, "Ebs");
    if (device == NULL)
        return call_fail(c, "MissingParameter",
                         "The request must contain the parameter deviceName");
    if (json_get(mapping, "NoDevice") != NULL && is_root(l, device))
        return call_fail(c, "InvalidBlockDeviceMapping", "The root device %s cannot be suppressed",
                         device);
    if (json_get(mapping, "NoDevice") != NULL)
        return 0;
    if (json_get(mapping, "VirtualName") != NULL)
        return 0; /* instance store: AWS ignores it on types that have none, as all do here */
    if (ebs == NULL)
        return call_fail(c, "InvalidBlockDeviceMapping", "Missing device source for '%s'", device);
    if (is_root(l, device))
        return read_root(c, l, ebs);
    return read_further(c, l, device, ebs);
}

int launch_read_disks(struct call *c, struct launch *l)
{
    l->volumes[0] = (struct volume_spec){
        .size_gib = l->image->disk_size_gib,
        .type = "gp2",
        .snapshot_id = l->image->snapshot_id,
        .base = l->image->disk,
        .device = l->image->root_device_name,
        .delete_on_termination = true,
    };
    l->volume_count = 1;
    const json_t *mappings = arg_get(c, "BlockDeviceMappings");
    if (json_array_size(mappings) > VOLUMES_MAX - 1)
        return call_fail(c, "InvalidBlockDeviceMapping",
                         "At most %d block device mappings can be given", VOLUMES_MAX - 1);
    size_t i;
    json_t *mapping;
    json_array_foreach ((json_t *)(uintptr_t)mappings, i, mapping)
        if (read_mapping(c, l, mapping) != 0)
            return -1;
    for (i = 0; i < l->volume_count; i++) {
        l->volumes[i].zone = l->zone;
        if (volume_check(c, &l->volumes[i]) != 0)
            return -1;
    }
    return 0;
}
