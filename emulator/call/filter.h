/* The filters of a describe operation, checked once and then asked about every record. See
 * describe.h for the rules. */
#ifndef CALL_FILTER_H
#define CALL_FILTER_H

#include "call/describe.h"

enum filter_kind { FILTER_PATH, FILTER_TAG, FILTER_TAG_KEY, FILTER_TAG_VALUE };

struct filter {
    enum filter_kind kind;
    const struct describe_filter *spec; /* FILTER_PATH */
    const char *tag_key;                /* FILTER_TAG: "Name" of "tag:Name" */
    const json_t *values;               /* array of text */
    bool literal;                       /* no value has a wildcard */
    bool answered;                      /* SQL has applied it wholly */
};

/* The call's filters, in its arena. An unknown name, a filter without values or too many of them
 * sets the fault. */
int filter_read(struct call *c, const struct describe *d, struct filter **ret_filters,
                size_t *ret_count) MUST_CHECK;
/* Whether the record passes all filters that SQL has not answered. */
bool filter_matches(const struct describe *d, const struct filter *filters, size_t count,
                    const json_t *record);
/* The text at a path, when there is exactly one; NULL otherwise. */
const char *record_text(const json_t *record, const char *path);

#endif
