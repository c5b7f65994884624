/* Tags of IAM's resources: Tag*, Untag*, List*Tags. A resource's tags stand under its id, those of
 * an identity provider or an MFA device, which have none, under its ARN. */
#include "base/text.h"
#include "call/describe.h"
#include "call/tag.h"
#include "operations.h"
#include "services/iam/entity.h"
#include "services/iam/mfa_device.h"
#include "services/iam/oidc_provider.h"
#include "services/iam/policy.h"
#include "services/iam/saml_provider.h"
#include "services/iam/server_certificate.h"

struct taggable {
    const char *type;            /* of the tag */
    const char *member;          /* of the input, that names the resource */
    const struct iam_kind *kind; /* of an entity; NULL: something else */
    /* Finds the id or ARN of the resource that the call names, or sets the fault. */
    int (*load)(struct call *c, const struct taggable *t, const char **ret_resource);
};

/* --- the resources ---------------------------------------------------------------------------- */

static int entity_load(struct call *c, const struct taggable *t, const char **ret_resource)
{
    struct iam_entity entity;

    if (iam_entity_load(c, t->kind, arg_str(c, t->member), &entity) != 0)
        return -1;
    *ret_resource = entity.id;
    return 0;
}

/* AWS's policies may be looked at. */
static int policy_load(struct call *c, const struct taggable *t, const char **ret_resource)
{
    struct iam_managed found;

    if (iam_managed_load(c, arg_str(c, t->member), &found) != 0 ||
        (!c->op->readonly && iam_managed_check_own(c, &found) != 0))
        return -1;
    *ret_resource = found.id;
    return 0;
}

static int mfa_load(struct call *c, const struct taggable *t, const char **ret_resource)
{
    struct mfa_device found = {.seed = {0}};

    (void)t;
    if (mfa_device_load(c, &found) != 0)
        return -1;
    *ret_resource = call_printf(c, "%s", found.serial);
    return 0;
}

static int oidc_load(struct call *c, const struct taggable *t, const char **ret_resource)
{
    struct oidc_provider found;

    if (oidc_provider_load(c, arg_str(c, t->member), &found) != 0)
        return -1;
    *ret_resource = found.arn;
    return 0;
}

static int saml_load(struct call *c, const struct taggable *t, const char **ret_resource)
{
    struct saml_provider found;

    if (saml_provider_load(c, arg_str(c, t->member), &found) != 0)
        return -1;
    *ret_resource = found.arn;
    return 0;
}

static int certificate_load(struct call *c, const struct taggable *t, const char **ret_resource)
{
    struct server_certificate found;

    if (server_certificate_load(c, arg_str(c, t->member), &found) != 0)
        return -1;
    *ret_resource = found.id;
    return 0;
}

static const struct taggable user = {"user", "UserName", &iam_user, entity_load};
static const struct taggable role = {"role", "RoleName", &iam_role, entity_load};
static const struct taggable instance_profile = {"instance-profile", "InstanceProfileName",
                                                 &iam_instance_profile, entity_load};
static const struct taggable policy = {"policy", "PolicyArn", NULL, policy_load};
static const struct taggable mfa_device = {"mfa", "SerialNumber", NULL, mfa_load};
static const struct taggable open_id_connect_provider = {
    "oidc-provider", "OpenIDConnectProviderArn", NULL, oidc_load};
static const struct taggable saml_provider = {"saml-provider", "SAMLProviderArn", NULL, saml_load};
static const struct taggable server_certificate = {"server-certificate", "ServerCertificateName",
                                                   NULL, certificate_load};

/* --- the three operations --------------------------------------------------------------------- */

static int tag(struct call *c, const struct taggable *t)
{
    const char *resource;

    if (t->load(c, t, &resource) != 0 || tag_put(c, t->type, resource, arg_get(c, "Tags")) != 0)
        return -1;
    return call_reply(c, NULL);
}

/* Removing a tag that is not there changes nothing. */
static int untag(struct call *c, const struct taggable *t)
{
    json_t *tags = json_array();
    const char *resource;
    int rc = t->load(c, t, &resource);

    for (size_t i = 0; rc == 0 && i < arg_count(c, "TagKeys"); i++) {
        const char *key = arg_at(c, "TagKeys", i);
        rc = tag_key_check(c, key);
        json_append_new(tags, json_pack("{ss}", "Key", key));
    }
    if (rc == 0) {
        tag_remove(c, resource, tags);
        rc = call_reply(c, NULL);
    }
    json_decref(tags);
    return rc;
}

static json_t *tag_render(struct call *c, struct rows *row)
{
    json_t *out = json_object();

    (void)c;
    json_set_str(out, "Key", rows_text(row, 0));
    json_set_str(out, "Value", rows_text(row, 1));
    return out;
}

static int list(struct call *c, const struct taggable *t)
{
    const char *resource;

    if (t->load(c, t, &resource) != 0)
        return -1;
    struct describe tags = {
        IAM_PAGING,
        .sql = "SELECT key, value FROM tag WHERE account = ?1 AND resource = ?4",
        .sql_argument = resource,
        .key_column = "key",
        .render = tag_render,
    };
    return describe_reply(c, &tags, "Tags");
}

/* --- operations ------------------------------------------------------------------------------- */

int iam_tag_user(struct call *c)
{
    return tag(c, &user);
}

int iam_untag_user(struct call *c)
{
    return untag(c, &user);
}

int iam_list_user_tags(struct call *c)
{
    return list(c, &user);
}

int iam_tag_role(struct call *c)
{
    return tag(c, &role);
}

int iam_untag_role(struct call *c)
{
    return untag(c, &role);
}

int iam_list_role_tags(struct call *c)
{
    return list(c, &role);
}

int iam_tag_policy(struct call *c)
{
    return tag(c, &policy);
}

int iam_untag_policy(struct call *c)
{
    return untag(c, &policy);
}

int iam_list_policy_tags(struct call *c)
{
    return list(c, &policy);
}

int iam_tag_instance_profile(struct call *c)
{
    return tag(c, &instance_profile);
}

int iam_untag_instance_profile(struct call *c)
{
    return untag(c, &instance_profile);
}

int iam_list_instance_profile_tags(struct call *c)
{
    return list(c, &instance_profile);
}

int iam_tag_mfa_device(struct call *c)
{
    return tag(c, &mfa_device);
}

int iam_untag_mfa_device(struct call *c)
{
    return untag(c, &mfa_device);
}

int iam_list_mfa_device_tags(struct call *c)
{
    return list(c, &mfa_device);
}

int iam_tag_open_id_connect_provider(struct call *c)
{
    return tag(c, &open_id_connect_provider);
}

int iam_untag_open_id_connect_provider(struct call *c)
{
    return untag(c, &open_id_connect_provider);
}

int iam_list_open_id_connect_provider_tags(struct call *c)
{
    return list(c, &open_id_connect_provider);
}

int iam_tag_saml_provider(struct call *c)
{
    return tag(c, &saml_provider);
}

int iam_untag_saml_provider(struct call *c)
{
    return untag(c, &saml_provider);
}

int iam_list_saml_provider_tags(struct call *c)
{
    return list(c, &saml_provider);
}

int iam_tag_server_certificate(struct call *c)
{
    return tag(c, &server_certificate);
}

int iam_untag_server_certificate(struct call *c)
{
    return untag(c, &server_certificate);
}

int iam_list_server_certificate_tags(struct call *c)
{
    return list(c, &server_certificate);
}
