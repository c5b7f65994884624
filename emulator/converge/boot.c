/* Booting one machine: a plan that reads top to bottom. Every step may be run again after a crash:
 * disks that exist are left as they are, a machine that runs is adopted. */
#include "converge/internal.h"

#include "base/encode.h"
#include "base/log.h"
#include "base/text.h"
#include "services/ec2/image.h"
#include "services/ec2/instance_type.h"
#include "services/ec2/interface.h"
#include "services/ec2/volume.h"

#include <string.h>

#define SLOT_NIC_SECOND 8    /* 6 and 7 are the serial port and the random source */
#define SLOT_DEVICE_F   0x10 /* /dev/sdf; the other letters beside it (guest-images/README.md) */

/* --- what is booted --- */

static int disk_slot(const char *device, const char *root_device)
{
    if (str_equal(device, root_device))
        return MACHINE_SLOT_ROOT;
    return SLOT_DEVICE_F + device[strlen(device) - 1] - 'f';
}

static void spec_disks(struct guest *g, struct call *c, const char *root_device,
                       struct machine_spec *spec)
{
    struct volume list[VOLUMES_MAX];
    size_t count = volume_of_instance(c, g->id, list, VOLUMES_MAX), next = 1;
    struct machine_disk *disks = arena_alloc(c->arena, (count + 1) * sizeof(*disks));
    for (size_t i = 0; i < count; i++) {
        bool root = str_equal(list[i].device, root_device);
        struct machine_disk *d = &disks[root ? 0 : next++];
        char *path = volume_path(g->cv, list[i].id);
        str_copy(d->id, sizeof(d->id), list[i].id);
        d->path = arena_strdup(c->arena, path);
        d->slot = disk_slot(list[i].device, root_device);
        /* "vol0123456789abcdef0": AWS's serial has no dash */
        d->serial = arena_printf(c->arena, "vol%s", list[i].id + strlen("vol-"));
        free(path);
    }
    spec->disks = disks;
    spec->disk_count = count;
}

static void spec_nics(struct guest *g, struct call *c, struct machine_spec *spec)
{
    struct interface list[INTERFACES_MAX];
    size_t count = interface_of_instance(c, g->id, list, INTERFACES_MAX);
    struct machine_nic *nics = arena_alloc(c->arena, (count + 1) * sizeof(*nics));
    for (size_t i = 0; i < count; i++) {
        str_copy(nics[i].id, sizeof(nics[i].id), list[i].id);
        str_copy(nics[i].mac, sizeof(nics[i].mac), list[i].mac);
        nics[i].slot = i == 0 ? MACHINE_SLOT_NIC : SLOT_NIC_SECOND + (int)i - 1;
    }
    spec->nics = nics;
    spec->nic_count = count;
}

static enum machine_boot boot_kind(const struct image *image)
{
    return str_equal(image->boot, "kernel") ? BOOT_KERNEL
           : str_equal(image->boot, "uefi") ? BOOT_UEFI
                                            : BOOT_BIOS;
}

/* The UUID begins with "ec2", by which programs tell where they are ("Identify EC2 Linux
 * instances", EC2 user guide). */
struct machine_board boot_board(struct call *c, const struct instance *i)
{
    char hex[SHA256_HEX_SIZE];
    const char *uuid;
    sha256_hex(i->id, strlen(i->id), hex);
    uuid = arena_printf(c->arena, "ec2%.5s-%.4s-4%.3s-a%.3s-%.12s", hex, hex + 8, hex + 12,
                        hex + 15, hex + 18);
    return (struct machine_board){
        .maker = "Amazon EC2",
        .product = arena_strdup(c->arena, i->type),
        .version = "1.0",
        .serial = uuid,
        .asset_tag = arena_strdup(c->arena, i->id),
        .uuid = uuid,
    };
}

int boot_spec(struct guest *g, struct call *c, struct machine_spec *ret_spec, struct err *err)
{
    struct instance i;
    if (!instance_find(c, g->id, &i))
        return err_set(err, "NoInstance", "the instance is gone");
    const struct image *image = image_find(c->site->images, i.image_id);
    if (image == NULL)
        return err_set(err, "NoImage", "image %s is not in the images folder any more", i.image_id);
    const struct instance_type *type = instance_type_find(i.type);
    const json_t *cpu = json_get(i.doc, "CpuOptions");
    char *folder = guest_folder(g);
    *ret_spec = (struct machine_spec){
        .id = arena_strdup(c->arena, g->id),
        .folder = arena_strdup(c->arena, folder),
        .vcpus = (int)(json_int_or(cpu, "CoreCount", type->cores) *
                       json_int_or(cpu, "ThreadsPerCore", type->threads_per_core)),
        .memory_mib = i.memory_mib,
        .board = boot_board(c, &i),
        .boot = boot_kind(image),
        .kernel = image->kernel,
        .initrd = image->initrd,
        .append = image->append != NULL
                      ? arena_printf(c->arena, "%s gs.instance=%s", image->append, g->id)
                      : NULL,
        .has_agent = image->has_agent,
    };
    free(folder);
    spec_disks(g, c, json_str_or(i.doc, "RootDeviceName", "/dev/xvda"), ret_spec);
    spec_nics(g, c, ret_spec);
    return 0;
}

/* --- steps --- */

static enum step_result step_read(struct plan *p, void *arg, struct err *err)
{
    struct guest *g = arg;
    (void)p;
    if (boot_spec(g, g->call, &g->spec, err) != 0)
        return STEP_FAIL;
    warm_choose(g);
    return STEP_DONE;
}

static void disk_make_next(struct guest *g);

static void disk_made(void *arg, struct err *err)
{
    struct guest *g = arg;
    g->disk_under_way = false;
    if (g->boot == NULL)
        return;
    if (g->undoing)
        plan_wake(g->boot, NULL);
    else if (err != NULL || g->disk_next == g->spec.disk_count)
        plan_wake(g->boot, err);
    else
        disk_make_next(g);
}

static void disk_make_next(struct guest *g)
{
    const struct machine_disk *disk = &g->spec.disks[g->disk_next++];
    struct volume list[VOLUMES_MAX];
    size_t count = volume_of_instance(g->call, g->id, list, VOLUMES_MAX);
    for (size_t i = 0; i < count; i++)
        if (str_equal(list[i].id, disk->id)) {
            g->disk_under_way = true;
            disk_create(g->cv->config.plant, disk->path, list[i].base, list[i].size_gib, disk_made,
                        g);
        }
}

/* Waits for the one that is being made: its end is told to this guest, which must be there. */
static enum step_result step_undisks(struct plan *p, void *arg, struct err *err)
{
    struct guest *g = arg;
    (void)p;
    (void)err;
    g->undoing = true;
    return g->disk_under_way ? STEP_WAIT : STEP_DONE;
}

static enum step_result step_disks(struct plan *p, void *arg, struct err *err)
{
    struct guest *g = arg;
    (void)p;
    (void)err;
    g->disk_next = 0;
    if (g->spec.disk_count == 0)
        return STEP_DONE;
    disk_make_next(g);
    return STEP_WAIT;
}

static enum step_result step_spawn(struct plan *p, void *arg, struct err *err)
{
    struct guest *g = arg;
    (void)p;
    warm_trim(g);
    g->machine = machine_start(g->cv->config.plant, &g->spec, &guest_events, g, err);
    return g->machine != NULL ? STEP_WAIT : STEP_FAIL;
}

static enum step_result step_unspawn(struct plan *p, void *arg, struct err *err)
{
    struct guest *g = arg;
    (void)p;
    (void)err;
    if (g->machine == NULL)
        return STEP_DONE;
    g->undoing = true;
    machine_kill(g->machine);
    return STEP_WAIT;
}

static enum step_result step_plug(struct plan *p, void *arg, struct err *err)
{
    (void)p;
    return guest_plug(arg, err) == 0 ? STEP_DONE : STEP_FAIL;
}

static enum step_result step_go(struct plan *p, void *arg, struct err *err)
{
    struct guest *g = arg;
    struct call *c = converge_begin(g->cv, guest_scope(g));
    struct instance i;
    struct state_reason none = {.transition = ""};
    (void)p;
    if (!call_failed(c) && instance_find(c, g->id, &i)) {
        instance_count_boot(c, g->id);
        volume_ready(c, g->id);
        (void)instance_move(c, &i, INSTANCE_RUNNING, &none);
    }
    if (!converge_end(c)) {
        err_set(err, "Store", "the state could not be written");
        return STEP_FAIL;
    }
    log_info("%s is running", g->id);
    return STEP_DONE;
}

static const struct step boot_steps[] = {
    {"read what is wanted", step_read, NULL, 0},
    {"make disks", step_disks, step_undisks, 120000},
    {"spawn QEMU and dial it", step_spawn, step_unspawn, 30000},
    {"plug what its template lacks", warm_step_plug, NULL, 10000},
    {"plug cables", step_plug, NULL, 0},
    {"give it its identity", warm_step_identity, NULL, 20000},
    {"let it run", step_go, NULL, 0},
};

/* --- the plan --- */

static void boot_forget(struct guest *g)
{
    g->boot = NULL;
    g->template = NULL;
    g->wants_identity = false;
    g->undoing = false;
    g->call = NULL;
    arena_free(g->arena);
    g->arena = NULL;
}

static void boot_done(void *arg, struct err *err)
{
    struct guest *g = arg;
    bool has_agent = g->spec.has_agent;
    bool again = err != NULL && warm_failed(g, err);
    boot_forget(g);
    if (again)
        boot_start(g);
    else if (err == NULL)
        guest_booted(g, has_agent);
    else
        guest_boot_failed(g, err->text);
}

/* The plan's own call reads outside any transaction: what it borrows lives as long as the boot. */
void boot_start(struct guest *g)
{
    struct converge *cv = g->cv;
    g->arena = arena_new();
    g->call = arena_alloc(g->arena, sizeof(*g->call));
    *g->call = (struct call){
        .db = cv->config.db,
        .clock = cv->config.clock,
        .ids = cv->config.ids,
        .arena = g->arena,
        .site = cv->config.site,
        .account = g->account,
        .region = g->region,
        .request_id = "boot",
    };
    g->spec = (struct machine_spec){.id = NULL};
    struct plan_spec plan = {
        .name = "instance/boot",
        .subject = g->id,
        .steps = boot_steps,
        .step_count = ARRAY_LEN(boot_steps),
        .done = boot_done,
        .arg = g,
    };
    g->boot = plan_start(cv->config.loop, &plan);
}

void boot_machine_answers(struct guest *g)
{
    if (g->boot != NULL)
        plan_wake(g->boot, NULL);
}

void boot_machine_ended(struct guest *g)
{
    struct err err;
    err_set(&err, "MachineEnded", "%s", machine_exit_text(g->machine));
    machine_free(g->machine);
    g->machine = NULL;
    plan_wake(g->boot, g->undoing ? NULL : &err);
}

int guest_plug(struct guest *g, struct err *err)
{
    struct converge *cv = g->cv;
    struct call *c = converge_begin(cv, guest_scope(g));
    struct interface list[INTERFACES_MAX];
    size_t count = interface_of_instance(c, g->id, list, INTERFACES_MAX);
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        char path[MACHINE_PATH_SIZE];
        machine_nic_path(g->machine, i, path);
        rc = network_port_set(cv, c, list[i].id, err);
        if (rc == 0)
            rc = net_port_plug(cv->net, list[i].id, path, err);
    }
    (void)converge_end(c);
    g->plugged = rc == 0;
    return rc;
}
