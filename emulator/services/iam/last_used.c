/* See last_used.h. A log remembers what it wrote lately and writes it again only after a while. It
 * holds so many entries at most; beyond, it forgets all and writes anew. */
#include "services/iam/last_used.h"

#include "base/hash.h"
#include "services/iam/entity.h"

#include <stdlib.h>

#define ENTRIES_MAX 16384

struct last_used_log {
    struct hash *written; /* "account id what" -> int64_t: when */
};

struct last_used_log *last_used_log_new(void)
{
    struct last_used_log *log = xcalloc(1, sizeof(*log));
    log->written = hash_new();
    return log;
}

void last_used_log_free(struct last_used_log *log)
{
    if (log == NULL)
        return;
    hash_free(log->written, free);
    free(log);
}

/* Whether it is time to write that `id` used `what`: it was not written of late. */
static bool is_news(struct last_used_log *log, struct call *c, const char *id, const char *what)
{
    const char *key = call_printf(c, "%s %s %s", c->account, id, what);
    int64_t now_ms = call_now_ms(c), *written_ms = hash_get(log->written, key);
    if (written_ms != NULL && now_ms >= *written_ms && now_ms - *written_ms < LAST_USED_LAG_MS)
        return false;
    if (written_ms == NULL && hash_count(log->written) >= ENTRIES_MAX) {
        hash_free(log->written, free);
        log->written = hash_new();
    }
    if (written_ms == NULL) {
        written_ms = xmalloc(sizeof(*written_ms));
        hash_put(log->written, key, written_ms);
    }
    *written_ms = now_ms;
    return true;
}

static void note_service(struct last_used_log *log, struct call *c, const char *id)
{
    const char *service = c->service->iam_prefix;
    if (is_news(log, c, id, service))
        db_exec(c->db,
                "INSERT OR REPLACE INTO iam_last_used (account, id, service, region, at_ms)"
                " VALUES (?, ?, ?, ?, ?)",
                "ssssi", c->account, id, service, c->region, iam_now_ms(c));
}

static void note_action(struct last_used_log *log, struct call *c, const char *id)
{
    const char *action = c->op->iam_action;
    if (is_news(log, c, id, action))
        db_exec(c->db,
                "INSERT OR REPLACE INTO iam_action_used (account, id, action, region, at_ms)"
                " VALUES (?, ?, ?, ?, ?)",
                "ssssi", c->account, id, action, c->region, iam_now_ms(c));
}

void last_used_note(struct last_used_log *log, struct call *c)
{
    if (c->who.type == PRINCIPAL_ANONYMOUS)
        return;
    if (c->who.session == NULL)
        note_service(log, c, c->who.access_key_id);
    note_service(log, c, c->who.entity_id != NULL ? c->who.entity_id : c->account);
    if (c->who.entity_id != NULL && c->op != NULL && c->op->iam_action != NULL)
        note_action(log, c, c->who.entity_id);
}

bool last_used_find(struct call *c, const char *id, struct last_used *ret_use)
{
    struct rows r;
    rows_open(&r, c->db,
              "SELECT service, region, at_ms FROM iam_last_used WHERE account = ? AND id = ?"
              " ORDER BY at_ms DESC LIMIT 1",
              "ss", c->account, id);
    if (!rows_next(&r))
        return false;
    *ret_use = (struct last_used){
        .service = call_text(c, &r, 0),
        .region = call_text(c, &r, 1),
        .at_ms = rows_int(&r, 2),
    };
    rows_close(&r);
    return true;
}

json_t *last_used_of_role(struct call *c, const char *role_id)
{
    struct last_used use;
    json_t *out = json_object();
    if (!last_used_find(c, role_id, &use))
        return out;
    json_set_int(out, "LastUsedDate", use.at_ms);
    json_set_str(out, "Region", use.region);
    return out;
}
