/* AssumeRole and AssumeRoot. Whether the role's trust policy and the caller's policies let the
 * caller in was decided before: see services/access.h. */
#include "base/text.h"
#include "operations.h"
#include "services/sts/role_session.h"
#include "services/sts/session_terms.h"

/* --- session tags ----------------------------------------------------------------------------- */

/* The keys that the calling session hands on, and their tags: "Chaining roles with session tags",
 * IAM User Guide. */
static int inherit_tags(struct call *c, json_t *tags, json_t *transitive)
{
    const struct session *caller = c->who.session;
    json_t *key;
    size_t i;

    if (caller == NULL)
        return 0;
    json_array_foreach (caller->transitive_keys, i, key) {
        const char *name = json_string_value(key);
        if (session_tag_find(tags, name) != NULL)
            return call_fail(c, "InvalidParameterValue",
                             "One of the specified transitive tag keys can't be set because it "
                             "conflicts with a transitive tag key from the calling session.");
        json_append_new(transitive, json_text_new(name));
    }
    json_array_foreach (caller->transitive_keys, i, key) {
        const char *name = json_string_value(key);
        json_set_str(tags, name, json_str_or(caller->tags, name, ""));
    }
    return 0;
}

static int transitive_read(struct call *c, const json_t *tags, json_t *transitive)
{
    for (size_t i = 0; i < arg_count(c, "TransitiveTagKeys"); i++) {
        const char *key = session_tag_find(tags, arg_at(c, "TransitiveTagKeys", i));
        if (key == NULL)
            return call_fail(c, "InvalidParameterValue",
                             "The specified transitive tag key must be included in the requested "
                             "tags.");
        json_append_new(transitive, json_text_new(key));
    }
    return 0;
}

static int tags_read(struct call *c, struct session *session)
{
    const json_t *given;
    json_t *tags = json_object(), *transitive = json_array();

    call_keep(c, tags);
    call_keep(c, transitive);
    if (session_tags_read(c, arg_get(c, "Tags"), &given) != 0)
        return -1;
    json_object_update(tags, (json_t *)(uintptr_t)given);
    if (transitive_read(c, tags, transitive) != 0 || inherit_tags(c, tags, transitive) != 0)
        return -1;
    session->tags = json_object_size(tags) > 0 ? tags : NULL;
    session->transitive_keys = json_array_size(transitive) > 0 ? transitive : NULL;
    return 0;
}

/* --- source identity -------------------------------------------------------------------------- */

/* Once set it stays, through every role of a chain: "Monitor and control actions taken with assumed
 * roles", IAM User Guide. */
static int source_identity_read(struct call *c, struct session *session)
{
    const char *given = arg_str(c, "SourceIdentity");
    const char *kept = c->who.session != NULL ? c->who.session->source_identity : NULL;
    if (given != NULL && kept != NULL && !str_equal(given, kept))
        return role_session_refuse(c, "sts:SetSourceIdentity", arg_str(c, "RoleArn"));
    session->source_identity = kept != NULL ? kept : given;
    return 0;
}

/* --- AssumeRole ------------------------------------------------------------------------------- */

/* Assertions come from IAM Identity Center, which has no instance here that could have made one. */
static int contexts_check(struct call *c)
{
    if (arg_count(c, "ProvidedContexts") == 0)
        return 0;
    return call_fail(c, "InvalidParameterValue", "The provided context assertion is not valid.");
}

int sts_assume_role(struct call *c)
{
    struct iam_role_row role;
    const struct session *caller = c->who.session;
    struct role_session_ask ask = {
        .role = &role,
        .chained = caller != NULL && !caller->console,
        .session = {.name = arg_str(c, "RoleSessionName")},
    };
    int64_t mfa_ms; /* it opens the door, and is no part of the session: "Configuring MFA-protected
                       API access", IAM User Guide */

    if (role_session_role(c, &role) != 0 || session_mfa_read(c, &mfa_ms) != 0 ||
        contexts_check(c) != 0 || tags_read(c, &ask.session) != 0 ||
        source_identity_read(c, &ask.session) != 0)
        return -1;
    json_t *out = role_session_make(c, &ask);
    return out != NULL ? call_reply(c, out) : -1;
}

/* --- AssumeRoot ------------------------------------------------------------------------------- */

/* Only the management account of an organization that has central root access switched on, or its
 * delegated administrator, may take this; accounts here belong to no organization. */
int sts_assume_root(struct call *c)
{
    const char *target = arg_str(c, "TargetPrincipal");
    const char *arn =
        str_starts(target, "arn:") ? target : call_printf(c, "arn:aws:iam::%s:root", target);
    return role_session_refuse(c, "sts:AssumeRoot", arn);
}
