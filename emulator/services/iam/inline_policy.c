/* Inline policies of users, groups and roles: Put*Policy, Get*Policy, Delete*Policy, List*Policies.
 * All of one holder's together may have so many characters, white space not counted. */
#include "operations.h"
#include "services/iam/document.h"
#include "services/iam/holder.h"

/* --- rows ------------------------------------------------------------------------------------- */

/* Characters of the holder's other inline policies. */
static size_t others_size(struct call *c, const struct iam_entity *entity, const char *name)
{
    struct rows r;
    size_t size = 0;

    rows_open(&r, c->db,
              "SELECT document FROM iam_inline_policy WHERE account = ? AND entity_id = ?"
              " AND name <> ?",
              "sss", c->account, entity->id, name);
    while (rows_next(&r))
        size += iam_document_size(rows_text(&r, 0));
    return size;
}

static int fail_missing(struct call *c, const struct iam_holder *h, const char *name)
{
    return call_fail(c, "NoSuchEntity", "The %s policy with name %s cannot be found.",
                     h->kind->kind, name);
}

/* --- the four operations ---------------------------------------------------------------------- */

static int put(struct call *c, const struct iam_holder *h)
{
    const char *name = arg_str(c, "PolicyName"), *document = arg_str(c, "PolicyDocument");
    struct iam_entity entity;

    if (iam_holder_load_own(c, h, &entity) != 0 ||
        iam_document_check(c, document, POLICY_IDENTITY) != 0)
        return -1;
    if (others_size(c, &entity, name) + iam_document_size(document) > h->inline_max)
        return call_fail(c, "LimitExceeded", "Maximum policy size of %zu bytes exceeded for %s %s",
                         h->inline_max, h->kind->kind, entity.name);
    db_exec(c->db,
            "INSERT OR REPLACE INTO iam_inline_policy (account, entity_id, name, document)"
            " VALUES (?, ?, ?, ?)",
            "ssss", c->account, entity.id, name, document);
    return call_reply(c, NULL);
}

static int get(struct call *c, const struct iam_holder *h)
{
    const char *name = arg_str(c, "PolicyName"), *document = NULL;
    struct iam_entity entity;
    struct rows r;

    if (iam_holder_load(c, h, &entity) != 0)
        return -1;
    rows_open(&r, c->db,
              "SELECT document FROM iam_inline_policy WHERE account = ? AND entity_id = ?"
              " AND name = ?",
              "sss", c->account, entity.id, name);
    if (rows_next(&r))
        document = call_text(c, &r, 0);
    rows_close(&r);
    if (document == NULL)
        return fail_missing(c, h, name);

    json_t *out = json_object();
    json_set_str(out, h->member, entity.name);
    json_set_str(out, "PolicyName", name);
    json_set_str(out, "PolicyDocument", iam_document_encoded(c, document));
    return call_reply(c, out);
}

static int take_away(struct call *c, const struct iam_holder *h)
{
    const char *name = arg_str(c, "PolicyName");
    struct iam_entity entity;

    if (iam_holder_load_own(c, h, &entity) != 0)
        return -1;
    db_exec(c->db, "DELETE FROM iam_inline_policy WHERE account = ? AND entity_id = ? AND name = ?",
            "sss", c->account, entity.id, name);
    return db_changed(c->db) == 0 ? fail_missing(c, h, name) : call_reply(c, NULL);
}

static json_t *name_render(struct call *c, struct rows *row)
{
    (void)c;
    return json_text_new(rows_text(row, 0));
}

static int list(struct call *c, const struct iam_holder *h)
{
    struct iam_entity entity;

    if (iam_holder_load(c, h, &entity) != 0)
        return -1;
    struct describe names = {
        IAM_PAGING,
        .sql = "SELECT name FROM iam_inline_policy WHERE account = ?1 AND entity_id = ?4",
        .sql_argument = entity.id,
        .key_column = "name",
        .render = name_render,
    };
    return describe_reply(c, &names, "PolicyNames");
}

/* --- operations ------------------------------------------------------------------------------- */

int iam_put_user_policy(struct call *c)
{
    return put(c, &iam_holder_user);
}

int iam_put_group_policy(struct call *c)
{
    return put(c, &iam_holder_group);
}

int iam_put_role_policy(struct call *c)
{
    return put(c, &iam_holder_role);
}

int iam_get_user_policy(struct call *c)
{
    return get(c, &iam_holder_user);
}

int iam_get_group_policy(struct call *c)
{
    return get(c, &iam_holder_group);
}

int iam_get_role_policy(struct call *c)
{
    return get(c, &iam_holder_role);
}

int iam_delete_user_policy(struct call *c)
{
    return take_away(c, &iam_holder_user);
}

int iam_delete_group_policy(struct call *c)
{
    return take_away(c, &iam_holder_group);
}

int iam_delete_role_policy(struct call *c)
{
    return take_away(c, &iam_holder_role);
}

int iam_list_user_policies(struct call *c)
{
    return list(c, &iam_holder_user);
}

int iam_list_group_policies(struct call *c)
{
    return list(c, &iam_holder_group);
}

int iam_list_role_policies(struct call *c)
{
    return list(c, &iam_holder_role);
}
