/* A reply being put together. */
#ifndef WIRE_REPLY_H
#define WIRE_REPLY_H

#include "wire/serialize.h"

/* Appends a header; name and value must live as long as the arena. */
void reply_header(struct wire_reply *reply, struct arena *a, const char *name, const char *value);
/* An empty reply with the request id in the header that the protocol has for it. */
void reply_init(struct wire_reply *reply, const struct wire_route *route, const char *request_id,
                struct arena *a);
/* Gives the reply out, or frees it and returns -1 when its body is past the ceiling. */
int reply_finish(struct wire_reply *reply, struct wire_reply *ret_reply) MUST_CHECK;

#endif
