/* RunInstances is judged against everything that it uses and makes: the image, subnets, security
 * groups and the key pair that are there, the instances, volumes and interfaces that are not yet.
 */
#include "services/ec2/access.h"

#include "base/text.h"

#include <string.h>

/* Reads the launch as the operation will, which decides itself about what is wrong with it. False:
 * it is not clear what would be launched. */
static bool read_launch(struct call *c, struct launch *launch)
{
    struct err before = c->err;
    bool internal = c->internal;
    (void)!launch_read(c, launch);
    c->err = before;
    c->internal = internal;
    return launch->image != NULL && launch->type != NULL && launch->interface_count > 0 &&
           launch->volume_count > 0;
}

struct additions {
    struct call *c;
    struct access_list *list;
    const struct launch *launch;
};

static bool is_there(const struct access_list *list, const char *arn)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_equal(list->items[i].arn, arn))
            return true;
    return false;
}

static struct access make(const struct additions *a, const char *type, const char *id)
{
    const struct spec_action_resource *resource = access_type(a->c->op->iam_action, type);
    return (struct access){
        .action = a->c->op->iam_action,
        .resource = resource,
        .arn = access_arn(a->c, resource->type, id != NULL ? id : "*"),
        .id = id,
    };
}

/* A resource that exists, once. */
static void add_used(const struct additions *a, const char *type, const char *id)
{
    struct access access = make(a, type, id);
    if (!is_there(a->list, access.arn))
        access_add(a->c, a->list, &access);
}

/* One that will be made. */
static void add_made(const struct additions *a, const char *type, struct launch_subject subject)
{
    struct access access = make(a, type, NULL);
    struct launch_subject *kept = arena_alloc(a->c->arena, sizeof(*kept));
    *kept = subject;
    kept->launch = a->launch;
    access.subject = kept;
    access_add(a->c, a->list, &access);
}

static void add_interface(const struct additions *a, const struct interface_spec *spec)
{
    add_made(a, "network-interface", (struct launch_subject){.interface = spec});
    add_used(a, "subnet", spec->subnet_id);
    for (size_t i = 0; i < json_array_size(spec->groups); i++)
        add_used(a, "security-group", json_string_value(json_array_get(spec->groups, i)));
}

static void add_snapshots(const struct additions *a)
{
    const json_t *mappings = json_get(a->c->in, "BlockDeviceMappings");
    for (size_t i = 0; i < json_array_size(mappings); i++) {
        const char *id = json_str(json_get(json_array_get(mappings, i), "Ebs"), "SnapshotId");
        if (id != NULL)
            add_used(a, "snapshot", id);
    }
}

/* What needs no launch to be understood: the image and the key pair. */
static void add_plain(const struct additions *a, const struct access_list *named)
{
    for (size_t i = 0; i < named->count; i++) {
        const char *type = named->items[i].resource->type->name;
        if (str_equal(type, "image") || str_equal(type, "key-pair"))
            access_add(a->c, a->list, &named->items[i]);
    }
}

void ec2_access_launch(struct call *c, struct access_list *list)
{
    struct launch *launch = arena_alloc(c->arena, sizeof(*launch));
    struct access_list named = *list;
    struct additions a = {.c = c, .list = list, .launch = launch};
    if (!read_launch(c, launch))
        return;
    *list = (struct access_list){.count = 0};
    add_made(&a, "instance", (struct launch_subject){.volume = NULL});
    add_plain(&a, &named);
    for (size_t i = 0; i < launch->interface_count; i++)
        add_interface(&a, &launch->interfaces[i]);
    for (size_t i = 0; i < launch->volume_count; i++)
        add_made(&a, "volume", (struct launch_subject){.volume = &launch->volumes[i]});
    add_snapshots(&a);
}
