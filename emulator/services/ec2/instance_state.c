/* StartInstances, StopInstances, RebootInstances, TerminateInstances: each checks all its instances
 * before it changes one. */
#include "operations.h"
#include "services/ec2/instance.h"
#include "services/ec2/interface.h"

static void wake_converge(struct call *c, const char *id)
{
    work_add(c->db, call_scope(c), "ec2/instance", id);
}

static int reply_changes(struct call *c, const char *member, json_t *changes)
{
    json_t *out = json_object();
    json_set_new(out, member, changes);
    return call_reply(c, out);
}

/* --- start --- */

static int check_start(struct call *c, const struct instance *list, size_t count)
{
    int64_t memory = 0;
    for (size_t i = 0; i < count; i++) {
        if (list[i].state == INSTANCE_RUNNING || list[i].state == INSTANCE_PENDING)
            continue;
        if (list[i].state != INSTANCE_STOPPED)
            return call_fail(c, "IncorrectInstanceState",
                             "The instance '%s' is not in a state from which it can be started.",
                             list[i].id);
        memory += list[i].memory_mib;
        if (instance_check_capacity(c, list[i].type, memory) != 0)
            return -1;
    }
    return 0;
}

static void start_one(struct call *c, struct instance *instance)
{
    static const struct state_reason none = {.transition = ""};
    if (!instance_move(c, instance, INSTANCE_PENDING, &none))
        return;
    db_exec(c->db, "UPDATE ec2_instance SET launched_ms = ?, ready_ms = NULL WHERE id = ?", "is",
            call_now_ms(c), instance->id);
    struct interface list[INTERFACES_MAX];
    size_t count = interface_of_instance(c, instance->id, list, INTERFACES_MAX);
    for (size_t i = 0; i < count; i++)
        interface_give_public(c, &list[i]);
    wake_converge(c, instance->id);
}

int ec2_start_instances(struct call *c)
{
    struct instance *list;
    size_t count;
    if (instance_load_all(c, &list, &count) != 0 || check_start(c, list, count) != 0)
        return -1;
    json_t *changes = json_array();
    for (size_t i = 0; i < count; i++) {
        enum instance_state before = list[i].state;
        start_one(c, &list[i]);
        json_append_new(changes, instance_change_to_json(list[i].id, before, list[i].state));
    }
    return reply_changes(c, "StartingInstances", changes);
}

/* --- stop --- */

static int check_stop(struct call *c, const struct instance *list, size_t count)
{
    if (arg_bool_or(c, "Hibernate", false))
        return call_fail(c, "UnsupportedHibernationConfiguration",
                         "The instance is not configured for hibernation");
    for (size_t i = 0; i < count; i++) {
        if (list[i].no_stop)
            return call_fail(c, "OperationNotPermitted",
                             "The instance '%s' may not be stopped. Modify its 'disableApiStop' "
                             "instance attribute and try again.",
                             list[i].id);
        if (list[i].state == INSTANCE_SHUTTING_DOWN || list[i].state == INSTANCE_TERMINATED)
            return call_fail(c, "IncorrectInstanceState",
                             "This instance '%s' is not in a state from which it can be stopped.",
                             list[i].id);
        if (list[i].state == INSTANCE_PENDING)
            return call_fail(c, "IncorrectInstanceState",
                             "The instance '%s' is not in a state from which it can be stopped.",
                             list[i].id);
    }
    return 0;
}

int ec2_stop_instances(struct call *c)
{
    struct instance *list;
    size_t count;
    if (instance_load_all(c, &list, &count) != 0 || check_stop(c, list, count) != 0)
        return -1;
    struct state_reason why = {
        .transition = instance_user_initiated(c),
        .code = "Client.UserInitiatedShutdown",
        .text = "Client.UserInitiatedShutdown: User initiated shutdown",
    };
    bool force = arg_bool_or(c, "Force", false) || arg_bool_or(c, "SkipOsShutdown", false);
    json_t *changes = json_array();
    for (size_t i = 0; i < count; i++) {
        enum instance_state before = list[i].state;
        (void)instance_move(c, &list[i], INSTANCE_STOPPING, &why);
        if (list[i].state == INSTANCE_STOPPING && force)
            work_add(c->db, call_scope(c), "ec2/instance-force", list[i].id);
        else if (list[i].state == INSTANCE_STOPPING)
            wake_converge(c, list[i].id);
        json_append_new(changes, instance_change_to_json(list[i].id, before, list[i].state));
    }
    return reply_changes(c, "StoppingInstances", changes);
}

/* --- reboot --- */

int ec2_reboot_instances(struct call *c)
{
    struct instance *list;
    size_t count;
    if (instance_load_all(c, &list, &count) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (list[i].state != INSTANCE_RUNNING && list[i].state != INSTANCE_PENDING)
            return call_fail(c, "IncorrectState",
                             "The instance '%s' is not in the 'running' state.", list[i].id);
    for (size_t i = 0; i < count; i++)
        work_add(c->db, call_scope(c), "ec2/instance-reboot", list[i].id);
    return call_reply(c, NULL);
}

/* --- terminate --- */

/* One protected instance of a zone keeps the others of that zone too; AWS then refuses the call
 * after terminating the other zones'. Here, as in one zone, nothing is changed. */
static int check_terminate(struct call *c, const struct instance *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].no_termination && list[i].state != INSTANCE_TERMINATED)
            return call_fail(c, "OperationNotPermitted",
                             "The instance '%s' may not be terminated. Modify its "
                             "'disableApiTermination' instance attribute and try again.",
                             list[i].id);
    return 0;
}

int ec2_terminate_instances(struct call *c)
{
    struct instance *list;
    size_t count;
    if (instance_load_all(c, &list, &count) != 0 || check_terminate(c, list, count) != 0)
        return -1;
    struct state_reason why = {
        .transition = instance_user_initiated(c),
        .code = "Client.UserInitiatedShutdown",
        .text = "Client.UserInitiatedShutdown: User initiated shutdown",
    };
    json_t *changes = json_array();
    for (size_t i = 0; i < count; i++) {
        enum instance_state before = list[i].state;
        if (instance_move(c, &list[i], INSTANCE_SHUTTING_DOWN, &why))
            wake_converge(c, list[i].id);
        json_append_new(changes, instance_change_to_json(list[i].id, before, list[i].state));
    }
    return reply_changes(c, "TerminatingInstances", changes);
}
