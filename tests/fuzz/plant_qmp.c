/* What a monitor or an agent may send, byte for byte, over a real socket. The first byte of an
 * input chooses who speaks and whether the handshake was made before; the rest is what it says. A
 * request of ours is under way meanwhile, and must be answered in the end, whatever comes. */
#include "loop/stream.h"
#include "plant/agent.h"
#include "plant/qmp.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop *loop;
static struct listener *listener;
static char folder[] = "/tmp/groundschool-fuzz-XXXXXX";
static char *path;
static int peer = -1; /* the descriptor the channel's dial was accepted as */
static int answered;

static void on_accept(void *arg, int fd, const struct sockaddr *from, socklen_t from_len)
{
    (void)arg;
    (void)from;
    (void)from_len;
    if (peer >= 0)
        close(peer);
    peer = fd;
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

static void start_once(void)
{
    struct err err;

    if (loop != NULL)
        return;
    loop = loop_new();
    if (mkdtemp(folder) == NULL)
        abort();
    path = xasprintf("%s/peer", folder);
    listener = listener_unix(loop, path, 0600, on_accept, NULL, &err);
    if (listener == NULL)
        abort();
    atexit(remove_folder);
}

static void on_ready(void *arg)
{
    (void)arg;
}

static void on_qmp_event(void *arg, const char *name, const json_t *data)
{
    (void)arg;
    if (name == NULL || (data != NULL && !json_is_object(data)))
        abort();
}

static void on_agent_event(void *arg, const json_t *event)
{
    (void)arg;
    if (json_str(event, "event") == NULL)
        abort();
}

static void on_reply(void *arg, const json_t *result, struct err *err)
{
    (void)arg;
    if ((result == NULL) == (err == NULL))
        abort();
    answered++;
}

static void say(const void *bytes, size_t len)
{
    if (peer >= 0 && send(peer, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return; /* cut off already */
    for (int i = 0; i < 3; i++)
        loop_step(loop, 0);
}

static void wait_for_dial(void)
{
    while (peer < 0)
        loop_step(loop, 10);
    loop_step(loop, 0);
}

static void speak_as_monitor(bool handshake, const uint8_t *data, size_t size)
{
    static const struct qmp_events events = {.ready = on_ready, .event = on_qmp_event};
    static const char greeting[] = "{\"QMP\":{}}\n{\"return\":{},\"id\":1}\n";
    struct qmp q = {0};

    qmp_init(&q, loop, path, &events, NULL);
    wait_for_dial();
    if (handshake)
        say(greeting, 11);
    if (handshake)
        say(greeting + 11, sizeof(greeting) - 12);
    qmp_execute(&q, "query-status", NULL, on_reply, NULL);
    say(data, size);
    channel_end(&q.channel);
}

static void speak_as_agent(bool handshake, const uint8_t *data, size_t size)
{
    static const struct agent_events events = {.connected = on_ready, .event = on_agent_event};
    static const char hello[] = "{\"id\":1,\"ok\":true}\n";
    struct agent a = {0};

    agent_init(&a, loop, path, &events, NULL);
    agent_port(&a, true);
    wait_for_dial();
    if (handshake)
        say(hello, sizeof(hello) - 1);
    agent_request(&a, json_pack("{s:s}", "do", "stats"), 1000, on_reply, NULL);
    say(data, size);
    channel_end(&a.channel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    start_once();
    answered = 0;
    if ((data[0] & 1) != 0)
        speak_as_monitor((data[0] & 2) != 0, data + 1, size - 1);
    else
        speak_as_agent((data[0] & 2) != 0, data + 1, size - 1);
    if (answered != 1)
        abort();
    if (peer >= 0)
        close(peer);
    peer = -1;
    for (int i = 0; i < 3; i++)
        loop_step(loop, 0);
    return 0;
}
