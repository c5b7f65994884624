/* Templates: machines at rest, from which new instances go on in a second instead of booting.
 *
 * Folder of a template, in the templates folder: memory (mapped privately by the machines that go
 * on from it), state (of its devices), disk.qcow2 (its root disk, on the image's; the root disks of
 * its machines lie on it, so it stays when the rest is thrown away), manifest.json (what it was
 * made of: a template that is not of exactly this image, QEMU and shape is made again). */
#ifndef CONVERGE_TEMPLATE_H
#define CONVERGE_TEMPLATE_H

#include "plant/machine.h"
#include "services/ec2/image.h"

struct converge;
struct templates;

struct template_shape {
    const struct image *image;
    int vcpus;
    int64_t memory_mib;
};

/* `folder` is made when needed; NULL: there are no templates. What an earlier emulator with the
 * same state left half made is removed. `name` tells apart emulators that share the folder. */
struct templates *templates_new(struct converge *cv, const char *folder, const char *name);
void templates_close(struct templates *t); /* takes NULL; ends a machine that is being prepared */
void templates_free(struct templates *t);  /* takes NULL */

/* The folder of a whole and fresh template, heap; NULL: there is none. */
char *template_find(struct templates *t, const struct template_shape *shape);
/* Has one made once nothing boots; nothing happens where there is one, or one could not be made. */
void template_want(struct templates *t, const struct template_shape *shape);
/* It did not work: it is thrown away, but for its disk. */
void template_spoil(struct templates *t, const char *folder);
/* Nothing boots at the moment: the next one may be made. */
void templates_quiet(struct templates *t);

#endif
