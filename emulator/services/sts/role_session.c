/* Sessions of roles: see role_session.h. */
#include "services/sts/role_session.h"

#include "base/arn.h"
#include "base/text.h"
#include "services/sts/session.h"
#include "services/sts/session_terms.h"

#define HOUR_S 3600

int role_session_refuse(struct call *c, const char *action, const char *resource)
{
    if (c->who.arn == NULL)
        return call_fail(c, "AccessDenied", "Not authorized to perform %s", action);
    return call_fail(c, "AccessDenied", "User: %s is not authorized to perform: %s on resource: %s",
                     c->who.arn, action, resource);
}

int role_arn_check(struct call *c)
{
    const char *text = arg_str(c, "RoleArn");
    struct arn arn;
    if (!arn_parse(c->arena, text, &arn))
        return call_fail(c, "ValidationError", "%s is invalid", text);
    if (!str_equal(arn.service, "iam") || !str_starts(arn.resource, "role/"))
        return call_fail(c, "ValidationError", "Request ARN is invalid");
    return 0;
}

int role_session_role(struct call *c, struct iam_role_row *ret_role)
{
    if (role_arn_check(c) != 0)
        return -1;
    if (iam_role_find_arn(c, arg_str(c, "RoleArn"), ret_role))
        return 0;
    return role_session_refuse(c, c->op->iam_action, arg_str(c, "RoleArn"));
}

/* "IAM roles: Methods to assume a role", IAM User Guide: an hour when nothing is said, what the
 * role allows at most, an hour at most in a chain. */
static int duration_read(struct call *c, const struct role_session_ask *ask, int64_t *ret_s)
{
    int64_t wanted_s = arg_int_or(c, "DurationSeconds", 0);
    if (wanted_s > HOUR_S && ask->chained)
        return call_fail(c, "ValidationError",
                         "The requested DurationSeconds exceeds the 1 hour session limit for roles "
                         "assumed by role chaining.");
    if (wanted_s > ask->role->max_session_s || ask->longest_s > ask->role->max_session_s)
        return call_fail(
            c, "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this "
            "role.");
    int64_t duration_s = wanted_s != 0 ? wanted_s : ask->longest_s != 0 ? ask->longest_s : HOUR_S;
    *ret_s = ask->longest_s != 0 && ask->longest_s < duration_s ? ask->longest_s : duration_s;
    return 0;
}

static json_t *assumed_role_user(struct call *c, const struct role_session_ask *ask)
{
    const struct iam_entity *role = &ask->role->entity;
    const char *name = ask->session.name;
    json_t *user = json_object();
    json_set_str(user, "AssumedRoleId", call_printf(c, "%s:%s", role->id, name));
    json_set_str(user, "Arn",
                 call_printf(c, "arn:%s:sts::%s:assumed-role/%s/%s", region_partition(c->region),
                             role->account, role->name, name));
    return user;
}

json_t *role_session_make(struct call *c, struct role_session_ask *ask)
{
    const struct iam_entity *role = &ask->role->entity;
    int64_t duration_s = 0, percent;
    struct session_keys keys;

    if (duration_read(c, ask, &duration_s) != 0 ||
        session_policies_read(c, role->account, &ask->session.policies) != 0 ||
        session_pack(c, &ask->session, &percent) != 0)
        return NULL;
    struct session_spec spec = {
        .type = PRINCIPAL_ASSUMED_ROLE,
        .account = role->account,
        .entity_id = role->id,
        .duration_s = duration_s,
        .session = ask->session,
    };
    session_make(c, &spec, &keys);
    json_t *out = json_object();
    json_set_new(out, "Credentials", session_credentials(&keys));
    json_set_new(out, "AssumedRoleUser", assumed_role_user(c, ask));
    if (percent >= 0)
        json_set_int(out, "PackedPolicySize", percent);
    json_set_str(out, "SourceIdentity", ask->session.source_identity);
    return out;
}
