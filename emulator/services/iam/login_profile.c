/* Passwords of users as IAM shows them: CreateLoginProfile, GetLoginProfile, UpdateLoginProfile,
 * DeleteLoginProfile, ChangePassword. */
#include "base/text.h"
#include "operations.h"
#include "services/iam/password.h"
#include "services/iam/user.h"

/* The root user's password is none of these operations' business. */
static int owner_load(struct call *c, struct iam_entity *ret_user)
{
    if (iam_user_of_call(c, ret_user) != 0)
        return -1;
    if (iam_user_is_root(ret_user))
        return call_fail(c, "ValidationError",
                         "Must specify userName when calling with non-User credentials");
    return 0;
}

static bool has_password(struct call *c, const char *user_id)
{
    return db_exists(c->db, "SELECT 1 FROM iam_login_profile WHERE account = ? AND user_id = ?",
                     "ss", c->account, user_id);
}

static int fail_missing(struct call *c, const char *user_name)
{
    return call_fail(c, "NoSuchEntity", "Login Profile for User %s cannot be found.", user_name);
}

static int profile_load(struct call *c, struct iam_entity *ret_user)
{
    if (owner_load(c, ret_user) != 0)
        return -1;
    return has_password(c, ret_user->id) ? 0 : fail_missing(c, ret_user->name);
}

static int reply_profile(struct call *c, const struct iam_entity *user)
{
    json_t *shown = json_object();
    struct rows r;

    json_set_str(shown, "UserName", user->name);
    rows_open(&r, c->db,
              "SELECT created_ms, reset_required FROM iam_login_profile"
              " WHERE account = ? AND user_id = ?",
              "ss", c->account, user->id);
    while (rows_next(&r)) {
        json_set_int(shown, "CreateDate", rows_int(&r, 0));
        json_set_bool(shown, "PasswordResetRequired", rows_int(&r, 1) != 0);
    }
    return call_reply(c, json_pack("{so}", "LoginProfile", shown));
}

int iam_create_login_profile(struct call *c)
{
    const char *password = arg_str(c, "Password");
    struct iam_entity user = {.id = NULL};

    if (owner_load(c, &user) != 0)
        return -1;
    if (has_password(c, user.id))
        return call_fail(c, "EntityAlreadyExists", "Login Profile for user %s already exists.",
                         user.name);
    if (password == NULL)
        return call_fail(c, "ValidationError", "Password is required.");
    if (password_allow(c, user.id, password) != 0 ||
        password_set(c, user.id, password, arg_bool_or(c, "PasswordResetRequired", false)) != 0)
        return -1;
    return reply_profile(c, &user);
}

int iam_get_login_profile(struct call *c)
{
    struct iam_entity user = {.id = NULL};

    return profile_load(c, &user) != 0 ? -1 : reply_profile(c, &user);
}

int iam_update_login_profile(struct call *c)
{
    const char *password = arg_str(c, "Password");
    struct iam_entity user = {.id = NULL};

    if (profile_load(c, &user) != 0)
        return -1;
    if (password != NULL && (password_allow(c, user.id, password) != 0 ||
                             password_set(c, user.id, password, false) != 0))
        return -1;
    if (arg_has(c, "PasswordResetRequired"))
        db_exec(c->db,
                "UPDATE iam_login_profile SET reset_required = ? WHERE account = ? AND user_id = ?",
                "iss", (int64_t)arg_bool_or(c, "PasswordResetRequired", false), c->account,
                user.id);
    return call_reply(c, NULL);
}

int iam_delete_login_profile(struct call *c)
{
    struct iam_entity user = {.id = NULL};

    if (profile_load(c, &user) != 0)
        return -1;
    password_remove(c, user.id);
    return call_reply(c, NULL);
}

int iam_change_password(struct call *c)
{
    const char *new_password = arg_str(c, "NewPassword"), *user_id = c->who.entity_id;

    if (c->who.type != PRINCIPAL_USER)
        return call_fail(c, "InvalidUserType", "Only IAM Users can change their own password");
    if (!has_password(c, user_id))
        return fail_missing(c, c->who.name);
    if (password_check(c, user_id, arg_str(c, "OldPassword")) == PASSWORD_WRONG)
        return call_fail(c, "AccessDenied", "The old password was incorrect.");
    if (password_allow(c, user_id, new_password) != 0 ||
        password_set(c, user_id, new_password, false) != 0)
        return -1;
    return call_reply(c, NULL);
}
