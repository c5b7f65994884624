/* GetAccountAuthorizationDetails: every user, group, role and managed policy of the account with
 * all that bears on its permissions, paged as one list. Of AWS's policies it shows those that are
 * in use. */
#include "base/text.h"
#include "call/tag.h"
#include "operations.h"
#include "services/iam/document.h"
#include "services/iam/group.h"
#include "services/iam/instance_profile.h"
#include "services/iam/listing.h"
#include "services/iam/policy.h"
#include "services/iam/role.h"
#include "services/iam/user.h"

#include <string.h>

/* --- what hangs on an entity ------------------------------------------------------------------ */

typedef json_t *(*render_fn)(struct call *c, struct rows *row); /* NULL: not shown */

/* A list of what `sql` (?1 the account, ?2 the id) answers. */
static json_t *list_of(struct call *c, const char *sql, const char *id, render_fn render)
{
    json_t *list = json_array(), *item;
    struct rows r;

    rows_open(&r, c->db, sql, "ss", c->account, id);
    while (rows_next(&r)) {
        item = render(c, &r);
        if (item != NULL)
            json_append_new(list, item);
    }
    return list;
}

static json_t *inline_render(struct call *c, struct rows *row)
{
    json_t *out = json_object();

    json_set_str(out, "PolicyName", rows_text(row, 0));
    json_set_str(out, "PolicyDocument", iam_document_encoded(c, rows_text(row, 1)));
    return out;
}

static json_t *inline_policies(struct call *c, const char *id)
{
    return list_of(c,
                   "SELECT name, document FROM iam_inline_policy WHERE account = ?1"
                   " AND entity_id = ?2 ORDER BY name",
                   id, inline_render);
}

static json_t *attached_render(struct call *c, struct rows *row)
{
    struct iam_managed policy;

    return iam_managed_find(c, rows_text(row, 0), &policy) ? iam_managed_to_brief_json(&policy)
                                                           : NULL;
}

static json_t *attached_policies(struct call *c, const char *id)
{
    return list_of(c,
                   "SELECT policy_arn FROM iam_attachment WHERE account = ?1 AND entity_id = ?2"
                   " ORDER BY policy_arn",
                   id, attached_render);
}

static json_t *name_render(struct call *c, struct rows *row)
{
    (void)c;
    return json_text_new(rows_text(row, 0));
}

static json_t *profile_render(struct call *c, struct rows *row)
{
    struct iam_profile profile;

    return iam_profile_find_id(c, rows_text(row, 0), &profile) ? iam_profile_to_json(c, &profile)
                                                               : NULL;
}

/* --- the records ------------------------------------------------------------------------------ */

static json_t *user_detail(struct call *c, const char *name)
{
    struct iam_entity user;

    if (!iam_entity_find(c, &iam_user, name, &user))
        return NULL;
    json_t *out = iam_user_to_json(c, &user, USER_MADE);
    json_t *policies = inline_policies(c, user.id);
    if (json_array_size(policies) > 0) /* AWS leaves this one out when it is empty */
        json_set_new(out, "UserPolicyList", json_incref(policies));
    json_decref(policies);
    json_set_new(out, "GroupList",
                 list_of(c,
                         "SELECT e.name FROM iam_group_member m JOIN iam_entity e"
                         " ON e.id = m.group_id WHERE m.account = ?1 AND m.user_id = ?2"
                         " ORDER BY e.name",
                         user.id, name_render));
    json_set_new(out, "AttachedManagedPolicies", attached_policies(c, user.id));
    json_set_new(out, "Tags", tag_list(c, user.id));
    return out;
}

static json_t *group_detail(struct call *c, const char *name)
{
    struct iam_entity group;

    if (!iam_entity_find(c, &iam_group, name, &group))
        return NULL;
    json_t *out = iam_group_to_json(&group);
    json_set_new(out, "GroupPolicyList", inline_policies(c, group.id));
    json_set_new(out, "AttachedManagedPolicies", attached_policies(c, group.id));
    return out;
}

static json_t *role_detail(struct call *c, const char *name)
{
    struct iam_role_row role;

    if (!iam_role_find(c, name, &role))
        return NULL;
    json_t *out = iam_role_to_json(c, &role, ROLE_FULL);
    json_object_del(out, "Description"); /* not among the details */
    json_object_del(out, "MaxSessionDuration");
    json_set_new(out, "InstanceProfileList",
                 list_of(c,
                         "SELECT profile_id FROM iam_profile_role WHERE account = ?1"
                         " AND role_id = ?2 ORDER BY profile_id",
                         role.entity.id, profile_render));
    json_set_new(out, "RolePolicyList", inline_policies(c, role.entity.id));
    json_set_new(out, "AttachedManagedPolicies", attached_policies(c, role.entity.id));
    json_set_new(out, "Tags", tag_list(c, role.entity.id));
    return out;
}

static json_t *aws_policy_detail(struct call *c, const char *arn)
{
    struct iam_managed policy;

    if (!iam_managed_find(c, arn, &policy))
        return NULL;
    json_t *out = iam_managed_to_json(c, &policy);
    json_set_str(out, "Description", policy.description);
    json_set_new(out, "PolicyVersionList", iam_managed_versions(c, &policy));
    return out;
}

static json_t *local_policy_detail(struct call *c, const char *name)
{
    struct iam_entity policy;

    return iam_entity_find(c, &iam_policy, name, &policy) ? aws_policy_detail(c, policy.arn) : NULL;
}

/* --- the listing ------------------------------------------------------------------------------ */

struct detail {
    const char *kind;   /* before the slash of a record's key */
    const char *filter; /* as Filter spells it */
    json_t *(*render)(struct call *c, const char *name);
};
static const struct detail details[] = {
    {"aws", "AWSManagedPolicy", aws_policy_detail},
    {"group", "Group", group_detail},
    {"policy", "LocalManagedPolicy", local_policy_detail},
    {"role", "Role", role_detail},
    {"user", "User", user_detail},
};

static bool wanted(struct call *c, const struct detail *d)
{
    size_t count = arg_count(c, "Filter");

    for (size_t i = 0; i < count; i++)
        if (str_equal(arg_at(c, "Filter", i), d->filter))
            return true;
    return count == 0;
}

static json_t *detail_render(struct call *c, struct rows *row)
{
    const char *key = call_text(c, row, 0), *slash = strchr(key, '/');
    const char *kind = arena_strndup(c->arena, key, (size_t)(slash - key));

    for (size_t i = 0; i < ARRAY_LEN(details); i++)
        if (str_equal(details[i].kind, kind) && wanted(c, &details[i]))
            return details[i].render(c, slash + 1);
    return NULL;
}

int iam_get_account_authorization_details(struct call *c)
{
    static const struct iam_list lists[] = {
        {"UserDetailList", "UserId"},
        {"GroupDetailList", "GroupId"},
        {"RoleDetailList", "RoleId"},
        {"Policies", "PolicyId"},
    };
    static const struct describe all = {
        IAM_PAGING,
        .sql = "SELECT key FROM (SELECT kind || '/' || name AS key FROM iam_entity"
               " WHERE account = ?1 AND kind IN ('group', 'policy', 'role', 'user')"
               " UNION SELECT 'aws/' || policy_arn FROM iam_attachment WHERE account = ?1"
               " AND policy_arn GLOB 'arn:*:iam::aws:policy/*'"
               " UNION SELECT 'aws/' || boundary FROM iam_entity WHERE account = ?1"
               " AND boundary GLOB 'arn:*:iam::aws:policy/*') WHERE ?1 = ?1",
        .key_column = "key",
        .render = detail_render,
    };

    return iam_lists_reply(c, &all, lists, ARRAY_LEN(lists));
}
