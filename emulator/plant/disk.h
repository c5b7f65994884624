/* Disks: qcow2 files made, looked at and removed by qemu-img, without blocking. */
#ifndef PLANT_DISK_H
#define PLANT_DISK_H

#include "plant/machine.h"

typedef void (*disk_fn)(void *arg, struct err *err);
/* Makes `path` (through a temporary name, so that it is whole or absent; an existing one is left as
 * it is) of size_gib, backed by `base` (NULL: empty). */
void disk_create(struct plant *p, const char *path, const char *base, int64_t size_gib, disk_fn fn,
                 void *arg);
void disk_remove(struct plant *p, const char *path, disk_fn fn,
                 void *arg); /* a missing one is no error */
struct disk_info {
    int64_t virtual_bytes, actual_bytes;
    char format[16];
};
void disk_query(struct plant *p, const char *path,
                void (*fn)(void *arg, const struct disk_info *info, struct err *err), void *arg);

#endif
