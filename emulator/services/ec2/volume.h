/* Volumes: the disks of machines. */
#ifndef SERVICES_EC2_VOLUME_H
#define SERVICES_EC2_VOLUME_H

#include "call/call.h"

struct volume { /* text in the call's arena */
    const char *id;
    int64_t size_gib;
    const char *type;
    const char *state;        /* "creating", "in-use" ... */
    const char *instance_id;  /* NULL: attached to nothing */
    const char *device;       /* "/dev/xvda" */
    const char *attach_state; /* "attaching", "attached" */
    int64_t attached_ms;
    bool delete_on_termination;
    const char *base; /* the disk it starts from, NULL: empty */
};
#define VOLUMES_MAX 24

struct volume_spec {
    const char *zone;
    int64_t size_gib;
    const char *type;         /* "gp2" */
    int64_t iops, throughput; /* 0: the type's own */
    const char *snapshot_id, *base;
    bool encrypted;
    const char *instance_id, *device;
    bool delete_on_termination;
};

/* Type, size, iops and throughput against the limits of AWS's "Amazon EBS volume types". Sets the
 * fault. */
int volume_check(struct call *c, const struct volume_spec *spec) MUST_CHECK;
const char *volume_create(
    struct call *c,
    const struct volume_spec *spec); /* checked before; attached to spec->instance_id. Its id */
size_t volume_of_instance(struct call *c, const char *instance_id, struct volume *out,
                          size_t capacity); /* by device */
/* The disk that a volume's own, which does not exist yet, is to start from. */
void volume_set_base(struct call *c, const char *id, const char *base);
/* Sets the state of all volumes of an instance whose disks are there now. */
void volume_ready(struct call *c, const char *instance_id);
/* The machine is gone: those that go with it are deleted (their ids appended to `ret_deleted`), the
 * others become available. */
void volume_release(struct call *c, const char *instance_id, json_t *ret_deleted);
int volume_set_delete_on_termination(struct call *c, const char *instance_id, const char *device,
                                     bool value) MUST_CHECK;
json_t *volume_mappings(struct call *c,
                        const char *instance_id); /* InstanceBlockDeviceMapping list */

#endif
