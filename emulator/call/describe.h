/* The one engine of every Describe and List operation: ids, filters, tags and paging over records.
 *
 * Records come from SQL, or from memory, in ascending order of a key; each is rendered once to the JSON that the operation answers, and
 * filters look at that JSON by paths ("State.Name"; lists on the way are flattened). A filter that names a column narrows the SQL
 * as well. `*` and `?` work in every filter value; filters are ANDed, the values of one ORed; unknown names are refused. */
#ifndef CALL_DESCRIBE_H
#define CALL_DESCRIBE_H

#include "call/call.h"

struct describe_filter {
    const char *name;   /* "vpc-id"; "tag:*", "tag-key", "tag-value" need not be listed where tags_path is set */
    const char *path;   /* in the record; numbers, booleans and times are compared as AWS writes them */
    const char *column; /* or NULL; used for values without wildcards */
};

struct describe {
    const char *ids_member;    /* "InstanceIds", or NULL */
    const char *id_path;       /* in the record: "InstanceId" */
    const char *id_column;     /* SQL: narrows by ids */
    int (*id_check)(struct call *c, const char *id); /* malformed ids: sets the fault; NULL: any text */
    int (*id_missing)(struct call *c, const json_t *ids); /* sets the fault for ids (array of text) without a record */
    const char *tags_path;     /* "Tags", or NULL */
    const struct describe_filter *filters;
    size_t filter_count;
    int page_min, page_max;    /* MaxResults bounds; 0: the operation does not page */
    int page_default;          /* 0: everything */
    bool page_with_ids;        /* AWS accepts MaxResults together with ids */

    /* From SQL: a SELECT ending in "WHERE account = ? AND region = ?" whose first column is the key (unique text or integer). */
    const char *sql;
    const char *key_column; /* of the ORDER BY and of paging */
    json_t *(*render)(struct call *c, struct rows *row); /* new reference; NULL: not shown */
    /* Or from memory: the record at `index` in key order (the key is the index), new reference; NULL past the end. */
    json_t *(*nth)(struct call *c, size_t index);
};

/* 0 with the page's records (a new array) and the next token (arena; NULL: last page), or -1 with the fault set. */
int describe_run(struct call *c, const struct describe *d, json_t **ret_records, const char **ret_next_token) MUST_CHECK;
/* The usual end: replies {list_member: records, "NextToken": token}. */
int describe_reply(struct call *c, const struct describe *d, const char *list_member) MUST_CHECK;
/* Whether a rendered record passes the call's Filters, by the same rules. */
bool describe_matches(struct call *c, const struct describe *d, const json_t *record);

/* Page tokens for operations that page by other means (ssm): opaque, bound to account, operation and key of this database. */
const char *page_token_make(struct call *c, const char *key);
const char *page_token_read(struct call *c, const char *token); /* the key, or NULL: foreign */

#endif
