/* Access keys of users and of the root user: CreateAccessKey, ListAccessKeys, UpdateAccessKey,
 * DeleteAccessKey, GetAccessKeyLastUsed. */
#include "base/text.h"
#include "operations.h"
#include "services/iam/account.h"
#include "services/iam/credential.h"
#include "services/iam/last_used.h"
#include "services/iam/user.h"

static const struct credential_kind kind = {
    .member = "AccessKeyId",
    .title = "Access Key",
    .quota = "AccessKeysPerUser",
    .limit = ACCESS_KEYS_PER_USER,
    CREDENTIAL_SQL("iam_access_key"),
};

int iam_create_access_key(struct call *c)
{
    struct account_tools tools = {c->db, c->clock, c->ids};
    struct iam_entity user = {.id = NULL};
    struct access_key key;

    if (iam_user_of_call(c, &user) != 0 || credential_check_room(c, &kind, &user) != 0)
        return -1;
    access_key_create(tools, c->account, user.id, &key);

    json_t *shown = json_object();
    json_set_str(shown, "UserName", user.name);
    json_set_str(shown, "AccessKeyId", key.id);
    json_set_str(shown, "Status", credential_status(true));
    json_set_str(shown, "SecretAccessKey", key.secret);
    json_set_int(shown, "CreateDate", iam_now_ms(c));
    return call_reply(c, json_pack("{so}", "AccessKey", shown));
}

static json_t *key_render(struct call *c, struct rows *row)
{
    const char *name = rows_text(row, 3);
    json_t *out = json_object();

    (void)c;
    json_set_str(out, "UserName", name != NULL ? name : "root");
    json_set_str(out, "AccessKeyId", rows_text(row, 0));
    json_set_str(out, "Status", credential_status(rows_int(row, 1) != 0));
    json_set_int(out, "CreateDate", rows_int(row, 2) / 1000 * 1000);
    return out;
}

static const struct describe keys = {
    IAM_PAGING,
    .sql = "SELECT k.id, k.active, k.created_ms,"
           " (SELECT name FROM iam_entity e WHERE e.id = k.user_id)"
           " FROM iam_access_key k WHERE k.account = ?1 AND k.user_id = ?4",
    .key_column = "k.id",
    .render = key_render,
};

int iam_list_access_keys(struct call *c)
{
    return credential_list(c, &keys, "AccessKeyMetadata");
}

int iam_update_access_key(struct call *c)
{
    return credential_update_status(c, &kind);
}

int iam_delete_access_key(struct call *c)
{
    return credential_delete(c, &kind);
}

/* --- GetAccessKeyLastUsed --------------------------------------------------------------------- */

/* The user's name; NULL: the account has no such key. */
static const char *owner_of(struct call *c, const char *key_id)
{
    const char *name = NULL;
    struct rows r;

    rows_open(&r, c->db,
              "SELECT coalesce((SELECT name FROM iam_entity e WHERE e.id = k.user_id), 'root')"
              " FROM iam_access_key k WHERE k.id = ? AND k.account = ?",
              "ss", key_id, c->account);
    if (rows_next(&r)) {
        name = call_text(c, &r, 0);
        rows_close(&r);
    }
    return name;
}

/* A key of nobody, or of another account, is refused like one that the caller may not ask about. */
int iam_get_access_key_last_used(struct call *c)
{
    const char *id = arg_str(c, "AccessKeyId"), *owner = owner_of(c, id);
    struct last_used use = {.service = "N/A", .region = "N/A"};
    json_t *shown;

    if (owner == NULL)
        return call_fail(c, "AccessDenied",
                         "User: %s is not authorized to perform: iam:GetAccessKeyLastUsed on "
                         "resource: access key %s",
                         c->who.arn, id);
    shown = json_object();
    if (last_used_find(c, id, &use))
        json_set_int(shown, "LastUsedDate", use.at_ms);
    json_set_str(shown, "ServiceName", use.service);
    json_set_str(shown, "Region", use.region);
    return call_reply(c, json_pack("{ssso}", "UserName", owner, "AccessKeyLastUsed", shown));
}
