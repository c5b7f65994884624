/* Managed policies on users, groups and roles: Attach*Policy, Detach*Policy, ListAttached*Policies,
 * ListEntitiesForPolicy. Attaching again changes nothing; a policy that a service-linked role
 * brings along is for such roles alone. */
#include "base/text.h"
#include "operations.h"
#include "services/iam/holder.h"
#include "services/iam/listing.h"
#include "services/iam/policy.h"

/* --- attaching -------------------------------------------------------------------------------- */

static int check_room(struct call *c, const struct iam_holder *h, const struct iam_entity *entity)
{
    if (db_int(c->db, 0, "SELECT count(*) FROM iam_attachment WHERE account = ? AND entity_id = ?",
               "ss", c->account, entity->id) >= IAM_ATTACHED_MAX)
        return call_fail(c, "LimitExceeded", "Cannot exceed quota for %s: %d", h->quota,
                         IAM_ATTACHED_MAX);
    return 0;
}

static int attach(struct call *c, const struct iam_holder *h)
{
    struct iam_entity entity;
    struct iam_managed policy;

    if (iam_holder_load_own(c, h, &entity) != 0 ||
        iam_managed_load_attachable(c, arg_str(c, "PolicyArn"), &policy) != 0)
        return -1;
    if (policy.service_only)
        return call_fail(c, "PolicyNotAttachable", "Cannot attach a Service Role Policy to a %s.",
                         h->customer);
    if (db_exists(c->db,
                  "SELECT 1 FROM iam_attachment WHERE account = ? AND entity_id = ?"
                  " AND policy_arn = ?",
                  "sss", c->account, entity.id, policy.arn))
        return call_reply(c, NULL);
    if (check_room(c, h, &entity) != 0)
        return -1;
    db_exec(c->db,
            "INSERT INTO iam_attachment (account, entity_id, policy_arn, added_ms)"
            " VALUES (?, ?, ?, ?)",
            "sssi", c->account, entity.id, policy.arn, call_now_ms(c));
    return call_reply(c, NULL);
}

static int detach(struct call *c, const struct iam_holder *h)
{
    const char *arn = arg_str(c, "PolicyArn");
    struct iam_entity entity;
    struct iam_managed policy;

    if (iam_holder_load_own(c, h, &entity) != 0 || iam_managed_load(c, arn, &policy) != 0)
        return -1;
    db_exec(c->db,
            "DELETE FROM iam_attachment WHERE account = ? AND entity_id = ? AND policy_arn = ?",
            "sss", c->account, entity.id, policy.arn);
    if (db_changed(c->db) == 0)
        return call_fail(c, "NoSuchEntity", "Policy %s was not found.", arn);
    return call_reply(c, NULL);
}

/* --- listing ---------------------------------------------------------------------------------- */

static json_t *attached_render(struct call *c, struct rows *row)
{
    struct iam_managed policy;

    if (!iam_managed_find(c, rows_text(row, 0), &policy) || !iam_path_wanted(c, policy.path))
        return NULL;
    return iam_managed_to_brief_json(&policy);
}

static int list_attached(struct call *c, const struct iam_holder *h)
{
    struct iam_entity entity;

    if (iam_holder_load(c, h, &entity) != 0)
        return -1;
    struct describe attached = {
        IAM_PAGING,
        .sql = "SELECT policy_arn FROM iam_attachment WHERE account = ?1 AND entity_id = ?4",
        .sql_argument = entity.id,
        .key_column = "policy_arn",
        .render = attached_render,
    };
    return describe_reply(c, &attached, "AttachedPolicies");
}

/* --- ListEntitiesForPolicy -------------------------------------------------------------------- */

struct listed {
    const char *kind, *filter; /* in iam_entity; as EntityFilter spells it */
    const char *name, *id;     /* members of the record */
};
static const struct listed listed_kinds[] = {
    {"group", "Group", "GroupName", "GroupId"},
    {"user", "User", "UserName", "UserId"},
    {"role", "Role", "RoleName", "RoleId"},
};

static json_t *holder_render(struct call *c, struct rows *row)
{
    const char *kind = rows_text(row, IAM_ENTITY_FIRST);
    const char *filter = arg_str(c, "EntityFilter");
    struct iam_entity entity;

    iam_entity_read(c, row, &entity);
    for (size_t i = 0; i < ARRAY_LEN(listed_kinds); i++) {
        const struct listed *l = &listed_kinds[i];
        if (!str_equal(l->kind, kind) || (filter != NULL && !str_equal(filter, l->filter)) ||
            !iam_path_wanted(c, entity.path))
            continue;
        json_t *out = json_object();
        json_set_str(out, l->name, entity.name);
        json_set_str(out, l->id, entity.id);
        return out;
    }
    return NULL;
}

#define HOLDERS                                                                                    \
    "SELECT e.kind || '/' || e.name, " IAM_ENTITY_COLUMNS                                          \
    " FROM iam_entity e WHERE +e.account = ?1 AND e.id IN ("
#define ATTACHED "SELECT entity_id FROM iam_attachment WHERE account = ?1 AND policy_arn = ?4"
#define BOUND    "SELECT id FROM iam_entity WHERE account = ?1 AND boundary = ?4"

static const char *holders_sql(struct call *c)
{
    const char *usage = arg_str(c, "PolicyUsageFilter");

    if (usage == NULL)
        return HOLDERS ATTACHED " UNION " BOUND ")";
    return str_equal(usage, "PermissionsBoundary") ? HOLDERS BOUND ")" : HOLDERS ATTACHED ")";
}

int iam_list_entities_for_policy(struct call *c)
{
    static const struct iam_list lists[] = {
        {"PolicyGroups", "GroupId"},
        {"PolicyUsers", "UserId"},
        {"PolicyRoles", "RoleId"},
    };
    struct iam_managed policy;

    if (iam_managed_load(c, arg_str(c, "PolicyArn"), &policy) != 0)
        return -1;
    struct describe holders = {
        IAM_PAGING,
        .sql = holders_sql(c),
        .sql_argument = policy.arn,
        .key_column = "e.kind || '/' || e.name",
        .render = holder_render,
    };
    return iam_lists_reply(c, &holders, lists, ARRAY_LEN(lists));
}

/* --- operations ------------------------------------------------------------------------------- */

int iam_attach_user_policy(struct call *c)
{
    return attach(c, &iam_holder_user);
}

int iam_attach_group_policy(struct call *c)
{
    return attach(c, &iam_holder_group);
}

int iam_attach_role_policy(struct call *c)
{
    return attach(c, &iam_holder_role);
}

int iam_detach_user_policy(struct call *c)
{
    return detach(c, &iam_holder_user);
}

int iam_detach_group_policy(struct call *c)
{
    return detach(c, &iam_holder_group);
}

int iam_detach_role_policy(struct call *c)
{
    return detach(c, &iam_holder_role);
}

int iam_list_attached_user_policies(struct call *c)
{
    return list_attached(c, &iam_holder_user);
}

int iam_list_attached_group_policies(struct call *c)
{
    return list_attached(c, &iam_holder_group);
}

int iam_list_attached_role_policies(struct call *c)
{
    return list_attached(c, &iam_holder_role);
}
