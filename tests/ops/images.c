/* See images.h. */
#include "images.h"

#include "harness.h"
#include "services/ec2/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/images-XXXXXX";

static void write_image(const char *id, const char *architecture)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, id);
    if (mkdir(path, 0700) != 0)
        abort();
    snprintf(path, sizeof(path), "%s/%s/disk.qcow2", folder, id);
    FILE *disk = fopen(path, "we");
    snprintf(path, sizeof(path), "%s/%s/manifest.json", folder, id);
    FILE *file = fopen(path, "we");
    if (file == NULL || disk == NULL)
        abort();
    fprintf(file,
            "{\"format\":1,\"image_id\":\"%s\",\"name\":\"test-%s\",\"description\":\"\","
            "\"architecture\":\"%s\","
            "\"boot\":\"bios\",\"disk\":\"disk.qcow2\",\"disk_size_gib\":8,\"user\":\"ec2-user\","
            "\"agent\":false,"
            "\"root_device_name\":\"/dev/"
            "xvda\",\"owner_alias\":\"amazon\",\"owner_id\":\"137112412989\","
            "\"creation_date\":\"2026-01-01T00:00:00.000Z\"}",
            id, architecture, architecture);
    fclose(file);
    fclose(disk);
}

static void remove_image(const char *id)
{
    char path[512];
    for (const char *const *name = (const char *const[]){"disk.qcow2", "manifest.json", "", NULL};
         *name != NULL; name++) {
        snprintf(path, sizeof(path), "%s/%s/%s", folder, id, *name);
        (void)remove(path);
    }
}

void ops_images_make(void)
{
    struct site *site = ops_site();

    if (mkdtemp(folder) == NULL)
        abort();
    write_image(OPS_AMI, "x86_64");
    write_image(OPS_AMI_ARM, "arm64");
    site->images = image_catalog_new(folder);
    (void)cidr_parse("127.43.0.0/16", &site->public_pool);
}

int ops_images_remove(void)
{
    image_catalog_free(ops_site()->images);
    remove_image(OPS_AMI);
    remove_image(OPS_AMI_ARM);
    return rmdir(folder) == 0 ? 0 : 1;
}
