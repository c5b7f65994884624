/* Faults, replies and arguments of a call. */
#include "call/call.h"

#include "base/arn.h"
#include "base/buf.h"

#include <assert.h>
#include <string.h>

const char *principal_type_name(enum principal_type type)
{
    static const char *const names[] = {
        [PRINCIPAL_ANONYMOUS] = "Anonymous",
        [PRINCIPAL_ACCOUNT] = "Account",
        [PRINCIPAL_USER] = "User",
        [PRINCIPAL_ASSUMED_ROLE] = "AssumedRole",
        [PRINCIPAL_FEDERATED_USER] = "FederatedUser",
    };
    return names[type];
}

int call_fail(struct call *c, const char *code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = arena_vprintf(c->arena, fmt, ap);
    va_end(ap);
    return err_set(&c->err, code, "%s", text);
}

int call_fail_internal(struct call *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = arena_vprintf(c->arena, fmt, ap);
    va_end(ap);
    c->internal = true;
    return err_set(&c->err, "InternalError", "%s", text);
}

bool call_failed(const struct call *c)
{
    return c->err.code[0] != '\0';
}

int call_reply(struct call *c, json_t *output)
{
    json_decref(c->out);
    c->out = output != NULL ? output : json_object();
    return 0;
}

int call_await(struct call *c, const char *kind, const char *subject, const char *member)
{
    c->await = (struct await){
        .kind = kind,
        .subject = arena_strdup(c->arena, subject),
        .member = member,
    };
    return 0;
}

int call_await_again(struct call *c, const char *kind, const char *subject)
{
    return call_await(c, kind, subject, NULL);
}

const char *call_text(struct call *c, struct rows *row, int column)
{
    const char *text = rows_text(row, column);
    return text != NULL ? arena_strdup(c->arena, text) : NULL;
}

char *call_printf(struct call *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = arena_vprintf(c->arena, fmt, ap);
    va_end(ap);
    return text;
}

const char *call_join(struct call *c, const json_t *texts)
{
    struct buf joined;

    buf_init(&joined, sizeof(c->err.text));
    for (size_t i = 0; i < json_array_size(texts) && !joined.overflow; i++)
        buf_addf(&joined, "%s%s", i > 0 ? ", " : "", json_string_value(json_array_get(texts, i)));
    const char *text = arena_strdup(c->arena, buf_text(&joined));
    buf_done(&joined);
    return text;
}

static void forget(void *value)
{
    json_decref(value);
}

const json_t *call_keep(struct call *c, json_t *value)
{
    arena_defer(c->arena, forget, value);
    return value;
}

int64_t call_now_ms(const struct call *c)
{
    return clock_now_ms(c->clock);
}

const char *call_new_id(struct call *c, const char *prefix)
{
    char *id = arena_alloc(c->arena, ID_SIZE);
    id_make(c->ids, prefix, id);
    return id;
}

const char *call_arn(struct call *c, const char *service, const char *resource)
{
    struct arn arn = {
        .partition = region_partition(c->region),
        .service = service,
        .region = c->region,
        .account = c->account,
        .resource = resource,
    };
    return arn_format(c->arena, &arn);
}

/* --- arguments --- */

bool call_accepts(const struct call *c, const char *member)
{
    return c->op->input != NULL && spec_member_find(c->op->input, member) != NULL;
}

const json_t *arg_get(struct call *c, const char *name)
{
    assert(call_accepts(c, name));
    return json_object_get(c->in, name);
}

const char *arg_str(struct call *c, const char *name)
{
    return json_string_value(arg_get(c, name));
}

const char *arg_str_or(struct call *c, const char *name, const char *fallback)
{
    const char *value = arg_str(c, name);
    return value != NULL ? value : fallback;
}

int64_t arg_int_or(struct call *c, const char *name, int64_t fallback)
{
    const json_t *value = arg_get(c, name);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool arg_bool_or(struct call *c, const char *name, bool fallback)
{
    const json_t *value = arg_get(c, name);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

bool arg_has(struct call *c, const char *name)
{
    return arg_get(c, name) != NULL;
}

size_t arg_count(struct call *c, const char *name)
{
    return json_array_size(arg_get(c, name));
}

const char *arg_at(struct call *c, const char *name, size_t index)
{
    return json_string_value(json_array_get(arg_get(c, name), index));
}

int arg_attribute_bool(struct call *c, const char *name)
{
    const json_t *value = json_object_get(arg_get(c, name), "Value");
    return json_is_boolean(value) ? json_is_true(value) : -1;
}

const char *arg_attribute_str(struct call *c, const char *name)
{
    return json_string_value(json_object_get(arg_get(c, name), "Value"));
}
