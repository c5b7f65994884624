/* Sessions for people whom an identity provider knows: see federation.h. */
#include "services/sts/federation.h"

#include "base/arn.h"
#include "base/text.h"
#include "services/access.h"
#include "services/iam/iam.h"
#include "services/sts/role_session.h"
#include "services/sts/session_terms.h"

#include <ctype.h>
#include <string.h>

/* "Pass session tags in AWS STS", IAM User Guide. */
#define TAGS_MAX      50
#define TAG_KEY_MAX   128
#define TAG_VALUE_MAX 256
#define NAME_MIN      2
#define NAME_MAX      64

int federation_enter(struct call *c)
{
    struct iam_role_row role;
    struct arn arn;

    if (!arn_parse(c->arena, arg_str(c, "RoleArn"), &arn) || arn.account[0] == '\0')
        return role_session_role(c, &role); /* the fault */
    c->account = arn.account;
    c->who = (struct principal){.type = PRINCIPAL_ANONYMOUS};
    return 0;
}

/* --- judging ---------------------------------------------------------------------------------- */

/* What conditions may ask of the session to be made, besides what the provider says. */
static const json_t *trust_facts(struct call *c, const struct federation *f)
{
    const struct session *s = &f->session;
    json_t *facts = json_deep_copy(f->facts), *value, *keys = json_array();
    const char *key;

    json_set_str(facts, "sts:RoleSessionName", s->name);
    json_set_str(facts, "sts:SourceIdentity", s->source_identity);
    json_object_foreach ((json_t *)(uintptr_t)s->tags, key, value) {
        json_set_str(facts, call_printf(c, "aws:RequestTag/%s", key), json_string_value(value));
        json_append_new(keys, json_text_new(key));
    }
    if (json_array_size(keys) > 0)
        json_set_new(facts, "aws:TagKeys", keys);
    else
        json_decref(keys);
    if (s->transitive_keys != NULL)
        json_set_new(facts, "sts:TransitiveTagKeys", json_deep_copy(s->transitive_keys));
    return call_keep(c, facts);
}

static bool trusts(struct call *c, struct access *access, const char *action)
{
    static const struct principal_policies none = {.boundary = NULL};
    struct policy_answer answer;

    access->action = action;
    access->resource = access_type(action, "role");
    access_decide(c, access, &none, &answer);
    return answer.verdict == POLICY_ALLOW;
}

static int judge(struct call *c, const struct federation *f, const struct iam_role_row *role)
{
    struct session session = {.provider = f->provider};
    struct access access = {
        .arn = role->entity.arn,
        .id = role->entity.id,
        .account = role->entity.account,
        .facts = trust_facts(c, f),
        .resource_policy = policy_cache_find(role->trust, POLICY_TRUST, NULL),
        .resource_must_allow = true,
    };

    c->who.session = &session;
    const char *refused = NULL;
    if (!trusts(c, &access, c->op->iam_action))
        refused = c->op->iam_action;
    else if (f->session.tags != NULL && !trusts(c, &access, "sts:TagSession"))
        refused = "sts:TagSession";
    else if (f->session.source_identity != NULL && !trusts(c, &access, "sts:SetSourceIdentity"))
        refused = "sts:SetSourceIdentity";
    c->who.session = NULL;
    return refused == NULL ? 0 : role_session_refuse(c, refused, role->entity.arn);
}

json_t *federation_assume(struct call *c, const struct federation *f)
{
    struct iam_role_row role;
    struct role_session_ask ask = {
        .role = &role,
        .longest_s = f->longest_s,
        .session = f->session,
    };

    ask.session.provider = f->provider;
    if (role_session_role(c, &role) != 0 || judge(c, f, &role) != 0)
        return NULL;
    return role_session_make(c, &ask);
}

/* --- what providers say of sessions ----------------------------------------------------------- */

bool federation_name_valid(const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && strchr("_+=,.@-", text[i]) == NULL)
            return false;
    return len >= NAME_MIN && len <= NAME_MAX;
}

int federation_source_identity(struct call *c, const char *text, struct session *session)
{
    if (text != NULL && !federation_name_valid(text)) /* "aws:" has a colon */
        return call_fail(c, "InvalidIdentityToken",
                         "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "
                         "\"aws:\"");
    session->source_identity = text;
    return 0;
}

static int check_tag(struct call *c, const json_t *tag)
{
    size_t key = strlen(json_str_or(tag, "Key", "")), value = strlen(json_str_or(tag, "Value", ""));

    if (key == 0 || key > TAG_KEY_MAX || value > TAG_VALUE_MAX)
        return call_fail(c, "InvalidIdentityToken",
                         "Session tags have keys of 1 to %d and values of up to %d characters.",
                         TAG_KEY_MAX, TAG_VALUE_MAX);
    return 0;
}

int federation_tags(struct call *c, const json_t *tags, const json_t *transitive,
                    struct session *session)
{
    json_t *handed_on = json_array();
    const json_t *item;
    size_t i;

    call_keep(c, handed_on);
    if (json_array_size(tags) > TAGS_MAX)
        return call_fail(c, "InvalidIdentityToken", "A session has %d tags at most.", TAGS_MAX);
    json_array_foreach (tags, i, item)
        if (check_tag(c, item) != 0)
            return -1;
    if (session_tags_read(c, tags, &session->tags) != 0)
        return -1;
    json_array_foreach (transitive, i, item) {
        const char *key =
            json_is_string(item) ? session_tag_find(session->tags, json_string_value(item)) : NULL;
        if (key == NULL)
            return call_fail(c, "InvalidIdentityToken",
                             "The specified transitive tag key must be included in the requested "
                             "tags.");
        json_append_new(handed_on, json_text_new(key));
    }
    session->transitive_keys = json_array_size(handed_on) > 0 ? handed_on : NULL;
    return 0;
}
