/* The wire to one machine: QEMU's stream protocol, a 4-byte big-endian length before every frame.
 * We dial, and dial again whenever it goes away. */
#ifndef PLANT_NET_LINK_H
#define PLANT_NET_LINK_H

#include "loop/loop.h"

struct link;
/* `frame` belongs to the link and may be changed until the callback returns; at most FRAME_MAX
 * bytes. The callback must not free the link. */
typedef void (*link_frame_fn)(void *arg, uint8_t *frame, size_t len);
struct link *link_new(struct loop *l, const char *socket_path, link_frame_fn fn, void *arg);
void link_free(struct link *k); /* takes NULL */
/* False when the frame was dropped: nobody is there, or too much waits already. */
bool link_send(struct link *k, const uint8_t *frame, size_t len);

#endif
