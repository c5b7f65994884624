/* Takes a request from http/ and walks it through the stages. An operation whose answer needs the
 * plant (call_await) pauses between `end` and `serialize`, or goes on at `begin` once more
 * (call_await_again); every other request is answered before gateway_handle returns. */
#include "gateway/exchange.h"

#include "services/ec2/region.h"
#include "services/iam/account.h"

#include <string.h>

/* The secret for a key id, for sigv4. All that is known of its owner is read for every request, so
 * that a removed key, user or role is refused at once. */
static int credential_lookup(void *arg, const char *access_key_id, struct sigv4_credential *ret)
{
    struct exchange *x = arg;
    struct signer *s = &x->signer;
    if (!signer_find(&x->call, access_key_id, s))
        return -1;
    *ret = (struct sigv4_credential){
        .secret = s->secret,
        .token_sha256 = s->token_sha256,
        .expires_ms = s->expires_ms,
        .is_disabled = s->disabled,
    };
    return 0;
}

static bool region_is_valid(void *arg, const char *region)
{
    (void)arg;
    return region_find(region) != NULL;
}

struct gateway *gateway_new(const struct gateway_config *config)
{
    struct gateway *g = xcalloc(1, sizeof(*g));
    g->config = *config;
    struct sigv4_callbacks callbacks = {
        .lookup = credential_lookup,
        .region_is_valid = region_is_valid,
    };
    g->verifier = sigv4_verifier_new(&callbacks);
    g->throttle = throttle_new(config->request_rate);
    g->last_used = last_used_log_new();
    g->lockout = lockout_new();
    return g;
}

void gateway_free(struct gateway *g)
{
    if (g == NULL)
        return;
    sigv4_verifier_free(g->verifier);
    throttle_free(g->throttle);
    last_used_log_free(g->last_used);
    lockout_free(g->lockout);
    free(g);
}

static struct exchange *exchange_new(struct gateway *g, struct http_request *r)
{
    struct arena *arena = arena_new();
    struct exchange *x = arena_alloc(arena, sizeof(*x));
    x->gateway = g;
    x->http = r;
    x->arena = arena;
    x->started_us = r->received_us;
    uuid_make(g->config.ids, x->request_id);
    struct wire_header *headers = arena_alloc(arena, (r->header_count + 1) * sizeof(*headers));
    for (size_t i = 0; i < r->header_count; i++)
        headers[i] = (struct wire_header){r->headers[i].name, r->headers[i].value};
    x->request = (struct wire_request){
        .method = r->method,
        .path = r->path,
        .query = r->query,
        .headers = headers,
        .header_count = r->header_count,
        .body = r->body,
        .body_len = r->body_len,
    };
    x->call = (struct call){
        .db = g->config.db,
        .clock = g->config.clock,
        .ids = g->config.ids,
        .arena = arena,
        .site = g->config.site,
        .region = g->config.site->default_region,
        .request_id = x->request_id,
        .source_ip = r->peer,
        .user_agent = http_request_header(r, "User-Agent"),
        .secure = r->secure,
        .referer = http_request_header(r, "Referer"),
    };
    return x;
}

static void exchange_free(struct exchange *x)
{
    json_decref(x->call.in);
    json_decref(x->call.out);
    arena_free(x->arena);
}

static void exchange_finish(struct exchange *x)
{
    (void)gateway_stages[gateway_stage_count - 1].run(x);
    exchange_free(x);
}

static void exchange_run(struct exchange *x, size_t from);

/* What the operation wished for is there: from `begin` on once more. */
static void exchange_again(struct exchange *x, const char *text)
{
    struct call *c = &x->call;
    json_decref(c->out);
    c->out = NULL;
    c->await = (struct await){.kind = NULL};
    c->awaited = arena_strdup(x->arena, text);
    exchange_run(x, gateway_stage_begin());
}

/* What the answer waited for is there. */
static void exchange_fulfilled(void *arg, const char *text, const struct err *err)
{
    struct exchange *x = arg;
    if (err != NULL)
        (void)call_fail(&x->call, err->code, "%s", err->text);
    else if (x->call.await.member != NULL)
        json_set_str(x->call.out, x->call.await.member, text);
    if (err == NULL && x->call.await.member == NULL)
        exchange_again(x, text);
    else
        exchange_finish(x);
}

static void exchange_run(struct exchange *x, size_t from)
{
    size_t end = gateway_stage_end();
    for (size_t i = from; i < gateway_stage_count - 1; i++) {
        bool failed = gateway_stages[i].run(x) != 0;
        if (failed && i < end)
            i = end - 1;
    }
    const struct gateway_hooks *hooks = &x->gateway->config.hooks;
    if (!call_failed(&x->call) && x->call.await.kind != NULL && hooks->await != NULL)
        hooks->await(hooks->arg, &x->call.await, exchange_fulfilled, x);
    else
        exchange_finish(x);
}

/* A machine calls from its public address, as through an internet gateway, or from its own where it
 * has none. */
static const char *machine_address(struct exchange *x, const char *interface_id)
{
    struct rows rows;
    const char *address = "";

    rows_open(&rows, x->call.db,
              "SELECT coalesce(public_address, address) FROM ec2_network_interface WHERE id = ?",
              "s", interface_id);
    if (rows_next(&rows))
        address = call_text(&x->call, &rows, 0);
    rows_close(&rows);
    return address;
}

void exchange_of_machine(struct gateway *g, struct http_request *r, const char *interface_id)
{
    struct exchange *x = exchange_new(g, r);
    x->call.source_ip = machine_address(x, interface_id);
    exchange_run(x, 0);
}

void gateway_handle(struct http_request *r, void *gateway)
{
    struct gateway *g = gateway;
    if (admin_handles(r))
        admin_handle(g, r);
    else
        exchange_run(exchange_new(g, r), 0);
}

void exchange_answer_json(struct http_request *r, int status, json_t *body)
{
    char *text = json_to_text(body);
    json_decref(body);
    struct http_header type = {"Content-Type", "application/json"};
    struct http_reply reply = {
        .status = status,
        .headers = &type,
        .header_count = 1,
        .body = text,
        .body_len = strlen(text),
        .body_owned = true,
    };
    http_answer(r->exchange, &reply);
}

int gateway_first_account(struct gateway *g, struct account_made *ret_made, struct err *err)
{
    const struct gateway_config *config = &g->config;
    *ret_made = (struct account_made){.password = ""};
    if (account_count(config->db) > 0)
        return 0;
    struct account_spec spec = {
        .id = config->first_account.account,
        .access_key_id = config->first_account.access_key_id,
        .secret = config->first_account.secret,
    };
    struct account_tools tools = {config->db, config->clock, config->ids};
    if (db_begin(config->db, err) != 0)
        return -1;
    if (account_create(tools, &spec, ret_made, err) != 0) {
        db_rollback(config->db);
        return -1;
    }
    return db_commit(config->db, err);
}
