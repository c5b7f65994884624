/* A reply being put together. */
#ifndef WIRE_REPLY_H
#define WIRE_REPLY_H

#include "wire/serialize.h"

/* Appends a header; name and value must live as long as the arena. */
void reply_header(struct wire_reply *reply, struct arena *a, const char *name, const char *value);
/* An empty reply with the request id in the header that the protocol has for it. */
void reply_init(struct wire_reply *reply, const struct wire_route *route, const char *request_id,
                struct arena *a);

#endif
