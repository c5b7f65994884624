/* Names and passwords for services that do not sign as AWS does: CreateServiceSpecificCredential,
 * ListServiceSpecificCredentials, UpdateServiceSpecificCredential, ResetServiceSpecificCredential,
 * DeleteServiceSpecificCredential. Of the password, which is long and random, a digest is kept. */
#include "base/encode.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "operations.h"
#include "services/iam/credential.h"
#include "services/iam/user.h"

#include <stdlib.h>
#include <string.h>

#define PASSWORD_BYTES 32

/* "API keys", "CodeCommit with HTTPS" and "Amazon Keyspaces", IAM User Guide. */
struct service {
    const char *name;
    bool api_key; /* it knows a secret by an alias, with a life of some days, not a user */
};
static const struct service services[] = {
    {"codecommit.amazonaws.com", false},
    {"cassandra.amazonaws.com", false},
    {"bedrock.amazonaws.com", true},
};

static const struct credential_kind kind = {
    .member = "ServiceSpecificCredentialId",
    .title = "Service Specific Credential",
    .quota = "ServiceSpecificCredentialsPerUser",
    .limit = 2,
    CREDENTIAL_SQL("iam_service_credential"),
};

static const struct service *service_find(const char *name)
{
    for (size_t i = 0; name != NULL && i < ARRAY_LEN(services); i++)
        if (str_equal(services[i].name, name))
            return &services[i];
    return NULL;
}

static bool is_api_key(const char *service_name)
{
    const struct service *service = service_find(service_name);

    return service != NULL && service->api_key;
}

static int service_load(struct call *c, const struct service **ret_service)
{
    const char *name = arg_str(c, "ServiceName");

    *ret_service = service_find(name);
    if (name != NULL && *ret_service == NULL)
        return call_fail(c, "NotSupportedService",
                         "The service %s is not supported for service-specific credentials.", name);
    return 0;
}

/* --- showing ---------------------------------------------------------------------------------- */

#define COLUMNS                                                                                    \
    "k.id, e.name, k.service, k.alias, k.active, k.created_ms, coalesce(k.expires_ms, 0)"
#define FROM " FROM iam_service_credential k JOIN iam_entity e ON e.id = k.user_id"

static json_t *credential_to_json(struct call *c, struct rows *row)
{
    bool api_key = is_api_key(rows_text(row, 2));
    int64_t expires_ms = rows_int(row, 6);
    bool expired = expires_ms != 0 && expires_ms <= call_now_ms(c);
    json_t *out = json_object();

    json_set_str(out, "ServiceSpecificCredentialId", rows_text(row, 0));
    json_set_str(out, "UserName", rows_text(row, 1));
    json_set_str(out, "ServiceName", rows_text(row, 2));
    json_set_str(out, api_key ? "ServiceCredentialAlias" : "ServiceUserName", rows_text(row, 3));
    json_set_str(out, "Status", expired ? "Expired" : credential_status(rows_int(row, 4) != 0));
    json_set_int(out, "CreateDate", rows_int(row, 5));
    if (expires_ms != 0)
        json_set_int(out, "ExpirationDate", expires_ms);
    return out;
}

static json_t *credential_by_id(struct call *c, const char *id)
{
    json_t *shown = NULL;
    struct rows r;

    rows_open(&r, c->db, "SELECT " COLUMNS FROM " WHERE k.account = ? AND k.id = ?", "ss",
              c->account, id);
    while (rows_next(&r))
        shown = credential_to_json(c, &r);
    return shown;
}

/* --- CreateServiceSpecificCredential, ResetServiceSpecificCredential -------------------------- */

/* A new password for the row; it is shown this once. */
static int reply_with_password(struct call *c, const char *id)
{
    json_t *shown = credential_by_id(c, id);
    bool api_key = is_api_key(json_str(shown, "ServiceName"));
    uint8_t bytes[PASSWORD_BYTES];
    char digest[SHA256_HEX_SIZE], *text;
    const char *password;

    random_bytes(c->ids, bytes, sizeof(bytes));
    text = base64_encode(bytes, sizeof(bytes));
    password = call_printf(c, "%s%s", api_key ? "ABSK" : "", text);
    free(text);
    sha256_hex(password, strlen(password), digest);
    db_exec(c->db, "UPDATE iam_service_credential SET hash = ? WHERE account = ? AND id = ?", "sss",
            digest, c->account, id);
    json_set_str(shown, api_key ? "ServiceCredentialSecret" : "ServicePassword", password);
    return call_reply(c, json_pack("{so}", "ServiceSpecificCredential", shown));
}

/* "alice-at-123456789012", or "alice+1-at-123456789012" for the second. */
static const char *alias_new(struct call *c, const struct service *service,
                             const struct iam_entity *user)
{
    const char *alias = NULL, *prefix = service->api_key ? "BedrockAPIKey-" : "";

    for (int i = 0; i == 0 || db_exists(c->db,
                                        "SELECT 1 FROM iam_service_credential WHERE account = ?"
                                        " AND user_id = ? AND service = ? AND alias = ?",
                                        "ssss", c->account, user->id, service->name, alias);
         i++) {
        const char *number = i > 0 ? call_printf(c, "+%d", i) : "";
        alias = call_printf(c, "%s%s%s-at-%s", prefix, user->name, number, c->account);
    }
    return alias;
}

static int check_new(struct call *c, const struct service *service, const struct iam_entity *user)
{
    if (arg_has(c, "CredentialAgeDays") && !service->api_key)
        return call_fail(c, "ValidationError",
                         "CredentialAgeDays is not supported for the service %s.", service->name);
    if (db_int(c->db, 0,
               "SELECT count(*) FROM iam_service_credential WHERE account = ? AND user_id = ?"
               " AND service = ?",
               "sss", c->account, user->id, service->name) >= kind.limit)
        return call_fail(c, "LimitExceeded", "Cannot exceed quota for %s: %d", kind.quota,
                         kind.limit);
    return 0;
}

int iam_create_service_specific_credential(struct call *c)
{
    const char *id = iam_id_new(c, "ACCA", 17);
    int64_t now_ms = iam_now_ms(c);
    const struct service *service;
    struct iam_entity user;

    if (iam_entity_load(c, &iam_user, arg_str(c, "UserName"), &user) != 0 ||
        service_load(c, &service) != 0 || check_new(c, service, &user) != 0)
        return -1;
    db_exec(c->db,
            "INSERT INTO iam_service_credential (id, account, user_id, service, alias, hash,"
            " active, created_ms) VALUES (?, ?, ?, ?, ?, '', 1, ?)",
            "sssssi", id, c->account, user.id, service->name, alias_new(c, service, &user), now_ms);
    if (arg_has(c, "CredentialAgeDays"))
        db_exec(c->db,
                "UPDATE iam_service_credential SET expires_ms = ? WHERE account = ? AND id = ?",
                "iss", now_ms + arg_int_or(c, "CredentialAgeDays", 0) * DAY_MS, c->account, id);
    return reply_with_password(c, id);
}

int iam_reset_service_specific_credential(struct call *c)
{
    struct iam_entity user = {.id = NULL};

    if (credential_load(c, &kind, &user) != 0)
        return -1;
    return reply_with_password(c, arg_str(c, kind.member));
}

/* --- the others ------------------------------------------------------------------------------- */

static json_t *credential_render(struct call *c, struct rows *row)
{
    const char *service = arg_str(c, "ServiceName");

    return service == NULL || str_equal(service, rows_text(row, 2)) ? credential_to_json(c, row)
                                                                    : NULL;
}

static const struct describe of_user = {
    IAM_PAGING,
    .sql = "SELECT " COLUMNS FROM " WHERE k.account = ?1 AND k.user_id = ?4",
    .key_column = "k.id",
    .render = credential_render,
};
static const struct describe of_all = {
    IAM_PAGING,
    .sql = "SELECT " COLUMNS FROM " WHERE k.account = ?1",
    .key_column = "k.id",
    .render = credential_render,
};

int iam_list_service_specific_credentials(struct call *c)
{
    const struct service *service;

    if (service_load(c, &service) != 0)
        return -1;
    if (!arg_bool_or(c, "AllUsers", false))
        return credential_list(c, &of_user, "ServiceSpecificCredentials");
    if (arg_has(c, "UserName"))
        return call_fail(c, "ValidationError", "UserName and AllUsers cannot be used together.");
    return describe_reply(c, &of_all, "ServiceSpecificCredentials");
}

int iam_update_service_specific_credential(struct call *c)
{
    return credential_update_status(c, &kind);
}

int iam_delete_service_specific_credential(struct call *c)
{
    return credential_delete(c, &kind);
}
