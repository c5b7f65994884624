/* Groups and their members: CreateGroup, GetGroup, ListGroups, UpdateGroup, DeleteGroup,
 * AddUserToGroup, RemoveUserFromGroup, ListGroupsForUser. */
#include "services/iam/group.h"

#include "operations.h"
#include "services/iam/user.h"

/* --- showing ---------------------------------------------------------------------------------- */

json_t *iam_group_to_json(const struct iam_entity *group)
{
    json_t *out = json_object();

    json_set_str(out, "Path", group->path);
    json_set_str(out, "GroupName", group->name);
    json_set_str(out, "GroupId", group->id);
    json_set_str(out, "Arn", group->arn);
    json_set_int(out, "CreateDate", group->created_ms);
    return out;
}

static json_t *group_render(struct call *c, struct rows *row)
{
    struct iam_entity group;

    iam_entity_read(c, row, &group);
    if (call_accepts(c, "PathPrefix") && !iam_path_wanted(c, group.path))
        return NULL;
    return iam_group_to_json(&group);
}

static int group_load(struct call *c, struct iam_entity *ret_group)
{
    return iam_entity_load(c, &iam_group, arg_str(c, "GroupName"), ret_group);
}

/* --- groups ----------------------------------------------------------------------------------- */

int iam_create_group(struct call *c)
{
    const char *name = arg_str(c, "GroupName");
    struct iam_entity group;

    if (iam_entity_check_new(c, &iam_group, name) != 0)
        return -1;
    iam_entity_insert(c, &iam_group, name, arg_str(c, "Path"), &group);
    return call_reply(c, json_pack("{so}", "Group", iam_group_to_json(&group)));
}

#define GROUPS                                                                                     \
    "SELECT e.name, " IAM_ENTITY_COLUMNS                                                           \
    " FROM iam_entity e WHERE e.account = ?1 AND e.kind = 'group'"

static const struct describe groups = {
    IAM_PAGING,
    .sql = GROUPS,
    .key_column = "e.name",
    .render = group_render,
};

int iam_list_groups(struct call *c)
{
    return describe_reply(c, &groups, "Groups");
}

int iam_update_group(struct call *c)
{
    const char *name = arg_str(c, "NewGroupName");
    struct iam_entity group;

    if (group_load(c, &group) != 0 ||
        (name != NULL && iam_entity_check_name(c, &iam_group, name, &group) != 0))
        return -1;
    iam_entity_rename(c, &group, name, arg_str(c, "NewPath"));
    return call_reply(c, NULL);
}

static const struct iam_use uses[] = {
    {"SELECT 1 FROM iam_group_member WHERE account = ? AND group_id = ?",
     "Cannot delete entity, must remove users from group first."},
    IAM_USES_OF_POLICIES,
};

int iam_delete_group(struct call *c)
{
    struct iam_entity group;

    if (group_load(c, &group) != 0 ||
        iam_entity_check_unused(c, &group, uses, ARRAY_LEN(uses)) != 0)
        return -1;
    iam_entity_delete(c, &group);
    return call_reply(c, NULL);
}

/* --- members ---------------------------------------------------------------------------------- */

static json_t *member_render(struct call *c, struct rows *row)
{
    struct iam_entity user;

    iam_entity_read(c, row, &user);
    return iam_user_to_json(c, &user, USER_LISTED);
}

int iam_get_group(struct call *c)
{
    struct iam_entity group;
    json_t *users;
    const char *marker;

    if (group_load(c, &group) != 0)
        return -1;
    struct describe members = {
        IAM_PAGING,
        .sql = "SELECT e.name, " IAM_ENTITY_COLUMNS " FROM iam_group_member m"
               " JOIN iam_entity e ON e.id = m.user_id WHERE m.account = ?1 AND m.group_id = ?4",
        .sql_argument = group.id,
        .key_column = "e.name",
        .render = member_render,
    };
    if (describe_run(c, &members, &users, &marker) != 0)
        return -1;
    json_t *out = json_object();
    json_set_new(out, "Group", iam_group_to_json(&group));
    json_set_new(out, "Users", users);
    json_set_bool(out, "IsTruncated", marker != NULL);
    json_set_str(out, "Marker", marker);
    return call_reply(c, out);
}

int iam_list_groups_for_user(struct call *c)
{
    struct describe d = groups;
    struct iam_entity user;

    if (iam_entity_load(c, &iam_user, arg_str(c, "UserName"), &user) != 0)
        return -1;
    d.sql = GROUPS " AND e.id IN (SELECT group_id FROM iam_group_member"
                   " WHERE account = ?1 AND user_id = ?4)";
    d.sql_argument = user.id;
    return describe_reply(c, &d, "Groups");
}

/* The group and the user that the call names. */
static int load_both(struct call *c, struct iam_entity *ret_group, struct iam_entity *ret_user)
{
    if (group_load(c, ret_group) != 0)
        return -1;
    return iam_entity_load(c, &iam_user, arg_str(c, "UserName"), ret_user);
}

/* Adding a member again changes nothing. */
int iam_add_user_to_group(struct call *c)
{
    struct iam_entity group, user;

    if (load_both(c, &group, &user) != 0)
        return -1;
    if (db_exists(c->db,
                  "SELECT 1 FROM iam_group_member WHERE account = ? AND group_id = ?"
                  " AND user_id = ?",
                  "sss", c->account, group.id, user.id))
        return call_reply(c, NULL);
    if (db_int(c->db, 0, "SELECT count(*) FROM iam_group_member WHERE account = ? AND user_id = ?",
               "ss", c->account, user.id) >= GROUPS_PER_USER_MAX)
        return call_fail(c, "LimitExceeded", "Cannot exceed quota for GroupsPerUser: %d",
                         GROUPS_PER_USER_MAX);
    db_exec(c->db,
            "INSERT INTO iam_group_member (account, group_id, user_id, added_ms)"
            " VALUES (?, ?, ?, ?)",
            "sssi", c->account, group.id, user.id, call_now_ms(c));
    return call_reply(c, NULL);
}

/* Removing who is no member changes nothing. */
int iam_remove_user_from_group(struct call *c)
{
    struct iam_entity group, user;

    if (load_both(c, &group, &user) != 0)
        return -1;
    db_exec(c->db,
            "DELETE FROM iam_group_member WHERE account = ? AND group_id = ? AND user_id = ?",
            "sss", c->account, group.id, user.id);
    return call_reply(c, NULL);
}
