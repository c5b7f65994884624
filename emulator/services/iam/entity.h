/* What users, groups, roles, instance profiles and customer managed policies have in common: a row
 * of iam_entity with a name that is unique in its account whatever its case, a path, an id and an
 * ARN. IAM is global: its rows have an account and no region.
 *
 * What belongs to one entity hangs on its id, so that renaming touches one row. */
#ifndef SERVICES_IAM_ENTITY_H
#define SERVICES_IAM_ENTITY_H

#include "call/call.h"
#include "call/describe.h"

#define IAM_ID_SIZE 22 /* "AIDA" and 17 of base32, with its NUL */

struct iam_kind {
    const char *kind;     /* in iam_entity: "user" */
    const char *prefix;   /* of ids: "AIDA" */
    const char *arn_word; /* "user": arn:aws:iam::123456789012:user/path/name */
    const char *title;    /* in texts: "User" */
    const char *missing;  /* text of NoSuchEntity, with one %s for the name */
    const char *exists;   /* text of EntityAlreadyExists, with one %s */
    const char *quota;    /* in the text of LimitExceeded: "UsersPerAccount" */
    int limit;            /* how many an account may have */
};
extern const struct iam_kind iam_user, iam_group, iam_role, iam_instance_profile, iam_policy;

struct iam_entity { /* text in the call's arena */
    const char *account, *id, *name, *path, *arn;
    const char *boundary; /* ARN of the permissions boundary; NULL: none */
    int64_t created_ms;
};

/* False when the account has none of that name. */
bool iam_entity_find(struct call *c, const struct iam_kind *kind, const char *name,
                     struct iam_entity *ret_entity);
bool iam_entity_find_id(struct call *c, const char *id, struct iam_entity *ret_entity);
/* By ARN, in whatever account it names. */
bool iam_entity_find_arn(struct call *c, const struct iam_kind *kind, const char *arn,
                         struct iam_entity *ret_entity);
/* By name; NoSuchEntity (404) when absent. */
int iam_entity_load(struct call *c, const struct iam_kind *kind, const char *name,
                    struct iam_entity *ret_entity) MUST_CHECK;
/* Sets that fault, for what is found by other means. */
void iam_entity_missing(struct call *c, const struct iam_kind *kind, const char *name);
/* EntityAlreadyExists (409) when the name is taken by another than `self` (NULL: by any). */
int iam_entity_check_name(struct call *c, const struct iam_kind *kind, const char *name,
                          const struct iam_entity *self) MUST_CHECK;
/* As well as LimitExceeded (409) when the account has as many as it may. */
int iam_entity_check_new(struct call *c, const struct iam_kind *kind, const char *name) MUST_CHECK;
/* Draws id and time, builds the ARN and writes the row. `path` NULL: "/". */
void iam_entity_insert(struct call *c, const struct iam_kind *kind, const char *name,
                       const char *path, struct iam_entity *ret_entity);
/* New name or path (NULL: as it is); the caller has checked the name. */
void iam_entity_rename(struct call *c, const struct iam_entity *entity, const char *name,
                       const char *path);
/* What keeps an entity from being deleted. */
struct iam_use {
    const char *sql;  /* answers a row when there is such a use; account and id are its arguments */
    const char *text; /* of DeleteConflict (409) */
};
/* Policies: what users, groups and roles have in common, for their tables of uses. */
#define IAM_USES_OF_POLICIES                                                                       \
    {"SELECT 1 FROM iam_attachment WHERE account = ? AND entity_id = ?",                           \
     "Cannot delete entity, must detach all policies first."},                                     \
    {                                                                                              \
        "SELECT 1 FROM iam_inline_policy WHERE account = ? AND entity_id = ?",                     \
            "Cannot delete entity, must delete policies first."                                    \
    }
int iam_entity_check_unused(struct call *c, const struct iam_entity *entity,
                            const struct iam_use *uses, size_t count) MUST_CHECK;
/* The row and its tags. */
void iam_entity_delete(struct call *c, const struct iam_entity *entity);

/* Sets PermissionsBoundary and Tags, each where the entity has it. */
void iam_entity_add_boundary_and_tags(struct call *c, const struct iam_entity *entity, json_t *out);

/* "AKIA" -> "AKIA" and `len` characters of base32; in the call's arena. Ids have 17 of them,
 * access keys 16. */
const char *iam_id_new(struct call *c, const char *prefix, size_t len);
/* The time as IAM and STS keep it: whole seconds. */
int64_t iam_now_ms(const struct call *c);
/* "arn:aws:iam::<account>:<word><path><name>". */
const char *iam_arn(struct call *c, const char *word, const char *path, const char *name);

/* For `struct describe`: the columns that iam_entity_read wants, in this order from column
 * IAM_ENTITY_FIRST on, and what reads them. A listing is
 *   "SELECT e.name, " IAM_ENTITY_COLUMNS " FROM iam_entity e WHERE e.account = ?1 AND e.kind =
 * 'user'" with key_column "e.name". */
#define IAM_ENTITY_FIRST   1
#define IAM_ENTITY_COLUMNS "e.kind, e.id, e.name, e.path, e.created_ms, e.boundary"
#define IAM_ENTITY_NEXT    7 /* the first column behind them */
void iam_entity_read(struct call *c, struct rows *row, struct iam_entity *ret_entity);
/* False when the call's PathPrefix leaves the path out. */
bool iam_path_wanted(struct call *c, const char *path);

/* Pages of IAM: MaxItems 1 to 1000, 100 when absent. */
#define IAM_PAGING                                                                                 \
    .page_min = 1, .page_max = 1000, .page_default = 100, .paging = &describe_paging_marker

#endif
