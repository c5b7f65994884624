/* Tags: one mechanism for every resource that has them. A resource is named by its id, or by its
 * ARN where the service does so. Codes and texts of the faults are the calling service's. */
#ifndef CALL_TAG_H
#define CALL_TAG_H

#include "call/call.h"

extern const struct migration tag_migrations[];
extern const size_t tag_migration_count;

/* Checks TagSpecifications (or Tags) of the input for `type`: limits, aws: prefix, duplicate keys,
 * types that the operation does not create
 * (`types`: NULL-terminated list of those it does). Sets the fault. */
int tag_check_specs(struct call *c, const char *const *types) MUST_CHECK;
/* Writes the tags that TagSpecifications gives resources of `type`. */
void tag_put_specs(struct call *c, const char *type, const char *id);
int tag_key_check(struct call *c, const char *key) MUST_CHECK; /* length, aws: prefix */
int tag_check(struct call *c, const json_t *tags) MUST_CHECK;  /* [{Key,Value}] */
/* Adds or replaces; more than 50 set the fault. `type` as DescribeTags names it: "instance". Keys
 * of IAM's types "user" and "role" that differ only in case are one key; the later spelling stays.
 */
int tag_put(struct call *c, const char *type, const char *id, const json_t *tags) MUST_CHECK;
void tag_put_one(struct call *c, const char *type, const char *id, const char *key,
                 const char *value);
/* Removes those named; an element without Value removes the key whatever its value; NULL: all but
 * aws: ones. */
void tag_remove(struct call *c, const char *id, const json_t *tags);
void tag_remove_all(struct call *c, const char *id); /* the resource is gone */
json_t *tag_list(struct call *c,
                 const char *id); /* new array of {Key,Value} by key; empty when none */

#endif
