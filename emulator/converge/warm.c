/* Starting warm: whether an instance may go on from a template, and what is done for one that does
 * beside what every boot does. Only the first start of an instance can: later its disk is its own.
 *
 * Until the instance is running nothing of it is anybody's, so a start that fails on the way throws
 * the root disk away and boots cold from the image's. */
#include "converge/internal.h"

#include "base/log.h"
#include "base/text.h"
#include "services/ec2/instance_type.h"
#include "services/ec2/volume.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GIB           (1024LL * 1024 * 1024)
#define TEMPLATE_DISK "/disk.qcow2"

static void set_base(struct guest *g, const char *volume_id, const char *base)
{
    struct call *c = converge_begin(g->cv, guest_scope(g));
    volume_set_base(c, volume_id, base);
    (void)converge_end(c);
}

/* The root disk is made anew on `base`: nothing has been acknowledged that it might hold. */
static void root_restart(struct guest *g, const struct machine_disk *root, const char *base)
{
    if (unlink(root->path) == 0)
        log_debug("%s: its root disk is made again", g->id);
    set_base(g, root->id, base);
}

/* From a template of its image and shape, when its root disk is the image's own. With further
 * interfaces it boots cold: a guest finds a plugged card only some time after its identity. */
static bool may_be_warm(const struct guest *g, const struct instance *i, const struct image *image,
                        const struct volume *root)
{
    return g->spec.nic_count <= 1 && i->boots == 0 && image != NULL && image->has_agent &&
           str_equal(image->boot, "kernel") && root->base != NULL &&
           (str_equal(root->base, image->disk) || str_ends(root->base, TEMPLATE_DISK));
}

static bool find_root(struct guest *g, struct volume *ret)
{
    struct volume list[VOLUMES_MAX];
    size_t count = volume_of_instance(g->call, g->id, list, VOLUMES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (g->spec.disk_count == 0 || !str_equal(list[i].id, g->spec.disks[0].id))
            continue;
        *ret = list[i];
        return true;
    }
    return false;
}

static void use_template(struct guest *g, const char *folder, const struct volume *root)
{
    struct arena *a = g->arena;
    const char *disk = arena_printf(a, "%s" TEMPLATE_DISK, folder);
    g->template = arena_strdup(a, folder);
    g->root_gib = root->size_gib;
    g->disk_total = g->spec.disk_count;
    g->nic_total = g->spec.nic_count;
    g->spec.template = TEMPLATE_RESUME;
    g->spec.template_memory = arena_printf(a, "%s/memory", folder);
    g->spec.template_state = arena_printf(a, "%s/" MACHINE_STATE, folder);
    if (!machine_alive(g->spec.folder))
        root_restart(g, &g->spec.disks[0], disk);
}

void warm_choose(struct guest *g)
{
    struct instance i;
    struct volume root;
    if (g->cv->templates == NULL || !instance_find(g->call, g->id, &i) || !find_root(g, &root))
        return;
    const struct image *image = image_find(g->cv->config.site->images, i.image_id);
    struct template_shape shape = {image, g->spec.vcpus, g->spec.memory_mib};
    bool may = may_be_warm(g, &i, image, &root);
    char *folder = may && !g->no_warm ? template_find(g->cv->templates, &shape) : NULL;
    if (folder != NULL)
        use_template(g, folder, &root);
    else if (i.boots == 0 && image != NULL && root.base != NULL &&
             str_ends(root.base, TEMPLATE_DISK) && !machine_alive(g->spec.folder))
        root_restart(g, &g->spec.disks[0], image->disk);
    if (may && folder == NULL)
        template_want(g->cv->templates, &shape);
    free(folder);
}

/* --- what the template lacks ------------------------------------------------------------------ */

/* Only what the template has is there when the machine goes on. */
void warm_trim(struct guest *g)
{
    if (g->template == NULL)
        return;
    g->spec.disk_count = 1;
    if (g->spec.nic_count > 1)
        g->spec.nic_count = 1;
}

static void plugged(void *arg, const json_t *result, struct err *err)
{
    struct guest *g = arg;
    (void)result;
    if (g->boot != NULL && (err != NULL || --g->plugs_left == 0))
        plan_wake(g->boot, err);
}

enum step_result warm_step_plug(struct plan *p, void *arg, struct err *err)
{
    struct guest *g = arg;
    (void)p;
    (void)err;
    if (g->template == NULL)
        return STEP_DONE;
    g->plugs_left = g->disk_total + g->nic_total - g->spec.nic_count;
    machine_disk_announce(g->machine, g->spec.disks[0].id, g->root_gib * GIB, plugged, g);
    for (size_t i = 1; i < g->disk_total; i++)
        machine_disk_plug(g->machine, &g->spec.disks[i], plugged, g);
    for (size_t i = 1; i < g->nic_total; i++)
        machine_nic_plug(g->machine, &g->spec.nics[i], i, plugged, g);
    return STEP_WAIT;
}

/* --- its identity, before it counts as running ------------------------------------------------ */

static void identity_taken(void *arg, const json_t *result, struct err *err)
{
    struct guest *g = arg;
    (void)result;
    if (g->boot != NULL)
        plan_wake(g->boot, err);
}

bool warm_agent_answers(struct guest *g)
{
    if (g->boot == NULL || g->template == NULL)
        return false;
    if (g->wants_identity) {
        json_t *identity = identity_make(g);
        g->wants_identity = false;
        if (identity != NULL)
            machine_agent(g->machine, identity, 20000, identity_taken, g);
    }
    return true;
}

enum step_result warm_step_identity(struct plan *p, void *arg, struct err *err)
{
    struct guest *g = arg;
    (void)p;
    (void)err;
    if (g->template == NULL)
        return STEP_DONE;
    g->wants_identity = true;
    if (machine_agent_ready(g->machine))
        (void)warm_agent_answers(g);
    return STEP_WAIT;
}

/* --- when it did not work --------------------------------------------------------------------- */

bool warm_failed(struct guest *g, const struct err *err)
{
    if (g->template == NULL || str_equal(err->code, "Cancelled"))
        return false;
    log_warn("%s could not go on from its template and boots cold: %s", g->id, err->text);
    template_spoil(g->cv->templates, g->template);
    g->no_warm = true;
    return true;
}
