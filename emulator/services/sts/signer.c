/* Who signs with a key: see signer.h. */
#include "services/sts/signer.h"

#include "base/arn.h"
#include "base/text.h"
#include "services/iam/iam.h"

struct session_row { /* of sts_session */
    const char *type, *entity_id;
    struct session *session;
};

/* --- principals ------------------------------------------------------------------------------- */

static void be_root(struct call *c, struct principal *p)
{
    p->type = PRINCIPAL_ACCOUNT;
    p->root = true;
    p->user_id = c->account;
    p->entity_arn = call_printf(c, "arn:%s:iam::%s:root", region_partition(c->region), c->account);
    p->arn = p->entity_arn;
}

/* The user's or role's part; false when it is gone. */
static bool be_entity(struct call *c, const char *entity_id, struct principal *p)
{
    struct iam_entity entity;
    if (!iam_entity_find_id(c, entity_id, &entity))
        return false;
    p->type = PRINCIPAL_USER;
    p->entity_id = p->user_id = entity.id;
    p->name = entity.name;
    p->entity_arn = p->arn = entity.arn;
    return true;
}

/* What a session makes of the user or role that it is for. */
static void be_session(struct call *c, const struct session_row *row, struct principal *p)
{
    const char *partition = region_partition(c->region), *name = row->session->name;

    if (str_equal(row->type, principal_type_name(PRINCIPAL_ASSUMED_ROLE))) {
        p->type = PRINCIPAL_ASSUMED_ROLE;
        p->user_id = call_printf(c, "%s:%s", p->entity_id, name);
        p->arn = call_printf(c, "arn:%s:sts::%s:assumed-role/%s/%s", partition, c->account, p->name,
                             name);
    } else if (str_equal(row->type, principal_type_name(PRINCIPAL_FEDERATED_USER))) {
        p->type = PRINCIPAL_FEDERATED_USER;
        p->root = false;
        p->user_id = call_printf(c, "%s:%s", c->account, name);
        p->arn = call_printf(c, "arn:%s:sts::%s:federated-user/%s", partition, c->account, name);
    }
    p->session = row->session;
}

/* --- long-term keys --------------------------------------------------------------------------- */

static bool long_term_find(struct call *c, const char *access_key_id, struct signer *ret_signer)
{
    struct call owner = *c;
    const char *user_id = NULL;
    struct signer s = {.who = {.access_key_id = access_key_id}};
    struct rows r;

    rows_open(&r, c->db, "SELECT account, user_id, secret, active FROM iam_access_key WHERE id = ?",
              "s", access_key_id);
    if (!rows_next(&r))
        return false;
    owner.account = s.who.account = call_text(c, &r, 0);
    user_id = call_text(c, &r, 1);
    s.secret = call_text(c, &r, 2);
    s.disabled = rows_int(&r, 3) == 0;
    rows_close(&r);
    if (str_equal(user_id, owner.account)) /* a root key */
        be_root(&owner, &s.who);
    else if (!be_entity(&owner, user_id, &s.who))
        return false;
    *ret_signer = s;
    return true;
}

/* --- temporary keys --------------------------------------------------------------------------- */

static struct session *session_read(struct call *c, const json_t *doc)
{
    struct session *s = arena_alloc(c->arena, sizeof(*s));
    *s = (struct session){
        .name = json_str(doc, "name"),
        .mfa_ms = json_int_or(doc, "mfa_ms", 0),
        .source_identity = json_str(doc, "source_identity"),
        .provider = json_str(doc, "provider"),
        .tags = json_get(doc, "tags"),
        .transitive_keys = json_get(doc, "transitive_keys"),
        .policies = json_get(doc, "policies"),
        .facts = json_get(doc, "facts"),
        .instance_id = json_str(doc, "instance_id"),
        .console = json_bool_or(doc, "console", false),
    };
    return s;
}

static bool temporary_find(struct call *c, const char *access_key_id, struct signer *ret_signer)
{
    struct call owner = *c;
    struct signer s = {.who = {.access_key_id = access_key_id}};
    struct session_row row;
    struct rows r;

    rows_open(&r, c->db,
              "SELECT account, type, entity_id, secret, token, issued_ms, expires_ms, doc"
              " FROM sts_session WHERE id = ?",
              "s", access_key_id);
    if (!rows_next(&r))
        return false;
    owner.account = s.who.account = call_text(c, &r, 0);
    row.type = call_text(c, &r, 1);
    row.entity_id = call_text(c, &r, 2);
    s.secret = call_text(c, &r, 3);
    s.token_sha256 = call_text(c, &r, 4);
    row.session = session_read(c, call_keep(c, rows_json(&r, 7)));
    row.session->issued_ms = rows_int(&r, 5);
    row.session->expires_ms = s.expires_ms = rows_int(&r, 6);
    rows_close(&r);
    if (row.entity_id == NULL)
        be_root(&owner, &s.who);
    else if (!be_entity(&owner, row.entity_id, &s.who))
        return false;
    be_session(&owner, &row, &s.who);
    *ret_signer = s;
    return true;
}

bool signer_find(struct call *c, const char *access_key_id, struct signer *ret_signer)
{
    const char *id = arena_strdup(c->arena, access_key_id);
    return long_term_find(c, id, ret_signer) || temporary_find(c, id, ret_signer);
}

/* --- limits of credentials -------------------------------------------------------------------- */

static bool is_operation(const struct call *c, const char *name)
{
    return str_equal(c->op->name, name);
}

/* "Compare AWS STS credentials", IAM User Guide. */
static bool sts_takes(const struct call *c)
{
    bool of_role = c->who.type == PRINCIPAL_ASSUMED_ROLE || c->who.session->console;
    if (is_operation(c, "GetCallerIdentity"))
        return true;
    if (c->who.type == PRINCIPAL_FEDERATED_USER)
        return false;
    if (is_operation(c, "GetSessionToken") || is_operation(c, "GetFederationToken"))
        return false;
    return of_role || is_operation(c, "AssumeRole");
}

static bool iam_knows(const struct principal *who)
{
    if (who->type == PRINCIPAL_FEDERATED_USER)
        return false;
    return who->type == PRINCIPAL_ASSUMED_ROLE || who->session->console ||
           who->session->mfa_ms != 0;
}

int signer_check(struct call *c)
{
    bool sts = str_equal(c->service->name, "sts"), iam = str_equal(c->service->name, "iam");
    if (sts && c->who.root && is_operation(c, "AssumeRole"))
        return call_fail(c, "AccessDenied", "Roles may not be assumed by root accounts.");
    if (c->who.session == NULL)
        return 0;
    if (sts && !sts_takes(c))
        return call_fail(c, "AccessDenied", "Cannot call %s with session credentials", c->op->name);
    if (iam && !iam_knows(&c->who))
        return call_fail(c, "InvalidClientTokenId",
                         "The security token included in the request is invalid");
    return 0;
}
