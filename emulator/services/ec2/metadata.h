/* The instance metadata service (http://169.254.169.254), versions 1 and 2: a pure function from a
 * request of a network interface's machine to an answer. */
#ifndef SERVICES_EC2_METADATA_H
#define SERVICES_EC2_METADATA_H

#include "base/buf.h"
#include "call/call.h"

struct metadata_ask {
    struct db *db;
    const struct clock *clock;
    struct ids *ids;
    struct arena *arena;
    const struct site *site;
    const char *interface_id; /* "eni-...": who asks */
    const char *method;
    const char *path;      /* raw */
    const char *token;     /* X-aws-ec2-metadata-token, or NULL */
    const char *token_ttl; /* X-aws-ec2-metadata-token-ttl-seconds, or NULL */
    const char *forwarded; /* X-Forwarded-For, or NULL: a PUT with it is refused */
};

struct metadata_answer {
    int status;
    const char *content_type;
    const char *token_ttl; /* to send as X-aws-ec2-metadata-token-ttl-seconds, or NULL */
    struct buf body;       /* the caller's to free */
};

/* Reads the store; needs no transaction. */
void metadata_answer(const struct metadata_ask *ask, struct metadata_answer *ret_answer);

#endif
