/* Credentials of users: see credential.h. */
#include "services/iam/credential.h"

#include "base/text.h"
#include "services/iam/user.h"

const char *credential_status(bool active)
{
    return active ? "Active" : "Inactive";
}

int credential_check_room(struct call *c, const struct credential_kind *kind,
                          const struct iam_entity *user)
{
    if (db_int(c->db, 0, kind->count, "ss", c->account, user->id) >= kind->limit)
        return call_fail(c, "LimitExceeded", "Cannot exceed quota for %s: %d", kind->quota,
                         kind->limit);
    return 0;
}

int credential_load(struct call *c, const struct credential_kind *kind, struct iam_entity *ret_user)
{
    const char *id = arg_str(c, kind->member);

    if (iam_user_of_call(c, ret_user) != 0)
        return -1;
    if (!db_exists(c->db, kind->exists, "sss", c->account, ret_user->id, id))
        return call_fail(c, "NoSuchEntity", "The %s with id %s cannot be found.", kind->title, id);
    return 0;
}

int credential_update_status(struct call *c, const struct credential_kind *kind)
{
    const char *status = arg_str(c, "Status");
    struct iam_entity user;

    if (credential_load(c, kind, &user) != 0)
        return -1;
    if (str_equal(status, "Expired"))
        return call_fail(c, "InvalidInput", "The status of a credential cannot be set to Expired.");
    db_exec(c->db, kind->update, "sssi", c->account, user.id, arg_str(c, kind->member),
            (int64_t)str_equal(status, "Active"));
    return call_reply(c, NULL);
}

int credential_delete(struct call *c, const struct credential_kind *kind)
{
    struct iam_entity user;

    if (credential_load(c, kind, &user) != 0)
        return -1;
    db_exec(c->db, kind->destroy, "sss", c->account, user.id, arg_str(c, kind->member));
    return call_reply(c, NULL);
}

int credential_list(struct call *c, const struct describe *d, const char *member)
{
    struct describe of_user = *d;
    struct iam_entity user = {.id = NULL};

    if (iam_user_of_call(c, &user) != 0)
        return -1;
    of_user.sql_argument = user.id;
    return describe_reply(c, &of_user, member);
}
