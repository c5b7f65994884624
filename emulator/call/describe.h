/* The one engine of every Describe and List operation: ids, filters, tags and paging over records.
 *
 * Records come from SQL, or from memory, in ascending order of a key; each is rendered once to the
 * JSON that the operation answers, and filters look at that JSON by paths ("State.Name"; lists on
 * the way are flattened). A filter that names a column narrows the SQL as well. `*` and `?` work in
 * every filter value; filters are ANDed, the values of one ORed; unknown names are refused. */
#ifndef CALL_DESCRIBE_H
#define CALL_DESCRIBE_H

#include "call/call.h"

#define DESCRIBE_MORE_IDS_MAX 2

extern const struct migration describe_migrations[]; /* the key of page tokens */
extern const size_t describe_migration_count;

struct describe_filter {
    const char *name;   /* "vpc-id"; "tag:*", "tag-key", "tag-value" need not be listed where
                           tags_path is set */
    const char *path;   /* in the record; numbers, booleans and times (paths ending in Time) are
                           compared as AWS writes them */
    const char *column; /* or NULL: any SQL expression with the text AWS writes; used for values
                           without wildcards */
};

/* A further list that names records, where there is more than one: GroupNames beside GroupIds. A
 * record named by any of them is shown. */
struct describe_ids {
    const char *member; /* "GroupNames" */
    const char *path;
    const char *column;
    int (*check)(struct call *c, const char *id);
    int (*missing)(struct call *c, const json_t *ids);
};

/* How an operation pages, where it is not by MaxResults and NextToken. */
struct describe_paging {
    const char *limit;                       /* input: "MaxItems" */
    const char *token;                       /* input: "Marker" */
    const char *next;                        /* output: "Marker" */
    const char *truncated;                   /* output: "IsTruncated", always there; NULL: none */
    const char *foreign_code, *foreign_text; /* of a token that is not ours */
};
extern const struct describe_paging describe_paging_marker; /* MaxItems and Marker: IAM */

/* A rendered record may keep under this key what only filters look at ("_.PeerNames"): it is taken
 * away before the reply. */
#define DESCRIBE_HIDDEN "_"

struct describe {
    const char *ids_member; /* "InstanceIds", or NULL */
    const char *id_path;    /* in the record: "InstanceId" */
    const char *id_column;  /* SQL: narrows by ids */
    int (*id_check)(struct call *c,
                    const char *id); /* malformed ids: sets the fault; NULL: any text */
    int (*id_missing)(
        struct call *c,
        const json_t *ids); /* sets the fault for ids (array of text) without a record */
    const struct describe_ids *more_ids; /* at most DESCRIBE_MORE_IDS_MAX */
    size_t more_ids_count;
    const char *tags_path; /* "Tags", or NULL */
    const struct describe_filter *filters;
    size_t filter_count;
    int page_min, page_max;               /* MaxResults bounds; 0: the operation does not page */
    int page_default;                     /* 0: everything */
    const struct describe_paging *paging; /* NULL: MaxResults and NextToken */
    bool page_with_ids;                   /* AWS accepts MaxResults together with ids */
    const char *ids_word; /* where it does not: its word for the ids, "instancesSet" */

    /* From SQL: a SELECT ending in "WHERE account = ?1 AND region = ?2" (a global service leaves
     * the region out; further conditions may follow; ?4 is sql_argument) whose first column is the
     * key (unique text or integer). */
    const char *sql;
    const char *sql_argument; /* text for ?4; NULL: the statement has none */
    const char *key_column;   /* of the ORDER BY and of paging */
    bool key_is_number;       /* the key is an integer column */
    json_t *(*render)(struct call *c, struct rows *row); /* new reference; NULL: not shown */
    /* Or from memory: the record at `index` in key order (the key is the index), new reference;
     * NULL past the end, JSON's null where nothing is shown. */
    json_t *(*nth)(struct call *c, size_t index);
};

/* 0 with the page's records (a new array) and the next token (arena; NULL: last page), or -1 with
 * the fault set. */
int describe_run(struct call *c, const struct describe *d, json_t **ret_records,
                 const char **ret_next_token) MUST_CHECK;
/* The usual end: replies {list_member: records, "NextToken": token}, or as `paging` names them. */
int describe_reply(struct call *c, const struct describe *d, const char *list_member) MUST_CHECK;
/* Whether a rendered record passes the call's Filters, by the same rules. */
bool describe_matches(struct call *c, const struct describe *d, const json_t *record);

/* Page tokens for operations that page by other means (ssm): opaque, bound to account, operation
 * and key of this database. */
const char *page_token_make(struct call *c, const char *key);
const char *page_token_read(struct call *c, const char *token); /* the key, or NULL: foreign */

#endif
