/* Rows of sts_session: see session.h. A session that has expired is kept for some days, so that
 * whoever still uses it is told so; then it is swept away when others are made. */
#include "services/sts/session.h"

#include "base/encode.h"
#include "services/iam/iam.h"

#include <stdlib.h>
#include <string.h>

#define SECRET_LEN 40
#define TOKEN_SIZE 264 /* bytes: 352 characters of base64 */
#define KEPT_MS    INT64_C(604800000)

const struct migration sts_migrations[] = {
    /* type: as aws:PrincipalType. token: the digest of the token. doc: struct session. */
    {"sts", "CREATE TABLE sts_session (id TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL,"
            " type TEXT NOT NULL, entity_id TEXT, secret TEXT NOT NULL, token TEXT NOT NULL,"
            " issued_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, doc TEXT NOT NULL)"
            " WITHOUT ROWID;"
            "CREATE INDEX sts_session_account ON sts_session (account);"
            "CREATE INDEX sts_session_expires ON sts_session (expires_ms);"},
};
const size_t sts_migration_count = ARRAY_LEN(sts_migrations);

static void sweep(struct call *c)
{
    db_exec(c->db,
            "DELETE FROM sts_session WHERE id IN (SELECT id FROM sts_session WHERE expires_ms < ?"
            " ORDER BY expires_ms LIMIT 64)",
            "i", call_now_ms(c) - KEPT_MS);
}

/* Begins as AWS's do ("IQoJb3JpZ2luX2Vj..."); the rest says nothing to anybody. */
static const char *draw_token(struct call *c)
{
    static const char head[] = "!\n\torigin_ec\x10";
    char bytes[TOKEN_SIZE];
    random_bytes(c->ids, bytes, sizeof(bytes));
    memcpy(bytes, head, sizeof(head) - 1);
    char *text = base64_encode(bytes, sizeof(bytes));
    const char *token = arena_strdup(c->arena, text);
    free(text);
    return token;
}

static void copy_json(json_t *doc, const char *key, const json_t *value)
{
    if (value != NULL)
        json_set_new(doc, key, json_deep_copy(value));
}

static json_t *session_doc(const struct session *s)
{
    json_t *doc = json_object();
    json_set_str(doc, "name", s->name);
    json_set_int(doc, "mfa_ms", s->mfa_ms);
    json_set_str(doc, "source_identity", s->source_identity);
    json_set_str(doc, "provider", s->provider);
    json_set_str(doc, "instance_id", s->instance_id);
    if (s->console)
        json_set_bool(doc, "console", true);
    copy_json(doc, "tags", s->tags);
    copy_json(doc, "transitive_keys", s->transitive_keys);
    copy_json(doc, "policies", s->policies);
    copy_json(doc, "facts", s->facts);
    return doc;
}

void session_make(struct call *c, const struct session_spec *spec, struct session_keys *ret_keys)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char id[KEY_ID_SIZE], secret[SECRET_LEN + 1], digest[SHA256_HEX_SIZE];
    int64_t issued_ms = iam_now_ms(c);

    sweep(c);
    key_id_make(c->ids, "ASIA", spec->account, id);
    random_text(c->ids, alphabet, secret, SECRET_LEN);
    *ret_keys = (struct session_keys){
        .access_key_id = arena_strdup(c->arena, id),
        .secret = arena_strdup(c->arena, secret),
        .token = draw_token(c),
        .expires_ms = issued_ms + spec->duration_s * 1000,
    };
    sha256_hex(ret_keys->token, strlen(ret_keys->token), digest);
    json_t *doc = session_doc(&spec->session);
    db_exec(c->db,
            "INSERT INTO sts_session (id, account, type, entity_id, secret, token, issued_ms,"
            " expires_ms, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "ssssssiij", id, spec->account, principal_type_name(spec->type), spec->entity_id,
            secret, digest, issued_ms, ret_keys->expires_ms, doc);
    json_decref(doc);
}

json_t *session_credentials(const struct session_keys *keys)
{
    json_t *out = json_object();
    json_set_str(out, "AccessKeyId", keys->access_key_id);
    json_set_str(out, "SecretAccessKey", keys->secret);
    json_set_str(out, "SessionToken", keys->token);
    json_set_int(out, "Expiration", keys->expires_ms);
    return out;
}
