/* Machine images: what the images folder holds (a folder each, with a manifest;
 * guest-images/README.md) as AWS describes AMIs. */
#ifndef SERVICES_EC2_IMAGE_H
#define SERVICES_EC2_IMAGE_H

#include "call/call.h"

struct image {                                     /* text belongs to the catalog */
    const char *id;                                /* "ami-0123456789abcdef0" */
    const char *name, *description, *architecture; /* "x86_64" or "arm64" */
    const char *owner_id, *owner_alias;            /* alias NULL: none */
    const char *creation_date;                     /* 2026-11-01T00:00:00.000Z */
    const char *root_device_name;                  /* "/dev/xvda" */
    const char *snapshot_id;                       /* of the root disk, derived from the id */
    const char *boot;                              /* "kernel", "bios" or "uefi" */
    const char *kernel, *initrd, *append;          /* full paths; boot "kernel" only */
    const char *disk;                              /* full path of the qcow2 */
    int64_t disk_size_gib;
    const char *user; /* who logs in: "ec2-user" */
    bool has_agent;
    bool imds_v2_required;        /* imds-support v2.0 */
    const json_t *ssm_parameters; /* array of names that stand for it; NULL: none */
};

/* Reads the manifests below `folder`. A broken one is passed over with a line in the log. The
 * folder may be empty or missing. */
struct image_catalog *image_catalog_new(const char *folder);
void image_catalog_free(struct image_catalog *catalog);
/* Reads again what changed since (folder times); cheap enough to call before each look-up. */
void image_catalog_refresh(struct image_catalog *catalog);
size_t image_count(const struct image_catalog *catalog);
const struct image *image_at(const struct image_catalog *catalog,
                             size_t index); /* by id, ascending; NULL past the end */
const struct image *image_find(const struct image_catalog *catalog,
                               const char *id); /* NULL: none */
/* The image for an id in a call: InvalidAMIID.Malformed, InvalidAMIID.NotFound. */
const struct image *image_load(struct call *c, const char *id);
/* The image id that a public SSM parameter stands for, NULL: none. The newest creation date wins.
 */
const char *image_of_ssm_parameter(const struct image_catalog *catalog, const char *name);

#endif
