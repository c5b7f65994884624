/* See authorize.h. The root user is bound by no policy. An operation that its model calls unsigned
 * judges its caller itself, who has proved an identity by other means. */
#include "services/authorize.h"

#include "base/arn.h"
#include "base/text.h"
#include "services/access.h"
#include "services/iam/password_policy.h"
#include "services/iam/policy_cache.h"
#include "services/iam/principal_policies.h"
#include "services/sts/authorization_message.h"

#include <string.h>

/* "No permissions are required": GetCallerIdentity and GetSessionToken, STS API Reference. */
static bool is_free(const struct call *c)
{
    static const char *const actions[] = {"sts:GetCallerIdentity", "sts:GetSessionToken"};
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (str_equal(c->op->iam_action, actions[i]))
            return true;
    return false;
}

/* --- the words of a refusal ---------------------------------------------------------------------
 */

/* Whose word it was: "Troubleshoot access denied error messages", IAM User Guide. */
static const struct {
    const char *one, *none;
} sources[] = {
    [POLICY_BY_IDENTITY] = {"an identity-based policy", "no identity-based policy"},
    [POLICY_BY_BOUNDARY] = {"a permissions boundary", "no permissions boundary"},
    [POLICY_BY_SESSION] = {"a session policy", "no session policy"},
    [POLICY_BY_RESOURCE] = {"a resource-based policy", "no resource-based policy"},
    [POLICY_BY_ROOT] = {"an identity-based policy", "no identity-based policy"},
};

static const char *reason(struct call *c, const struct access *access,
                          const struct policy_answer *answer)
{
    if (answer->verdict == POLICY_EXPLICIT_DENY)
        return call_printf(c, " with an explicit deny in %s", sources[answer->source].one);
    if (access->resource_must_allow)
        return ""; /* STS does not say whether the role is there at all */
    return call_printf(c, " because %s allows the %s action", sources[answer->source].none,
                       access->action);
}

/* EC2 names a resource, and encodes the details, where its actions have resources or change
 * something. */
static bool has_details(const struct access *access)
{
    const struct spec_action *action = spec_action_find(access->action);
    return access->resource != NULL || action == NULL ||
           (action->access & (SPEC_ACCESS_LIST | SPEC_ACCESS_READ)) == 0;
}

static const char *sentence(struct call *c, const struct access *access,
                            const struct policy_answer *answer, bool names_resource)
{
    const char *shown = access->shown != NULL ? access->shown : access->arn;
    return call_printf(c, "User: %s is not authorized to perform: %s%s%s%s", c->who.arn,
                       access->action, names_resource ? " on resource: " : "",
                       names_resource ? shown : "", reason(c, access, answer));
}

/* --- the encoded message: "DecodeAuthorizationMessage", STS API Reference -----------------------
 */

static json_t *items(json_t *list)
{
    return json_pack("{so}", "items", list);
}

static json_t *values_item(const char *key, const struct policy_values *values)
{
    json_t *list = json_array();
    for (size_t i = 0; i < values->count; i++)
        json_append_new(list, json_pack("{ss}", "value", values->text[i]));
    return json_pack("{ssso}", "key", key, "values", items(list));
}

static void add_text(json_t *conditions, const char *key, const char *value)
{
    struct policy_values one = {.text = &value, .count = 1};
    json_append_new(conditions, values_item(key, &one));
}

static void add_keys(struct access_facts *facts, const char *const *keys, size_t count,
                     json_t *conditions)
{
    struct policy_context context = access_context(facts);
    for (size_t i = 0; i < count; i++) {
        struct policy_values values;
        if (strchr(keys[i], '$') == NULL && context.get(context.arg, keys[i], &values))
            json_append_new(conditions, values_item(keys[i], &values));
    }
}

static json_t *conditions_of(struct call *c, const struct access *access)
{
    const struct spec_action *action = spec_action_find(access->action);
    const struct spec_action_resource *resource = access->resource;
    struct access_facts facts = {.call = c, .access = access};
    json_t *list = json_array();
    struct arn arn;
    if (arn_parse(c->arena, access->arn, &arn)) {
        add_text(list, "aws:Resource", arn.resource);
        add_text(list, "aws:Service", arn.service);
    }
    add_text(list, "aws:Account", access->account != NULL ? access->account : c->account);
    add_text(list, "aws:Region", c->region);
    add_text(list, "aws:ARN", access->arn);
    if (resource != NULL) {
        add_text(list, "aws:Type", resource->type->name);
        add_keys(&facts, resource->keys, resource->key_count, list);
    }
    if (action != NULL)
        add_keys(&facts, action->keys, action->key_count, list);
    return items(list);
}

/* A text or a list of texts, as AWS lists what a statement has. */
static json_t *texts_item(const json_t *value)
{
    json_t *list = json_array();
    if (json_is_string(value))
        json_append_new(list, json_pack("{sO}", "value", value));
    for (size_t i = 0; i < json_array_size(value); i++)
        json_append_new(list, json_pack("{sO}", "value", json_array_get(value, i)));
    return items(list);
}

static json_t *statement_conditions(const json_t *statement)
{
    json_t *list = json_array(), *keys, *value;
    const char *operator, * key;
    json_object_foreach (json_object_get(statement, "Condition"), operator, keys)
        json_object_foreach (keys, key, value)
            json_append_new(list, json_pack("{ssso}", "key", key, "values", texts_item(value)));
    return items(list);
}

static const json_t *either(const json_t *statement, const char *name, const char *other)
{
    const json_t *value = json_get(statement, name);
    return value != NULL ? value : json_get(statement, other);
}

static json_t *statement_item(struct call *c, const struct policy_match *m)
{
    const char *text = policy_cache_text(m->policy);
    const char *who = c->who.entity_id != NULL ? c->who.entity_id : c->account;
    const json_t *all =
        text != NULL ? call_keep(c, json_loads(text, 0, NULL)) : call_keep(c, json_object());
    const json_t *list = json_get(all, "Statement");
    const json_t *statement = json_is_array(list) ? json_array_get(list, m->statement) : list;
    return json_pack("{sssssososososo}", "statementId", m->sid != NULL ? m->sid : "", "effect",
                     "DENY", "principals", items(json_pack("[{ss}]", "value", who)),
                     "principalGroups", items(json_array()), "actions",
                     texts_item(either(statement, "Action", "NotAction")), "resources",
                     texts_item(either(statement, "Resource", "NotResource")), "conditions",
                     statement_conditions(statement));
}

static json_t *matched_statements(struct call *c, const struct policy_answer *answer)
{
    json_t *list = json_array();
    for (size_t i = 0; i < answer->match_count; i++)
        json_append_new(list, statement_item(c, &answer->matches[i]));
    return items(list);
}

static json_t *message_new(struct call *c, const struct access *access,
                           const struct policy_answer *answer)
{
    bool denied = answer->verdict == POLICY_EXPLICIT_DENY;
    json_t *principal = json_pack("{ssss}", "id", c->who.user_id, "arn", c->who.arn);
    json_t *context = json_pack("{sossssso}", "principal", principal, "action", access->action,
                                "resource", access->arn, "conditions", conditions_of(c, access));
    if (c->who.type == PRINCIPAL_USER)
        json_set_str(principal, "name", c->who.name);
    return json_pack("{sbsbsososo}", "allowed", 0, "explicitDeny", denied, "matchedStatements",
                     denied ? matched_statements(c, answer) : items(json_array()), "failures",
                     items(json_array()), "context", context);
}

/* --- refusing -----------------------------------------------------------------------------------
 */

/* As much as there is room for: a fault's text has an end, and what is cut cannot be decoded. */
static const char *seal(struct call *c, const json_t *message, size_t room)
{
    const char *encoded = authorization_message_seal(c, message);
    const json_t *lists[] = {
        json_get(message, "matchedStatements"),
        json_get(json_get(message, "context"), "conditions"),
    };
    for (size_t i = 0; i < ARRAY_LEN(lists) && strlen(encoded) > room; i++) {
        json_array_clear(json_object_get(lists[i], "items"));
        encoded = authorization_message_seal(c, message);
    }
    return encoded;
}

#define EC2_SENTENCE "You are not authorized to perform this operation. "
#define EC2_MESSAGE  ". Encoded authorization failure message: "

static int refuse_ec2(struct call *c, const struct access *access,
                      const struct policy_answer *answer, const char *code)
{
    bool details = has_details(access);
    const char *text = sentence(c, access, answer, details);
    if (!details)
        return call_fail(c, code, EC2_SENTENCE "%s", text);
    const json_t *message = call_keep(c, message_new(c, access, answer));
    size_t used = sizeof(EC2_SENTENCE EC2_MESSAGE) + strlen(text);
    size_t room = used < sizeof(c->err.text) ? sizeof(c->err.text) - used : 0;
    db_rollback(c->db); /* or the key of messages, made now, would go with the request */
    return call_fail(c, code, EC2_SENTENCE "%s" EC2_MESSAGE "%s", text, seal(c, message, room));
}

static int refuse(struct call *c, const struct access *access, const struct policy_answer *answer,
                  const char *code)
{
    if (str_equal(c->service->name, "ec2"))
        return refuse_ec2(c, access, answer, code);
    return call_fail(c, code, "%s", sentence(c, access, answer, true));
}

/* "Setting an account password policy", IAM User Guide: the account's own word, where no policy
 * says otherwise. */
static bool account_allows(struct call *c, const struct access *access,
                           const struct policy_answer *answer)
{
    struct password_policy policy;
    if (c->who.type != PRINCIPAL_USER || answer->verdict == POLICY_EXPLICIT_DENY ||
        answer->source != POLICY_BY_IDENTITY ||
        (!str_equal(access->action, "iam:ChangePassword") &&
         !str_equal(access->action, "iam:GetAccountPasswordPolicy")))
        return false;
    password_policy_read(c, &policy);
    return policy.users_may_change;
}

int authorize(struct call *c, const char *code)
{
    struct access_list list;
    if (c->op->unsigned_request || c->who.root || is_free(c))
        return 0;
    const struct principal_policies *policies = principal_policies_find(c, &c->who);
    if (policies == NULL)
        return call_fail_internal(c, "%s has signed and is gone", c->who.arn);
    if (access_collect(c, &list) != 0)
        return -1;
    for (size_t i = 0; i < list.count; i++) {
        struct policy_answer answer;
        access_decide(c, &list.items[i], policies, &answer);
        if (answer.verdict != POLICY_ALLOW && !account_allows(c, &list.items[i], &answer))
            return refuse(c, &list.items[i], &answer, code);
    }
    return 0;
}
