/* The decision (IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation
 * logic"): an explicit deny in any policy wins; what nobody allows is denied. Within the account a
 * resource that grants something to the very principal (the user, the session, everyone) needs
 * nobody else; one that names the role of a session is limited by boundary and session policies;
 * one that names the account leaves it to the account's policies. Across accounts both sides must
 * allow. */
#include "base/text.h"
#include "policy/model.h"

#include <string.h>

enum sort { IDENTITY, BOUNDARY, SESSION, RESOURCE, SORTS };

struct decision {
    const struct policy_ask *ask;
    struct facts facts;
    struct policy_answer *answer;
    bool denied;
    enum policy_source denied_by;
    bool allows[SORTS];
    enum closeness closeness; /* of the closest allow in the resource policy */
};

static const enum policy_source sources[SORTS] = {
    [IDENTITY] = POLICY_BY_IDENTITY,
    [BOUNDARY] = POLICY_BY_BOUNDARY,
    [SESSION] = POLICY_BY_SESSION,
    [RESOURCE] = POLICY_BY_RESOURCE,
};

/* --- asking the policies --- */

static void match_add(struct policy_answer *answer, const struct policy_entry *entry, size_t index)
{
    const struct statement *s = &entry->policy->statements[index];

    if (answer->match_count == POLICY_MATCHES_MAX)
        return;
    answer->matches[answer->match_count++] = (struct policy_match){
        .policy = entry->policy,
        .id = entry->id,
        .type = entry->type,
        .sid = s->sid,
        .statement = index,
        .start_line = s->span.start_line,
        .start_column = s->span.start_column,
        .end_line = s->span.end_line,
        .end_column = s->span.end_column,
    };
}

/* The first deny makes what was allowed before it irrelevant. A boundary and session policies only
 * let pass what others grant. */
static void statement_note(struct decision *d, enum sort sort, const struct policy_entry *entry,
                           size_t index)
{
    bool deny = entry->policy->statements[index].deny;

    if (deny && !d->denied) {
        d->denied = true;
        d->denied_by = sources[sort];
        d->answer->match_count = 0;
    }
    d->allows[sort] |= !deny;
    if (deny || (!d->denied && (sort == IDENTITY || sort == RESOURCE)))
        match_add(d->answer, entry, index);
}

static void policy_hear(struct decision *d, enum sort sort, const struct policy_entry *entry)
{
    const struct policy_ask *ask = d->ask;

    for (size_t i = 0; i < entry->policy->statement_count; i++) {
        const struct statement *s = &entry->policy->statements[i];
        enum closeness closeness = NAMED_ITSELF;
        if (!actions_match(&s->actions, ask->action))
            continue;
        if (sort == RESOURCE)
            closeness = principals_match(&s->principals, s->deny, ask->principal);
        if (closeness == NAMED_NOT || !resources_match(&s->resources, ask->resource, &d->facts) ||
            !conditions_hold(&s->conditions, &d->facts))
            continue;
        if (sort == RESOURCE && !s->deny && closeness > d->closeness)
            d->closeness = closeness;
        statement_note(d, sort, entry, i);
    }
}

static void list_hear(struct decision *d, enum sort sort, const struct policy_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        policy_hear(d, sort, &list->entries[i]);
}

static void single_hear(struct decision *d, enum sort sort, const struct policy *policy)
{
    if (policy != NULL)
        policy_hear(d, sort, &(struct policy_entry){.policy = policy});
}

/* --- the rules --- */

static bool cross_account(const struct policy_ask *ask)
{
    const char *account = ask->principal->account;
    return account != NULL && ask->resource_account != NULL &&
           strcmp(account, ask->resource_account) != 0;
}

/* Only a principal of an account has policies of its own: a service, a federated identity and the
 * anonymous have what the resource grants. */
static bool has_identity(const struct policy_principal *who)
{
    return who->account != NULL && who->service == NULL;
}

static void settle(struct decision *d, enum policy_verdict verdict, enum policy_source source)
{
    d->answer->verdict = verdict;
    d->answer->source = source;
    if (verdict == POLICY_IMPLICIT_DENY)
        d->answer->match_count = 0;
}

static bool limits_pass(struct decision *d)
{
    if (!d->answer->boundary_allows)
        settle(d, POLICY_IMPLICIT_DENY, POLICY_BY_BOUNDARY);
    else if (!d->answer->session_allows)
        settle(d, POLICY_IMPLICIT_DENY, POLICY_BY_SESSION);
    else
        return true;
    return false;
}

/* What remains when nothing denies and the resource does not grant it to the very principal. */
static void settle_by_identity(struct decision *d, bool resource_needed)
{
    const struct policy_ask *ask = d->ask;

    /* Within the account a role that the resource names needs no policy of its own. */
    bool granted = !cross_account(ask) && d->closeness == NAMED_ORIGIN;
    if (!d->allows[IDENTITY] && !ask->principal->root && !granted)
        settle(d, POLICY_IMPLICIT_DENY, POLICY_BY_IDENTITY);
    else if (resource_needed && !d->allows[RESOURCE])
        settle(d, POLICY_IMPLICIT_DENY, POLICY_BY_RESOURCE);
    else if (!limits_pass(d))
        return;
    else if (granted && !d->allows[IDENTITY])
        settle(d, POLICY_ALLOW, POLICY_BY_RESOURCE);
    else
        settle(d, POLICY_ALLOW, ask->principal->root ? POLICY_BY_ROOT : POLICY_BY_IDENTITY);
}

/* Denied as if a policy said so, with no statement to show for it. */
static void settle_unheard(struct decision *d)
{
    settle(d, POLICY_EXPLICIT_DENY, POLICY_BY_IDENTITY);
    d->answer->match_count = 0;
}

void policy_decide(const struct policy_ask *ask, struct policy_answer *ret_answer)
{
    struct decision d = {.ask = ask,
                         .answer = ret_answer,
                         .facts = {.context = ask->context, .every_key = ask->every_key}};
    bool cross = cross_account(ask);

    ret_answer->match_count = 0;
    list_hear(&d, IDENTITY, &ask->identity);
    single_hear(&d, BOUNDARY, ask->boundary);
    list_hear(&d, SESSION, &ask->session);
    single_hear(&d, RESOURCE, ask->resource_policy);
    ret_answer->boundary_allows = ask->boundary == NULL || d.allows[BOUNDARY];
    ret_answer->session_allows = !ask->in_session || d.allows[SESSION];
    ret_answer->effort = d.facts.effort;
    if (d.facts.effort > EFFORT_MAX) /* what was not compared may have been a deny */
        settle_unheard(&d);
    else if (d.denied)
        settle(&d, POLICY_EXPLICIT_DENY, d.denied_by);
    else if (!has_identity(ask->principal))
        settle(&d, d.allows[RESOURCE] ? POLICY_ALLOW : POLICY_IMPLICIT_DENY, POLICY_BY_RESOURCE);
    else if (!cross && d.closeness == NAMED_ITSELF && !ask->principal->root)
        settle(&d, POLICY_ALLOW, POLICY_BY_RESOURCE);
    else
        settle_by_identity(&d, cross || ask->resource_must_allow);
}
