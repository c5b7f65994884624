/* SimulatePrincipalPolicy and SimulateCustomPolicy: every action with every resource is one result;
 * with a ResourceHandlingOption all resources of an action are. A page is judged when it is asked
 * for: the marker holds the number of the next result. */
#include "base/text.h"
#include "operations.h"
#include "services/iam/simulation.h"

#include <inttypes.h>

#define PAGE_DEFAULT 100
/* Of a page, so that no call takes long. */
#define DECISIONS_MAX 4096
#define EFFORT_MAX    ((size_t)1 << 26) /* characters: see policy_answer */

static const char *const decisions[] = {
    [POLICY_IMPLICIT_DENY] = "implicitDeny",
    [POLICY_EXPLICIT_DENY] = "explicitDeny",
    [POLICY_ALLOW] = "allowed",
};

/* --- one decision ----------------------------------------------------------------------------- */

static json_t *position(size_t line, size_t column)
{
    return json_pack("{sIsI}", "Line", (json_int_t)line, "Column", (json_int_t)column);
}

static json_t *matched_statements(const struct simulation *s, const struct policy_answer *answer)
{
    json_t *list = json_array();

    for (size_t i = 0; i < answer->match_count; i++) {
        const struct policy_match *m = &answer->matches[i];
        bool resource = m->id == NULL && m->policy == s->resource_policy;
        json_t *out = json_object();
        json_set_str(out, "SourcePolicyId",
                     m->id != NULL ? m->id
                     : resource    ? "ResourcePolicy"
                                   : "PermissionsBoundary");
        json_set_str(out, "SourcePolicyType",
                     m->type != NULL ? m->type
                     : resource      ? "Resource Policy"
                                     : "IAM Permissions Boundary Policy");
        json_set_new(out, "StartPosition", position(m->start_line, m->start_column));
        json_set_new(out, "EndPosition", position(m->end_line, m->end_column));
        json_append_new(list, out);
    }
    return list;
}

/* What a result and a resource's part of it have in common. */
static void add_decision(const struct simulation *s, const struct simulation_result *r, json_t *out)
{
    json_set_new(out, "MatchedStatements", matched_statements(s, &r->answer));
    if (s->boundary != NULL)
        json_set_new(out, "PermissionsBoundaryDecisionDetail",
                     json_pack("{sb}", "AllowedByPermissionsBoundary", r->answer.boundary_allows));
}

static json_t *details(const struct simulation_result *r)
{
    json_t *out = json_object();

    if (r->cross) {
        json_set_str(out, "IAM Policy", decisions[r->identity_verdict]);
        json_set_str(out, "Resource Policy", decisions[r->resource_verdict]);
    }
    return out;
}

static json_t *resource_result(const struct simulation *s, const struct simulation_result *r,
                               const char *resource)
{
    json_t *out = json_object();

    json_set_str(out, "EvalResourceName", resource);
    json_set_str(out, "EvalResourceDecision", decisions[r->answer.verdict]);
    add_decision(s, r, out);
    json_set_new(out, "MissingContextValues", json_incref(r->missing));
    if (r->cross)
        json_set_new(out, "EvalDecisionDetails", details(r));
    return out;
}

static json_t *result_begin(const char *action, const char *resource, enum policy_verdict verdict)
{
    json_t *out = json_object();

    json_set_str(out, "EvalActionName", action);
    json_set_str(out, "EvalResourceName", resource);
    json_set_str(out, "EvalDecision", decisions[verdict]);
    return out;
}

/* One action with one resource. Missing keys stand with the resource, and details are there at all,
 * where a resource is named (API reference of EvaluationResult). */
static json_t *judge_one(struct simulation *s, const char *action, const char *resource)
{
    struct simulation_result r;
    bool named = !str_equal(resource, "*");

    simulation_judge(s, action, resource, &r);
    json_t *out = result_begin(action, resource, r.answer.verdict);
    add_decision(s, &r, out);
    json_set_new(out, "MissingContextValues", named ? json_array() : json_incref(r.missing));
    if (named) {
        json_set_new(out, "EvalDecisionDetails", details(&r));
        json_set_new(out, "ResourceSpecificResults",
                     json_pack("[o]", resource_result(s, &r, resource)));
    }
    json_decref(r.missing);
    return out;
}

/* One action that needs all resources: what any of them denies is denied. */
static json_t *judge_together(struct simulation *s, const char *action)
{
    static const int severity[] = {
        [POLICY_ALLOW] = 0, [POLICY_IMPLICIT_DENY] = 1, [POLICY_EXPLICIT_DENY] = 2};
    struct simulation_result r, worst = {.answer.verdict = POLICY_IMPLICIT_DENY};
    json_t *parts = json_array(), *given;
    size_t i;

    json_array_foreach (s->resources, i, given) {
        simulation_judge(s, action, json_string_value(given), &r);
        json_append_new(parts, resource_result(s, &r, json_string_value(given)));
        json_decref(r.missing);
        if (i == 0 || severity[r.answer.verdict] > severity[worst.answer.verdict])
            worst = r;
    }
    json_t *out = result_begin(action, "*", worst.answer.verdict);
    add_decision(s, &worst, out);
    json_set_new(out, "MissingContextValues", json_array());
    json_set_new(out, "EvalDecisionDetails", details(&worst));
    json_set_new(out, "ResourceSpecificResults", parts);
    return out;
}

/* --- pages ------------------------------------------------------------------------------------ */

static int read_marker(struct call *c, int64_t *ret_first)
{
    const char *marker = arg_str(c, "Marker");

    *ret_first = 0;
    if (marker == NULL)
        return 0;
    const char *key = page_token_read(c, marker);
    if (key == NULL || !parse_int64(key, ret_first) || *ret_first < 0)
        return call_fail(c, "ValidationError", "Invalid Marker");
    return 0;
}

static int reply_page(struct simulation *s)
{
    struct call *c = s->c;
    int64_t per_action =
        s->together || s->resources == NULL ? 1 : (int64_t)json_array_size(s->resources);
    int64_t cost = s->together ? (int64_t)json_array_size(s->resources) : 1;
    int64_t total = (int64_t)arg_count(c, "ActionNames") * per_action, at, spent = 0;
    int64_t limit = arg_int_or(c, "MaxItems", PAGE_DEFAULT);
    json_t *results = json_array();

    if (read_marker(c, &at) != 0) {
        json_decref(results);
        return -1;
    }
    for (; at < total && (int64_t)json_array_size(results) < limit && spent < DECISIONS_MAX &&
           s->effort < EFFORT_MAX;
         at++) {
        const char *action = arg_at(c, "ActionNames", (size_t)(at / per_action));
        const json_t *resource =
            s->resources != NULL ? json_array_get(s->resources, (size_t)(at % per_action)) : NULL;
        json_append_new(
            results, s->together ? judge_together(s, action)
                                 : judge_one(s, action,
                                             resource != NULL ? json_string_value(resource) : "*"));
        spent += cost;
    }
    json_t *out = json_object();
    json_set_new(out, "EvaluationResults", results);
    json_set_bool(out, "IsTruncated", at < total);
    if (at < total)
        json_set_str(out, "Marker", page_token_make(c, call_printf(c, "%" PRId64, at)));
    return call_reply(c, out);
}

/* --- operations ------------------------------------------------------------------------------- */

int iam_simulate_principal_policy(struct call *c)
{
    struct simulation s;
    struct iam_entity entity;

    if (simulation_entity(c, arg_str(c, "PolicySourceArn"), &entity) != 0 ||
        simulation_read(c, &entity, &s) != 0)
        return -1;
    return reply_page(&s);
}

int iam_simulate_custom_policy(struct call *c)
{
    struct simulation s;

    return simulation_read(c, NULL, &s) != 0 ? -1 : reply_page(&s);
}
