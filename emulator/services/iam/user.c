/* Users: CreateUser, GetUser, ListUsers, UpdateUser, DeleteUser. */
#include "services/iam/user.h"

#include "base/text.h"
#include "call/tag.h"
#include "operations.h"
#include "services/iam/account.h"
#include "services/iam/boundary.h"

/* --- who -------------------------------------------------------------------------------------- */

int iam_user_root(struct call *c, struct iam_entity *ret_user)
{
    struct account account;

    if (!account_find(c->db, c->account, &account))
        return call_fail(c, "NoSuchEntity", "The account %s cannot be found.", c->account);
    *ret_user = (struct iam_entity){
        .account = c->account,
        .id = c->account,
        .name = "root",
        .path = "/",
        .arn = iam_arn(c, "root", "", ""),
        .created_ms = account.created_ms / 1000 * 1000,
    };
    return 0;
}

int iam_user_of_call(struct call *c, struct iam_entity *ret_user)
{
    const char *name = arg_str(c, "UserName");

    if (name == NULL && c->who.root)
        return iam_user_root(c, ret_user);
    if (name == NULL && c->who.type != PRINCIPAL_USER)
        return call_fail(c, "ValidationError",
                         "Must specify userName when calling with non-User credentials");
    return iam_entity_load(c, &iam_user, name != NULL ? name : c->who.name, ret_user);
}

bool iam_user_by_id(struct call *c, const char *id, struct iam_entity *ret_user)
{
    return str_equal(id, c->account) ? iam_user_root(c, ret_user) == 0
                                     : iam_entity_find_id(c, id, ret_user);
}

bool iam_user_is_root(const struct iam_entity *user)
{
    return str_equal(user->id, user->account);
}

/* --- signing in ------------------------------------------------------------------------------- */

void iam_user_signed_in(struct db *db, const char *account, const char *user_id, int64_t at_ms)
{
    db_exec(db,
            "INSERT OR REPLACE INTO iam_password_use (account, user_id, at_ms) VALUES (?, ?, ?)",
            "ssi", account, user_id, at_ms / 1000 * 1000);
}

int64_t iam_user_signed_in_ms(struct db *db, const char *account, const char *user_id)
{
    return db_int(db, 0, "SELECT at_ms FROM iam_password_use WHERE account = ? AND user_id = ?",
                  "ss", account, user_id);
}

/* --- showing ---------------------------------------------------------------------------------- */

json_t *iam_user_to_json(struct call *c, const struct iam_entity *user, enum iam_user_view view)
{
    json_t *out = json_object();

    json_set_str(out, "Path", user->path);
    json_set_str(out, "UserName", user->name);
    json_set_str(out, "UserId", user->id);
    json_set_str(out, "Arn", user->arn);
    json_set_int(out, "CreateDate", user->created_ms);
    if (view == USER_MADE)
        iam_entity_add_boundary_and_tags(c, user, out);
    return out;
}

/* The time of the last sign-in is in GetUser and ListUsers alone. */
static json_t *with_sign_in(struct call *c, const struct iam_entity *user, json_t *shown)
{
    int64_t at_ms = iam_user_signed_in_ms(c->db, c->account, user->id);

    if (at_ms != 0)
        json_set_int(shown, "PasswordLastUsed", at_ms);
    return shown;
}

static int reply_user(struct call *c, json_t *user)
{
    return call_reply(c, json_pack("{so}", "User", user));
}

/* --- CreateUser ------------------------------------------------------------------------------- */

int iam_create_user(struct call *c)
{
    const char *name = arg_str(c, "UserName"), *boundary = arg_str(c, "PermissionsBoundary");
    const json_t *tags = arg_get(c, "Tags");
    struct iam_entity user;

    if (iam_entity_check_new(c, &iam_user, name) != 0 ||
        (boundary != NULL && iam_boundary_check(c, boundary) != 0))
        return -1;
    iam_entity_insert(c, &iam_user, name, arg_str(c, "Path"), &user);
    iam_boundary_set(c, &user, boundary);
    if (tags != NULL && tag_put(c, "user", user.id, tags) != 0)
        return -1;
    return reply_user(c, iam_user_to_json(c, &user, USER_MADE));
}

/* --- GetUser, ListUsers ----------------------------------------------------------------------- */

int iam_get_user(struct call *c)
{
    struct iam_entity user = {.id = NULL};

    if (iam_user_of_call(c, &user) != 0)
        return -1;
    return reply_user(c, with_sign_in(c, &user, iam_user_to_json(c, &user, USER_MADE)));
}

static json_t *user_render(struct call *c, struct rows *row)
{
    struct iam_entity user;

    iam_entity_read(c, row, &user);
    return iam_path_wanted(c, user.path)
               ? with_sign_in(c, &user, iam_user_to_json(c, &user, USER_LISTED))
               : NULL;
}

static const struct describe users = {
    IAM_PAGING,
    .sql = "SELECT e.name, " IAM_ENTITY_COLUMNS
           " FROM iam_entity e WHERE e.account = ?1 AND e.kind = 'user'",
    .key_column = "e.name",
    .render = user_render,
};

int iam_list_users(struct call *c)
{
    return describe_reply(c, &users, "Users");
}

/* --- UpdateUser ------------------------------------------------------------------------------- */

int iam_update_user(struct call *c)
{
    const char *name = arg_str(c, "NewUserName");
    struct iam_entity user;

    if (iam_entity_load(c, &iam_user, arg_str(c, "UserName"), &user) != 0 ||
        (name != NULL && iam_entity_check_name(c, &iam_user, name, &user) != 0))
        return -1;
    iam_entity_rename(c, &user, name, arg_str(c, "NewPath"));
    return call_reply(c, NULL);
}

/* --- DeleteUser ------------------------------------------------------------------------------- */

/* What must be gone before: "Delete an IAM user", IAM User Guide. */
static const struct iam_use uses[] = {
    {"SELECT 1 FROM iam_group_member WHERE account = ? AND user_id = ?",
     "Cannot delete entity, must remove users from group first."},
    IAM_USES_OF_POLICIES,
    {"SELECT 1 FROM iam_access_key WHERE account = ? AND user_id = ?",
     "Cannot delete entity, must delete access keys first."},
    {"SELECT 1 FROM iam_signing_certificate WHERE account = ? AND user_id = ?",
     "Cannot delete entity, must delete certificates first."},
    {"SELECT 1 FROM iam_ssh_key WHERE account = ?1 AND user_id = ?2"
     " UNION SELECT 1 FROM iam_service_credential WHERE account = ?1 AND user_id = ?2",
     "Cannot delete entity, must remove referenced objects first."},
    {"SELECT 1 FROM iam_mfa_device WHERE account = ? AND user_id = ?",
     "Cannot delete entity, must delete MFA device first."},
    {"SELECT 1 FROM iam_login_profile WHERE account = ? AND user_id = ?",
     "Cannot delete entity, must delete login profile first."},
};

/* What goes with the user. */
static const char *const memories[] = {
    "DELETE FROM iam_password_use WHERE account = ? AND user_id = ?",
    "DELETE FROM iam_former_password WHERE account = ? AND user_id = ?",
    "DELETE FROM iam_last_used WHERE account = ? AND id = ?",
    "DELETE FROM iam_action_used WHERE account = ? AND id = ?",
};

int iam_delete_user(struct call *c)
{
    struct iam_entity user;

    if (iam_entity_load(c, &iam_user, arg_str(c, "UserName"), &user) != 0 ||
        iam_entity_check_unused(c, &user, uses, ARRAY_LEN(uses)) != 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(memories); i++)
        db_exec(c->db, memories[i], "ss", c->account, user.id);
    iam_entity_delete(c, &user);
    return call_reply(c, NULL);
}
