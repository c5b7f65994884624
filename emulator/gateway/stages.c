/* One request, stage by stage. The array at the end is the order; a stage returns 0, or -1 with the
 * call's fault set, and a fault jumps to `end`, which rolls back whatever was begun. */
#include "gateway/exchange.h"

#include "base/log.h"
#include "call/idempotency.h"
#include "services/authorize.h"
#include "services/services.h"
#include "spec/validate.h"

#include <stdlib.h>

static int stage_route(struct exchange *x)
{
    int rc = route_find(&x->route, &x->request, x->arena, &x->call.err);
    x->call.service = x->route.service;
    x->call.op = x->route.operation;
    const char *region = x->route.region;
    x->call.region = region[0] != '\0' ? region : x->gateway->config.site->default_region;
    return rc;
}

/* Who: only a signature says so. Operations that AWS takes unsigned are answered as their model
 * says. */
static int stage_authenticate(struct exchange *x)
{
    struct call *c = &x->call;
    if (c->op != NULL && c->op->unsigned_request)
        return 0;
    struct sigv4_ask ask = {
        .route = &x->route,
        .request = &x->request,
        .now_ms = clock_now_ms(c->clock),
        .arg = x,
    };
    struct sigv4_answer answer;
    if (sigv4_verify(x->gateway->verifier, &ask, x->arena, &answer) != 0)
        return call_fail(c, answer.code, "%s", answer.text);
    c->who = x->signer.who;
    c->account = c->who.account;
    last_used_note(x->gateway->last_used, c);
    return 0;
}

/* A compressed body names the operation, so what the signer's kind of credentials may do at all is
 * asked only now. */
static int stage_parse(struct exchange *x)
{
    int rc = wire_parse(&x->route, &x->request, x->arena, &x->call.in, &x->call.err);
    x->call.op = x->route.operation;
    return rc != 0 ? rc : signer_check(&x->call);
}

static int stage_validate(struct exchange *x)
{
    struct call *c = &x->call;
    c->dry_run = json_bool_or(c->in, "DryRun", false);
    return validate_input(c->service, c->op, x->route.protocol, c->in, &c->err);
}

/* The gateway's own refusals, as each family of protocols spells them. */
struct spelling {
    unsigned protocols;
    const char *unsupported, *throttled, *throttled_text, *denied;
};
static const struct spelling spellings[] = {
    {SPEC_EC2, "UnsupportedOperation", "RequestLimitExceeded", "Request limit exceeded.",
     "UnauthorizedOperation"},
    {SPEC_QUERY, "UnsupportedOperation", "Throttling", "Rate exceeded", "AccessDenied"},
    {SPEC_JSON | SPEC_REST_JSON | SPEC_CBOR, "UnsupportedOperationException", "ThrottlingException",
     "Rate exceeded", "AccessDeniedException"},
};

static const struct spelling *spelling_of(unsigned protocol)
{
    for (size_t i = 0; i < ARRAY_LEN(spellings); i++)
        if (spellings[i].protocols & protocol)
            return &spellings[i];
    abort(); /* our own mistake: a protocol without a row */
}

static int stage_throttle(struct exchange *x)
{
    struct call *c = &x->call;
    const struct spelling *s = spelling_of(x->route.protocol);
    if (c->account == NULL)
        c->account = "";
    if (throttle_take(x->gateway->throttle, c->account, c->op->name, x->started_us))
        return 0;
    return call_fail(c, s->throttled, "%s", s->throttled_text);
}

static int stage_begin(struct exchange *x)
{
    struct call *c = &x->call;
    struct err err;
    if (db_begin(c->db, &err) != 0)
        return call_fail_internal(c, "%s", err.text);
    const struct service_module *module = service_module_find(c->service->name);
    if (module != NULL && module->prepare != NULL)
        return module->prepare(c);
    return 0;
}

/* By the rows that the operation will see. Known operations that are not written yet are judged as
 * well, and end here. */
static int stage_authorize(struct exchange *x)
{
    struct call *c = &x->call;
    const struct spelling *s = spelling_of(x->route.protocol);
    if (authorize(c, s->denied) != 0)
        return -1;
    if (!c->op->implemented)
        return call_fail(c, s->unsupported,
                         "Groundschool knows the operation %s:%s but does not carry it out yet. "
                         "docs/coverage.md lists those it does.",
                         c->service->name, c->op->name);
    if (c->dry_run)
        return call_fail(c, "DryRunOperation",
                         "Request would have succeeded, but DryRun flag is set.");
    return 0;
}

static int stage_replay(struct exchange *x)
{
    int seen = idempotency_replay(&x->call);
    x->replayed = seen == 1;
    return seen < 0 ? -1 : 0;
}

static int stage_invoke(struct exchange *x)
{
    struct call *c = &x->call;
    if (x->replayed)
        return 0;
    if (handler_find(c->service, c->op)(c) != 0)
        return -1;
    if (c->await.kind == NULL)
        idempotency_record(c);
    return 0;
}

static void check_output(struct call *c)
{
#ifdef DEBUG
    struct err err;
    if (c->op->output != NULL && c->await.kind == NULL &&
        validate_output(c->op->output, c->out, &err) != 0) {
        log_error("%s:%s answers what its model does not know: %s", c->service->name, c->op->name,
                  err.text);
        abort();
    }
#else
    (void)c;
#endif
}

static int stage_end(struct exchange *x)
{
    struct call *c = &x->call;
    if (!db_in_transaction(c->db))
        return 0;
    if (call_failed(c)) {
        db_rollback(c->db);
        return 0;
    }
    check_output(c);
    struct err err;
    if (db_commit(c->db, &err) != 0)
        return call_fail_internal(c, "%s", err.text);
    x->gateway->config.hooks.committed(x->gateway->config.hooks.arg);
    return 0;
}

static void log_request(struct exchange *x, int status)
{
    const struct call *c = &x->call;
    int64_t took_us = clock_monotonic_us() - x->started_us;
    log_info("%s %s %s %s:%s %d %s %lld.%03lld ms", x->request_id,
             c->account != NULL && c->account[0] != '\0' ? c->account : "-", c->region,
             c->service != NULL ? c->service->name : "-", c->op != NULL ? c->op->name : "-", status,
             call_failed(c) ? c->err.code : "ok", (long long)(took_us / 1000),
             (long long)(took_us % 1000));
    if (c->internal)
        log_error("%s %s", x->request_id, c->err.text);
}

static int stage_serialize(struct exchange *x)
{
    struct call *c = &x->call;
    struct wire_reply reply;
    int rc = -1;
    if (!call_failed(c))
        rc = wire_serialize(&x->route, c->out, x->request_id, x->arena, &reply);
    if (rc != 0) {
        if (!call_failed(c))
            (void)call_fail_internal(c, "the answer could not be written");
        struct wire_fault fault = {
            .code = c->err.code,
            .text = c->internal ? "An internal error has occurred" : c->err.text,
        };
        (void)wire_serialize_fault(&x->route, &fault, x->request_id, x->arena, &reply);
    }
    struct http_header *headers =
        arena_alloc(x->arena, (reply.header_count + 1) * sizeof(*headers));
    for (size_t i = 0; i < reply.header_count; i++)
        headers[i] = (struct http_header){reply.headers[i].name, reply.headers[i].value};
    size_t len = reply.body.len;
    struct http_reply answer = {
        .status = reply.status,
        .headers = headers,
        .header_count = reply.header_count,
        .body = buf_take(&reply.body),
        .body_len = len,
        .body_owned = true,
    };
    log_request(x, reply.status);
    http_answer(x->http->exchange, &answer);
    return 0;
}

const struct stage gateway_stages[] = {
    {"route", stage_route}, /* target, path, credential scope, Action+Version -> operation */
    {"authenticate", stage_authenticate}, /* SigV4 -> who */
    {"parse", stage_parse},               /* wire -> call->in; what such credentials may do */
    {"validate", stage_validate},         /* call->in against the input shape */
    {"throttle", stage_throttle},         /* so many a second */
    {"begin", stage_begin},               /* SQLite transaction; first look at a region */
    {"authorize", stage_authorize},       /* IAM; DryRun answers here */
    {"replay", stage_replay},             /* ClientToken seen before: the same answer */
    {"invoke", stage_invoke},             /* the operation */
    {"end", stage_end},                   /* commit, or roll back on a fault; wake converge */
    {"serialize", stage_serialize},       /* call->out or call->err -> wire */
};
const size_t gateway_stage_count = ARRAY_LEN(gateway_stages);

static size_t stage_at(int (*run)(struct exchange *x))
{
    for (size_t i = 0; i < gateway_stage_count; i++)
        if (gateway_stages[i].run == run)
            return i;
    abort();
}

size_t gateway_stage_begin(void)
{
    return stage_at(stage_begin);
}

size_t gateway_stage_end(void)
{
    return stage_at(stage_end);
}
