/* Listings that answer several kinds of records, each kind in a list of its own, paged as one. */
#ifndef SERVICES_IAM_LISTING_H
#define SERVICES_IAM_LISTING_H

#include "call/describe.h"

struct iam_list {
    const char *name;   /* of the output's list: "PolicyUsers" */
    const char *member; /* that records of its kind have, and no others: "UserId" */
};

/* Replies every list, empty or not, with Marker and IsTruncated. */
int iam_lists_reply(struct call *c, const struct describe *d, const struct iam_list *lists,
                    size_t count) MUST_CHECK;

#endif
