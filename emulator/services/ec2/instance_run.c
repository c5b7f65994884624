/* RunInstances: checks everything (launch.h), then writes one reservation with its instances,
 * interfaces and volumes. The machines come later, from the work rows. */
#include "call/tag.h"
#include "operations.h"
#include "services/ec2/instance.h"
#include "services/ec2/launch.h"

static void instance_insert(struct call *c, const struct launch *l, const char *reservation_id,
                            const char *id, int64_t index, const char *vpc_id)
{
    int64_t now = call_now_ms(c);
    db_exec(c->db,
            "INSERT INTO ec2_instance (account, region, id, reservation_id, launch_index, "
            "image_id, type, key_name,"
            " subnet_id, vpc_id, zone, state, state_code, launched_ms, changed_ms, memory_mib, "
            "shutdown_behavior,"
            " no_stop, no_termination, user_data, cpu_credits, doc, public_key)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "ssssissssssiiisiissjs", c->account, c->region, id, reservation_id, index, l->image->id,
            l->type->name, l->key_name, l->subnet_id, vpc_id, l->zone, now, now,
            l->type->memory_mib, arg_str_or(c, "InstanceInitiatedShutdownBehavior", "stop"),
            (int64_t)arg_bool_or(c, "DisableApiStop", false),
            (int64_t)arg_bool_or(c, "DisableApiTermination", false), l->user_data, l->cpu_credits,
            l->doc, l->public_key);
}

static int run_one(struct call *c, const struct launch *l, const char *reservation_id,
                   int64_t index, json_t *ret_list)
{
    const char *id = call_new_id(c, "i");
    const char *vpc_id = NULL;
    for (size_t i = 0; i < l->interface_count; i++) {
        struct interface_spec spec = l->interfaces[i];
        struct interface made;
        spec.instance_id = id;
        if (interface_create(c, &spec, &made) != 0)
            return -1;
        vpc_id = made.vpc_id;
    }
    for (size_t i = 0; i < l->volume_count; i++) {
        struct volume_spec spec = l->volumes[i];
        spec.instance_id = id;
        (void)volume_create(c, &spec);
    }
    instance_insert(c, l, reservation_id, id, index, vpc_id);
    struct profile_association association;
    if (l->has_profile)
        profile_associate(c, id, &l->profile, &association);
    tag_put_specs(c, "instance", id);
    work_add(c->db, call_scope(c), "ec2/instance", id);
    struct instance instance;
    if (!instance_find(c, id, &instance))
        return call_fail_internal(c, "instance %s was not written", id);
    json_append_new(ret_list, instance_to_json(c, &instance));
    return 0;
}

int ec2_run_instances(struct call *c)
{
    struct launch l;
    if (launch_read(c, &l) != 0)
        return -1;
    const char *reservation_id = call_new_id(c, "r");
    db_exec(c->db, "INSERT INTO ec2_reservation (account, region, id) VALUES (?, ?, ?)", "sss",
            c->account, c->region, reservation_id);
    json_t *instances = json_array();
    for (int64_t i = 0; i < l.count; i++) {
        if (run_one(c, &l, reservation_id, i, instances) != 0) {
            json_decref(instances);
            return -1;
        }
    }
    json_t *out = json_object();
    json_set_new(out, "Groups", json_array());
    json_set_new(out, "Instances", instances);
    json_set_str(out, "OwnerId", c->account);
    json_set_str(out, "ReservationId", reservation_id);
    return call_reply(c, out);
}
