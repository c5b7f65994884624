/* Volumes: see volume.h, and DescribeVolumes. */
#include "services/ec2/volume.h"

#include "base/text.h"
#include "call/describe.h"
#include "call/tag.h"
#include "operations.h"
#include "services/ec2/resource.h"

/* "Amazon EBS volume types", EBS user guide: sizes in GiB, IOPS, throughput in MiB/s; 0: not for
 * this type. */
struct volume_type {
    const char *name;
    int64_t size_min, size_max;
    int64_t iops_min, iops_max, iops_default, iops_per_gib; /* gp2: 3 per GiB, at least 100 */
    int64_t throughput_min, throughput_max, throughput_default;
};
static const struct volume_type volume_types[] = {
    {"gp2", 1, 16384, 0, 0, 100, 3, 0, 0, 0},
    {"gp3", 1, 65536, 3000, 80000, 3000, 500, 125, 2000, 125},
    {"io1", 4, 16384, 100, 64000, 0, 50, 0, 0, 0},
    {"io2", 4, 65536, 100, 256000, 0, 1000, 0, 0, 0},
    {"st1", 125, 16384, 0, 0, 0, 0, 0, 0, 0},
    {"sc1", 125, 16384, 0, 0, 0, 0, 0, 0, 0},
    {"standard", 1, 1024, 0, 0, 0, 0, 0, 0, 0},
};

static const struct volume_type *type_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(volume_types); i++)
        if (str_equal(volume_types[i].name, name))
            return &volume_types[i];
    return NULL;
}

static int check_iops(struct call *c, const struct volume_type *type,
                      const struct volume_spec *spec)
{
    if (spec->iops == 0 && type->iops_min > 0 && type->iops_default == 0)
        return call_fail(c, "MissingParameter",
                         "The request must contain the parameter iops for volume type %s",
                         type->name);
    if (spec->iops == 0)
        return 0;
    if (type->iops_min == 0)
        return call_fail(c, "InvalidParameterCombination",
                         "The parameter iops is not supported for %s volumes", type->name);
    if (spec->iops < type->iops_min || spec->iops > type->iops_max)
        return call_fail(c, "InvalidParameterValue",
                         "Volume iops of %lld is out of range: %s volumes take %lld to %lld",
                         (long long)spec->iops, type->name, (long long)type->iops_min,
                         (long long)type->iops_max);
    if (spec->iops > type->iops_default && spec->iops > spec->size_gib * type->iops_per_gib)
        return call_fail(c, "InvalidParameterValue",
                         "Iops to volume size ratio of %.1f is too high; maximum is %lld",
                         (double)spec->iops / (double)spec->size_gib,
                         (long long)type->iops_per_gib);
    return 0;
}

int volume_check(struct call *c, const struct volume_spec *spec)
{
    const struct volume_type *type = type_find(spec->type);
    if (type == NULL)
        return call_fail(c, "InvalidParameterValue",
                         "Value (%s) for parameter volumeType is invalid.", spec->type);
    if (spec->size_gib < type->size_min || spec->size_gib > type->size_max)
        return call_fail(
            c, "InvalidParameterValue",
            "Volume of %lldGiB is invalid for volume type %s: sizes are %lldGiB to %lldGiB",
            (long long)spec->size_gib, type->name, (long long)type->size_min,
            (long long)type->size_max);
    if (check_iops(c, type, spec) != 0)
        return -1;
    if (spec->throughput == 0)
        return 0;
    if (type->throughput_min == 0)
        return call_fail(c, "InvalidParameterCombination",
                         "The parameter throughput is not supported for %s volumes", type->name);
    if (spec->throughput < type->throughput_min || spec->throughput > type->throughput_max)
        return call_fail(
            c, "InvalidParameterValue",
            "Volume throughput of %lld is out of range: %s volumes take %lld to %lld MiB/s",
            (long long)spec->throughput, type->name, (long long)type->throughput_min,
            (long long)type->throughput_max);
    return 0;
}

static int64_t iops_of(const struct volume_type *type, const struct volume_spec *spec)
{
    if (spec->iops > 0 || !str_equal(type->name, "gp2"))
        return spec->iops > 0 ? spec->iops : type->iops_default;
    int64_t iops = spec->size_gib * type->iops_per_gib;
    return iops < 100 ? 100 : iops > 16000 ? 16000 : iops;
}

const char *volume_create(struct call *c, const struct volume_spec *spec)
{
    const struct volume_type *type = type_find(spec->type);
    const char *id = call_new_id(c, "vol");
    int64_t now = call_now_ms(c);
    db_exec(c->db,
            "INSERT INTO ec2_volume (account, region, id, zone, size_gib, type, iops, throughput, "
            "snapshot_id,"
            " encrypted, state, created_ms, instance_id, device, attach_state, attached_ms, "
            "delete_on_termination, base)"
            " VALUES (?, ?, ?, ?, ?, ?, nullif(?, 0), nullif(?, 0), ?, ?, 'creating', ?, ?, ?, "
            "'attaching', ?, ?, ?)",
            "ssssisiisiissiis", c->account, c->region, id, spec->zone, spec->size_gib, spec->type,
            iops_of(type, spec), spec->throughput > 0 ? spec->throughput : type->throughput_default,
            spec->snapshot_id, (int64_t)spec->encrypted, now, spec->instance_id, spec->device, now,
            (int64_t)spec->delete_on_termination, spec->base);
    tag_put_specs(c, "volume", id);
    return id;
}

size_t volume_of_instance(struct call *c, const char *instance_id, struct volume *out,
                          size_t capacity)
{
    size_t count = 0;
    struct rows r;
    rows_open(&r, c->db,
              "SELECT id, size_gib, type, state, instance_id, device, attach_state, attached_ms,"
              " delete_on_termination, base FROM ec2_volume WHERE instance_id = ? ORDER BY device",
              "s", instance_id);
    while (count < capacity && rows_next(&r))
        out[count++] = (struct volume){
            .id = call_text(c, &r, 0),
            .size_gib = rows_int(&r, 1),
            .type = call_text(c, &r, 2),
            .state = call_text(c, &r, 3),
            .instance_id = call_text(c, &r, 4),
            .device = call_text(c, &r, 5),
            .attach_state = call_text(c, &r, 6),
            .attached_ms = rows_int(&r, 7),
            .delete_on_termination = rows_int(&r, 8) != 0,
            .base = call_text(c, &r, 9),
        };
    rows_close(&r);
    return count;
}

void volume_set_base(struct call *c, const char *id, const char *base)
{
    db_exec(c->db, "UPDATE ec2_volume SET base = ? WHERE account = ? AND id = ?", "sss", base,
            c->account, id);
}

void volume_ready(struct call *c, const char *instance_id)
{
    db_exec(
        c->db,
        "UPDATE ec2_volume SET state = 'in-use', attach_state = 'attached' WHERE instance_id = ?",
        "s", instance_id);
}

void volume_release(struct call *c, const char *instance_id, json_t *ret_deleted)
{
    struct volume list[VOLUMES_MAX];
    size_t count = volume_of_instance(c, instance_id, list, VOLUMES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!list[i].delete_on_termination)
            continue;
        tag_remove_all(c, list[i].id);
        db_exec(c->db, "DELETE FROM ec2_volume WHERE id = ?", "s", list[i].id);
        json_append_new(ret_deleted, json_text_new(list[i].id));
    }
    db_exec(c->db,
            "UPDATE ec2_volume SET instance_id = NULL, device = NULL, attach_state = NULL, "
            "attached_ms = NULL,"
            " delete_on_termination = NULL, state = 'available' WHERE instance_id = ?",
            "s", instance_id);
}

int volume_set_delete_on_termination(struct call *c, const char *instance_id, const char *device,
                                     bool value)
{
    db_exec(c->db,
            "UPDATE ec2_volume SET delete_on_termination = ? WHERE instance_id = ? AND device = ?",
            "iss", (int64_t)value, instance_id, device);
    if (db_changed(c->db) == 0)
        return call_fail(c, "InvalidInstanceAttributeValue", "No device is currently mapped at %s",
                         device);
    return 0;
}

json_t *volume_mappings(struct call *c, const char *instance_id)
{
    struct volume list[VOLUMES_MAX];
    size_t count = volume_of_instance(c, instance_id, list, VOLUMES_MAX);
    json_t *mappings = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *ebs = json_object();
        json_set_int(ebs, "AttachTime", list[i].attached_ms);
        json_set_bool(ebs, "DeleteOnTermination", list[i].delete_on_termination);
        json_set_str(ebs, "Status", list[i].attach_state);
        json_set_str(ebs, "VolumeId", list[i].id);
        json_t *mapping = json_object();
        json_set_str(mapping, "DeviceName", list[i].device);
        json_set_new(mapping, "Ebs", ebs);
        json_append_new(mappings, mapping);
    }
    return mappings;
}

/* --- DescribeVolumes --- */

static json_t *attachments_to_json(struct rows *row, const char *id)
{
    json_t *attachments = json_array();
    if (rows_null(row, 9))
        return attachments;
    json_t *attachment = json_object();
    json_set_int(attachment, "AttachTime", rows_int(row, 12));
    json_set_bool(attachment, "DeleteOnTermination", rows_int(row, 13) != 0);
    json_set_str(attachment, "Device", rows_text(row, 10));
    json_set_str(attachment, "InstanceId", rows_text(row, 9));
    json_set_str(attachment, "State", rows_text(row, 11));
    json_set_str(attachment, "VolumeId", id);
    json_append_new(attachments, attachment);
    return attachments;
}

static json_t *render(struct call *c, struct rows *row)
{
    const char *id = call_text(c, row, 0);
    json_t *out = json_object();
    json_set_new(out, "Attachments", attachments_to_json(row, id));
    json_set_str(out, "AvailabilityZone", rows_text(row, 1));
    json_set_int(out, "CreateTime", rows_int(row, 8));
    json_set_bool(out, "Encrypted", rows_int(row, 6) != 0);
    if (!rows_null(row, 4))
        json_set_int(out, "Iops", rows_int(row, 4));
    if (!rows_null(row, 14))
        json_set_int(out, "Throughput", rows_int(row, 14));
    json_set_bool(out, "MultiAttachEnabled", false);
    json_set_int(out, "Size", rows_int(row, 2));
    json_set_str(out, "SnapshotId", rows_null(row, 5) ? "" : rows_text(row, 5));
    json_set_str(out, "State", rows_text(row, 7));
    json_set_str(out, "VolumeId", id);
    json_set_str(out, "VolumeType", rows_text(row, 3));
    json_t *tags = tag_list(c, id);
    if (json_array_size(tags) > 0)
        json_set_new(out, "Tags", tags);
    else
        json_decref(tags);
    return out;
}

static int check_id(struct call *c, const char *id)
{
    return resource_id_check(c, "volume", id);
}

static int missing(struct call *c, const json_t *ids)
{
    return resource_missing(c, "volume", ids);
}

static const struct describe_filter filters[] = {
    {"attachment.attach-time", "Attachments.AttachTime", NULL},
    {"attachment.delete-on-termination", "Attachments.DeleteOnTermination", NULL},
    {"attachment.device", "Attachments.Device", "device"},
    {"attachment.instance-id", "Attachments.InstanceId", "instance_id"},
    {"attachment.status", "Attachments.State", "attach_state"},
    {"availability-zone", "AvailabilityZone", "zone"},
    {"create-time", "CreateTime", NULL},
    {"encrypted", "Encrypted", NULL},
    {"fast-restored", "FastRestored", NULL},
    {"multi-attach-enabled", "MultiAttachEnabled", NULL},
    {"operator.managed", "Operator.Managed", NULL},
    {"operator.principal", "Operator.Principal", NULL},
    {"size", "Size", NULL},
    {"snapshot-id", "SnapshotId", "snapshot_id"},
    {"status", "State", "state"},
    {"volume-id", "VolumeId", "id"},
    {"volume-type", "VolumeType", "type"},
};

static const struct describe describe_volumes = {
    .ids_member = "VolumeIds",
    .id_path = "VolumeId",
    .id_column = "id",
    .id_check = check_id,
    .id_missing = missing,
    .tags_path = "Tags",
    .filters = filters,
    .filter_count = ARRAY_LEN(filters),
    .page_min = 5,
    .page_max = 1000,
    .sql = "SELECT id, zone, size_gib, type, iops, snapshot_id, encrypted, state, created_ms, "
           "instance_id, device,"
           " attach_state, attached_ms, delete_on_termination, throughput FROM ec2_volume"
           " WHERE account = ? AND region = ?",
    .key_column = "id",
    .render = render,
};

int ec2_describe_volumes(struct call *c)
{
    return describe_reply(c, &describe_volumes, "Volumes");
}
