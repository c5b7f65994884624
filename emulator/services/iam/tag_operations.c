/* Tags of IAM's resources: Tag*, Untag*, List*Tags. A resource's tags stand under its id, those of
 * an identity provider or an MFA device, which have none, under its ARN. */
#include "base/text.h"
#include "call/describe.h"
#include "call/tag.h"
#include "operations.h"
#include "services/iam/entity.h"
#include "services/iam/oidc_provider.h"
#include "services/iam/policy.h"

struct taggable {
    const char *type;            /* of the tag */
    const char *member;          /* of the input, that names the resource */
    const struct iam_kind *kind; /* of an entity that is named by name; NULL: */
    /* what finds its id or ARN, or sets the fault */
    int (*load)(struct call *c, const char *name, const char **ret_resource);
    /* sets a fault when its tags may not be changed; NULL: they may */
    int (*check)(struct call *c, const char *name);
};

/* --- the resources ---------------------------------------------------------------------------- */

static int policy_load(struct call *c, const char *arn, const char **ret_resource)
{
    struct iam_managed policy;

    if (iam_managed_load(c, arn, &policy) != 0)
        return -1;
    *ret_resource = policy.id;
    return 0;
}

static int policy_check(struct call *c, const char *arn)
{
    struct iam_managed policy;

    return iam_managed_load(c, arn, &policy) != 0 ? -1 : iam_managed_check_own(c, &policy);
}

static int oidc_provider_resource(struct call *c, const char *arn, const char **ret_resource)
{
    struct oidc_provider provider;

    if (oidc_provider_load(c, arn, &provider) != 0)
        return -1;
    *ret_resource = provider.arn;
    return 0;
}

static const struct taggable user = {"user", "UserName", &iam_user, NULL, NULL};
static const struct taggable role = {"role", "RoleName", &iam_role, NULL, NULL};
static const struct taggable instance_profile = {"instance-profile", "InstanceProfileName",
                                                 &iam_instance_profile, NULL, NULL};
static const struct taggable policy = {"policy", "PolicyArn", NULL, policy_load, policy_check};
static const struct taggable open_id_connect_provider = {
    "oidc-provider", "OpenIDConnectProviderArn", NULL, oidc_provider_resource, NULL};

static int load(struct call *c, const struct taggable *t, const char **ret_resource)
{
    const char *name = arg_str(c, t->member);
    struct iam_entity entity;

    if (t->kind == NULL)
        return t->load(c, name, ret_resource);
    if (iam_entity_load(c, t->kind, name, &entity) != 0)
        return -1;
    *ret_resource = entity.id;
    return 0;
}

static int load_own(struct call *c, const struct taggable *t, const char **ret_resource)
{
    if (t->check != NULL && t->check(c, arg_str(c, t->member)) != 0)
        return -1;
    return load(c, t, ret_resource);
}

/* --- the three operations --------------------------------------------------------------------- */

static int tag(struct call *c, const struct taggable *t)
{
    const char *resource;

    if (load_own(c, t, &resource) != 0 || tag_put(c, t->type, resource, arg_get(c, "Tags")) != 0)
        return -1;
    return call_reply(c, NULL);
}

/* Removing a tag that is not there changes nothing. */
static int untag(struct call *c, const struct taggable *t)
{
    json_t *tags = json_array();
    const char *resource;
    int rc = load_own(c, t, &resource);

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

    if (load(c, t, &resource) != 0)
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

/* iam_tag_user, iam_untag_user, iam_list_user_tags, and so on. */
#define TAG_OPERATIONS(noun)                                                                       \
    int iam_tag_##noun(struct call *c)                                                             \
    {                                                                                              \
        return tag(c, &noun);                                                                      \
    }                                                                                              \
    int iam_untag_##noun(struct call *c)                                                           \
    {                                                                                              \
        return untag(c, &noun);                                                                    \
    }                                                                                              \
    int iam_list_##noun##_tags(struct call *c)                                                     \
    {                                                                                              \
        return list(c, &noun);                                                                     \
    }

TAG_OPERATIONS(user)
TAG_OPERATIONS(role)
TAG_OPERATIONS(policy)
TAG_OPERATIONS(instance_profile)
TAG_OPERATIONS(open_id_connect_provider)
