/* Compiled policies by principal: see principal_policies.h. A principal's lists are read from the
 * tables again whenever iam_stamp has changed; their documents are policy_cache's, so that what did
 * not change is not compiled again. The stamp is drawn at random with every change, so it also
 * tells databases apart. */
#include "services/iam/principal_policies.h"

#include "base/hash.h"
#include "base/text.h"
#include "services/iam/entity.h"
#include "services/iam/managed_policy.h"
#include "services/iam/policy.h"
#include "services/iam/policy_cache.h"

#define PRINCIPALS_MAX     4096
#define DOCUMENT_BYTES_MAX (64UL * 1024 * 1024)
#define ENTRIES_STEP       16           /* a list grows by as many */
#define POLICY_TYPE        "IAM Policy" /* what AWS's simulator calls every source */

struct kept {
    struct principal_policies policies;
    const char *account; /* whose it is */
    int64_t stamp;       /* of the tables it was read from; 0: counts once */
    struct arena *arena; /* lists and their names */
};

static struct hash *principals; /* entity id, or access key id of a session with policies */

/* --- a list being read ------------------------------------------------------------------------ */

struct reading {
    struct call *c;
    struct arena *arena;
    struct policy_entry *entries;
    size_t count, room;
};

/* False when the document does not compile: then nothing may be decided without it. */
static bool add(struct reading *r, const char *id, const char *document)
{
    const struct policy *policy =
        document != NULL ? policy_cache_find(document, POLICY_IDENTITY, NULL) : NULL;

    if (policy == NULL)
        return false;
    if (r->count == r->room) {
        struct policy_entry *more = arena_alloc(r->arena, (r->room + ENTRIES_STEP) * sizeof(*more));
        for (size_t i = 0; i < r->count; i++)
            more[i] = r->entries[i];
        r->entries = more;
        r->room += ENTRIES_STEP;
    }
    r->entries[r->count++] = (struct policy_entry){policy, id, POLICY_TYPE};
    return true;
}

/* The policies of the entity and of its groups. A managed one of AWS's has no row but the
 * attachment. */
#define HELD_POLICIES                                                                              \
    "WITH owner (id) AS (SELECT ?2 UNION ALL"                                                      \
    " SELECT group_id FROM iam_group_member WHERE account = ?1 AND user_id = ?2)"                  \
    " SELECT 0, o.id <> ?2, e.kind, e.name, p.name, NULL, p.document FROM owner o"                 \
    " JOIN iam_entity e ON e.id = o.id"                                                            \
    " JOIN iam_inline_policy p ON p.account = ?1 AND p.entity_id = o.id"                           \
    " UNION ALL SELECT 1, 0, NULL, NULL, e.name, a.policy_arn, v.document"                         \
    " FROM (SELECT DISTINCT t.policy_arn FROM owner o"                                             \
    " CROSS JOIN iam_attachment t ON t.account = ?1 AND t.entity_id = o.id) a"                     \
    " LEFT JOIN iam_policy p ON p.arn = a.policy_arn AND p.account = ?1"                           \
    " LEFT JOIN iam_entity e ON e.id = p.id"                                                       \
    " LEFT JOIN iam_policy_version v ON v.account = ?1 AND v.policy_id = p.id"                     \
    " AND v.version = p.default_version ORDER BY 1, 2, 4, 5, 6"

static struct iam_held_policy held_read(struct rows *row)
{
    const char *arn = rows_text(row, 5);
    const struct managed_policy *aws = arn != NULL ? managed_policy_find(arn) : NULL;

    return (struct iam_held_policy){
        .holder_kind = rows_text(row, 2),
        .holder = rows_text(row, 3),
        .name = aws != NULL ? aws->name : rows_text(row, 4),
        .arn = arn,
        .document = aws != NULL ? aws->document : rows_text(row, 6),
    };
}

bool iam_held_policies(struct call *c, const char *entity_id, iam_held_policy_fn fn, void *arg)
{
    struct rows row;
    bool on = true;

    rows_open(&row, c->db, HELD_POLICIES, "ss", c->account, entity_id);
    while (on && rows_next(&row)) {
        struct iam_held_policy held = held_read(&row);
        on = fn(arg, &held);
    }
    rows_close(&row);
    return on;
}

static bool add_held(void *arg, const struct iam_held_policy *held)
{
    struct reading *r = arg;

    if (held->name == NULL)
        return false;
    const char *id = held->arn != NULL ? arena_strdup(r->arena, held->name)
                                       : arena_printf(r->arena, "%s_%s_%s", held->holder_kind,
                                                      held->holder, held->name);
    return add(r, id, held->document);
}

/* A managed policy that is gone may have denied something: without it the session may nothing. */
static bool add_session(struct reading *r, const json_t *policies)
{
    size_t i;
    json_t *given;

    json_array_foreach (policies, i, given) {
        const char *arn = json_str(given, "arn");
        const char *document =
            arn != NULL ? iam_policy_document(r->c, arn) : json_str(given, "document");
        if (arn != NULL && document == NULL) {
            r->count = 0;
            return true;
        }
        const char *id = arena_strdup(r->arena, arn != NULL ? arn : "SessionPolicy");
        if (!add(r, id, document))
            return false;
    }
    return true;
}

static struct policy_list list_of(const struct reading *r)
{
    return (struct policy_list){r->entries, r->count};
}

/* --- what is kept ----------------------------------------------------------------------------- */

static void kept_free(void *value)
{
    struct kept *k = value;

    if (k != NULL)
        arena_free(k->arena);
    free(k);
}

void principal_policies_forget(void)
{
    hash_free(principals, kept_free);
    principals = NULL;
    policy_cache_clear();
}

static void make_room(void)
{
    if (principals != NULL &&
        (hash_count(principals) >= PRINCIPALS_MAX || policy_cache_bytes() > DOCUMENT_BYTES_MAX))
        principal_policies_forget();
    if (principals == NULL)
        principals = hash_new();
}

static bool read_entity(struct call *c, struct kept *k, const char *entity_id)
{
    struct reading r = {.c = c, .arena = k->arena};
    struct iam_entity entity;

    if (!iam_entity_find_id(c, entity_id, &entity) ||
        !iam_held_policies(c, entity_id, add_held, &r))
        return false;
    k->policies.identity = list_of(&r);
    if (entity.boundary == NULL)
        return true;
    const char *document = iam_policy_document(c, entity.boundary);
    k->policies.boundary =
        document != NULL ? policy_cache_find(document, POLICY_IDENTITY, NULL) : NULL;
    return k->policies.boundary != NULL;
}

static bool read_session(struct call *c, struct kept *k, const struct principal *who)
{
    struct reading r = {.c = c, .arena = k->arena};

    k->policies.in_session = true;
    if (who->session != NULL && !add_session(&r, who->session->policies))
        return false;
    k->policies.session = list_of(&r);
    return true;
}

/* Reads what `key` stands for, unless it is known. `who` NULL: no session. */
static const struct principal_policies *find(struct call *c, const char *key, const char *entity_id,
                                             const struct principal *who)
{
    make_room();
    int64_t stamp = db_int(c->db, 0, "SELECT value FROM iam_stamp WHERE only_row = 1", "");
    struct kept *k = hash_get(principals, key);
    if (k != NULL && k->stamp == stamp && stamp != 0 && str_equal(k->account, c->account))
        return &k->policies;

    k = xcalloc(1, sizeof(*k));
    k->stamp = stamp;
    k->arena = arena_new();
    k->account = arena_strdup(k->arena, c->account);
    bool whole = (entity_id == NULL || read_entity(c, k, entity_id)) &&
                 (who == NULL || read_session(c, k, who));
    kept_free(hash_remove(principals, key));
    if (!whole) {
        kept_free(k);
        return NULL;
    }
    hash_put(principals, key, k);
    return &k->policies;
}

/* --- who -------------------------------------------------------------------------------------- */

const struct principal_policies *principal_policies_of(struct call *c, const char *entity_id)
{
    return find(c, entity_id, entity_id, NULL);
}

const struct principal_policies *principal_policies_find(struct call *c,
                                                         const struct principal *who)
{
    static const struct principal_policies none;
    bool in_session = who->type == PRINCIPAL_FEDERATED_USER ||
                      (who->session != NULL && who->session->policies != NULL);

    if (in_session)
        return find(c, who->access_key_id, who->entity_id, who);
    if (who->entity_id != NULL)
        return principal_policies_of(c, who->entity_id);
    make_room();
    return &none;
}
