/* The guest's agent over a channel.
 *
 * Happy path: the monitor reports the port open -> a fresh connection -> `hello` -> answered: ready
 * -> requests and events. The port closes (reboot, the agent ended): not ready, requests fail, and
 * all waits for it to open again. */
#include "plant/agent.h"

#include "base/text.h"

enum {
    LINE_CEILING = 256 << 10,
    BYTES_PER_S = 256 << 10,
    HELLO_TIMEOUT_MS = 10000,
};

static void say_hello(struct agent *a);

static void on_hello(void *arg, const json_t *result, struct err *err)
{
    struct agent *a = arg;

    (void)result;
    if (err == NULL) {
        channel_ready(&a->channel);
        a->events->connected(a->arg);
    } else if (str_equal(err->code, "Timeout")) {
        say_hello(a); /* the guest is slow, or refuses: one line every ten seconds */
    }
}

static void say_hello(struct agent *a)
{
    channel_speak(&a->channel, json_pack("{s:s}", "do", "hello"), HELLO_TIMEOUT_MS, on_hello, a);
}

static void on_opened(void *arg)
{
    struct agent *a = arg;

    if (a->port_open)
        say_hello(a);
}

static int on_message(void *arg, const json_t *message)
{
    struct agent *a = arg;
    const json_t *id = json_get(message, "id");
    const char *error = json_str(message, "error");
    struct err err;

    if (json_str(message, "event") != NULL) {
        if (a->channel.ready)
            a->events->event(a->arg, message);
        return 0;
    }
    if (!json_is_integer(id))
        return -1;
    if (error == NULL) {
        channel_answer(&a->channel, json_integer_value(id), message, NULL);
        return 0;
    }
    err_set(&err, "Failed", "%s", error);
    channel_answer(&a->channel, json_integer_value(id), NULL, &err);
    return 0;
}

void agent_init(struct agent *a, struct loop *l, const char *path,
                const struct agent_events *events, void *arg)
{
    static const struct channel_kind kind = {
        .name = "agent",
        .line_ceiling = LINE_CEILING,
        .bytes_per_s = BYTES_PER_S,
        .opened = on_opened,
        .message = on_message,
    };

    a->events = events;
    a->arg = arg;
    a->port_open = false;
    channel_init(&a->channel, l, path, &kind, a);
}

void agent_done(struct agent *a)
{
    channel_done(&a->channel);
}

bool agent_ready(const struct agent *a)
{
    return a->channel.ready;
}

void agent_port(struct agent *a, bool open)
{
    a->port_open = open;
    channel_redial(&a->channel);
}

void agent_request(struct agent *a, json_t *request, int64_t timeout_ms, machine_reply_fn fn,
                   void *arg)
{
    channel_request(&a->channel, request, timeout_ms, fn, arg);
}
