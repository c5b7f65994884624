/* See harness.h. */
#include "harness.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/text.h"
#include "call/idempotency.h"
#include "services/authorize.h"
#include "services/services.h"
#include "services/sts/signer.h"
#include "spec/validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (1 << 20)

struct bench { /* one test's world */
    struct db *db;
    struct clock clock;
    struct ids ids;
    struct hash *saved;  /* name -> text */
    struct arena *arena; /* of the step */
    char why[2048];      /* the first thing that is wrong; "" while all is well */
};

static struct site site = {.memory_budget_mib = 4096, .default_region = OPS_REGION};

struct site *ops_site(void)
{
    return &site;
}

/* Always false, so that `return wrong(...)` reads well. */
static PRINTF_LIKE(2, 3) bool wrong(struct bench *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (b->why[0] == '\0')
        vsnprintf(b->why, sizeof(b->why), fmt, ap);
    va_end(ap);
    return false;
}

/* --- texts of the table ----------------------------------------------------------------------- */

/* Puts saved texts in the place of $name, and " in the place of '. In the step's arena. */
static const char *expand(struct bench *b, const char *text)
{
    struct buf out;

    buf_init(&out, TEXT_MAX);
    while (*text != '\0') {
        size_t len = *text == '$' ? strspn(text + 1, "abcdefghijklmnopqrstuvwxyz0123456789") : 0;
        if (len == 0) {
            buf_add_char(&out, *text == '\'' ? '"' : *text);
            text++;
            continue;
        }
        const char *value = hash_get(b->saved, arena_strndup(b->arena, text + 1, len));
        if (value == NULL)
            wrong(b, "nothing was saved as %.*s", (int)len + 1, text);
        buf_add_str(&out, value != NULL ? value : "");
        text += 1 + len;
    }
    const char *expanded = arena_strdup(b->arena, buf_text(&out));
    buf_done(&out);
    return expanded;
}

static json_t *read_json(struct bench *b, const char *text)
{
    struct err err = {.text = ""};
    const char *expanded = expand(b, text);
    json_t *value = json_parse(expanded, strlen(expanded), &err);

    if (value == NULL)
        wrong(b, "the table's JSON: %s: %s", err.text, expanded);
    return value;
}

/* --- comparing -------------------------------------------------------------------------------- */

static bool text_matches(const char *expected, const char *actual)
{
    return expected[0] == '~' ? glob_match(expected + 1, actual) : strcmp(expected, actual) == 0;
}

static bool matches(const json_t *expected, const json_t *actual);

static bool object_matches(const json_t *expected, const json_t *actual)
{
    void *it = json_object_iter((json_t *)(uintptr_t)expected);

    for (; it != NULL; it = json_object_iter_next((json_t *)(uintptr_t)expected, it)) {
        const json_t *want = json_object_iter_value(it);
        const json_t *have = json_object_get(actual, json_object_iter_key(it));
        if (json_is_null(want) ? have != NULL : have == NULL || !matches(want, have))
            return false;
    }
    return true;
}

static bool is_rest(const json_t *expected)
{
    return json_is_string(expected) && strcmp(json_string_value(expected), "...") == 0;
}

/* Each expected element takes the first free one that matches. */
static bool list_matches(const json_t *expected, const json_t *actual)
{
    size_t want = json_array_size(expected), have = json_array_size(actual);
    bool rest = want > 0 && is_rest(json_array_get(expected, want - 1));
    bool *taken = xcalloc(have + 1, sizeof(*taken));
    bool ok = rest ? have >= --want : have == want;

    for (size_t i = 0; ok && i < want; i++) {
        size_t at = 0;
        while (at < have &&
               (taken[at] || !matches(json_array_get(expected, i), json_array_get(actual, at))))
            at++;
        ok = at < have;
        taken[at] = true;
    }
    free(taken);
    return ok;
}

static bool matches(const json_t *expected, const json_t *actual)
{
    if (json_is_object(expected) && json_is_object(actual))
        return object_matches(expected, actual);
    if (json_is_array(expected) && json_is_array(actual))
        return list_matches(expected, actual);
    if (json_is_string(expected) && json_is_string(actual))
        return text_matches(json_string_value(expected), json_string_value(actual));
    return json_equal(expected, actual) == 1;
}

/* --- calling ---------------------------------------------------------------------------------- */

/* A refusal's code, as the service's first protocol spells it. */
static const char *denied_code(const struct spec_service *s)
{
    if (s->protocols & SPEC_EC2)
        return "UnauthorizedOperation";
    return s->protocols & SPEC_QUERY ? "AccessDenied" : "AccessDeniedException";
}

static int invoke(struct call *c, bool judged)
{
    const struct service_module *module = service_module_find(c->service->name);
    unsigned protocol = c->service->protocols & (~c->service->protocols + 1);
    int seen;

    if (signer_check(c) != 0 || validate_input(c->service, c->op, protocol, c->in, &c->err) != 0)
        return -1;
    if (module != NULL && module->prepare != NULL && module->prepare(c) != 0)
        return -1;
    if (judged && authorize(c, denied_code(c->service)) != 0)
        return -1;
    seen = idempotency_replay(c);
    if (seen != 0)
        return seen < 0 ? -1 : 0;
    if (handler_find(c->service, c->op)(c) != 0)
        return -1;
    idempotency_record(c);
    return 0;
}

/* Ends the transaction as the gateway does and sees that the answer is one that the model knows. */
static bool end(struct bench *b, struct call *c, int rc)
{
    struct err err = {.text = ""};

    if (rc != 0) {
        db_rollback(b->db);
        return call_failed(c) || wrong(b, "it failed without a fault");
    }
    if (call_failed(c))
        return wrong(b, "it succeeded with the fault %s: %s", c->err.code, c->err.text);
    if (db_commit(b->db, &err) != 0)
        return wrong(b, "commit: %s", err.text);
    if (c->op->output != NULL && c->await.kind == NULL &&
        validate_output(c->op->output, c->out, &err) != 0)
        return wrong(b, "the output is not the model's: %s", err.text);
    return true;
}

static bool find_operation(struct bench *b, const char *name, struct call *c)
{
    const char *colon = strchr(name, ':');
    const char *service =
        colon != NULL ? arena_strndup(b->arena, name, (size_t)(colon - name)) : "ec2";

    c->service = spec_service_find(service);
    c->op = c->service != NULL ? spec_operation_find(c->service, colon != NULL ? colon + 1 : name)
                               : NULL;
    return c->op != NULL ? true : wrong(b, "there is no operation %s", name);
}

static bool check_answer(struct bench *b, const struct ops_step *step, struct call *c, int rc)
{
    if (rc != 0 && step->code == NULL)
        return wrong(b, "fault %s: %s", c->err.code, c->err.text);
    if (rc == 0 && step->code != NULL) {
        char *text = json_to_text(c->out);
        wrong(b, "no fault but %s", text);
        free(text);
        return false;
    }
    if (rc != 0) {
        if (strcmp(step->code, c->err.code) != 0 ||
            (step->text != NULL && !text_matches(expand(b, step->text), expand(b, c->err.text))))
            return wrong(b, "fault %s: %s", c->err.code, c->err.text);
        return true;
    }
    json_t *expected = step->out != NULL ? read_json(b, step->out) : NULL;
    if (expected != NULL && !matches(expected, c->out)) {
        char *text = json_dumps(c->out, JSON_INDENT(1));
        wrong(b, "it answers %s", text);
        free(text);
    }
    json_decref(expected);
    return b->why[0] == '\0';
}

/* --- saving ----------------------------------------------------------------------------------- */

static const json_t *at_path(const json_t *value, const char *path)
{
    char word[128];

    while (*path != '\0' && value != NULL) {
        size_t len = strcspn(path, ".");
        snprintf(word, sizeof(word), "%.*s", (int)len, path);
        value = json_is_array(value) ? json_array_get(value, (size_t)strtoul(word, NULL, 10))
                                     : json_object_get(value, word);
        path += path[len] == '.' ? len + 1 : len;
    }
    return value;
}

static void save(struct bench *b, const char *saves, const json_t *out)
{
    char *copy = arena_strdup(b->arena, saves), *rest = NULL;

    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        char *path = strchr(word, '=');
        *path++ = '\0';
        const char *text = json_string_value(at_path(out, path));
        if (text == NULL)
            wrong(b, "there is no text at %s to save", path);
        else
            free(hash_put(b->saved, word, xstrdup(text)));
    }
}

/* --- running ---------------------------------------------------------------------------------- */

/* Who calls, as the gateway finds it by the key id of a signature; a key that does not serve is the
 * client's fault. */
static int be_signer(struct bench *b, const struct ops_step *step, struct call *c)
{
    const char *root_arn = arena_printf(b->arena, "arn:aws:iam::%s:root", c->account);
    struct signer signer = {
        .who = {.type = PRINCIPAL_ACCOUNT,
                .account = c->account,
                .arn = root_arn,
                .entity_arn = root_arn,
                .user_id = c->account,
                .access_key_id = "AKIAIOSFODNN7EXAMPLE",
                .root = true},
    };
    bool known = step->who == NULL || signer_find(c, expand(b, step->who), &signer);
    bool lives = signer.expires_ms == 0 || signer.expires_ms > b->clock.fixed_ms;
    c->who = signer.who;
    c->account = c->who.account;
    if (!known || signer.disabled)
        return call_fail(c, "InvalidClientTokenId", "nobody signs with %s", step->who);
    return lives ? 0 : call_fail(c, "ExpiredToken", "%s has expired", step->who);
}

static void call_step(struct bench *b, const struct ops_step *step)
{
    struct err err = {.text = ""};
    struct call c = {
        .db = b->db,
        .clock = &b->clock,
        .ids = &b->ids,
        .arena = b->arena,
        .site = &site,
        .account = step->account != NULL ? step->account : OPS_ACCOUNT,
        .region = step->region != NULL ? step->region : OPS_REGION,
        .request_id = "00000000-0000-4000-8000-000000000000",
        .source_ip = "127.0.0.1",
    };

    if (!find_operation(b, step->call, &c))
        return;
    c.in = read_json(b, step->in != NULL ? step->in : "{}");
    if (c.in != NULL && db_begin(b->db, &err) == 0) {
        int rc = be_signer(b, step, &c) == 0 ? invoke(&c, step->judged) : -1;
        if (end(b, &c, rc) && check_answer(b, step, &c, rc) && step->save != NULL)
            save(b, step->save, c.out);
    }
    json_decref(c.in);
    json_decref(c.out);
}

static bool run_step(struct bench *b, const struct ops_step *step)
{
    b->arena = arena_new();
    clock_advance(&b->clock, step->advance_ms);
    if (step->call != NULL)
        call_step(b, step);
    if (step->sql != NULL && b->why[0] == '\0') {
        int64_t number = db_int(b->db, -1, step->sql, "");
        if (number != step->number)
            wrong(b, "%s gives %lld", step->sql, (long long)number);
    }
    arena_free(b->arena);
    return b->why[0] == '\0';
}

static bool run_test(const struct ops_test *test)
{
    struct err err = {.text = ""};
    struct bench b = {.clock = {.fixed_ms = OPS_NOW_MS}, .ids = {.seed = 1}};
    size_t at = 0;

    b.db = db_open(":memory:", &err);
    b.saved = hash_new();
    if (b.db == NULL || services_migrate(b.db, &err) != 0)
        wrong(&b, "the database: %s", err.text);
    while (b.why[0] == '\0' && at < test->count && run_step(&b, &test->steps[at]))
        at++;
    printf("%s  %s\n", b.why[0] == '\0' ? "ok    " : "FAILED", test->rule);
    if (b.why[0] != '\0' && at < test->count)
        printf("        step %zu, %s %s:\n        %s\n", at + 1,
               test->steps[at].call != NULL ? test->steps[at].call : "sql",
               test->steps[at].in != NULL ? test->steps[at].in : "", b.why);
    else if (b.why[0] != '\0')
        printf("        %s\n", b.why);
    hash_free(b.saved, free);
    db_close(b.db);
    return b.why[0] == '\0';
}

int ops_run(const struct ops_test *tests, size_t count)
{
    size_t failed = 0;

    for (size_t i = 0; i < count; i++)
        failed += !run_test(&tests[i]);
    printf("%zu of %zu tests passed\n", count - failed, count);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
