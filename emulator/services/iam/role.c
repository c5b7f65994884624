/* Roles: CreateRole, GetRole, ListRoles, UpdateRole, UpdateRoleDescription, UpdateAssumeRolePolicy,
 * DeleteRole. */
#include "services/iam/role.h"

#include "base/text.h"
#include "call/tag.h"
#include "operations.h"
#include "services/iam/boundary.h"
#include "services/iam/document.h"
#include "services/iam/last_used.h"
#include "services/iam/policy_cache.h"

#define SESSION_DEFAULT_S 3600

/* --- rows ------------------------------------------------------------------------------------- */

#define ROLE_COLUMNS "x.trust, x.description, x.max_session_s, x.service"
#define ROLE_SELECT                                                                                \
    "SELECT e.name, " IAM_ENTITY_COLUMNS ", " ROLE_COLUMNS                                         \
    " FROM iam_entity e JOIN iam_role x ON x.id = e.id WHERE e.account = ?1 AND e.kind = 'role'"

static void role_read(struct call *c, struct rows *row, struct iam_role_row *ret_role)
{
    iam_entity_read(c, row, &ret_role->entity);
    const char *kept = call_text(c, row, IAM_ENTITY_NEXT);
    ret_role->description = call_text(c, row, IAM_ENTITY_NEXT + 1);
    ret_role->max_session_s = rows_int(row, IAM_ENTITY_NEXT + 2);
    ret_role->service = call_text(c, row, IAM_ENTITY_NEXT + 3);
    ret_role->trust = trust_text(c, c->account, ret_role->entity.id, kept);
}

static bool read_one(struct call *c, struct rows *r, struct iam_role_row *ret_role)
{
    if (!rows_next(r))
        return false;
    role_read(c, r, ret_role);
    rows_close(r);
    return true;
}

bool iam_role_find(struct call *c, const char *name, struct iam_role_row *ret_role)
{
    struct rows r;

    rows_open(&r, c->db, ROLE_SELECT " AND e.name = ?2", "ss", c->account, name);
    return read_one(c, &r, ret_role);
}

bool iam_role_find_id(struct call *c, const char *id, struct iam_role_row *ret_role)
{
    struct rows r;

    rows_open(&r, c->db, ROLE_SELECT " AND e.id = ?2", "ss", c->account, id);
    return read_one(c, &r, ret_role);
}

bool iam_role_find_arn(struct call *c, const char *arn, struct iam_role_row *ret_role)
{
    struct iam_entity entity;
    struct call there = *c;

    if (!iam_entity_find_arn(c, &iam_role, arn, &entity))
        return false;
    there.account = entity.account;
    return iam_role_find_id(&there, entity.id, ret_role);
}

int iam_role_load(struct call *c, const char *name, struct iam_role_row *ret_role)
{
    if (iam_role_find(c, name, ret_role))
        return 0;
    iam_entity_missing(c, &iam_role, name);
    return -1;
}

int iam_role_load_own(struct call *c, const char *name, struct iam_role_row *ret_role)
{
    if (iam_role_load(c, name, ret_role) != 0)
        return -1;
    if (ret_role->service == NULL)
        return 0;
    return call_fail(c, "UnmodifiableEntity",
                     "Cannot perform the operation on the protected role '%s' - this role is only"
                     " modifiable by AWS",
                     ret_role->entity.name);
}

/* A service that assumes a role for its own ends brings no facts. */
static bool no_fact(void *arg, const char *key, struct policy_values *ret)
{
    (void)arg;
    (void)key;
    (void)ret;
    return false;
}

bool iam_role_trusts_service(struct call *c, const struct iam_role_row *role, const char *service)
{
    struct policy_principal principal = {.service = service};
    struct policy_context context = {.get = no_fact};
    struct policy_ask ask = {
        .action = "sts:AssumeRole",
        .resource = role->entity.arn,
        .resource_account = c->account,
        .principal = &principal,
        .context = &context,
        .resource_policy = policy_cache_find(role->trust, POLICY_TRUST, NULL),
        .resource_must_allow = true,
    };
    struct policy_answer answer;

    policy_decide(&ask, &answer);
    return answer.verdict == POLICY_ALLOW;
}

void iam_role_insert(struct call *c, const struct iam_role_spec *spec, const struct trust *trust,
                     struct iam_entity *ret_entity)
{
    iam_entity_insert(c, &iam_role, spec->name, spec->path, ret_entity);
    db_exec(c->db,
            "INSERT INTO iam_role (id, account, trust, description, max_session_s, service)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            "ssssis", ret_entity->id, c->account, trust->document, spec->description,
            spec->max_session_s, spec->service);
    trust_put(c, ret_entity->id, trust);
}

void iam_role_delete(struct call *c, const struct iam_entity *role)
{
    static const char *const statements[] = {
        "DELETE FROM iam_attachment WHERE account = ? AND entity_id = ?",
        "DELETE FROM iam_inline_policy WHERE account = ? AND entity_id = ?",
        "DELETE FROM iam_last_used WHERE account = ? AND id = ?",
        "DELETE FROM iam_action_used WHERE account = ? AND id = ?",
        "DELETE FROM iam_role WHERE account = ? AND id = ?",
    };

    for (size_t i = 0; i < ARRAY_LEN(statements); i++)
        db_exec(c->db, statements[i], "ss", c->account, role->id);
    trust_forget(c, role->id);
    iam_entity_delete(c, role);
}

/* --- showing ---------------------------------------------------------------------------------- */

json_t *iam_role_to_json(struct call *c, const struct iam_role_row *role, enum iam_role_view view)
{
    const struct iam_entity *e = &role->entity;
    json_t *out = json_object();

    json_set_str(out, "Path", e->path);
    json_set_str(out, "RoleName", e->name);
    json_set_str(out, "RoleId", e->id);
    json_set_str(out, "Arn", e->arn);
    json_set_int(out, "CreateDate", e->created_ms);
    json_set_str(out, "AssumeRolePolicyDocument", iam_document_encoded(c, role->trust));
    if (view == ROLE_BRIEF)
        return out;
    json_set_str(out, "Description", role->description);
    json_set_int(out, "MaxSessionDuration", role->max_session_s);
    if (view == ROLE_LISTED)
        return out;
    iam_entity_add_boundary_and_tags(c, e, out);
    json_set_new(out, "RoleLastUsed", last_used_of_role(c, e->id));
    return out;
}

static int reply_role(struct call *c, json_t *role)
{
    return call_reply(c, json_pack("{so}", "Role", role));
}

/* --- CreateRole ------------------------------------------------------------------------------- */

/* What is shown of a role just made: "CreateRole", IAM API Reference. */
static json_t *made_to_json(struct call *c, const struct iam_role_row *role)
{
    json_t *out = iam_role_to_json(c, role, ROLE_BRIEF);

    iam_entity_add_boundary_and_tags(c, &role->entity, out);
    return out;
}

int iam_create_role(struct call *c)
{
    struct iam_role_spec spec = {
        .name = arg_str(c, "RoleName"),
        .path = arg_str(c, "Path"),
        .description = arg_str(c, "Description"),
        .max_session_s = arg_int_or(c, "MaxSessionDuration", SESSION_DEFAULT_S),
    };
    const char *boundary = arg_str(c, "PermissionsBoundary");
    const json_t *tags = arg_get(c, "Tags");
    struct iam_entity entity;
    struct iam_role_row role;
    struct trust trust;

    if (trust_read(c, arg_str(c, "AssumeRolePolicyDocument"), &trust) != 0 ||
        (boundary != NULL && iam_boundary_check(c, boundary) != 0) ||
        iam_entity_check_new(c, &iam_role, spec.name) != 0)
        return -1;
    iam_role_insert(c, &spec, &trust, &entity);
    iam_boundary_set(c, &entity, boundary);
    if ((tags != NULL && tag_put(c, "role", entity.id, tags) != 0) ||
        iam_role_load(c, spec.name, &role) != 0)
        return -1;
    return reply_role(c, made_to_json(c, &role));
}

/* --- GetRole, ListRoles ----------------------------------------------------------------------- */

int iam_get_role(struct call *c)
{
    struct iam_role_row role;

    if (iam_role_load(c, arg_str(c, "RoleName"), &role) != 0)
        return -1;
    return reply_role(c, iam_role_to_json(c, &role, ROLE_FULL));
}

static json_t *role_render(struct call *c, struct rows *row)
{
    struct iam_role_row role;

    role_read(c, row, &role);
    return iam_path_wanted(c, role.entity.path) ? iam_role_to_json(c, &role, ROLE_LISTED) : NULL;
}

static const struct describe roles = {
    IAM_PAGING,
    .sql = ROLE_SELECT,
    .key_column = "e.name",
    .render = role_render,
};

int iam_list_roles(struct call *c)
{
    return describe_reply(c, &roles, "Roles");
}

/* --- UpdateRole, UpdateRoleDescription, UpdateAssumeRolePolicy -------------------------------- */

static void set_description(struct call *c, const struct iam_role_row *role, const char *text)
{
    db_exec(c->db, "UPDATE iam_role SET description = ? WHERE account = ? AND id = ?", "sss", text,
            c->account, role->entity.id);
}

/* The description of a service-linked role may be edited, nothing else of it: "Create a
 * service-linked role", IAM User Guide. */
int iam_update_role(struct call *c)
{
    struct iam_role_row role;
    const char *name = arg_str(c, "RoleName");
    bool longer = arg_has(c, "MaxSessionDuration");
    int rc = longer ? iam_role_load_own(c, name, &role) : iam_role_load(c, name, &role);

    if (rc != 0)
        return -1;
    if (arg_has(c, "Description"))
        set_description(c, &role, arg_str(c, "Description"));
    if (longer)
        db_exec(c->db, "UPDATE iam_role SET max_session_s = ? WHERE account = ? AND id = ?", "iss",
                arg_int_or(c, "MaxSessionDuration", 0), c->account, role.entity.id);
    return call_reply(c, json_object());
}

int iam_update_role_description(struct call *c)
{
    struct iam_role_row role;

    if (iam_role_load(c, arg_str(c, "RoleName"), &role) != 0)
        return -1;
    role.description = arg_str(c, "Description");
    set_description(c, &role, role.description);
    return reply_role(c, iam_role_to_json(c, &role, ROLE_LISTED));
}

int iam_update_assume_role_policy(struct call *c)
{
    struct iam_role_row role;
    struct trust trust;

    if (iam_role_load_own(c, arg_str(c, "RoleName"), &role) != 0 ||
        trust_read(c, arg_str(c, "PolicyDocument"), &trust) != 0)
        return -1;
    trust_put(c, role.entity.id, &trust);
    return call_reply(c, NULL);
}

/* --- DeleteRole ------------------------------------------------------------------------------- */

static const struct iam_use uses[] = {
    {"SELECT 1 FROM iam_profile_role WHERE account = ? AND role_id = ?",
     "Cannot delete entity, must remove roles from instance profile first."},
    IAM_USES_OF_POLICIES,
};

int iam_delete_role(struct call *c)
{
    struct iam_role_row role;

    if (iam_role_load_own(c, arg_str(c, "RoleName"), &role) != 0 ||
        iam_entity_check_unused(c, &role.entity, uses, ARRAY_LEN(uses)) != 0)
        return -1;
    iam_role_delete(c, &role.entity);
    return call_reply(c, NULL);
}
