/* Managed policies: CreatePolicy, GetPolicy, ListPolicies, DeletePolicy. A customer's policy is a
 * row of iam_entity with one of iam_policy; AWS's are the program's (managed_policy.h). Texts of
 * the faults are those that AWS answers, as callers have recorded them. */
#include "services/iam/policy.h"

#include "base/arn.h"
#include "base/text.h"
#include "call/tag.h"
#include "operations.h"
#include "services/iam/document.h"
#include "services/iam/entity.h"
#include "services/iam/managed_policy.h"

#include <inttypes.h>
#include <stdlib.h>

/* --- finding ---------------------------------------------------------------------------------- */

static void managed_read(struct call *c, const struct managed_policy *aws,
                         struct iam_managed *ret_policy)
{
    *ret_policy = (struct iam_managed){
        .arn =
            call_printf(c, "arn:%s:iam::aws:policy%s", region_partition(c->region), aws->resource),
        .id = aws->id,
        .name = aws->name,
        .path = aws->path,
        .default_version = aws->version,
        .last_version = aws->version,
        .created_ms = aws->created_ms,
        .updated_ms = aws->updated_ms,
        .aws_document = aws->document,
        .service_only = managed_policy_for_service(aws),
    };
}

bool iam_managed_find(struct call *c, const char *arn, struct iam_managed *ret_policy)
{
    const struct managed_policy *aws = managed_policy_find(arn);
    struct rows r;

    if (aws != NULL) {
        managed_read(c, aws, ret_policy);
        return str_equal(ret_policy->arn, arn); /* in the partition that the call is in */
    }
    rows_open(&r, c->db,
              "SELECT p.arn, e.id, e.name, e.path, e.created_ms, p.description, p.default_version,"
              " p.last_version, p.updated_ms FROM iam_policy p JOIN iam_entity e ON e.id = p.id"
              " WHERE p.account = ? AND p.arn = ?",
              "ss", c->account, arn);
    if (!rows_next(&r))
        return false;
    *ret_policy = (struct iam_managed){
        .arn = call_text(c, &r, 0),
        .id = call_text(c, &r, 1),
        .name = call_text(c, &r, 2),
        .path = call_text(c, &r, 3),
        .created_ms = rows_int(&r, 4),
        .description = call_text(c, &r, 5),
        .default_version = rows_int(&r, 6),
        .last_version = rows_int(&r, 7),
        .updated_ms = rows_int(&r, 8),
    };
    rows_close(&r);
    return true;
}

static int check_arn(struct call *c, const char *arn)
{
    struct arn parts;

    if (!arn_parse(c->arena, arn, &parts) || !str_equal(parts.service, "iam") ||
        parts.region[0] != '\0' || !str_starts(parts.resource, "policy/"))
        return call_fail(c, "InvalidInput", "ARN %s is not valid.", arn);
    if (!str_equal(parts.partition, region_partition(c->region)))
        return call_fail(c, "ValidationError", "Invalid ARN partition");
    return 0;
}

static int load(struct call *c, const char *arn, const char *missing,
                struct iam_managed *ret_policy)
{
    if (check_arn(c, arn) != 0)
        return -1;
    if (iam_managed_find(c, arn, ret_policy))
        return 0;
    call_fail(c, "NoSuchEntity", "Policy %s %s", arn, missing);
    return -1;
}

int iam_managed_load(struct call *c, const char *arn, struct iam_managed *ret_policy)
{
    return load(c, arn, "was not found.", ret_policy);
}

int iam_managed_load_attachable(struct call *c, const char *arn, struct iam_managed *ret_policy)
{
    return load(c, arn, "does not exist or is not attachable.", ret_policy);
}

const char *iam_policy_document(struct call *c, const char *arn)
{
    const struct managed_policy *aws = managed_policy_find(arn);
    const char *document = NULL;
    struct rows r;

    if (aws != NULL)
        return aws->document;
    rows_open(&r, c->db,
              "SELECT v.document FROM iam_policy p JOIN iam_policy_version v ON v.account ="
              " p.account AND v.policy_id = p.id AND v.version = p.default_version"
              " WHERE p.account = ? AND p.arn = ?",
              "ss", c->account, arn);
    if (rows_next(&r))
        document = call_text(c, &r, 0);
    rows_close(&r);
    return document;
}

int64_t iam_managed_attachments(struct call *c, const char *arn)
{
    return db_int(c->db, 0,
                  "SELECT count(*) FROM iam_attachment WHERE account = ? AND policy_arn = ?", "ss",
                  c->account, arn);
}

int64_t iam_managed_boundaries(struct call *c, const char *arn)
{
    return db_int(c->db, 0, "SELECT count(*) FROM iam_entity WHERE account = ? AND boundary = ?",
                  "ss", c->account, arn);
}

/* --- checking --------------------------------------------------------------------------------- */

int iam_managed_check_own(struct call *c, const struct iam_managed *policy)
{
    if (policy->aws_document == NULL)
        return 0;
    return call_fail(c, "AccessDenied",
                     "User: %s is not authorized to perform: %s on resource: policy %s", c->who.arn,
                     c->op->iam_action, policy->arn);
}

int iam_managed_check_document(struct call *c, const char *text)
{
    if (iam_document_check(c, text, POLICY_MANAGED) != 0)
        return -1;
    if (iam_document_size(text) > IAM_POLICY_SIZE_MAX)
        return call_fail(c, "LimitExceeded", "Cannot exceed quota for PolicySize: %d",
                         IAM_POLICY_SIZE_MAX);
    return 0;
}

/* --- rendering -------------------------------------------------------------------------------- */

json_t *iam_managed_to_json(struct call *c, const struct iam_managed *p)
{
    json_t *out = json_object();

    json_set_str(out, "PolicyName", p->name);
    json_set_str(out, "PolicyId", p->id);
    json_set_str(out, "Arn", p->arn);
    json_set_str(out, "Path", p->path);
    json_set_str(out, "DefaultVersionId", call_printf(c, "v%" PRId64, p->default_version));
    json_set_int(out, "AttachmentCount", iam_managed_attachments(c, p->arn));
    json_set_int(out, "PermissionsBoundaryUsageCount", iam_managed_boundaries(c, p->arn));
    json_set_bool(out, "IsAttachable", true);
    json_set_int(out, "CreateDate", p->created_ms);
    json_set_int(out, "UpdateDate", p->updated_ms);
    return out;
}

json_t *iam_managed_to_brief_json(const struct iam_managed *p)
{
    return json_pack("{ssss}", "PolicyName", p->name, "PolicyArn", p->arn);
}

/* --- operations ------------------------------------------------------------------------------- */

int iam_create_policy(struct call *c)
{
    const char *name = arg_str(c, "PolicyName"), *document = arg_str(c, "PolicyDocument");
    struct iam_entity entity;

    if (tag_check(c, arg_get(c, "Tags")) != 0 || iam_managed_check_document(c, document) != 0 ||
        iam_entity_check_new(c, &iam_policy, name) != 0)
        return -1;

    iam_entity_insert(c, &iam_policy, name, arg_str(c, "Path"), &entity);
    db_exec(c->db,
            "INSERT INTO iam_policy (id, account, arn, description, default_version, last_version,"
            " updated_ms) VALUES (?, ?, ?, ?, 1, 1, ?)",
            "ssssi", entity.id, c->account, entity.arn, arg_str(c, "Description"),
            entity.created_ms);
    db_exec(c->db,
            "INSERT INTO iam_policy_version (account, policy_id, version, document, created_ms)"
            " VALUES (?, ?, 1, ?, ?)",
            "sssi", c->account, entity.id, document, entity.created_ms);
    if (tag_put(c, "policy", entity.id, arg_get(c, "Tags")) != 0)
        return -1;

    struct iam_managed policy;
    if (!iam_managed_find(c, entity.arn, &policy))
        return call_fail_internal(c, "policy %s was not written", entity.arn);
    json_t *out = iam_managed_to_json(c, &policy);
    if (arg_count(c, "Tags") > 0)
        json_set_new(out, "Tags", tag_list(c, entity.id));
    return call_reply(c, json_pack("{so}", "Policy", out));
}

int iam_get_policy(struct call *c)
{
    struct iam_managed policy;

    if (iam_managed_load(c, arg_str(c, "PolicyArn"), &policy) != 0)
        return -1;
    json_t *out = iam_managed_to_json(c, &policy);
    json_set_str(out, "Description", policy.description);
    json_set_new(out, "Tags", tag_list(c, policy.id));
    return call_reply(c, json_pack("{so}", "Policy", out));
}

int iam_delete_policy(struct call *c)
{
    struct iam_managed policy;
    struct iam_entity entity;

    if (iam_managed_load(c, arg_str(c, "PolicyArn"), &policy) != 0 ||
        iam_managed_check_own(c, &policy) != 0)
        return -1;
    if (iam_managed_attachments(c, policy.arn) + iam_managed_boundaries(c, policy.arn) > 0)
        return call_fail(c, "DeleteConflict", "Cannot delete a policy attached to entities.");
    if (db_int(c->db, 0,
               "SELECT count(*) FROM iam_policy_version WHERE account = ? AND policy_id = ?", "ss",
               c->account, policy.id) > 1)
        return call_fail(c, "DeleteConflict",
                         "This policy has more than one version. Before you delete a policy, you"
                         " must delete the policy's versions. The default version is deleted with"
                         " the policy.");

    db_exec(c->db, "DELETE FROM iam_policy_version WHERE account = ? AND policy_id = ?", "ss",
            c->account, policy.id);
    db_exec(c->db, "DELETE FROM iam_policy WHERE account = ? AND id = ?", "ss", c->account,
            policy.id);
    if (iam_entity_find_id(c, policy.id, &entity))
        iam_entity_delete(c, &entity);
    return call_reply(c, NULL);
}

/* --- ListPolicies ----------------------------------------------------------------------------- */

/* The ARNs of AWS's policies as a JSON list, empty when the scope leaves them out: SQL then sorts
 * and pages them together with the account's. */
static const char *aws_arns(struct call *c)
{
    json_t *list = json_array();
    const struct managed_policy *aws;
    struct iam_managed policy;

    if (!str_equal(arg_str(c, "Scope"), "Local"))
        for (size_t i = 0; (aws = managed_policy_at(i)) != NULL; i++) {
            managed_read(c, aws, &policy);
            json_append_new(list, json_text_new(policy.arn));
        }
    char *text = json_to_text(list);
    const char *kept = arena_strdup(c->arena, text);
    free(text);
    json_decref(list);
    return kept;
}

static bool policy_wanted(struct call *c, const struct iam_managed *policy, const json_t *shown)
{
    const char *usage = arg_str(c, "PolicyUsageFilter");
    bool attached = json_int_or(shown, "AttachmentCount", 0) > 0;
    bool bounding = json_int_or(shown, "PermissionsBoundaryUsageCount", 0) > 0;

    if (!iam_path_wanted(c, policy->path) ||
        (str_equal(arg_str(c, "Scope"), "AWS") && policy->aws_document == NULL))
        return false;
    if (usage != NULL)
        return str_equal(usage, "PermissionsBoundary") ? bounding : attached;
    return attached || !arg_bool_or(c, "OnlyAttached", false);
}

static json_t *policy_render(struct call *c, struct rows *row)
{
    struct iam_managed policy;

    if (!iam_managed_find(c, rows_text(row, 0), &policy))
        return NULL;
    json_t *out = iam_managed_to_json(c, &policy);
    if (policy_wanted(c, &policy, out))
        return out;
    json_decref(out);
    return NULL;
}

int iam_list_policies(struct call *c)
{
    struct describe policies = {
        IAM_PAGING,
        .sql = "SELECT arn FROM (SELECT p.arn FROM iam_entity e JOIN iam_policy p ON p.id = e.id"
               " WHERE e.account = ?1 AND e.kind = 'policy'"
               " UNION ALL SELECT value FROM json_each(?4)) WHERE ?1 = ?1",
        .sql_argument = aws_arns(c),
        .key_column = "arn",
        .render = policy_render,
    };
    return describe_reply(c, &policies, "Policies");
}
