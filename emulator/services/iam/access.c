/* What IAM's requests are about: its users, groups, roles ... by name, with their paths. Refusals
 * name some of them as IAM does: "user bob", "instance profile web". */
#include "services/access.h"

#include "base/arn.h"
#include "base/text.h"
#include "services/iam/entity.h"
#include "services/iam/policy.h"
#include "services/iam/server_certificate.h"
#include "services/iam/service_linked_role.h"

#include <string.h>

/* --- resources by name --------------------------------------------------------------------------
 */

/* In refusals: "user bob". What is being made has no name yet but an ARN; policies always do. */
static void show(struct call *c, struct access *access, const char *title, const char *name)
{
    bool made = access->id == NULL && str_starts(c->op->name, "Create");
    access->shown = made ? NULL : call_printf(c, "%s %s", title, name);
}

/* The path of what has no row yet: the request's own, or where a renamed one lives. */
static const char *path_of_new(struct call *c, const struct iam_kind *kind)
{
    struct iam_entity old;
    const char *member = kind == &iam_user ? "UserName" : "GroupName";
    const char *path = json_str(c->in, "NewPath");
    if (path == NULL)
        path = json_str(c->in, "Path");
    if (path == NULL && json_get(c->in, member) != NULL &&
        iam_entity_find(c, kind, json_str(c->in, member), &old))
        path = old.path;
    return path != NULL ? path : "/";
}

static void resolve(struct call *c, const struct iam_kind *kind, const char *title,
                    const char *value, struct access *access)
{
    struct iam_entity entity;
    const char *slash = str_starts(value, "arn:") ? strrchr(value, '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : value;
    bool there = iam_entity_find(c, kind, name, &entity);
    access->id = there ? entity.id : NULL;
    if (there)
        access->arn = entity.arn;
    else if (!str_starts(value, "arn:"))
        access->arn = iam_arn(c, kind->arn_word, path_of_new(c, kind), name);
    show(c, access, title, name);
}

static void resolve_user(struct call *c, const char *value, struct access *access)
{
    resolve(c, &iam_user, "user", value, access);
}

static void resolve_group(struct call *c, const char *value, struct access *access)
{
    resolve(c, &iam_group, "group", value, access);
}

static void resolve_role(struct call *c, const char *value, struct access *access)
{
    resolve(c, &iam_role, "role", value, access);
}

static void resolve_profile(struct call *c, const char *value, struct access *access)
{
    resolve(c, &iam_instance_profile, "instance profile", value, access);
}

/* A managed policy: by ARN, the account's own or AWS's, or by the name of the one to be made. */
static void resolve_policy(struct call *c, const char *value, struct access *access)
{
    struct iam_managed policy;
    bool there = iam_managed_find(c, value, &policy);
    access->id = there && policy.aws_document == NULL ? policy.id : NULL;
    if (!str_starts(value, "arn:"))
        access->arn = iam_arn(c, "policy", path_of_new(c, &iam_policy), value);
    access->shown = call_printf(c, "policy %s", value);
}

static void resolve_by_arn(struct call *c, const char *value, struct access *access)
{
    (void)c;
    (void)value;
    access->id = access->arn; /* tags hang on the ARN */
}

static void resolve_new_mfa(struct call *c, const char *value, struct access *access)
{
    access->id = NULL;
    access->arn = iam_arn(c, "mfa", json_str_or(c->in, "Path", "/"), value);
}

static void resolve_new_issuer(struct call *c, const char *value, struct access *access)
{
    const char *host = strstr(value, "://");
    access->id = NULL;
    access->arn = iam_arn(c, "oidc-provider", "/", host != NULL ? host + 3 : value);
}

static void resolve_certificate(struct call *c, const char *value, struct access *access)
{
    struct server_certificate there, old;
    const char *path = path_of_new(c, &iam_policy),
               *name = json_str(c->in, "ServerCertificateName");
    bool found = server_certificate_find(c, value, &there);
    if (found)
        path = there.path;
    else if (json_get(c->in, "NewPath") == NULL && server_certificate_find(c, name, &old))
        path = old.path;
    access->id = found ? there.id : NULL;
    access->arn = found ? there.arn : iam_arn(c, "server-certificate", path, value);
}

static void resolve_service_role(struct call *c, const char *value, struct access *access)
{
    const char *name = iam_service_linked_role_name(value);
    const char *suffix = json_str(c->in, "CustomSuffix");
    access->id = NULL;
    access->arn = iam_arn(c, "role", call_printf(c, "/aws-service-role/%s/", value),
                          call_printf(c, "%s%s%s", name != NULL ? name : "*",
                                      suffix != NULL ? "_" : "", suffix != NULL ? suffix : ""));
}

/* "task/aws-service-role/<service>/<role>/<uuid>" */
static void resolve_deletion(struct call *c, const char *value, struct access *access)
{
    const char *path = str_starts(value, "task/") ? value + strlen("task") : "/*";
    const char *last = strrchr(path, '/');
    access->id = NULL;
    access->arn = iam_arn(c, "role", "", call_printf(c, "%.*s", (int)(last - path), path));
}

static const struct access_member members[] = {
    {"user", "UserName", resolve_user},
    {"user", "NewUserName", resolve_user}, /* UpdateUser needs both the old and the new one */
    {"user", "Arn", resolve_user},
    {"user", "PolicySourceArn", resolve_user},
    {"group", "GroupName", resolve_group},
    {"group", "NewGroupName", resolve_group},
    {"group", "Arn", resolve_group},
    {"group", "PolicySourceArn", resolve_group},
    {"role", "RoleName", resolve_role},
    {"role", "Arn", resolve_role},
    {"role", "PolicySourceArn", resolve_role},
    {"role", "AWSServiceName", resolve_service_role},
    {"role", "DeletionTaskId", resolve_deletion},
    {"policy", "PolicyArn", resolve_policy},
    {"policy", "PolicyName", resolve_policy},
    {"policy", "Arn", resolve_policy},
    {"instance-profile", "InstanceProfileName", resolve_profile},
    {"mfa", "SerialNumber", resolve_by_arn},
    {"mfa", "VirtualMFADeviceName", resolve_new_mfa},
    {"oidc-provider", "OpenIDConnectProviderArn", resolve_by_arn},
    {"oidc-provider", "Url", resolve_new_issuer},
    {"saml-provider", "SAMLProviderArn", resolve_by_arn},
    {"saml-provider", "Name", NULL},
    {"server-certificate", "ServerCertificateName", resolve_certificate},
    {"server-certificate", "NewServerCertificateName", resolve_certificate},
    {0},
};

/* --- what the tables cannot say -----------------------------------------------------------------
 */

/* Listings are judged upon the path that they list. */
static const struct listing {
    const char *op, *word, *end;
    const char *title; /* "policy path /"; NULL: shown as ARN */
} listings[] = {
    {"ListUsers", "user", NULL, NULL},
    {"ListGroups", "group", NULL, NULL},
    {"ListRoles", "role", NULL, NULL},
    {"ListPolicies", "policy", NULL, "policy path"},
    {"ListInstanceProfiles", "instance-profile", NULL, NULL},
    {"ListServerCertificates", "server-certificate", NULL, NULL},
    {"ListVirtualMFADevices", "mfa", "/", NULL},
    {"ListSAMLProviders", "saml-provider", "/*", NULL},
    {"ListOpenIDConnectProviders", "oidc-provider", "/*", NULL},
};

static void adjust_listing(struct call *c, struct access *access)
{
    for (size_t i = 0; i < ARRAY_LEN(listings); i++) {
        const struct listing *l = &listings[i];
        if (!str_equal(l->op, c->op->name))
            continue;
        const char *path = l->end != NULL ? l->end : json_str_or(c->in, "PathPrefix", "/");
        access->arn = iam_arn(c, l->word, path, "");
        if (l->title != NULL)
            access->shown = call_printf(c, "%s %s", l->title, path);
    }
}

/* What is asked for by its own name, and not its user's: whose it is. */
static const struct owned {
    const char *op, *member, *sql; /* by ?1 account, ?3 the member */
} owned[] = {
    {"GetAccessKeyLastUsed", "AccessKeyId",
     "SELECT user_id FROM iam_access_key WHERE account = ?1 AND id = ?3 AND ?2 IS NOT NULL"},
    {"GetMFADevice", "SerialNumber",
     "SELECT user_id FROM iam_mfa_device WHERE account = ?1 AND serial = ?3 COLLATE BINARY"
     " AND ?2 IS NOT NULL"},
};

/* True: the operation is such a one, and no user is named. */
static bool adjust_owner(struct call *c, struct access *only)
{
    const struct owned *o = NULL;
    struct iam_entity user;
    for (size_t i = 0; i < ARRAY_LEN(owned); i++)
        if (str_equal(owned[i].op, c->op->name))
            o = &owned[i];
    if (o == NULL || json_get(c->in, "UserName") != NULL)
        return false;
    const struct access named = {.id = json_str(c->in, o->member)};
    const char *id = access_row_text(c, &named, o->sql);
    if (id != NULL && iam_entity_find_id(c, id, &user))
        resolve_user(c, user.name, only);
    return true;
}

/* Without a UserName an operation on users is about the caller. */
static void adjust_own_user(struct call *c, struct access_list *list)
{
    const struct spec_action_resource *user = access_type(c->op->iam_action, "user");
    struct access *only = &list->items[0];
    bool named = list->count != 1 || (only->resource != NULL && only->resource != user) ||
                 !str_ends(only->arn, "*");
    bool optional = call_accepts(c, "UserName") || str_equal(c->op->name, "ChangePassword");
    if (user == NULL || named || !optional || c->who.type != PRINCIPAL_USER)
        return;
    only->resource = user;
    resolve_user(c, c->who.name, only);
}

/* What moves to another path is judged there as well: "UpdateUser", IAM API Reference. The members
 * above say it of new names. */
static const struct move {
    const char *op, *type, *new_name; /* a member of the input */
} moves[] = {
    {"UpdateUser", "user", "NewUserName"},
    {"UpdateGroup", "group", "NewGroupName"},
    {"UpdateServerCertificate", "server-certificate", "NewServerCertificateName"},
};

/* The first access is what moves, if it is there: its ARN has the name as it was given once. */
static void add_move(struct call *c, struct access_list *list)
{
    const char *path = json_str(c->in, "NewPath");
    for (size_t i = 0; path != NULL && i < ARRAY_LEN(moves); i++) {
        const struct move *m = &moves[i];
        if (!str_equal(m->op, c->op->name))
            continue;
        const char *old = list->items[0].arn, *slash = strrchr(old, '/');
        struct access access = {.action = c->op->iam_action,
                                .resource = access_type(c->op->iam_action, m->type)};
        access.arn = iam_arn(c, m->type, path,
                             json_str_or(c->in, m->new_name, slash != NULL ? slash + 1 : old));
        access_add(c, list, &access);
    }
}

/* Who makes something with tags must be allowed to tag it: "CreateUser", IAM API Reference, and
 * "Tagging IAM resources". */
static void add_tagging(struct call *c, struct access_list *list)
{
    static const char *const verbs[] = {"Create", "Upload"};
    const char *noun = NULL;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (str_starts(c->op->name, verbs[i]))
            noun = c->op->name + strlen(verbs[i]);
    if (noun == NULL || json_array_size(json_get(c->in, "Tags")) == 0)
        return;
    if (str_equal(noun, "VirtualMFADevice"))
        noun = "MFADevice";
    const struct spec_action *tagging = spec_action_find(call_printf(c, "iam:Tag%s", noun));
    if (tagging == NULL)
        return;
    struct access access = list->items[0];
    access.action = tagging->name;
    access.resource = access_type(tagging->name, access.resource->type->name);
    access.shown = NULL;
    access_add(c, list, &access);
}

/* Putting a role into an instance profile passes it to EC2. */
static void add_pass_role(struct call *c, struct access_list *list)
{
    if (!str_equal(c->op->name, "AddRoleToInstanceProfile"))
        return;
    struct access pass = {
        .action = "iam:PassRole",
        .resource = access_type("iam:PassRole", "role"),
        .facts = call_keep(c, json_pack("{ss}", "iam:PassedToService", "ec2.amazonaws.com"))};
    resolve_role(c, json_str_or(c->in, "RoleName", ""), &pass);
    pass.shown = NULL;
    access_add(c, list, &pass);
}

static int adjust(struct call *c, struct access_list *list)
{
    adjust_listing(c, &list->items[0]);
    if (!adjust_owner(c, &list->items[0]))
        adjust_own_user(c, list);
    add_move(c, list);
    add_tagging(c, list);
    add_pass_role(c, list);
    return 0;
}

/* --- condition keys -----------------------------------------------------------------------------
 */

/* Of a credential that is there, by its id. */
static bool get_credential_service(struct call *c, const struct access *access,
                                   const struct condition_key *key, const char *behind,
                                   struct policy_values *ret)
{
    (void)access;
    (void)behind;
    struct access credential = {.id = json_str(c->in, "ServiceSpecificCredentialId")};
    return credential.id != NULL &&
           access_value(c, access_row_text(c, &credential, key->path), ret);
}

static const struct condition_key keys[] = {
    {.key = "iam:AWSServiceName", .member = "AWSServiceName"},
    {.key = "iam:OrganizationsPolicyId", .member = "OrganizationsPolicyId"},
    /* The one that is being set, else the one that is set. */
    {.key = "iam:PermissionsBoundary",
     .member = "PermissionsBoundary",
     .sql = "SELECT boundary FROM iam_entity WHERE account = ?1 AND id = ?3 AND ?2 IS NOT NULL"},
    {.key = "iam:PolicyARN", .member = "PolicyArn"},
    {.key = "iam:ServiceSpecificCredentialAgeDays", .member = "CredentialAgeDays"},
    {.key = "iam:ServiceSpecificCredentialServiceName",
     .get = get_credential_service,
     .member = "ServiceName",
     .path = "SELECT service FROM iam_service_credential"
             " WHERE account = ?1 AND id = ?3 AND ?2 IS NOT NULL"},
    {0},
};

const struct service_access iam_access = {
    .members = members,
    .keys = keys,
    .adjust = adjust,
};
