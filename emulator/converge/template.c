/* Making templates, one at a time, while nothing boots.
 *
 * Happy path: template_want notes a shape -> nothing boots: a folder with a root disk on the
 * image's
 * -> its machine boots -> the agent is told a name for the time being -> sshd answers -> the agent
 * brings the machine to rest -> its state is saved -> the machine is ended -> the manifest is
 * written and the folder gets its name. */
#include "converge/template.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "converge/internal.h"
#include "converge/template_file.h"
#include "loop/file.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAKER_ID     "template" /* the machine's id, and its instance's for the time being */
#define MAKER_VOLUME "vol-template"
#define MAKER_NIC    "eni-template"
#define MAKER_MAC    "02:00:00:00:00:01"
#define BYTES_MAX    (8LL << 30) /* all templates together */
#define MIB          (1024LL * 1024)

struct wish {
    struct list node;
    char image_id[64];
    int vcpus;
    int64_t memory_mib;
};

enum awaited { AWAIT_NOTHING, AWAIT_AGENT, AWAIT_READY };

struct templates {
    struct converge *cv;
    char *folder, *making; /* making: the folder of what is being made */
    struct list wishes;    /* struct wish; the first is being made while there is a plan */
    struct hash *hopeless; /* names of those that could not be made since the start */
    struct plan *plan;
    struct machine *machine;
    struct machine *stray; /* an earlier emulator's maker, on its way out */
    struct timer *start;
    /* of what is being made: */
    struct arena *arena;
    struct template_shape shape;
    json_t *recipe;
    bool undoing, closing;
    enum awaited awaits;
};

/* --- what there is ---------------------------------------------------------------------------- */

char *template_find(struct templates *t, const struct template_shape *shape)
{
    if (t == NULL)
        return NULL;
    char *name = template_name(shape);
    json_t *recipe = template_recipe(t->cv->config.plant, shape);
    char *folder = template_look_up(t->folder, name, recipe);
    json_decref(recipe);
    free(name);
    if (folder != NULL)
        template_touch(folder);
    return folder;
}

void template_spoil(struct templates *t, const char *folder)
{
    (void)t;
    log_warn("the template %s does not work and is made again when it is next wanted", folder);
    template_discard(folder);
}

/* --- the machine's word ----------------------------------------------------------------------- */

static void wake_when(struct templates *t, enum awaited what)
{
    if (t->plan == NULL || t->awaits != what)
        return;
    t->awaits = AWAIT_NOTHING;
    plan_wake(t->plan, NULL);
}

static void on_agent_connected(void *arg)
{
    wake_when(arg, AWAIT_AGENT);
}

static void on_agent_event(void *arg, const json_t *event)
{
    if (str_equal(json_str(event, "event"), "ready"))
        wake_when(arg, AWAIT_READY);
}

static void on_exited(void *arg, enum machine_exit how)
{
    struct templates *t = arg;
    struct err err;
    (void)how;
    err_set(&err, "MachineEnded", "%s", machine_exit_text(t->machine));
    machine_free(t->machine);
    t->machine = NULL;
    if (t->plan != NULL)
        plan_wake(t->plan, t->undoing ? NULL : &err);
}

static const struct machine_events maker_events = {
    .agent_connected = on_agent_connected,
    .agent_event = on_agent_event,
    .exited = on_exited,
};

static void on_answer(void *arg, const json_t *result, struct err *err)
{
    struct templates *t = arg;
    (void)result;
    if (t->plan != NULL)
        plan_wake(t->plan, err);
}

/* --- steps ------------------------------------------------------------------------------------ */

static char *making_path(struct templates *t, const char *name)
{
    return arena_printf(t->arena, "%s/%s", t->making, name);
}

static void on_removed(void *arg, struct err *err)
{
    on_answer(arg, NULL, err);
}

static enum step_result step_clear(struct plan *p, void *arg, struct err *err)
{
    struct templates *t = arg;
    (void)p;
    (void)err;
    folder_remove(t->cv->config.loop, t->making, on_removed, t);
    return STEP_WAIT;
}

static enum step_result step_disk(struct plan *p, void *arg, struct err *err)
{
    struct templates *t = arg;
    (void)p;
    if ((mkdir(t->folder, 0700) != 0 && errno != EEXIST) || mkdir(t->making, 0700) != 0) {
        err_set_errno(err, errno, "cannot make %s", t->making);
        return STEP_FAIL;
    }
    disk_create(t->cv->config.plant, making_path(t, "disk.qcow2"), t->shape.image->disk,
                t->shape.image->disk_size_gib, on_removed, t);
    return STEP_WAIT;
}

static enum step_result step_boot(struct plan *p, void *arg, struct err *err)
{
    struct templates *t = arg;
    const struct image *image = t->shape.image;
    struct machine_disk disk = {
        .id = MAKER_VOLUME, .path = making_path(t, "disk.qcow2"), .slot = MACHINE_SLOT_ROOT};
    struct machine_nic nic = {.id = MAKER_NIC, .mac = MAKER_MAC, .slot = MACHINE_SLOT_NIC};
    struct machine_spec spec = {
        .id = MAKER_ID,
        .folder = t->making,
        .vcpus = t->shape.vcpus,
        .memory_mib = t->shape.memory_mib,
        .board = {.maker = "Amazon EC2", .version = "1.0"},
        .boot = BOOT_KERNEL,
        .kernel = image->kernel,
        .initrd = image->initrd,
        .append = arena_printf(t->arena, "%s gs.instance=" MAKER_ID, image->append),
        .has_agent = true,
        .disks = &disk,
        .disk_count = 1,
        .nics = &nic,
        .nic_count = 1,
        .template = TEMPLATE_MAKE,
        .template_memory = making_path(t, "memory"),
    };
    (void)p;
    t->awaits = AWAIT_AGENT;
    t->machine = machine_start(t->cv->config.plant, &spec, &maker_events, t, err);
    return t->machine != NULL ? STEP_WAIT : STEP_FAIL;
}

static enum step_result step_unboot(struct plan *p, void *arg, struct err *err)
{
    struct templates *t = arg;
    (void)p;
    (void)err;
    if (t->machine == NULL)
        return STEP_DONE;
    t->undoing = true;
    machine_kill(t->machine);
    return STEP_WAIT;
}

/* A name for the time being, in a network that leads nowhere. */
static enum step_result step_name(struct plan *p, void *arg, struct err *err)
{
    struct templates *t = arg;
    json_t *identity = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:[], s:[s], s:[], s:b, s:I, s:[{s:i, s:s, s:s, s:i, s:s}]}",
        "do", "identity", "instance_id", MAKER_ID, "hostname", MAKER_ID, "fqdn", MAKER_ID, "user",
        t->shape.image->user != NULL ? t->shape.image->user : "ec2-user", "authorized_keys", "dns",
        "192.0.2.1", "search", "run_user_data", 0, "time_ms",
        (json_int_t)clock_now_ms(t->cv->config.clock), "interfaces", "device_index", 0, "mac",
        MAKER_MAC, "address", "192.0.2.2", "prefix", 24, "gateway", "192.0.2.1");
    (void)p;
    (void)err;
    machine_agent(t->machine, identity, 60000, on_answer, t);
    return STEP_WAIT;
}

/* The agent's answer to `name` may come after its `ready` event only where sshd ran before it. */
static enum step_result step_ready(struct plan *p, void *arg, struct err *err)
{
    struct templates *t = arg;
    (void)p;
    (void)err;
    t->awaits = AWAIT_READY;
    return STEP_WAIT;
}

static enum step_result step_rest(struct plan *p, void *arg, struct err *err)
{
    struct templates *t = arg;
    (void)p;
    (void)err;
    machine_agent(t->machine, json_pack("{ss}", "do", "rest"), 170000, on_answer, t);
    return STEP_WAIT;
}

static enum step_result step_save(struct plan *p, void *arg, struct err *err)
{
    struct templates *t = arg;
    (void)p;
    (void)err;
    machine_save(t->machine, on_answer, t);
    return STEP_WAIT;
}

static enum step_result step_end(struct plan *p, void *arg, struct err *err)
{
    return step_unboot(p, arg, err);
}

/* The name of the folder is drawn: a discarded one of the same shape keeps its place, since disks
 * lie on its disk. */
static enum step_result step_publish(struct plan *p, void *arg, struct err *err)
{
    static const char *const of_the_machine[] = {"machine.json", "qmp.sock",    "agent.sock",
                                                 "nic-0.sock",   "console.log", "qemu.log"};
    struct templates *t = arg;
    char *name = template_name(&t->shape), drawn[9];
    (void)p;
    random_text(t->cv->config.ids, "0123456789abcdef", drawn, sizeof(drawn) - 1);
    for (size_t i = 0; i < ARRAY_LEN(of_the_machine); i++)
        (void)remove(making_path(t, of_the_machine[i]));
    char *folder = xasprintf("%s/%s-%s", t->folder, name, drawn);
    int rc = template_write(t->making, t->recipe, err);
    if (rc == 0 && rename(t->making, folder) != 0)
        rc = err_set_errno(err, errno, "cannot rename the template to %s", folder);
    free(folder);
    free(name);
    return rc == 0 ? STEP_DONE : STEP_FAIL;
}

static const struct step steps[] = {
    {"clear the place", step_clear, NULL, 60000}, {"make its disk", step_disk, NULL, 60000},
    {"boot it", step_boot, step_unboot, 240000},  {"name it", step_name, NULL, 90000},
    {"wait for sshd", step_ready, NULL, 180000},  {"bring it to rest", step_rest, NULL, 180000},
    {"save it", step_save, NULL, 60000},          {"end its machine", step_end, NULL, 30000},
    {"give it its name", step_publish, NULL, 0},
};

/* --- one after the other ---------------------------------------------------------------------- */

static void wish_drop(struct templates *t)
{
    struct wish *w = list_entry(t->wishes.next, struct wish, node);
    list_remove(&w->node);
    free(w);
}

static void forget_making(struct templates *t)
{
    json_decref(t->recipe);
    t->recipe = NULL;
    arena_free(t->arena);
    t->arena = NULL;
    t->undoing = false;
}

static void on_done(void *arg, struct err *err)
{
    struct templates *t = arg;
    char *name = template_name(&t->shape);
    t->plan = NULL;
    if (err == NULL) {
        log_info("the template %s is there: its instances start warm from now on", name);
        template_evict(t->folder, BYTES_MAX);
    } else {
        log_warn("the template %s could not be made, its instances boot cold: %s", name, err->text);
        if (hash_get(t->hopeless, name) == NULL)
            hash_put(t->hopeless, name, t);
    }
    free(name);
    forget_making(t);
    wish_drop(t);
    templates_quiet(t);
}

static void start_next(void *arg)
{
    struct templates *t = arg;
    if (t->closing || t->plan != NULL || t->stray != NULL || list_empty(&t->wishes) ||
        t->cv->booting > 0)
        return;
    const struct wish *w = list_entry(t->wishes.next, struct wish, node);
    const struct image *image = image_find(t->cv->config.site->images, w->image_id);
    if (image == NULL) {
        wish_drop(t);
        templates_quiet(t);
        return;
    }
    t->shape = (struct template_shape){image, w->vcpus, w->memory_mib};
    t->arena = arena_new();
    t->recipe = template_recipe(t->cv->config.plant, &t->shape);
    struct plan_spec plan = {
        .name = "template/make",
        .subject = w->image_id,
        .steps = steps,
        .step_count = ARRAY_LEN(steps),
        .done = on_done,
        .arg = t,
    };
    log_info("a template for %d vCPU and %lld MiB is being made", w->vcpus,
             (long long)w->memory_mib);
    t->plan = plan_start(t->cv->config.loop, &plan);
}

void templates_quiet(struct templates *t)
{
    enum { BREATH_MS = 1000 };
    if (t != NULL && !t->closing && !list_empty(&t->wishes) && t->plan == NULL)
        timer_start(t->start, BREATH_MS, 0);
}

static bool is_wished(struct templates *t, const struct template_shape *shape)
{
    list_foreach_safe (node, &t->wishes) {
        const struct wish *w = list_entry(node, struct wish, node);
        if (str_equal(w->image_id, shape->image->id) && w->vcpus == shape->vcpus &&
            w->memory_mib == shape->memory_mib)
            return true;
    }
    return false;
}

void template_want(struct templates *t, const struct template_shape *shape)
{
    if (t == NULL || is_wished(t, shape))
        return;
    char *name = template_name(shape), *there = template_find(t, shape);
    if (there == NULL && hash_get(t->hopeless, name) == NULL) {
        struct wish *w = xcalloc(1, sizeof(*w));
        *w = (struct wish){.vcpus = shape->vcpus, .memory_mib = shape->memory_mib};
        str_copy(w->image_id, sizeof(w->image_id), shape->image->id);
        list_append(&t->wishes, &w->node);
        templates_quiet(t);
    }
    free(there);
    free(name);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void on_stray_exited(void *arg, enum machine_exit how)
{
    struct templates *t = arg;
    (void)how;
    machine_free(t->stray);
    t->stray = NULL;
    templates_quiet(t);
}

static const struct machine_events stray_events = {.exited = on_stray_exited};

struct templates *templates_new(struct converge *cv, const char *folder, const char *name)
{
    if (folder == NULL || cv->config.plant == NULL)
        return NULL;
    struct templates *t = xcalloc(1, sizeof(*t));
    struct err err;
    *t = (struct templates){.cv = cv, .folder = xstrdup(folder)};
    t->making = xasprintf("%s/.making-%s", folder, name);
    t->hopeless = hash_new();
    t->start = timer_new(cv->config.loop, start_next, t);
    list_init(&t->wishes);
    if (machine_alive(t->making))
        t->stray = machine_adopt(cv->config.plant, t->making, &stray_events, t, &err);
    if (t->stray != NULL)
        machine_kill(t->stray);
    return t;
}

void templates_close(struct templates *t)
{
    if (t == NULL)
        return;
    t->closing = true;
    timer_free(t->start);
    t->start = NULL;
    if (t->plan != NULL)
        plan_abandon(t->plan);
    t->plan = NULL;
    if (t->machine != NULL) /* nobody waits for its end */
        kill(machine_pid(t->machine), SIGKILL);
    machine_free(t->machine);
    machine_free(t->stray);
    t->machine = t->stray = NULL;
}

void templates_free(struct templates *t)
{
    if (t == NULL)
        return;
    list_foreach_safe (node, &t->wishes)
        free(list_entry(node, struct wish, node));
    forget_making(t);
    hash_free(t->hopeless, NULL);
    free(t->folder);
    free(t->making);
    free(t);
}
