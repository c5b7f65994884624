/* An identity, made true. */
#ifndef AGENT_APPLY_H
#define AGENT_APPLY_H

#include "identity.h"

/* What to make true: the identity, the one before it (NULL if there was none), and the request's
 * own members. */
struct change {
    const struct identity *to;
    const struct identity *from;
    json_int_t time_ms;  /* 0: leave the clock */
    const char *entropy; /* base64, or NULL */
    bool was_ready;      /* it is applied to a machine that runs as `from` */
};

/* Whether this is another instance than before: everything that two instances must not share is
 * made anew. */
bool change_is_new_instance(const struct change *change);

/* Applies in full and keeps the identity at the end, so that a failure or a loss of power on the
 * way begins again. */
int change_apply(const struct change *change, struct err *err) __attribute__((warn_unused_result));

#endif
