/* See authorize.h. The root user is bound by no policy. An operation that its model calls unsigned
 * judges its caller itself, who has proved an identity by other means. */
#include "services/authorize.h"

#include "base/arn.h"
#include "base/text.h"
#include "services/access.h"
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

static json_t *matched_statements(const struct policy_answer *answer)
{
    json_t *list = json_array();
    for (size_t i = 0; i < answer->match_count; i++) {
        const struct policy_match *m = &answer->matches[i];
        json_append_new(list, json_pack("{ssss}", "statementId", m->sid != NULL ? m->sid : "",
                                        "effect", "DENY"));
    }
    return items(list);
}

static json_t *message_new(struct call *c, const struct access *access,
                           const struct policy_answer *answer)
{
    bool denied = answer->verdict == POLICY_EXPLICIT_DENY;
    const char *action = strchr(access->action, ':') + 1;
    json_t *principal = json_pack("{ssss}", "id", c->who.user_id, "arn", c->who.arn);
    json_t *context = json_pack("{sossssso}", "principal", principal, "action", action, "resource",
                                access->arn, "conditions", conditions_of(c, access));
    return json_pack("{sbsbsososo}", "allowed", 0, "explicitDeny", denied, "matchedStatements",
                     denied ? matched_statements(answer) : items(json_array()), "failures",
                     items(json_array()), "context", context);
}

/* --- refusing -----------------------------------------------------------------------------------
 */

static int refuse_ec2(struct call *c, const struct access *access,
                      const struct policy_answer *answer, const char *code)
{
    bool details = has_details(access);
    const char *text = sentence(c, access, answer, details);
    const char *encoded = "";
    if (details) {
        const json_t *message = call_keep(c, message_new(c, access, answer));
        db_rollback(c->db); /* or the key of messages, made now, would go with the request */
        encoded = call_printf(c, ". Encoded authorization failure message: %s",
                              authorization_message_seal(c, message));
    }
    return call_fail(c, code, "You are not authorized to perform this operation. %s%s", text,
                     encoded);
}

static int refuse(struct call *c, const struct access *access, const struct policy_answer *answer,
                  const char *code)
{
    if (str_equal(c->service->name, "ec2"))
        return refuse_ec2(c, access, answer, code);
    return call_fail(c, code, "%s", sentence(c, access, answer, true));
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
        if (answer.verdict != POLICY_ALLOW)
            return refuse(c, &list.items[i], &answer, code);
    }
    return 0;
}
