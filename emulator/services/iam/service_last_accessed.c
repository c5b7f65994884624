/* GenerateServiceLastAccessedDetails, GetServiceLastAccessedDetails,
 * GetServiceLastAccessedDetailsWithEntities: which services a user, group, role or policy allows,
 * and who used them last. A job is done when it is made; it keeps its answer for seven days. */
#include "base/text.h"
#include "base/timefmt.h"
#include "operations.h"
#include "services/iam/entity.h"
#include "services/iam/policy.h"
#include "services/iam/policy_cache.h"
#include "services/iam/principal_policies.h"
#include "services/iam/simulation.h"

#include <stdlib.h>
#include <string.h>

#define JOB_LIFE_MS (7 * DAY_MS)
#define TRACKED_MS  (400 * DAY_MS) /* "Refining permissions using information", IAM User Guide */

/* Users and roles that the report of `key` (an entity's id, or a policy's ARN) is about. */
#define HOLDERS(key)                                                                               \
    "WITH holder (id) AS (SELECT " key " UNION SELECT user_id FROM iam_group_member"               \
    " WHERE account = ?1 AND group_id = " key " UNION SELECT entity_id FROM iam_attachment"        \
    " WHERE account = ?1 AND policy_arn = " key " UNION SELECT m.user_id FROM iam_attachment a"    \
    " JOIN iam_group_member m ON m.account = a.account AND m.group_id = a.entity_id"               \
    " WHERE a.account = ?1 AND a.policy_arn = " key ")"

struct subject {
    const char *id;       /* of the user, group or role; NULL: a policy */
    const char *document; /* of the policy */
    const char *key;      /* for HOLDERS */
};

static int subject_load(struct call *c, const char *arn, struct subject *ret_subject)
{
    struct iam_managed policy;
    struct iam_entity entity;

    if (strstr(arn, ":policy/") != NULL) {
        if (iam_managed_load(c, arn, &policy) != 0)
            return -1;
        *ret_subject = (struct subject){.document = iam_policy_document(c, arn), .key = arn};
        return 0;
    }
    if (simulation_entity(c, arn, &entity) != 0)
        return -1;
    *ret_subject = (struct subject){.id = entity.id, .key = entity.id};
    return 0;
}

/* --- which services are allowed --------------------------------------------------------------- */

/* One document allows some action of the service: then the search ends. */
static bool grants_not(void *arg, const struct iam_held_policy *held)
{
    const struct policy *policy =
        held->document != NULL ? policy_cache_find(held->document, POLICY_IDENTITY, NULL) : NULL;

    return policy == NULL || !policy_grants_service(policy, arg);
}

static bool grants(struct call *c, const struct subject *s, const char *prefix)
{
    const struct iam_held_policy own = {.document = s->document};
    void *wanted = call_printf(c, "%s", prefix);

    return s->id != NULL ? !iam_held_policies(c, s->id, grants_not, wanted)
                         : !grants_not(wanted, &own);
}

static void add_use(struct call *c, const struct subject *s, json_t *service)
{
    struct rows r;

    rows_open(
        &r, c->db,
        HOLDERS("?2") " SELECT u.id, u.at_ms, u.region FROM iam_last_used u JOIN holder h"
                      " ON h.id = u.id WHERE u.account = ?1 AND u.service = ?3 AND u.at_ms > ?4"
                      " ORDER BY u.at_ms DESC",
        "sssi", c->account, s->key, json_str(service, "ServiceNamespace"),
        call_now_ms(c) - TRACKED_MS);
    int64_t count = 0;
    for (; rows_next(&r); count++) {
        struct iam_entity entity;
        if (count > 0)
            continue;
        json_set_int(service, "LastAuthenticated", rows_int(&r, 1));
        json_set_str(service, "LastAuthenticatedRegion", rows_text(&r, 2));
        if (iam_entity_find_id(c, rows_text(&r, 0), &entity))
            json_set_str(service, "LastAuthenticatedEntity", entity.arn);
    }
    json_set_int(service, "TotalAuthenticatedEntities", count);
}

/* The actions of the service that were used, each with who did last. */
static void add_actions(struct call *c, const struct subject *s, json_t *service)
{
    json_t *list = json_array();
    const char *prefix = json_str(service, "ServiceNamespace");
    struct rows r;

    rows_open(&r, c->db,
              HOLDERS("?2") " SELECT u.action, u.id, u.region, max(u.at_ms) FROM iam_action_used u"
                            " JOIN holder h ON h.id = u.id WHERE u.account = ?1"
                            " AND u.action GLOB ?3 AND u.at_ms > ?4 GROUP BY u.action"
                            " ORDER BY u.action",
              "sssi", c->account, s->key, call_printf(c, "%s:*", prefix),
              call_now_ms(c) - TRACKED_MS);
    while (rows_next(&r)) {
        struct iam_entity entity;
        json_t *action = json_object();
        json_set_str(action, "ActionName", strchr(rows_text(&r, 0), ':') + 1);
        if (iam_entity_find_id(c, rows_text(&r, 1), &entity))
            json_set_str(action, "LastAccessedEntity", entity.arn);
        json_set_str(action, "LastAccessedRegion", rows_text(&r, 2));
        json_set_int(action, "LastAccessedTime", rows_int(&r, 3));
        json_append_new(list, action);
    }
    if (json_array_size(list) > 0)
        json_set_new(service, "TrackedActionsLastAccessed", json_incref(list));
    json_decref(list);
}

/* Every service once, though several APIs may share a prefix. */
static json_t *services_of(struct call *c, const struct subject *s)
{
    bool with_actions = str_equal(arg_str(c, "Granularity"), "ACTION_LEVEL");
    json_t *list = json_array(), *seen = json_object();

    for (size_t i = 0; i < spec_service_count; i++) {
        const struct spec_service *service = spec_services[i];
        if (json_get(seen, service->iam_prefix) != NULL)
            continue;
        json_set_bool(seen, service->iam_prefix, true);
        if (!grants(c, s, service->iam_prefix))
            continue;
        json_t *item = json_object();
        json_set_str(item, "ServiceName", service->full_name);
        json_set_str(item, "ServiceNamespace", service->iam_prefix);
        add_use(c, s, item);
        if (with_actions)
            add_actions(c, s, item);
        json_append_new(list, item);
    }
    json_decref(seen);
    return list;
}

/* --- GenerateServiceLastAccessedDetails ------------------------------------------------------- */

int iam_generate_service_last_accessed_details(struct call *c)
{
    int64_t now_ms = iam_now_ms(c);
    const char *arn = arg_str(c, "Arn");
    struct subject subject = {.key = NULL};
    char id[UUID_SIZE];

    if (subject_load(c, arn, &subject) != 0)
        return -1;
    json_t *services = services_of(c, &subject);
    uuid_make(c->ids, id);
    db_exec(c->db, "DELETE FROM iam_access_job WHERE account = ? AND made_ms <= ?", "si",
            c->account, now_ms - JOB_LIFE_MS);
    db_exec(c->db,
            "INSERT INTO iam_access_job (account, id, arn, entity_id, granularity, made_ms,"
            " services) VALUES (?, ?, ?, ?, ?, ?, ?)",
            "sssssij", c->account, id, arn, subject.key,
            arg_str_or(c, "Granularity", "SERVICE_LEVEL"), now_ms, services);
    json_decref(services);
    return call_reply(c, json_pack("{ss}", "JobId", id));
}

/* --- reading a job ---------------------------------------------------------------------------- */

struct job { /* text and list in the call's arena */
    const char *key, *granularity;
    int64_t made_ms;
    const json_t *services;
};

static int job_load(struct call *c, struct job *ret_job)
{
    const char *id = arg_str(c, "JobId");
    struct rows r;

    rows_open(&r, c->db,
              "SELECT entity_id, granularity, made_ms, services FROM iam_access_job"
              " WHERE account = ? AND id = ? AND made_ms > ?",
              "ssi", c->account, id, call_now_ms(c) - JOB_LIFE_MS);
    if (!rows_next(&r))
        return call_fail(c, "NoSuchEntity", "The job with id %s cannot be found.", id);
    *ret_job = (struct job){
        .key = call_text(c, &r, 0),
        .granularity = call_text(c, &r, 1),
        .made_ms = rows_int(&r, 2),
        .services = call_keep(c, rows_json(&r, 3)),
    };
    rows_close(&r);
    return 0;
}

static int job_reply(struct call *c, const struct job *job, const struct describe *d,
                     const char *member)
{
    if (describe_reply(c, d, member) != 0)
        return -1;
    json_set_str(c->out, "JobStatus", "COMPLETED");
    json_set_int(c->out, "JobCreationDate", job->made_ms);
    json_set_int(c->out, "JobCompletionDate", job->made_ms);
    return 0;
}

static json_t *service_render(struct call *c, struct rows *row)
{
    (void)c;
    return rows_json(row, 1);
}

int iam_get_service_last_accessed_details(struct call *c)
{
    struct job job = {.key = NULL};

    if (job_load(c, &job) != 0)
        return -1;
    const struct describe services = {
        IAM_PAGING,
        .sql = "SELECT e.key, e.value FROM iam_access_job j, json_each(j.services) e"
               " WHERE j.account = ?1 AND j.id = ?4",
        .sql_argument = arg_str(c, "JobId"),
        .key_column = "e.key",
        .key_is_number = true,
        .render = service_render,
    };
    if (job_reply(c, &job, &services, "ServicesLastAccessed") != 0)
        return -1;
    json_set_str(c->out, "JobType", job.granularity);
    return 0;
}

/* --- GetServiceLastAccessedDetailsWithEntities ------------------------------------------------ */

static json_t *entity_render(struct call *c, struct rows *row)
{
    struct iam_entity entity;

    if (!iam_entity_find_id(c, rows_text(row, 0), &entity))
        return NULL;
    json_t *info = json_object(), *out = json_object();
    json_set_str(info, "Arn", entity.arn);
    json_set_str(info, "Name", entity.name);
    json_set_str(info, "Type", str_starts(entity.id, iam_role.prefix) ? "ROLE" : "USER");
    json_set_str(info, "Id", entity.id);
    json_set_str(info, "Path", entity.path);
    json_set_new(out, "EntityInfo", info);
    if (!rows_null(row, 1))
        json_set_int(out, "LastAuthenticated", rows_int(row, 1));
    return out;
}

static bool job_has(const struct job *job, const char *service)
{
    const json_t *item;
    size_t i;

    json_array_foreach (job->services, i, item) {
        if (str_equal(json_str(item, "ServiceNamespace"), service))
            return true;
    }
    return false;
}

/* Those that could have used the service, whether they did or not. */
int iam_get_service_last_accessed_details_with_entities(struct call *c)
{
    const char *service = arg_str(c, "ServiceNamespace");
    struct job job = {.key = NULL};

    if (job_load(c, &job) != 0)
        return -1;
    if (!job_has(&job, service))
        return call_fail(c, "NoSuchEntity", "The service %s is not in the report.", service);
    json_t *pair = json_pack("[ss]", job.key, service);
    char *text = json_to_text(pair);
    json_decref(pair);
    const struct describe entities = {
        IAM_PAGING,
        .sql = "SELECT e.id, (SELECT u.at_ms FROM iam_last_used u WHERE u.account = ?1"
               " AND u.id = e.id AND u.service = json_extract(?4, '$[1]')) FROM iam_entity e"
               " WHERE e.account = ?1 AND e.kind IN ('user', 'role') AND e.id IN (" HOLDERS(
                   "json_extract(?4, '$[0]')") " SELECT id FROM holder)",
        .sql_argument = arena_strdup(c->arena, text),
        .key_column = "e.id",
        .render = entity_render,
    };
    free(text);
    return job_reply(c, &job, &entities, "EntityDetailsList");
}
