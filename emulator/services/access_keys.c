/* The values of condition keys: aws: keys here, those of a service by its table. "AWS global
 * condition context keys", IAM User Guide, says which are there when. */
#include "services/access.h"

#include "base/text.h"
#include "base/timefmt.h"
#include "services/services.h"

#include <string.h>

bool access_value(struct call *c, const char *text, struct policy_values *ret)
{
    if (text == NULL)
        return false;
    const char **list = arena_alloc(c->arena, sizeof(*list));
    list[0] = text;
    *ret = (struct policy_values){.text = list, .count = 1};
    return true;
}

static const char *scalar_text(struct call *c, const json_t *value)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (json_is_integer(value))
        return call_printf(c, "%lld", (long long)json_integer_value(value));
    return NULL;
}

/* A JSON value as values of a key; false when it is nothing of the kind. */
bool access_values(struct call *c, const json_t *value, struct policy_values *ret)
{
    if (!json_is_array(value))
        return access_value(c, scalar_text(c, value), ret);
    size_t n = json_array_size(value);
    const char **list = arena_alloc(c->arena, (n + 1) * sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        const char *text = scalar_text(c, json_array_get(value, i));
        list[i] = text != NULL ? text : "";
    }
    *ret = (struct policy_values){.text = list, .count = n};
    return true;
}

/* A member of {key: value}, whatever the case of the key. */
static const json_t *fact_find(const json_t *facts, const char *key)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)facts, name, value)
        if (str_equal_ci(name, key))
            return value;
    return NULL;
}

/* --- tags ---------------------------------------------------------------------------------------
 */

/* "Tag keys are not case-sensitive" in condition keys, which match "either TagKey1 or tagkey1, but
 * not both": IAM User Guide, aws:ResourceTag. Where both are there, the key as it is spelt counts,
 * so that nobody hides a tag behind another. */
static const char *tag_value(const json_t *tags, const char *key)
{
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        const char *name = json_str(tag, "Key");
        if (name != NULL && str_equal_ci(name, key) && (found == NULL || str_equal(name, key)))
            found = tag;
    }
    return found != NULL ? json_str_or(found, "Value", "") : NULL;
}

/* The tags that the request gives, or takes from, the resource of this access. */
static const json_t *request_tags(const struct access_facts *f)
{
    const json_t *specs = json_get(f->call->in, "TagSpecifications");
    const char *type = f->access->resource != NULL ? f->access->resource->type->name : NULL;
    for (size_t i = 0; i < json_array_size(specs); i++) {
        const json_t *spec = json_array_get(specs, i);
        if (str_equal(json_str(spec, "ResourceType"), type))
            return json_get(spec, "Tags");
    }
    return specs == NULL ? json_get(f->call->in, "Tags") : NULL;
}

static bool get_request_tag(struct access_facts *f, const char *behind, struct policy_values *ret)
{
    return access_value(f->call, tag_value(request_tags(f), behind), ret);
}

static bool get_tag_keys(struct access_facts *f, const char *behind, struct policy_values *ret)
{
    (void)behind;
    const json_t *keys = json_get(f->call->in, "TagKeys"), *tags = request_tags(f);
    size_t n = json_array_size(tags);
    if (keys != NULL)
        return access_values(f->call, keys, ret);
    if (n == 0)
        return false;
    const char **list = arena_alloc(f->call->arena, n * sizeof(*list));
    for (size_t i = 0; i < n; i++)
        list[i] = json_str_or(json_array_get(tags, i), "Key", "");
    *ret = (struct policy_values){.text = list, .count = n};
    return true;
}

static const char *kept_tag(struct call *c, const char *account, const char *id, const char *key)
{
    struct rows r;
    rows_open(&r, c->db,
              "SELECT value FROM tag WHERE account = ?1 AND resource = ?2"
              " AND lower(key) = lower(?3) ORDER BY key <> ?3, key LIMIT 1",
              "sss", account, id, key);
    if (!rows_next(&r))
        return NULL;
    const char *value = call_text(c, &r, 0);
    rows_close(&r);
    return value;
}

static bool get_resource_tag(struct access_facts *f, const char *behind, struct policy_values *ret)
{
    const struct access *a = f->access;
    if (a->id == NULL)
        return false;
    const char *account = a->account != NULL ? a->account : f->call->account;
    return access_value(f->call, kept_tag(f->call, account, a->id, behind), ret);
}

/* Session tags win over those of the user or role. */
static bool get_principal_tag(struct access_facts *f, const char *behind, struct policy_values *ret)
{
    const struct principal *who = &f->call->who;
    const json_t *given = who->session != NULL ? fact_find(who->session->tags, behind) : NULL;
    if (given != NULL)
        return access_values(f->call, given, ret);
    if (who->entity_id == NULL)
        return false;
    return access_value(f->call, kept_tag(f->call, who->account, who->entity_id, behind), ret);
}

/* --- who ----------------------------------------------------------------------------------------
 */

static const char *principal_arn(struct call *c) /* of a role's session it is the role's */
{
    return c->who.type == PRINCIPAL_ASSUMED_ROLE ? c->who.entity_arn : c->who.arn;
}

static const char *principal_account(struct call *c)
{
    return c->who.account;
}

static const char *principal_type(struct call *c)
{
    static const char *const words[] = {
        [PRINCIPAL_ANONYMOUS] = "Anonymous",
        [PRINCIPAL_ACCOUNT] = "Account",
        [PRINCIPAL_USER] = "User",
        [PRINCIPAL_ASSUMED_ROLE] = "AssumedRole",
        [PRINCIPAL_FEDERATED_USER] = "FederatedUser",
    };
    return words[c->who.type];
}

static const char *user_id(struct call *c)
{
    return c->who.user_id;
}

static const char *user_name(struct call *c)
{
    return c->who.type == PRINCIPAL_USER ? c->who.name : NULL;
}

/* --- the session --------------------------------------------------------------------------------
 */

static const char *number(struct call *c, int64_t value)
{
    return call_printf(c, "%lld", (long long)value);
}

static const char *instant(struct call *c, int64_t ms)
{
    char *text = arena_alloc(c->arena, TIME_SIZE);
    time_format_iso8601(ms, text);
    return text;
}

static const char *mfa_present(struct call *c) /* long-term keys do not have it at all */
{
    const struct session *s = c->who.session;
    if (s == NULL)
        return NULL;
    return s->mfa_ms > 0 ? "true" : "false";
}

static const char *mfa_age(struct call *c)
{
    const struct session *s = c->who.session;
    bool shown = s != NULL && s->mfa_ms > 0;
    return shown ? number(c, (call_now_ms(c) - s->mfa_ms) / 1000) : NULL;
}

static const char *issue_time(struct call *c)
{
    return c->who.session != NULL ? instant(c, c->who.session->issued_ms) : NULL;
}

static const char *source_identity(struct call *c)
{
    return c->who.session != NULL ? c->who.session->source_identity : NULL;
}

static const char *provider(struct call *c)
{
    return c->who.session != NULL ? c->who.session->provider : NULL;
}

/* --- the request --------------------------------------------------------------------------------
 */

static const char *source_ip(struct call *c)
{
    return c->source_ip != NULL && c->source_ip[0] != '\0' ? c->source_ip : NULL;
}

static const char *current_time(struct call *c)
{
    return instant(c, call_now_ms(c));
}

static const char *epoch_time(struct call *c)
{
    return number(c, call_now_ms(c) / 1000);
}

static const char *secure(struct call *c)
{
    return c->secure ? "true" : "false";
}

static const char *user_agent(struct call *c)
{
    return c->user_agent;
}

static const char *referer(struct call *c)
{
    return c->referer;
}

/* IAM has one endpoint for the world: "aws:RequestedRegion", IAM User Guide. */
static const char *region(struct call *c)
{
    return str_equal(c->service->name, "iam") ? "us-east-1" : c->region;
}

static const char *no(struct call *c)
{
    (void)c;
    return "false";
}

static const char *nothing(struct call *c)
{
    (void)c;
    return NULL;
}

static bool get_resource_account(struct access_facts *f, const char *behind,
                                 struct policy_values *ret)
{
    (void)behind;
    const char *account = f->access->account;
    return access_value(f->call, account != NULL ? account : f->call->who.account, ret);
}

/* --- the tables ---------------------------------------------------------------------------------
 */

struct global_key {
    const char *key; /* ending in "/": any that starts so */
    const char *(*text)(struct call *c);
    bool (*get)(struct access_facts *f, const char *behind,
                struct policy_values *ret); /* or this */
    bool listed;                            /* only where IAM's facts name it for the action */
};

static const struct global_key global_keys[] = {
    {"aws:CurrentTime", .text = current_time},
    {"aws:EpochTime", .text = epoch_time},
    {"aws:FederatedProvider", .text = provider},
    {"aws:MultiFactorAuthAge", .text = mfa_age},
    {"aws:MultiFactorAuthPresent", .text = mfa_present},
    {"aws:PrincipalAccount", .text = principal_account},
    {"aws:PrincipalArn", .text = principal_arn},
    {"aws:PrincipalIsAWSService", .text = no},
    {"aws:PrincipalTag/", .get = get_principal_tag},
    {"aws:PrincipalType", .text = principal_type},
    {"aws:Referer", .text = referer},
    {"aws:RequestTag/", .get = get_request_tag, .listed = true},
    {"aws:RequestedRegion", .text = region},
    {"aws:ResourceAccount", .get = get_resource_account},
    {"aws:ResourceTag/", .get = get_resource_tag},
    {"aws:SecureTransport", .text = secure},
    {"aws:SourceIdentity", .text = source_identity},
    {"aws:SourceIp", .text = source_ip},
    {"aws:TagKeys", .get = get_tag_keys, .listed = true},
    {"aws:TokenIssueTime", .text = issue_time},
    {"aws:UserAgent", .text = user_agent},
    {"aws:userid", .text = user_id},
    {"aws:username", .text = user_name},
    {"aws:ViaAWSService", .text = no},
    /* No account here is in an organization, and nobody calls on somebody's behalf or through an
     * endpoint of a VPC; what an instance's credentials add stands in the facts of its session. */
    {"aws:AssumedRoot", .text = nothing},
    {"aws:CalledVia", .text = nothing},
    {"aws:CalledViaFirst", .text = nothing},
    {"aws:CalledViaLast", .text = nothing},
    {"aws:ChatbotSourceArn", .text = nothing},
    {"aws:Ec2InstanceSourcePrivateIPv4", .text = nothing},
    {"aws:Ec2InstanceSourceVpc", .text = nothing},
    {"aws:PrincipalOrgID", .text = nothing},
    {"aws:PrincipalOrgPaths", .text = nothing},
    {"aws:PrincipalServiceName", .text = nothing},
    {"aws:PrincipalServiceNamesList", .text = nothing},
    {"aws:ResourceOrgID", .text = nothing},
    {"aws:ResourceOrgPaths", .text = nothing},
    {"aws:SourceAccount", .text = nothing},
    {"aws:SourceArn", .text = nothing},
    {"aws:SourceOrgID", .text = nothing},
    {"aws:SourceOrgPaths", .text = nothing},
    {"aws:SourceVpc", .text = nothing},
    {"aws:SourceVpcArn", .text = nothing},
    {"aws:SourceVpce", .text = nothing},
    {"aws:VpcSourceIp", .text = nothing},
};

/* "aws:RequestTag/" names "aws:requesttag/Owner": what is behind it is returned, "" when the key
 * ends there, NULL when it is another key. */
static const char *behind(const char *name, const char *key)
{
    size_t len = strlen(name);
    if (strncasecmp(name, key, len) != 0)
        return NULL;
    bool open = name[len - 1] == '/';
    return open == (key[len] != '\0') ? key + len : NULL;
}

static const struct global_key *global_find(const char *key, const char **ret_behind)
{
    for (size_t i = 0; i < ARRAY_LEN(global_keys); i++) {
        *ret_behind = behind(global_keys[i].key, key);
        if (*ret_behind != NULL)
            return &global_keys[i];
    }
    return NULL;
}

static bool in_list(const char *const *keys, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        const char *variable = strstr(keys[i], "${");
        size_t len = variable != NULL ? (size_t)(variable - keys[i]) : strlen(keys[i]);
        if (strncasecmp(keys[i], key, len) == 0 && (variable != NULL || key[len] == '\0'))
            return true;
    }
    return false;
}

/* IAM's facts name the key for the action, or for what it does to this type of resource. */
static bool is_listed(const struct access *a, const char *key)
{
    const struct spec_action *action = spec_action_find(a->action);
    const struct spec_action_resource *r = a->resource;
    return (action != NULL && in_list(action->keys, action->key_count, key)) ||
           (r != NULL && in_list(r->keys, r->key_count, key));
}

/* The tables of the service whose action it is, which need not be the one that is called. */
static const struct service_access *service_of(const char *action)
{
    size_t len = strcspn(action, ":");
    for (size_t i = 0; i < service_module_count; i++) {
        const struct service_module *m = &service_modules[i];
        const struct spec_service *s = spec_service_find(m->name);
        if (m->access != NULL && s != NULL && strlen(s->iam_prefix) == len &&
            strncmp(s->iam_prefix, action, len) == 0)
            return m->access;
    }
    return NULL;
}

static const struct condition_key *key_find(const struct access *a, const char *key,
                                            const char **ret_behind)
{
    const struct service_access *service = service_of(a->action);
    const char *type = a->resource != NULL ? a->resource->type->name : NULL;
    const struct condition_key *k = service != NULL ? service->keys : NULL;
    for (; k != NULL && k->key != NULL; k++) {
        *ret_behind = behind(k->key, key);
        if (*ret_behind != NULL && (k->type == NULL || str_equal(k->type, type)))
            return k;
    }
    return NULL;
}

const char *access_row_text(struct call *c, const struct access *a, const char *sql)
{
    const char *account = a->account != NULL ? a->account : c->account;
    struct rows r;
    rows_open(&r, c->db, sql, "sss", account, c->region, a->id);
    if (!rows_next(&r))
        return NULL;
    const char *text = call_text(c, &r, 0);
    rows_close(&r);
    return text;
}

static bool key_value(struct access_facts *f, const struct condition_key *k, const char *rest,
                      struct policy_values *ret)
{
    struct call *c = f->call;
    if (k->get != NULL && k->get(c, f->access, k, rest, ret))
        return true;
    if (k->member != NULL && access_values(c, json_get(c->in, k->member), ret))
        return true;
    if (k->sql != NULL && f->access->id != NULL &&
        access_value(c, access_row_text(c, f->access, k->sql), ret))
        return true;
    return access_value(c, k->otherwise, ret);
}

/* "ec2:ResourceTag/Owner", "iam:ResourceTag/Owner" ...: the services' own names for one thing. */
static const char *resource_tag(const char *key)
{
    const char *colon = strchr(key, ':');
    return colon != NULL ? behind("ResourceTag/", colon + 1) : NULL;
}

static bool context_get(void *arg, const char *key, struct policy_values *ret)
{
    struct access_facts *f = arg;
    const struct session *session = f->call->who.session;
    const char *rest = resource_tag(key);
    const json_t *fact = fact_find(f->access->facts, key);
    if (fact == NULL && session != NULL)
        fact = fact_find(session->facts, key);
    if (fact != NULL)
        return access_values(f->call, fact, ret);
    if (rest != NULL)
        return get_resource_tag(f, rest, ret);
    const struct global_key *global = global_find(key, &rest);
    if (global != NULL && global->text != NULL)
        return access_value(f->call, global->text(f->call), ret);
    if (global != NULL)
        return (!global->listed || is_listed(f->access, key)) && global->get(f, rest, ret);
    const struct condition_key *k =
        is_listed(f->access, key) ? key_find(f->access, key, &rest) : NULL;
    return k != NULL && key_value(f, k, rest, ret);
}

struct policy_context access_context(struct access_facts *facts)
{
    return (struct policy_context){.get = context_get, .arg = facts};
}

bool access_key_known(const char *action, const char *type, const char *key)
{
    struct access a = {.action = action, .resource = access_type(action, type)};
    const char *rest;
    return resource_tag(key) != NULL || global_find(key, &rest) != NULL ||
           key_find(&a, key, &rest) != NULL;
}
