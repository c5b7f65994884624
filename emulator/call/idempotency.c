/* ClientToken: see idempotency.h. A row keeps the digest of the parameters and the answer, for a
 * day as EC2 does. */
#include "call/idempotency.h"

#include "base/encode.h"

#include <stdlib.h>
#include <string.h>

#define KEEP_MS (24LL * 60 * 60 * 1000)

const struct migration idempotency_migrations[] = {
    {"idempotency",
     "CREATE TABLE idempotency (account TEXT NOT NULL, region TEXT NOT NULL, operation TEXT NOT "
     "NULL,"
     " token TEXT NOT NULL, digest TEXT NOT NULL, answer TEXT NOT NULL, made_ms INTEGER NOT NULL,"
     " PRIMARY KEY (account, region, operation, token)) WITHOUT ROWID;"
     "CREATE INDEX idempotency_made ON idempotency (made_ms);"},
};
const size_t idempotency_migration_count = ARRAY_LEN(idempotency_migrations);

static const char *token_member(const struct call *c)
{
    const struct spec_shape *input = c->op->input;

    for (size_t i = 0; input != NULL && i < input->member_count; i++)
        if ((input->members[i].flags & SPEC_IDEMPOTENCY_TOKEN) != 0)
            return input->members[i].name;
    return NULL;
}

/* The token of this call, or NULL: an empty one is none. */
static const char *token_of(struct call *c)
{
    const char *member = token_member(c), *token = member != NULL ? arg_str(c, member) : NULL;

    return token != NULL && *token != '\0' ? token : NULL;
}

static const char *operation_of(struct call *c)
{
    return call_printf(c, "%s:%s", c->service->name, c->op->name);
}

/* Of all parameters but the token itself. */
static void digest_of(struct call *c, char out[SHA256_HEX_SIZE])
{
    json_t *others = json_copy(c->in);

    json_object_del(others, token_member(c));
    char *text = json_dumps(others, JSON_COMPACT | JSON_SORT_KEYS);
    if (text == NULL)
        abort();
    sha256_hex(text, strlen(text), out);
    free(text);
    json_decref(others);
}

int idempotency_replay(struct call *c)
{
    const char *token = token_of(c);
    char digest[SHA256_HEX_SIZE];
    struct rows r;
    int seen = 0;

    if (token == NULL)
        return 0;
    digest_of(c, digest);
    rows_open(&r, c->db,
              "SELECT digest, answer FROM idempotency WHERE account = ? AND region = ?"
              " AND operation = ? AND token = ? AND made_ms > ?",
              "ssssi", c->account, c->region, operation_of(c), token, call_now_ms(c) - KEEP_MS);
    if (rows_next(&r)) {
        seen = strcmp(rows_text(&r, 0), digest) == 0 ? 1 : -1;
        if (seen == 1)
            call_reply(c, rows_json(&r, 1));
    }
    rows_close(&r);
    if (seen < 0)
        return call_fail(c, "IdempotentParameterMismatch",
                         "Arguments on this idempotent request are inconsistent with arguments used"
                         " in previous request(s).");
    return seen;
}

void idempotency_record(struct call *c)
{
    const char *token = token_of(c);
    char digest[SHA256_HEX_SIZE];

    if (token == NULL || c->out == NULL)
        return;
    digest_of(c, digest);
    db_exec(c->db, "DELETE FROM idempotency WHERE made_ms <= ?", "i", call_now_ms(c) - KEEP_MS);
    db_exec(c->db,
            "INSERT OR REPLACE INTO idempotency (account, region, operation, token, digest, answer,"
            " made_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
            "sssssji", c->account, c->region, operation_of(c), token, digest, c->out,
            call_now_ms(c));
}
