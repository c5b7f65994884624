/* Trust policies: see trust.h. */
#include "services/iam/trust.h"

#include "base/arn.h"
#include "base/text.h"
#include "services/iam/account.h"
#include "services/iam/document.h"
#include "services/iam/entity.h"

#include <stdlib.h>
#include <string.h>

/* --- the principals of a document ------------------------------------------------------------- */

/* Called with the kind ("AWS") and the text of each principal; json_string_set may change it. */
typedef int (*principal_fn)(void *arg, const char *kind, json_t *value);

struct visit {
    principal_fn fn;
    void *arg;
};

static int visit_values(const struct visit *v, const char *kind, json_t *value)
{
    size_t i;
    json_t *item;

    if (json_is_string(value))
        return v->fn(v->arg, kind, value);
    json_array_foreach (value, i, item) {
        if (json_is_string(item) && v->fn(v->arg, kind, item) != 0)
            return -1;
    }
    return 0;
}

static int visit_statement(const struct visit *v, json_t *statement)
{
    static const char *const elements[] = {"Principal", "NotPrincipal"};
    const char *kind;
    json_t *value;

    for (size_t i = 0; i < ARRAY_LEN(elements); i++) {
        json_object_foreach (json_object_get(statement, elements[i]), kind, value) {
            if (visit_values(v, kind, value) != 0)
                return -1;
        }
    }
    return 0;
}

static int visit_document(const struct visit *v, json_t *document)
{
    json_t *statements = json_object_get(document, "Statement"), *statement;
    size_t i;

    if (json_is_object(statements))
        return visit_statement(v, statements);
    json_array_foreach (statements, i, statement) {
        if (visit_statement(v, statement) != 0)
            return -1;
    }
    return 0;
}

/* The document as text in the arena. */
static const char *write_document(struct call *c, const json_t *document)
{
    char *text = json_to_text(document);
    const char *copy = arena_strdup(c->arena, text);

    free(text);
    return copy;
}

/* --- checking --------------------------------------------------------------------------------- */

struct reading {
    struct call *c;
    json_t *members;
    bool changed;
};

static int refuse(struct call *c, const char *kind, const char *value)
{
    return call_fail(c, "MalformedPolicyDocument", "Invalid principal in policy: \"%s\":\"%s\"",
                     kind, value);
}

static bool account_exists(struct call *c, const char *account)
{
    return str_equal(account, c->account) ||
           db_exists(c->db, "SELECT 1 FROM iam_account WHERE id = ?", "s", account);
}

static bool is_account_number(const char *text)
{
    return strlen(text) == ACCOUNT_ID_SIZE - 1 && strspn(text, "0123456789") == ACCOUNT_ID_SIZE - 1;
}

/* "assumed-role/Name/session": the role's path stands not in it. */
static bool session_exists(struct call *c, const struct arn *arn)
{
    static const char word[] = "assumed-role/";
    const char *name = arn->resource + strlen(word);
    const char *slash = strchr(name, '/');

    if (str_starts(arn->resource, "federated-user/"))
        return account_exists(c, arn->account);
    if (!str_starts(arn->resource, word) || slash == NULL || slash[1] == '\0')
        return false;
    return db_exists(c->db,
                     "SELECT 1 FROM iam_entity WHERE account = ? AND kind = 'role' AND name = ?",
                     "ss", arn->account, arena_strndup(c->arena, name, (size_t)(slash - name)));
}

static int check_arn(struct reading *r, const char *value)
{
    struct call *c = r->c;
    struct arn arn;
    struct iam_entity entity;

    if (!arn_parse(c->arena, value, &arn) ||
        !str_equal(arn.partition, region_partition(c->region)) || arn.region[0] != '\0')
        return refuse(c, "AWS", value);
    if (str_equal(arn.service, "sts"))
        return session_exists(c, &arn) ? 0 : refuse(c, "AWS", value);
    if (str_equal(arn.service, "iam") && str_equal(arn.resource, "root"))
        return account_exists(c, arn.account) ? 0 : refuse(c, "AWS", value);
    if (!iam_entity_find_arn(c, &iam_user, value, &entity) &&
        !iam_entity_find_arn(c, &iam_role, value, &entity))
        return refuse(c, "AWS", value);
    json_set_str(r->members, value, entity.id);
    return 0;
}

static int check_account(struct reading *r, json_t *value)
{
    struct call *c = r->c;
    const char *account = json_string_value(value);

    if (!account_exists(c, account))
        return refuse(c, "AWS", account);
    json_string_set(value,
                    call_printf(c, "arn:%s:iam::%s:root", region_partition(c->region), account));
    r->changed = true;
    return 0;
}

static bool is_domain_name(const char *text)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    size_t len = strlen(text);

    return len > 0 && strspn(text, characters) == len && strchr(text, '.') != NULL &&
           text[0] != '.' && text[len - 1] != '.';
}

static int check_service(struct call *c, const char *value)
{
    static const char *const suffixes[] = {".amazonaws.com", ".amazonaws.com.cn", ".amazon.com",
                                           ".aws.internal"};

    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
        if (str_ends(value, suffixes[i]) && is_domain_name(value))
            return 0;
    return refuse(c, "SERVICE", value);
}

static int check_federated(struct call *c, const char *value)
{
    struct arn arn;
    bool is_provider =
        arn_parse(c->arena, value, &arn) && str_equal(arn.service, "iam") &&
        (str_starts(arn.resource, "saml-provider/") || str_starts(arn.resource, "oidc-provider/"));

    if (is_provider || is_domain_name(value))
        return 0;
    return call_fail(c, "MalformedPolicyDocument",
                     "Federated principals must be valid domain names or SAML metadata ARNs");
}

static int check_principal(void *arg, const char *kind, json_t *value)
{
    struct reading *r = arg;
    const char *text = json_string_value(value);

    if (str_equal(text, "*"))
        return 0;
    if (str_equal(kind, "Service"))
        return check_service(r->c, text);
    if (str_equal(kind, "Federated"))
        return check_federated(r->c, text);
    if (!str_equal(kind, "AWS"))
        return refuse(r->c, kind, text);
    return is_account_number(text) ? check_account(r, value) : check_arn(r, text);
}

static int check_size(struct call *c, const char *document)
{
    if (iam_document_size(document) > IAM_TRUST_SIZE_MAX)
        return call_fail(c, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: %d",
                         IAM_TRUST_SIZE_MAX);
    return 0;
}

static void forget(void *value)
{
    json_decref(value);
}

int trust_read(struct call *c, const char *document, struct trust *ret_trust)
{
    struct reading r = {.c = c, .members = json_object()};
    struct visit v = {check_principal, &r};

    arena_defer(c->arena, forget, r.members);
    if (iam_document_check(c, document, POLICY_TRUST) != 0 || check_size(c, document) != 0)
        return -1;
    json_t *root = json_parse(document, strlen(document), NULL);
    int rc = visit_document(&v, root);
    *ret_trust = (struct trust){
        .document = rc == 0 && r.changed ? write_document(c, root) : document,
        .members = r.members,
    };
    json_decref(root);
    return rc;
}

/* --- keeping ---------------------------------------------------------------------------------- */

void trust_forget(struct call *c, const char *role_id)
{
    db_exec(c->db, "DELETE FROM iam_trust_member WHERE account = ? AND role_id = ?", "ss",
            c->account, role_id);
}

void trust_put(struct call *c, const char *role_id, const struct trust *trust)
{
    const char *arn;
    json_t *id;

    trust_forget(c, role_id);
    db_exec(c->db, "UPDATE iam_role SET trust = ? WHERE account = ? AND id = ?", "sss",
            trust->document, c->account, role_id);
    json_object_foreach ((json_t *)(uintptr_t)trust->members, arn, id)
        db_exec(c->db,
                "INSERT INTO iam_trust_member (account, role_id, arn, member_id)"
                " VALUES (?, ?, ?, ?)",
                "ssss", c->account, role_id, arn, json_string_value(id));
}

static int rename_principal(void *arg, const char *kind, json_t *value)
{
    const char *now = json_str(arg, json_string_value(value));

    if (now != NULL && str_equal(kind, "AWS"))
        json_string_set(value, now);
    return 0;
}

/* {ARN as it was written: ARN or id as it is now}, where they differ; a new reference. */
static json_t *changed_members(struct call *c, const char *account, const char *role_id)
{
    json_t *changed = json_object();
    struct rows r;

    rows_open(&r, c->db,
              "SELECT m.arn, m.member_id, e.account, e.kind || e.path || e.name"
              " FROM iam_trust_member m LEFT JOIN iam_entity e ON e.id = m.member_id"
              " WHERE m.account = ? AND m.role_id = ?",
              "ss", account, role_id);
    while (rows_next(&r)) {
        const char *was = rows_text(&r, 0), *now = rows_text(&r, 1);
        if (!rows_null(&r, 2))
            now = call_printf(c, "arn:%s:iam::%s:%s", region_partition(c->region), rows_text(&r, 2),
                              rows_text(&r, 3));
        if (!str_equal(was, now))
            json_set_str(changed, was, now);
    }
    return changed;
}

const char *trust_text(struct call *c, const char *account, const char *role_id,
                       const char *document)
{
    json_t *changed = changed_members(c, account, role_id);
    struct visit v = {rename_principal, changed};

    if (json_object_size(changed) > 0) {
        json_t *root = json_parse(document, strlen(document), NULL);
        if (visit_document(&v, root) == 0)
            document = write_document(c, root);
        json_decref(root);
    }
    json_decref(changed);
    return document;
}
