/* From canonical JSON to bytes: an answer or a fault in the protocol of its request. */
#ifndef WIRE_SERIALIZE_H
#define WIRE_SERIALIZE_H

#include "base/buf.h"
#include "base/json.h"
#include "wire/route.h"

struct wire_reply {
    int status;
    struct wire_header *headers; /* in the arena */
    size_t header_count;
    struct buf body; /* the caller's to free or take */
};

#define WIRE_REPLY_CEILING ((size_t)64 * 1024 * 1024)

/* A success. `output` may be NULL or empty; it has been validated. Text that the protocol cannot
 * carry (control characters in XML) arrives as U+FFFD. -1 with an internal error when the reply is
 * larger than WIRE_REPLY_CEILING. */
int wire_serialize(const struct wire_route *route, const json_t *output, const char *request_id,
                   struct arena *a, struct wire_reply *ret_reply);

/* `code` is the service's word for the fault: the code on the wire or the name of its shape. Each
 * protocol is answered with its own spelling of it. `members` (may be NULL) are the fault's
 * modelled members besides its message. */
struct wire_fault {
    const char *code;
    const char *text; /* "" or NULL: no message */
    const json_t *members;
};
int wire_serialize_fault(const struct wire_route *route, const struct wire_fault *fault,
                         const char *request_id, struct arena *a, struct wire_reply *ret_reply);

/* The HTTP status a fault is answered with: the model's, else the service's list, else the common
 * table. */
int wire_fault_status(const struct wire_route *route, const char *code);

#endif
