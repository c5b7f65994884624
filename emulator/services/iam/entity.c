/* Rows of iam_entity: see entity.h. The path and name rules (characters, lengths) are the model's
 * and are checked before an operation runs. */
#include "services/iam/entity.h"

#include "base/arn.h"
#include "base/text.h"
#include "call/tag.h"
#include "services/iam/boundary.h"

#include <string.h>

/* Limits: "IAM and AWS STS quotas" of the IAM User Guide. */
const struct iam_kind iam_user = {
    .kind = "user",
    .prefix = "AIDA",
    .arn_word = "user",
    .title = "User",
    .missing = "The user with name %s cannot be found.",
    .exists = "User with name %s already exists.",
    .quota = "UsersPerAccount",
    .limit = 5000,
};
const struct iam_kind iam_group = {
    .kind = "group",
    .prefix = "AGPA",
    .arn_word = "group",
    .title = "Group",
    .missing = "The group with name %s cannot be found.",
    .exists = "Group with name %s already exists.",
    .quota = "GroupsPerAccount",
    .limit = 300,
};
const struct iam_kind iam_role = {
    .kind = "role",
    .prefix = "AROA",
    .arn_word = "role",
    .title = "Role",
    .missing = "The role with name %s cannot be found.",
    .exists = "Role with name %s already exists.",
    .quota = "RolesPerAccount",
    .limit = 1000,
};
const struct iam_kind iam_instance_profile = {
    .kind = "instance-profile",
    .prefix = "AIPA",
    .arn_word = "instance-profile",
    .title = "Instance Profile",
    .missing = "Instance Profile %s cannot be found.",
    .exists = "Instance Profile %s already exists.",
    .quota = "InstanceProfilesPerAccount",
    .limit = 1000,
};
const struct iam_kind iam_policy = {
    .kind = "policy",
    .prefix = "ANPA",
    .arn_word = "policy",
    .title = "Policy",
    .missing = "Policy %s was not found.",
    .exists = "A policy called %s already exists. Duplicate names are not allowed.",
    .quota = "PoliciesPerAccount",
    .limit = 1500,
};
static const struct iam_kind *const kinds[] = {
    &iam_user, &iam_group, &iam_role, &iam_instance_profile, &iam_policy,
};

#define BASE32    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
#define ID_RANDOM (IAM_ID_SIZE - 5)

const char *iam_id_new(struct call *c, const char *prefix, size_t len)
{
    char random[33];
    random_text(c->ids, BASE32, random, len < sizeof(random) ? len : sizeof(random) - 1);
    return call_printf(c, "%s%s", prefix, random);
}

int64_t iam_now_ms(const struct call *c)
{
    return call_now_ms(c) / 1000 * 1000;
}

const char *iam_arn(struct call *c, const char *word, const char *path, const char *name)
{
    return call_printf(c, "arn:%s:iam::%s:%s%s%s", region_partition(c->region), c->account, word,
                       path, name);
}

/* The texts of a kind stand in its table, each with one %s. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static int fail_with_name(struct call *c, const char *code, const char *text, const char *name)
{
    return call_fail(c, code, text, name);
}
#pragma GCC diagnostic pop

/* --- reading ---------------------------------------------------------------------------------- */

void iam_entity_read(struct call *c, struct rows *row, struct iam_entity *ret_entity)
{
    const char *kind = rows_text(row, IAM_ENTITY_FIRST), *word = "";
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_equal(kinds[i]->kind, kind))
            word = kinds[i]->arn_word;
    *ret_entity = (struct iam_entity){
        .account = c->account,
        .id = call_text(c, row, IAM_ENTITY_FIRST + 1),
        .name = call_text(c, row, IAM_ENTITY_FIRST + 2),
        .path = call_text(c, row, IAM_ENTITY_FIRST + 3),
        .created_ms = rows_int(row, IAM_ENTITY_FIRST + 4),
        .boundary = call_text(c, row, IAM_ENTITY_FIRST + 5),
    };
    ret_entity->arn = iam_arn(c, word, ret_entity->path, ret_entity->name);
}

bool iam_entity_find(struct call *c, const struct iam_kind *kind, const char *name,
                     struct iam_entity *ret_entity)
{
    struct rows r;
    rows_open(&r, c->db,
              "SELECT e.name, " IAM_ENTITY_COLUMNS
              " FROM iam_entity e WHERE account = ? AND kind = ? AND name = ?",
              "sss", c->account, kind->kind, name);
    if (!rows_next(&r))
        return false;
    iam_entity_read(c, &r, ret_entity);
    rows_close(&r);
    return true;
}

bool iam_entity_find_id(struct call *c, const char *id, struct iam_entity *ret_entity)
{
    struct rows r;
    rows_open(&r, c->db,
              "SELECT e.name, " IAM_ENTITY_COLUMNS
              " FROM iam_entity e WHERE account = ? AND id = ?",
              "ss", c->account, id);
    if (!rows_next(&r))
        return false;
    iam_entity_read(c, &r, ret_entity);
    rows_close(&r);
    return true;
}

/* Names are unique whatever their case, ARNs are compared with it. */
bool iam_entity_find_arn(struct call *c, const struct iam_kind *kind, const char *arn,
                         struct iam_entity *ret_entity)
{
    struct arn parts;
    struct iam_entity entity;

    if (!arn_parse(c->arena, arn, &parts) || strrchr(parts.resource, '/') == NULL)
        return false;
    struct call there = *c;
    there.account = parts.account;
    if (!iam_entity_find(&there, kind, strrchr(parts.resource, '/') + 1, &entity) ||
        !str_equal(entity.arn, arn))
        return false;
    *ret_entity = entity;
    return true;
}

void iam_entity_missing(struct call *c, const struct iam_kind *kind, const char *name)
{
    (void)fail_with_name(c, "NoSuchEntity", kind->missing, name);
}

int iam_entity_load(struct call *c, const struct iam_kind *kind, const char *name,
                    struct iam_entity *ret_entity)
{
    if (iam_entity_find(c, kind, name, ret_entity))
        return 0;
    iam_entity_missing(c, kind, name);
    return -1;
}

bool iam_path_wanted(struct call *c, const char *path)
{
    return str_starts(path, arg_str_or(c, "PathPrefix", "/"));
}

/* --- writing ---------------------------------------------------------------------------------- */

int iam_entity_check_name(struct call *c, const struct iam_kind *kind, const char *name,
                          const struct iam_entity *self)
{
    struct iam_entity other;
    if (!iam_entity_find(c, kind, name, &other) || (self != NULL && str_equal(other.id, self->id)))
        return 0;
    return fail_with_name(c, "EntityAlreadyExists", kind->exists, name);
}

int iam_entity_check_new(struct call *c, const struct iam_kind *kind, const char *name)
{
    if (iam_entity_check_name(c, kind, name, NULL) != 0)
        return -1;
    int64_t count =
        db_int(c->db, 0, "SELECT count(*) FROM iam_entity WHERE account = ? AND kind = ?", "ss",
               c->account, kind->kind);
    if (count >= kind->limit)
        return call_fail(c, "LimitExceeded", "Cannot exceed quota for %s: %d", kind->quota,
                         kind->limit);
    return 0;
}

void iam_entity_insert(struct call *c, const struct iam_kind *kind, const char *name,
                       const char *path, struct iam_entity *ret_entity)
{
    *ret_entity = (struct iam_entity){
        .account = c->account,
        .id = iam_id_new(c, kind->prefix, ID_RANDOM),
        .name = name,
        .path = path != NULL ? path : "/",
        .created_ms = iam_now_ms(c),
    };
    ret_entity->arn = iam_arn(c, kind->arn_word, ret_entity->path, name);
    db_exec(c->db,
            "INSERT INTO iam_entity (id, account, kind, name, path, created_ms)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            "sssssi", ret_entity->id, c->account, kind->kind, name, ret_entity->path,
            ret_entity->created_ms);
}

void iam_entity_rename(struct call *c, const struct iam_entity *entity, const char *name,
                       const char *path)
{
    db_exec(c->db,
            "UPDATE iam_entity SET name = coalesce(?, name), path = coalesce(?, path)"
            " WHERE account = ? AND id = ?",
            "ssss", name, path, entity->account, entity->id);
}

int iam_entity_check_unused(struct call *c, const struct iam_entity *entity,
                            const struct iam_use *uses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (db_exists(c->db, uses[i].sql, "ss", entity->account, entity->id))
            return call_fail(c, "DeleteConflict", "%s", uses[i].text);
    return 0;
}

void iam_entity_delete(struct call *c, const struct iam_entity *entity)
{
    tag_remove_all(c, entity->id);
    db_exec(c->db, "DELETE FROM iam_entity WHERE account = ? AND id = ?", "ss", entity->account,
            entity->id);
}

/* --- showing ---------------------------------------------------------------------------------- */

void iam_entity_add_boundary_and_tags(struct call *c, const struct iam_entity *entity, json_t *out)
{
    json_t *tags = tag_list(c, entity->id);

    if (entity->boundary != NULL)
        json_set_new(out, "PermissionsBoundary", iam_boundary_to_json(entity));
    if (json_array_size(tags) > 0)
        json_set_new(out, "Tags", json_incref(tags));
    json_decref(tags);
}
