/* Roles: identities without credentials of their own, which whoever their trust policy lets may
 * assume. */
#ifndef SERVICES_IAM_ROLE_H
#define SERVICES_IAM_ROLE_H

#include "services/iam/entity.h"
#include "services/iam/trust.h"

struct iam_role_row { /* text in the call's arena */
    struct iam_entity entity;
    const char *trust;       /* the trust policy as it stands now: see trust.h */
    const char *description; /* NULL: none */
    int64_t max_session_s;
    const char *service; /* of a service-linked role: "autoscaling.amazonaws.com"; NULL */
};

/* False when the call's account has none of that name or id. */
bool iam_role_find(struct call *c, const char *name, struct iam_role_row *ret_role);
bool iam_role_find_id(struct call *c, const char *id, struct iam_role_row *ret_role);
/* In whatever account the ARN names. */
bool iam_role_find_arn(struct call *c, const char *arn, struct iam_role_row *ret_role);
/* By name; NoSuchEntity when absent. */
int iam_role_load(struct call *c, const char *name, struct iam_role_row *ret_role) MUST_CHECK;
/* As iam_role_load, but UnmodifiableEntity for a service-linked role. */
int iam_role_load_own(struct call *c, const char *name, struct iam_role_row *ret_role) MUST_CHECK;

/* Whether the trust policy lets a service ("ec2.amazonaws.com") assume the role. */
bool iam_role_trusts_service(struct call *c, const struct iam_role_row *role, const char *service);

struct iam_role_spec {
    const char *name, *path; /* path NULL: "/" */
    const char *description; /* NULL: none */
    int64_t max_session_s;
    const char *service; /* NULL: not service-linked */
};
/* Writes it; everything is checked. */
void iam_role_insert(struct call *c, const struct iam_role_spec *spec, const struct trust *trust,
                     struct iam_entity *ret_entity);
/* The role with all that hangs on it. */
void iam_role_delete(struct call *c, const struct iam_entity *role);

enum iam_role_view {              /* how much of a role an operation shows */
                     ROLE_BRIEF,  /* as part of an instance profile */
                     ROLE_LISTED, /* with description and longest session: ListRoles */
                     ROLE_FULL,   /* with boundary, tags and last use: GetRole */
};
json_t *iam_role_to_json(struct call *c, const struct iam_role_row *role, enum iam_role_view view);

#endif
