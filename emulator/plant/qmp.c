/* QEMU's monitor protocol over a channel.
 *
 * Happy path: connected -> QEMU greets with {"QMP": ...} -> we ask qmp_capabilities -> {"return":
 * {}} -> ready. From then on every line is
 * {"return", "id"}, {"error", "id"} or {"event", "data"}. */
#include "plant/qmp.h"

enum { COMMAND_TIMEOUT_MS = 30000, HANDSHAKE_MS = 10000, LINE_CEILING = 1 << 20 };

static void on_opened(void *arg)
{
    struct qmp *q = arg;

    q->greeted = false;
}

static void on_capabilities(void *arg, const json_t *result, struct err *err)
{
    struct qmp *q = arg;

    (void)result;
    if (err != NULL)
        return; /* the handshake's deadline dials again */
    channel_ready(&q->channel);
    q->events->ready(q->arg);
}

static int take_greeting(struct qmp *q, const json_t *message)
{
    if (!json_is_object(json_get(message, "QMP")))
        return -1;
    q->greeted = true;
    channel_speak(&q->channel, json_pack("{s:s}", "execute", "qmp_capabilities"), HANDSHAKE_MS,
                  on_capabilities, q);
    return 0;
}

static int take_answer(struct qmp *q, const json_t *message)
{
    const json_t *id = json_get(message, "id");
    const json_t *result = json_get(message, "return");
    const json_t *error = json_get(message, "error");
    struct err err;

    if (!json_is_integer(id) || (result == NULL) == (error == NULL))
        return -1;
    if (error == NULL) {
        channel_answer(&q->channel, json_integer_value(id), result, NULL);
        return 0;
    }
    err_set(&err, "Failed", "%s", json_str_or(error, "desc", "unknown reason"));
    channel_answer(&q->channel, json_integer_value(id), NULL, &err);
    return 0;
}

static int on_message(void *arg, const json_t *message)
{
    struct qmp *q = arg;
    const char *event = json_str(message, "event");
    const json_t *data = json_get(message, "data");

    if (!q->greeted)
        return take_greeting(q, message);
    if (event == NULL)
        return take_answer(q, message);
    if (q->channel.ready)
        q->events->event(q->arg, event, json_is_object(data) ? data : NULL);
    return 0;
}

void qmp_init(struct qmp *q, struct loop *l, const char *path, const struct qmp_events *events,
              void *arg)
{
    static const struct channel_kind kind = {
        .name = "monitor",
        .line_ceiling = LINE_CEILING,
        .handshake_ms = HANDSHAKE_MS,
        .opened = on_opened,
        .message = on_message,
    };

    q->events = events;
    q->arg = arg;
    q->greeted = false;
    channel_init(&q->channel, l, path, &kind, q);
}

void qmp_done(struct qmp *q)
{
    channel_done(&q->channel);
}

bool qmp_ready(const struct qmp *q)
{
    return q->channel.ready;
}

void qmp_execute(struct qmp *q, const char *command, json_t *arguments, machine_reply_fn fn,
                 void *arg)
{
    json_t *request = json_pack("{s:s}", "execute", command);

    if (arguments != NULL)
        json_set_new(request, "arguments", arguments);
    channel_request(&q->channel, request, COMMAND_TIMEOUT_MS, fn, arg);
}
