/* The machine of one instance. The row's state says what is wanted; guest_tick compares it with
 * what is there and starts the next thing. Everything that happens to the machine ends in
 * guest_tick or in guest_ended, which moves the row on.
 *
 *   pending        no machine: wait for a turn, then boot (boot.c), which moves the row to running
 *   running        machine: nothing. No machine: it ended while nobody looked
 *   stopping       machine: ask the guest to power off, then quit it. No machine: stopped
 *   shutting-down  machine: quit it. No machine: free everything, terminated
 *
 * Without guests (--guests none) there is never a machine, and the rows walk through the same
 * states. */
#include "converge/internal.h"

#include "base/log.h"
#include "base/text.h"
#include "loop/file.h"
#include "services/ec2/interface.h"
#include "services/ec2/volume.h"

#include <string.h>

#define STOP_ASKED_MS 90000 /* how long a guest may take to power off */
#define STOP_DEAF_MS                                                                               \
    20000 /* without an agent: the power button is pressed, and no answer is known */
#define TURN_MS            60000 /* a machine that is not ready by then no longer holds up the others */
#define AGENTLESS_READY_MS 30000

static bool load(struct call *c, const struct guest *g, struct instance *ret)
{
    return !call_failed(c) && instance_find(c, g->id, ret);
}

struct guest *guest_get(struct converge *cv, struct scope scope, const char *id)
{
    struct guest *g = hash_get(cv->guests, id);
    if (g != NULL)
        return g;
    g = xcalloc(1, sizeof(*g));
    g->cv = cv;
    str_copy(g->id, sizeof(g->id), id);
    str_copy(g->account, sizeof(g->account), scope.account);
    str_copy(g->region, sizeof(g->region), scope.region);
    list_init(&g->queued);
    hash_put(cv->guests, id, g);
    return g;
}

char *guest_folder(const struct guest *g)
{
    return xasprintf("%s/%s", g->cv->instances_folder, g->id);
}

char *volume_path(const struct converge *cv, const char *volume_id)
{
    return xasprintf("%s/%s.qcow2", cv->volumes_folder, volume_id);
}

static void guest_free(struct guest *g)
{
    struct converge *cv = g->cv;
    list_remove(&g->queued);
    timer_free(g->deadline);
    machine_free(g->machine);
    hash_remove(cv->guests, g->id);
    free(g);
    quiesce_check(cv);
}

void guest_let_go(struct guest *g)
{
    if (g->boot != NULL)
        plan_abandon(g->boot);
    g->boot = NULL;
    arena_free(g->arena);
    timer_free(g->deadline);
    g->deadline = NULL;
    machine_free(g->machine);
    g->machine = NULL;
}

/* --- turns: two cores stay usable --- */

void queue_run(struct converge *cv)
{
    while (cv->booting < cv->config.boots_at_once && !list_empty(&cv->queue)) {
        struct guest *g = list_entry(cv->queue.next, struct guest, queued);
        list_remove(&g->queued);
        g->in_queue = false;
        g->holds_turn = true;
        cv->booting++;
        boot_start(g);
    }
    if (cv->booting == 0)
        templates_quiet(cv->templates);
}

void guest_give_turn(struct guest *g)
{
    if (!g->holds_turn)
        return;
    g->holds_turn = false;
    g->cv->booting--;
    queue_run(g->cv);
}

static void turn_is_over(void *arg)
{
    guest_give_turn(arg);
}

static void deadline_set(struct guest *g, timer_fn fn, int64_t delay_ms)
{
    timer_free(g->deadline);
    g->deadline = timer_new(g->cv->config.loop, fn, g);
    timer_start(g->deadline, delay_ms, 0);
}

static void queue_add(struct guest *g)
{
    if (g->in_queue || g->boot != NULL || g->machine != NULL)
        return;
    g->in_queue = true;
    list_append(&g->cv->queue, &g->queued);
    queue_run(g->cv);
}

/* --- ends --- */

static void unplug(struct guest *g, struct call *c)
{
    struct interface list[INTERFACES_MAX];
    size_t count = interface_of_instance(c, g->id, list, INTERFACES_MAX);
    for (size_t i = 0; i < count && g->cv->net != NULL; i++)
        net_port_remove(g->cv->net, list[i].id);
    g->plugged = false;
}

static void reset_memory(struct guest *g)
{
    timer_free(g->deadline);
    g->deadline = NULL;
    g->stop_asked = false;
    g->force = false;
}

static void guest_stopped(struct guest *g, struct call *c, struct instance *i)
{
    struct state_reason same = {.transition = NULL, .code = i->reason_code, .text = i->reason_text};
    unplug(g, c);
    interface_take_public(c, g->id);
    instance_set_ready(c, g->id, 0);
    (void)instance_move(c, i, INSTANCE_STOPPED, &same);
}

/* A terminated instance's files: the rows are gone, and what is left if we die now is removed at
 * the next start. */
static void volumes_remove(struct guest *g, const json_t *ids)
{
    for (size_t i = 0; g->cv->config.plant != NULL && i < json_array_size(ids); i++) {
        char *path = volume_path(g->cv, json_string_value(json_array_get(ids, i)));
        disk_remove(g->cv->config.plant, path, NULL, NULL);
        free(path);
    }
}

static void guest_terminated(struct guest *g, struct call *c, struct instance *i,
                             json_t *ret_volumes)
{
    struct state_reason same = {.transition = NULL, .code = i->reason_code, .text = i->reason_text};
    unplug(g, c);
    instance_release(c, i, ret_volumes);
    instance_set_ready(c, g->id, 0);
    (void)instance_move(c, i, INSTANCE_TERMINATED, &same);
}

static void folder_removed(void *arg, struct err *err)
{
    struct guest *g = arg;
    if (err != NULL)
        log_warn("%s: its folder could not be removed: %s", g->id, err->text);
    guest_free(g);
}

static void guest_remove_folder(struct guest *g)
{
    if (g->cv->config.plant == NULL) {
        guest_free(g);
        return;
    }
    g->removing = true;
    char *folder = guest_folder(g);
    folder_remove(g->cv->config.loop, folder, folder_removed, g);
    free(folder);
}

/* There is no machine (any more): the row moves on to where it was going. */
static void guest_settle(struct guest *g)
{
    struct call *c = converge_begin(g->cv, guest_scope(g));
    struct instance i;
    json_t *volumes = json_array();
    bool known = load(c, g, &i), gone = false;
    if (known && i.state == INSTANCE_STOPPING)
        guest_stopped(g, c, &i);
    else if (known && i.state == INSTANCE_SHUTTING_DOWN)
        guest_terminated(g, c, &i, volumes);
    gone = !known || i.state == INSTANCE_TERMINATED;
    bool stopped = known && i.state == INSTANCE_STOPPED;
    if (known)
        log_info("%s is %s", g->id, instance_state_name(i.state));
    bool written = converge_end(c);
    reset_memory(g);
    if (written)
        volumes_remove(g, volumes);
    json_decref(volumes);
    if (stopped) {
        guest_free(g);
    } else if (gone) {
        guest_remove_folder(g);
    }
}

/* The guest's own shutdown, a crash, or a start that failed: what AWS would make of it. */
static void guest_ended_itself(struct guest *g, enum machine_exit how, const char *text)
{
    struct call *c = converge_begin(g->cv, guest_scope(g));
    struct instance i;
    bool crashed = how != MACHINE_EXIT_POWEROFF;
    struct state_reason why = {
        .transition = "",
        .code = crashed ? "Server.InternalError" : "Client.InstanceInitiatedShutdown",
        .text = crashed ? "Server.InternalError: Internal error on launch"
                        : "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
    };
    if (!g->doomed && load(c, g, &i) &&
        (i.state == INSTANCE_RUNNING || i.state == INSTANCE_PENDING)) {
        bool never_ran = i.state == INSTANCE_PENDING && i.boots == 0;
        bool terminate = never_ran || (!crashed && i.terminates_on_shutdown);
        if (crashed)
            log_error("%s: its machine ended: %s", g->id, text);
        (void)instance_move(c, &i, terminate ? INSTANCE_SHUTTING_DOWN : INSTANCE_STOPPING, &why);
    }
    (void)converge_end(c);
}

static void guest_ended(struct guest *g, enum machine_exit how)
{
    guest_ended_itself(
        g, how, g->machine != NULL ? machine_exit_text(g->machine) : "it could not be started");
    machine_free(g->machine);
    g->machine = NULL;
    g->plugged = false;
    guest_give_turn(g);
    guest_tick(g);
}

/* --- stopping --- */

static void stop_took_too_long(void *arg)
{
    struct guest *g = arg;
    log_warn("%s does not power off; its machine is ended", g->id);
    if (g->machine != NULL)
        machine_kill(g->machine);
}

static void stop_answered(void *arg, const json_t *result, struct err *err)
{
    struct guest *g = arg;
    (void)result;
    if (err != NULL && g->machine != NULL)
        machine_kill(g->machine);
}

/* A guest that has not come up yet has nothing to save, and nobody in it who would listen. */
static void guest_stop(struct guest *g, const struct instance *i)
{
    if (g->force || (i->ready_ms == 0 && !machine_agent_ready(g->machine))) {
        machine_kill(g->machine);
        return;
    }
    if (g->stop_asked)
        return;
    g->stop_asked = true;
    bool agent = machine_agent_ready(g->machine);
    deadline_set(g, stop_took_too_long, agent ? STOP_ASKED_MS : STOP_DEAF_MS);
    if (agent)
        machine_agent(g->machine, json_pack("{ss}", "do", "poweroff"), 10000, stop_answered, g);
    else
        machine_qmp(g->machine, "system_powerdown", NULL, stop_answered, g);
}

/* --- the look --- */

static bool read_state(struct guest *g, struct instance *ret)
{
    struct call *c = converge_begin(g->cv, guest_scope(g));
    bool known = load(c, g, ret);
    /* Only plain values are used after the call has ended. */
    (void)converge_end(c);
    return known;
}

/* Without machines the rows still walk through their states. */
static void walk_without_machine(struct guest *g)
{
    struct call *c = converge_begin(g->cv, guest_scope(g));
    struct instance i;
    struct state_reason none = {.transition = ""};
    if (load(c, g, &i) && i.state == INSTANCE_PENDING) {
        instance_count_boot(c, g->id);
        volume_ready(c, g->id);
        instance_set_ready(c, g->id, call_now_ms(c));
        (void)instance_move(c, &i, INSTANCE_RUNNING, &none);
    }
    (void)converge_end(c);
}

static void tick_without_machine(struct guest *g, enum instance_state state)
{
    bool wants_machine = state == INSTANCE_PENDING || state == INSTANCE_RUNNING;
    if (!wants_machine && g->in_queue) {
        list_remove(&g->queued);
        g->in_queue = false;
    }
    if (state == INSTANCE_PENDING && g->cv->config.plant == NULL)
        walk_without_machine(g);
    else if (state == INSTANCE_PENDING)
        queue_add(g);
    else if (state == INSTANCE_RUNNING && g->cv->config.plant != NULL)
        guest_ended(g, MACHINE_EXIT_CRASH);
    else if (state != INSTANCE_RUNNING)
        guest_settle(g);
}

static void tick_doomed(struct guest *g)
{
    if (g->boot != NULL) {
        plan_cancel(g->boot, "everything is to end");
    } else if (g->machine != NULL) {
        machine_kill(g->machine);
    } else {
        struct call *c = converge_begin(g->cv, guest_scope(g));
        unplug(g, c);
        (void)converge_end(c);
        guest_remove_folder(g);
    }
}

void guest_doom(struct guest *g)
{
    g->doomed = true;
    guest_tick(g);
}

void guest_tick(struct guest *g)
{
    struct instance i = {.state = INSTANCE_TERMINATED};
    if (g->removing)
        return;
    if (g->doomed) {
        tick_doomed(g);
        return;
    }
    bool known = read_state(g, &i);
    bool ends = !known || i.state == INSTANCE_SHUTTING_DOWN || i.state == INSTANCE_TERMINATED;
    if (g->boot != NULL && (ends || i.state == INSTANCE_STOPPING)) {
        plan_cancel(g->boot, "the instance is to end");
        return;
    }
    if (g->machine == NULL && g->boot == NULL)
        tick_without_machine(g, i.state);
    else if (g->machine != NULL && ends)
        machine_kill(g->machine);
    else if (g->machine != NULL && i.state == INSTANCE_STOPPING)
        guest_stop(g, &i);
}

void guest_force(struct guest *g)
{
    g->force = true;
    guest_tick(g);
}

/* --- rebooting --- */

static void reboot_answered(void *arg, const json_t *result, struct err *err)
{
    struct guest *g = arg;
    (void)result;
    if (err != NULL && g->machine != NULL)
        machine_reset(g->machine);
}

void guest_reboot(struct guest *g)
{
    if (g->machine == NULL)
        return;
    if (machine_agent_ready(g->machine))
        machine_agent(g->machine, json_pack("{ss}", "do", "reboot"), 10000, reboot_answered, g);
    else
        machine_reset(g->machine);
}

/* --- what the machine tells --- */

static void set_ready(struct guest *g, bool ready)
{
    struct call *c = converge_begin(g->cv, guest_scope(g));
    instance_set_ready(c, g->id, ready ? call_now_ms(c) : 0);
    (void)converge_end(c);
    if (!ready)
        return;
    log_info("%s is ready: sshd answers", g->id);
    if (g->holds_turn) {
        timer_free(g->deadline);
        g->deadline = NULL;
        guest_give_turn(g);
    }
}

static void agentless_ready(void *arg)
{
    set_ready(arg, true);
}

static void on_connected(void *arg)
{
    boot_machine_answers(arg);
}

static void told_state(void *arg, const json_t *result, struct err *err)
{
    struct guest *g = arg;
    if (err == NULL && str_equal(json_str(result, "state"), "ready"))
        set_ready(g, true);
}

static void told_listening(void *arg, const json_t *result, struct err *err)
{
    struct guest *g = arg;
    if (err == NULL && g->cv->net != NULL)
        network_listening(g->cv, g->id, json_get(result, "listen"));
}

static void identity_applied(void *arg, const json_t *result, struct err *err)
{
    struct guest *g = arg;
    (void)result;
    if (err != NULL) {
        log_warn("%s: its agent did not take its identity: %s", g->id, err->text);
        return;
    }
    machine_agent(g->machine, json_pack("{ss}", "do", "hello"), 10000, told_state, g);
    machine_agent(g->machine, json_pack("{ss}", "do", "stats"), 10000, told_listening, g);
}

static void on_agent_connected(void *arg)
{
    struct guest *g = arg;
    if (warm_agent_answers(g))
        return;
    json_t *identity = identity_make(g);
    if (identity != NULL)
        machine_agent(g->machine, identity, 30000, identity_applied, g);
}

static void on_agent_event(void *arg, const json_t *event)
{
    struct guest *g = arg;
    const char *word = json_str_or(event, "event", "");
    if (str_equal(word, "ready"))
        set_ready(g, true);
    else if (str_equal(word, "listen") && g->cv->net != NULL)
        network_listening(g->cv, g->id, event);
    else if (str_equal(word, "user-data"))
        log_info("%s: user data: %s", g->id, json_str_or(event, "state", "?"));
}

static void on_reset(void *arg)
{
    struct guest *g = arg;
    log_info("%s reboots", g->id);
    set_ready(g, false);
}

static void on_exited(void *arg, enum machine_exit how)
{
    struct guest *g = arg;
    if (g->boot != NULL)
        boot_machine_ended(g);
    else
        guest_ended(g, how);
}

const struct machine_events guest_events = {
    .connected = on_connected,
    .agent_connected = on_agent_connected,
    .agent_event = on_agent_event,
    .reset = on_reset,
    .exited = on_exited,
};

/* --- boot and adoption --- */

void guest_booted(struct guest *g, bool has_agent)
{
    deadline_set(g, has_agent ? turn_is_over : agentless_ready,
                 has_agent ? TURN_MS : AGENTLESS_READY_MS);
    guest_tick(g);
}

void guest_boot_failed(struct guest *g, const char *text)
{
    guest_ended_itself(g, MACHINE_EXIT_CRASH, text);
    guest_give_turn(g);
    guest_tick(g);
}

static enum machine_exit exit_while_away(const struct err *err)
{
    return str_equal(err->code, "PoweredOff") ? MACHINE_EXIT_POWEROFF : MACHINE_EXIT_CRASH;
}

/* At start: a running machine is taken over as it is; a boot that was under way starts over, and
 * finds the machine if it was started. */
void guest_adopt(struct guest *g)
{
    struct instance i;
    struct err err = {.code = ""};
    if (!read_state(g, &i))
        return;
    if (g->cv->config.plant == NULL || i.state == INSTANCE_PENDING) {
        guest_tick(g);
        return;
    }
    char *folder = guest_folder(g);
    g->machine = machine_adopt(g->cv->config.plant, folder, &guest_events, g, &err);
    free(folder);
    if (g->machine == NULL && i.state == INSTANCE_RUNNING) {
        log_info("%s ended while the emulator was away: %s", g->id, err.text);
        guest_ended_itself(g, exit_while_away(&err), err.text);
    } else if (g->machine != NULL && i.state != INSTANCE_SHUTTING_DOWN &&
               guest_plug(g, &err) != 0) {
        log_error("%s: its network: %s", g->id, err.text);
    }
    guest_tick(g);
}
