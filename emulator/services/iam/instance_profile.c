/* Instance profiles: CreateInstanceProfile, GetInstanceProfile, ListInstanceProfiles,
 * ListInstanceProfilesForRole, AddRoleToInstanceProfile, RemoveRoleFromInstanceProfile,
 * DeleteInstanceProfile. */
#include "services/iam/instance_profile.h"

#include "base/text.h"
#include "call/tag.h"
#include "operations.h"
#include "services/iam/role.h"

#include <string.h>

/* --- rows ------------------------------------------------------------------------------------- */

#define PROFILE_SELECT                                                                             \
    "SELECT e.name, " IAM_ENTITY_COLUMNS ", x.role_id FROM iam_entity e"                           \
    " LEFT JOIN iam_profile_role x ON x.account = e.account AND x.profile_id = e.id"               \
    " WHERE e.account = ?1 AND e.kind = 'instance-profile'"

static void profile_read(struct call *c, struct rows *row, struct iam_profile *ret_profile)
{
    iam_entity_read(c, row, &ret_profile->entity);
    ret_profile->role_id = call_text(c, row, IAM_ENTITY_NEXT);
}

static bool find(struct call *c, const char *sql, const char *value, struct iam_profile *ret)
{
    struct rows r;

    rows_open(&r, c->db, sql, "ss", c->account, value);
    if (!rows_next(&r))
        return false;
    profile_read(c, &r, ret);
    rows_close(&r);
    return true;
}

bool iam_profile_find(struct call *c, const char *name, struct iam_profile *ret_profile)
{
    return find(c, PROFILE_SELECT " AND e.name = ?2", name, ret_profile);
}

bool iam_profile_find_id(struct call *c, const char *id, struct iam_profile *ret_profile)
{
    return find(c, PROFILE_SELECT " AND e.id = ?2", id, ret_profile);
}

bool iam_profile_find_arn(struct call *c, const char *arn, struct iam_profile *ret_profile)
{
    struct iam_entity entity;

    return iam_entity_find_arn(c, &iam_instance_profile, arn, &entity) &&
           str_equal(entity.account, c->account) && iam_profile_find_id(c, entity.id, ret_profile);
}

static int profile_load(struct call *c, struct iam_profile *ret_profile)
{
    const char *name = arg_str(c, "InstanceProfileName");

    if (iam_profile_find(c, name, ret_profile))
        return 0;
    iam_entity_missing(c, &iam_instance_profile, name);
    return -1;
}

/* --- showing ---------------------------------------------------------------------------------- */

json_t *iam_profile_to_json(struct call *c, const struct iam_profile *profile)
{
    const struct iam_entity *e = &profile->entity;
    json_t *out = json_object(), *roles = json_array();
    struct iam_role_row role;

    json_set_str(out, "Path", e->path);
    json_set_str(out, "InstanceProfileName", e->name);
    json_set_str(out, "InstanceProfileId", e->id);
    json_set_str(out, "Arn", e->arn);
    json_set_int(out, "CreateDate", e->created_ms);
    if (profile->role_id != NULL && iam_role_find_id(c, profile->role_id, &role))
        json_append_new(roles, iam_role_to_json(c, &role, ROLE_BRIEF));
    json_set_new(out, "Roles", roles);
    return out;
}

/* Listings leave the tags out. */
static int reply_profile(struct call *c, const struct iam_profile *profile)
{
    json_t *out = iam_profile_to_json(c, profile);

    json_set_new(out, "Tags", tag_list(c, profile->entity.id));
    return call_reply(c, json_pack("{so}", "InstanceProfile", out));
}

static json_t *profile_render(struct call *c, struct rows *row)
{
    struct iam_profile profile;

    profile_read(c, row, &profile);
    if (call_accepts(c, "PathPrefix") && !iam_path_wanted(c, profile.entity.path))
        return NULL;
    return iam_profile_to_json(c, &profile);
}

/* --- the operations --------------------------------------------------------------------------- */

int iam_create_instance_profile(struct call *c)
{
    const char *name = arg_str(c, "InstanceProfileName");
    const json_t *tags = arg_get(c, "Tags");
    struct iam_profile profile = {.role_id = NULL};

    if (iam_entity_check_new(c, &iam_instance_profile, name) != 0)
        return -1;
    iam_entity_insert(c, &iam_instance_profile, name, arg_str(c, "Path"), &profile.entity);
    if (tags != NULL && tag_put(c, "instance-profile", profile.entity.id, tags) != 0)
        return -1;
    return reply_profile(c, &profile);
}

int iam_get_instance_profile(struct call *c)
{
    struct iam_profile profile;

    return profile_load(c, &profile) != 0 ? -1 : reply_profile(c, &profile);
}

static const struct describe profiles = {
    IAM_PAGING,
    .sql = PROFILE_SELECT,
    .key_column = "e.name",
    .render = profile_render,
};

int iam_list_instance_profiles(struct call *c)
{
    return describe_reply(c, &profiles, "InstanceProfiles");
}

int iam_list_instance_profiles_for_role(struct call *c)
{
    struct describe d = profiles;
    struct iam_role_row role;

    if (iam_role_load(c, arg_str(c, "RoleName"), &role) != 0)
        return -1;
    d.sql = PROFILE_SELECT " AND x.role_id = ?4";
    d.sql_argument = role.entity.id;
    return describe_reply(c, &d, "InstanceProfiles");
}

int iam_add_role_to_instance_profile(struct call *c)
{
    struct iam_profile profile;
    struct iam_role_row role;

    if (profile_load(c, &profile) != 0 || iam_role_load_own(c, arg_str(c, "RoleName"), &role) != 0)
        return -1;
    if (profile.role_id != NULL)
        return call_fail(c, "LimitExceeded",
                         "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
    db_exec(c->db, "INSERT INTO iam_profile_role (account, profile_id, role_id) VALUES (?, ?, ?)",
            "sss", c->account, profile.entity.id, role.entity.id);
    return call_reply(c, NULL);
}

int iam_remove_role_from_instance_profile(struct call *c)
{
    struct iam_profile profile;
    struct iam_role_row role;

    if (profile_load(c, &profile) != 0 || iam_role_load(c, arg_str(c, "RoleName"), &role) != 0)
        return -1;
    if (!str_equal(profile.role_id, role.entity.id))
        return call_fail(c, "NoSuchEntity", "The role with name %s is not in instance profile %s.",
                         role.entity.name, profile.entity.name);
    db_exec(c->db, "DELETE FROM iam_profile_role WHERE account = ? AND profile_id = ?", "ss",
            c->account, profile.entity.id);
    return call_reply(c, NULL);
}

int iam_delete_instance_profile(struct call *c)
{
    struct iam_profile profile;

    if (profile_load(c, &profile) != 0)
        return -1;
    if (profile.role_id != NULL)
        return call_fail(c, "DeleteConflict",
                         "Cannot delete entity, must remove roles from instance profile first.");
    iam_entity_delete(c, &profile.entity);
    return call_reply(c, NULL);
}
