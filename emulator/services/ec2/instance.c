/* The record of an instance: loading, states, rendering. */
#include "services/ec2/instance.h"

#include "base/text.h"
#include "base/timefmt.h"
#include "call/tag.h"
#include "services/ec2/address.h"
#include "services/ec2/interface.h"
#include "services/ec2/profile_association.h"
#include "services/ec2/resource.h"
#include "services/ec2/volume.h"

#include <string.h>
#include <time.h>

static const struct {
    const char *name;
    int code;
} states[INSTANCE_STATE_COUNT] = {
    [INSTANCE_PENDING] = {"pending", 0},
    [INSTANCE_RUNNING] = {"running", 16},
    [INSTANCE_SHUTTING_DOWN] = {"shutting-down", 32},
    [INSTANCE_TERMINATED] = {"terminated", 48},
    [INSTANCE_STOPPING] = {"stopping", 64},
    [INSTANCE_STOPPED] = {"stopped", 80},
};

/* "Instance lifecycle", EC2 user guide. A machine that shuts itself down passes from running to
 * stopping or shutting-down; one whose start fails ends terminated when it never ran, stopped
 * otherwise. */
static const bool transitions[INSTANCE_STATE_COUNT][INSTANCE_STATE_COUNT] = {
    [INSTANCE_PENDING] =
        {[INSTANCE_RUNNING] = true, [INSTANCE_SHUTTING_DOWN] = true, [INSTANCE_STOPPING] = true},
    [INSTANCE_RUNNING] = {[INSTANCE_STOPPING] = true, [INSTANCE_SHUTTING_DOWN] = true},
    [INSTANCE_STOPPING] = {[INSTANCE_STOPPED] = true, [INSTANCE_SHUTTING_DOWN] = true},
    [INSTANCE_STOPPED] = {[INSTANCE_PENDING] = true, [INSTANCE_SHUTTING_DOWN] = true},
    [INSTANCE_SHUTTING_DOWN] = {[INSTANCE_TERMINATED] = true},
};

const char *instance_state_name(enum instance_state state)
{
    return states[state].name;
}

int instance_state_code(enum instance_state state)
{
    return states[state].code;
}

bool instance_state_parse(const char *name, enum instance_state *ret_state)
{
    for (size_t i = 0; i < INSTANCE_STATE_COUNT; i++) {
        if (str_equal(states[i].name, name)) {
            *ret_state = (enum instance_state)i;
            return true;
        }
    }
    return false;
}

/* --- loading --- */

static void free_json(void *value)
{
    json_decref(value);
}

void instance_read(struct call *c, struct rows *r, struct instance *ret)
{
    enum instance_state state = INSTANCE_TERMINATED;
    (void)instance_state_parse(rows_text(r, 9), &state);
    *ret = (struct instance){
        .id = call_text(c, r, 0),
        .reservation_id = call_text(c, r, 1),
        .launch_index = rows_int(r, 2),
        .image_id = call_text(c, r, 3),
        .type = call_text(c, r, 4),
        .key_name = call_text(c, r, 5),
        .subnet_id = call_text(c, r, 6),
        .vpc_id = call_text(c, r, 7),
        .zone = call_text(c, r, 8),
        .state = state,
        .reason = rows_null(r, 10) ? "" : call_text(c, r, 10),
        .reason_code = call_text(c, r, 11),
        .reason_text = call_text(c, r, 12),
        .launched_ms = rows_int(r, 13),
        .changed_ms = rows_int(r, 14),
        .memory_mib = rows_int(r, 15),
        .ready_ms = rows_int(r, 16),
        .boots = rows_int(r, 17),
        .terminates_on_shutdown = str_equal(rows_text(r, 18), "terminate"),
        .no_stop = rows_int(r, 19) != 0,
        .no_termination = rows_int(r, 20) != 0,
        .user_data = call_text(c, r, 21),
        .doc = rows_json(r, 22),
        .public_key = call_text(c, r, 23),
    };
    arena_defer(c->arena, free_json, ret->doc);
}

bool instance_find(struct call *c, const char *id, struct instance *ret_instance)
{
    struct rows r;
    rows_open(&r, c->db,
              "SELECT " INSTANCE_COLUMNS
              " FROM ec2_instance WHERE account = ? AND region = ? AND id = ?",
              "sss", c->account, c->region, id);
    if (!rows_next(&r))
        return false;
    instance_read(c, &r, ret_instance);
    rows_close(&r);
    return true;
}

int instance_load(struct call *c, const char *id, struct instance *ret_instance)
{
    if (resource_id_check(c, "instance", id) != 0)
        return -1;
    if (instance_find(c, id, ret_instance))
        return 0;
    json_t *ids = json_pack("[s]", id);
    (void)resource_missing(c, "instance", ids);
    json_decref(ids);
    return -1;
}

/* All ids are checked before any is looked for, and all missing ones are named in one fault. */
int instance_load_all(struct call *c, struct instance **ret_list, size_t *ret_count)
{
    size_t given = arg_count(c, "InstanceIds"), count = 0;
    if (resource_count_check(c, given) != 0)
        return -1;
    struct instance *list = arena_alloc(c->arena, (given + 1) * sizeof(*list));
    for (size_t i = 0; i < given; i++)
        if (resource_id_check(c, "instance", arg_at(c, "InstanceIds", i)) != 0)
            return -1;
    json_t *missing = json_array();
    for (size_t i = 0; i < given; i++) {
        const char *id = arg_at(c, "InstanceIds", i);
        bool seen = false;
        for (size_t j = 0; j < count && !seen; j++)
            seen = str_equal(list[j].id, id);
        if (!seen && instance_find(c, id, &list[count]))
            count++;
        else if (!seen)
            json_append_new(missing, json_text_new(id));
    }
    int rc = json_array_size(missing) > 0 ? resource_missing(c, "instance", missing) : 0;
    json_decref(missing);
    *ret_list = list;
    *ret_count = count;
    return rc;
}

/* --- states --- */

bool instance_move(struct call *c, struct instance *instance, enum instance_state state,
                   const struct state_reason *why)
{
    if (!transitions[instance->state][state])
        return false;
    int64_t now = call_now_ms(c);
    db_exec(c->db,
            "UPDATE ec2_instance SET state = ?, state_code = ?, changed_ms = ?, reason = "
            "coalesce(?, reason),"
            " reason_code = ?, reason_text = ? WHERE id = ?",
            "siissss", states[state].name, (int64_t)states[state].code, now, why->transition,
            why->code, why->text, instance->id);
    instance->state = state;
    instance->changed_ms = now;
    return true;
}

const char *instance_user_initiated(struct call *c)
{
    char text[TIME_SIZE];
    time_format_iso8601(call_now_ms(c), text);
    return call_printf(c, "User initiated (%.10s %.8s GMT)", text, text + 11);
}

void instance_set_ready(struct call *c, const char *id, int64_t ready_ms)
{
    db_exec(c->db, "UPDATE ec2_instance SET ready_ms = nullif(?, 0) WHERE id = ?", "is", ready_ms,
            id);
}

void instance_count_boot(struct call *c, const char *id)
{
    db_exec(c->db, "UPDATE ec2_instance SET boots = boots + 1 WHERE id = ?", "s", id);
}

void instance_release(struct call *c, const struct instance *instance, json_t *ret_volumes)
{
    profile_release(c, instance->id);
    volume_release(c, instance->id, ret_volumes);
    interface_release(c, instance->id);
}

void instance_forget_terminated(struct db *db, int64_t before_ms)
{
    db_exec(db,
            "DELETE FROM tag WHERE resource IN"
            " (SELECT id FROM ec2_instance WHERE state = 'terminated' AND changed_ms < ?)",
            "i", before_ms);
    db_exec(db, "DELETE FROM ec2_instance WHERE state = 'terminated' AND changed_ms < ?", "i",
            before_ms);
    db_exec(db,
            "DELETE FROM ec2_reservation WHERE NOT EXISTS"
            " (SELECT 1 FROM ec2_instance i WHERE i.reservation_id = ec2_reservation.id)",
            "");
}

int64_t instance_memory_in_use(struct db *db)
{
    return db_int(db, 0,
                  "SELECT sum(memory_mib) FROM ec2_instance WHERE state IN ('pending', 'running', "
                  "'stopping', 'shutting-down')",
                  "");
}

int instance_check_capacity(struct call *c, const char *type, int64_t memory_mib)
{
    if (!c->site->guests)
        return 0;
    int64_t used = instance_memory_in_use(c->db), budget = c->site->memory_budget_mib;
    if (used + memory_mib <= budget)
        return 0;
    return call_fail(
        c, "InsufficientInstanceCapacity",
        "We currently do not have sufficient %s capacity on this machine: %lld MiB are asked for, "
        "and of its "
        "budget of %lld MiB for guests %lld MiB are free. Stop or terminate instances, choose a "
        "smaller type, or raise --memory-budget.",
        type, (long long)memory_mib, (long long)budget,
        (long long)(budget > used ? budget - used : 0));
}

/* --- rendering --- */

json_t *instance_state_to_json(enum instance_state state)
{
    json_t *out = json_object();
    json_set_int(out, "Code", states[state].code);
    json_set_str(out, "Name", states[state].name);
    return out;
}

json_t *instance_change_to_json(const char *id, enum instance_state before, enum instance_state now)
{
    json_t *out = json_object();
    json_set_new(out, "CurrentState", instance_state_to_json(now));
    json_set_str(out, "InstanceId", id);
    json_set_new(out, "PreviousState", instance_state_to_json(before));
    return out;
}

/* A terminated instance has given its network back: AWS shows it without addresses, subnet and VPC.
 */
static void network_to_json(struct call *c, const struct instance *instance, json_t *out)
{
    struct interface list[INTERFACES_MAX];
    size_t count = interface_of_instance(c, instance->id, list, INTERFACES_MAX);
    json_t *interfaces = json_array();
    for (size_t i = 0; i < count; i++)
        json_append_new(interfaces, interface_to_instance_json(c, &list[i]));
    json_set_new(out, "NetworkInterfaces", interfaces);
    json_set_new(out, "SecurityGroups", count > 0 ? interface_groups(c, list[0].id) : json_array());
    const char *public_address = count > 0 ? list[0].public_address : NULL;
    json_set_str(out, "PrivateDnsName",
                 count > 0 ? address_private_name(c->arena, c->region, list[0].address) : "");
    json_set_str(out, "PublicDnsName",
                 public_address != NULL ? address_public_name(c->arena, c->region, public_address)
                                        : "");
    if (count == 0)
        return;
    json_set_str(out, "PrivateIpAddress", list[0].address);
    json_set_str(out, "PublicIpAddress", public_address);
    json_set_bool(out, "SourceDestCheck", list[0].source_dest_check);
    json_set_str(out, "SubnetId", instance->subnet_id);
    json_set_str(out, "VpcId", instance->vpc_id);
}

json_t *instance_to_json(struct call *c, const struct instance *instance)
{
    json_t *out = json_copy(instance->doc);
    json_set_int(out, "AmiLaunchIndex", instance->launch_index);
    json_set_str(out, "ImageId", instance->image_id);
    json_set_str(out, "InstanceId", instance->id);
    json_set_str(out, "InstanceType", instance->type);
    json_set_str(out, "KeyName", instance->key_name);
    json_set_int(out, "LaunchTime", instance->launched_ms);
    json_set_new(out, "State", instance_state_to_json(instance->state));
    json_set_str(out, "StateTransitionReason", instance->reason);
    if (instance->reason_code != NULL) {
        json_t *reason = json_object();
        json_set_str(reason, "Code", instance->reason_code);
        json_set_str(reason, "Message", instance->reason_text);
        json_set_new(out, "StateReason", reason);
    }
    struct profile_association association;
    if (profile_of_instance(c, instance->id, &association))
        json_set_new(out, "IamInstanceProfile", profile_to_json(&association));
    json_set_new(out, "BlockDeviceMappings", volume_mappings(c, instance->id));
    network_to_json(c, instance, out);
    json_t *tags = tag_list(c, instance->id);
    if (json_array_size(tags) > 0)
        json_set_new(out, "Tags", tags);
    else
        json_decref(tags);
    return out;
}
