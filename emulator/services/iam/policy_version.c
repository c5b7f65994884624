/* Versions of managed policies. A customer's policy keeps five at most, numbered without reuse; of
 * AWS's only the newest is known. */
#include "base/text.h"
#include "operations.h"
#include "services/iam/document.h"
#include "services/iam/entity.h"
#include "services/iam/policy.h"

#include <inttypes.h>

struct version { /* text in the call's arena */
    int64_t number;
    const char *document;
    int64_t created_ms;
};

/* "v3", or "v3.name": 3. */
static int64_t version_number(const char *id)
{
    int64_t number = 0;

    for (const char *p = id + 1; *p >= '0' && *p <= '9' && number < INT32_MAX; p++)
        number = number * 10 + (*p - '0');
    return number;
}

/* The version at `index`, the newest first; or that of `number`, when it is not 0. */
static bool version_find(struct call *c, const struct iam_managed *policy, int64_t number,
                         size_t index, struct version *ret_version)
{
    struct rows r;

    if (policy->aws_document != NULL) {
        *ret_version =
            (struct version){policy->default_version, policy->aws_document, policy->updated_ms};
        return number != 0 ? number == policy->default_version : index == 0;
    }
    rows_open(&r, c->db,
              "SELECT version, document, created_ms FROM iam_policy_version WHERE account = ?1"
              " AND policy_id = ?2 AND (?3 = 0 OR version = ?3) ORDER BY version DESC"
              " LIMIT 1 OFFSET ?4",
              "ssii", c->account, policy->id, number, (int64_t)index);
    if (!rows_next(&r))
        return false;
    *ret_version = (struct version){rows_int(&r, 0), call_text(c, &r, 1), rows_int(&r, 2)};
    rows_close(&r);
    return true;
}

static int version_load(struct call *c, const struct iam_managed *policy,
                        struct version *ret_version)
{
    const char *id = arg_str(c, "VersionId");

    if (version_find(c, policy, version_number(id), 0, ret_version))
        return 0;
    call_fail(c, "NoSuchEntity", "Policy %s version %s does not exist or is not attachable.",
              policy->arn, id);
    return -1;
}

static json_t *version_to_json(struct call *c, const struct iam_managed *policy,
                               const struct version *version)
{
    json_t *out = json_object();

    json_set_str(out, "VersionId", call_printf(c, "v%" PRId64, version->number));
    json_set_bool(out, "IsDefaultVersion", version->number == policy->default_version);
    json_set_int(out, "CreateDate", version->created_ms);
    return out;
}

static json_t *with_document(struct call *c, const struct iam_managed *policy,
                             const struct version *version)
{
    json_t *out = version_to_json(c, policy, version);

    json_set_str(out, "Document", iam_document_encoded(c, version->document));
    return out;
}

json_t *iam_managed_versions(struct call *c, const struct iam_managed *policy)
{
    json_t *list = json_array();
    struct version version;

    for (size_t i = 0; version_find(c, policy, 0, i, &version); i++)
        json_append_new(list, with_document(c, policy, &version));
    return list;
}

static void set_default(struct call *c, struct iam_managed *policy, int64_t number)
{
    policy->default_version = number;
    db_exec(c->db, "UPDATE iam_policy SET default_version = ? WHERE account = ? AND id = ?", "iss",
            number, c->account, policy->id);
}

/* What every change of versions begins with. */
static int load_own(struct call *c, struct iam_managed *ret_policy)
{
    if (iam_managed_load(c, arg_str(c, "PolicyArn"), ret_policy) != 0)
        return -1;
    return iam_managed_check_own(c, ret_policy);
}

/* --- operations ------------------------------------------------------------------------------- */

int iam_create_policy_version(struct call *c)
{
    struct iam_managed policy;
    struct version version = {
        .document = arg_str(c, "PolicyDocument"),
        .created_ms = iam_now_ms(c),
    };

    if (load_own(c, &policy) != 0 || iam_managed_check_document(c, version.document) != 0)
        return -1;
    if (db_int(c->db, 0,
               "SELECT count(*) FROM iam_policy_version WHERE account = ? AND policy_id = ?", "ss",
               c->account, policy.id) >= IAM_POLICY_VERSIONS_MAX)
        return call_fail(c, "LimitExceeded",
                         "A managed policy can have up to %d versions. Before you create a new"
                         " version, you must delete an existing version.",
                         IAM_POLICY_VERSIONS_MAX);

    version.number = policy.last_version + 1;
    db_exec(c->db,
            "INSERT INTO iam_policy_version (account, policy_id, version, document, created_ms)"
            " VALUES (?, ?, ?, ?, ?)",
            "ssisi", c->account, policy.id, version.number, version.document, version.created_ms);
    db_exec(c->db,
            "UPDATE iam_policy SET last_version = ?, updated_ms = ? WHERE account = ? AND id = ?",
            "iiss", version.number, version.created_ms, c->account, policy.id);
    if (arg_bool_or(c, "SetAsDefault", false))
        set_default(c, &policy, version.number);
    return call_reply(c, json_pack("{so}", "PolicyVersion", version_to_json(c, &policy, &version)));
}

int iam_get_policy_version(struct call *c)
{
    struct iam_managed policy;
    struct version version;

    if (iam_managed_load(c, arg_str(c, "PolicyArn"), &policy) != 0 ||
        version_load(c, &policy, &version) != 0)
        return -1;
    return call_reply(c, json_pack("{so}", "PolicyVersion", with_document(c, &policy, &version)));
}

static json_t *version_nth(struct call *c, size_t index)
{
    struct iam_managed policy;
    struct version version;

    if (!iam_managed_find(c, arg_str(c, "PolicyArn"), &policy) ||
        !version_find(c, &policy, 0, index, &version))
        return NULL;
    return version_to_json(c, &policy, &version);
}

int iam_list_policy_versions(struct call *c)
{
    static const struct describe versions = {IAM_PAGING, .nth = version_nth};
    struct iam_managed policy;

    if (iam_managed_load(c, arg_str(c, "PolicyArn"), &policy) != 0)
        return -1;
    return describe_reply(c, &versions, "Versions");
}

int iam_delete_policy_version(struct call *c)
{
    struct iam_managed policy;
    struct version version;

    if (load_own(c, &policy) != 0 || version_load(c, &policy, &version) != 0)
        return -1;
    if (version.number == policy.default_version)
        return call_fail(c, "DeleteConflict", "Cannot delete the default version of a policy.");
    db_exec(c->db,
            "DELETE FROM iam_policy_version WHERE account = ? AND policy_id = ? AND version = ?",
            "ssi", c->account, policy.id, version.number);
    return call_reply(c, NULL);
}

int iam_set_default_policy_version(struct call *c)
{
    struct iam_managed policy;
    struct version version;

    if (load_own(c, &policy) != 0 || version_load(c, &policy, &version) != 0)
        return -1;
    set_default(c, &policy, version.number);
    return call_reply(c, NULL);
}
