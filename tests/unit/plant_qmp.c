/* The monitor's and the agent's side of a machine, against peers made by hand: what a well-behaved,
 * a slow, a lying and a hostile one can do to us. */
#include "loop/stream.h"
#include "plant/agent.h"
#include "plant/qmp.h"
#include "plant_support.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"

struct peer { /* the listening side */
    struct listener *listener;
    struct stream *stream;
    int accepted;
    char heard[65536];
    size_t heard_len;
};

static struct loop *loop;
static char *folder;
static char *path;
static struct peer peer;
static struct qmp qmp;
static struct agent agent;

static struct {
    int ready, events, replies;
    char event[64];
    char detail[64];
    char order[64]; /* of replies, by their argument */
    struct err err;
    char result[64];
    bool end_when_event;
} seen;

/* --- the peer --- */

static void peer_data(void *arg, const char *bytes, size_t len)
{
    (void)arg;
    assert_true(peer.heard_len + len < sizeof(peer.heard));
    memcpy(peer.heard + peer.heard_len, bytes, len);
    peer.heard_len += len;
    peer.heard[peer.heard_len] = '\0';
}

static void peer_closed(void *arg, struct err *err)
{
    (void)arg;
    (void)err;
    peer.stream = NULL;
}

static void peer_accept(void *arg, int fd, const struct sockaddr *from, socklen_t from_len)
{
    static const struct stream_events events = {.data = peer_data, .closed = peer_closed};

    (void)arg;
    (void)from;
    (void)from_len;
    peer.accepted++;
    peer.heard_len = 0;
    peer.heard[0] = '\0';
    peer.stream = stream_adopt(loop, fd, &events, NULL);
}

static void peer_listen(void)
{
    struct err err;

    peer.listener = listener_unix(loop, path, 0600, peer_accept, NULL, &err);
    assert_non_null(peer.listener);
}

static void peer_say(const char *text)
{
    assert_non_null(peer.stream);
    assert_int_equal(stream_write(peer.stream, text, strlen(text)), 0);
}

static void peer_hang_up(void)
{
    stream_close(peer.stream);
    peer.stream = NULL;
}

static int heard_count(const char *text)
{
    int count = 0;

    for (const char *at = peer.heard; (at = strstr(at, text)) != NULL; at += strlen(text))
        count++;
    return count;
}

/* --- our side --- */

static void on_ready(void *arg)
{
    (void)arg;
    seen.ready++;
}

static void on_qmp_event(void *arg, const char *name, const json_t *data)
{
    (void)arg;
    seen.events++;
    str_copy(seen.event, sizeof(seen.event), name);
    str_copy(seen.detail, sizeof(seen.detail), json_str_or(data, "reason", ""));
    if (seen.end_when_event)
        qmp_done(&qmp);
}

static void on_agent_event(void *arg, const json_t *event)
{
    (void)arg;
    seen.events++;
    str_copy(seen.event, sizeof(seen.event), json_str(event, "event"));
    if (seen.end_when_event)
        agent_done(&agent);
}

static void on_reply(void *arg, const json_t *result, struct err *err)
{
    const char *name = arg;

    seen.order[seen.replies++] = name[0];
    seen.err = err != NULL ? *err : (struct err){0};
    str_copy(seen.result, sizeof(seen.result), json_str_or(result, "status", ""));
}

static char name_a[] = "a";
static char name_b[] = "b";

static const struct qmp_events qmp_events = {.ready = on_ready, .event = on_qmp_event};
static const struct agent_events agent_events = {.connected = on_ready, .event = on_agent_event};

static int setup(void **state)
{
    (void)state;
    loop = loop_new();
    folder = scratch_make();
    path = xasprintf("%s/peer.sock", folder);
    memset(&peer, 0, sizeof(peer));
    memset(&seen, 0, sizeof(seen));
    memset(&qmp, 0, sizeof(qmp));
    memset(&agent, 0, sizeof(agent));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qmp_done(&qmp);
    agent_done(&agent);
    peer_hang_up();
    listener_close(peer.listener);
    loop_step(loop, 10);
    loop_free(loop);
    scratch_remove(folder);
    free(path);
    return 0;
}

static void connect_qmp(void)
{
    peer_listen();
    qmp_init(&qmp, loop, path, &qmp_events, NULL);
    TURN_UNTIL(loop, peer.accepted == 1, 2000);
    peer_say(GREETING);
    TURN_UNTIL(loop, heard_count("qmp_capabilities") == 1, 2000);
    assert_int_equal(seen.ready, 0);
    peer_say("{\"return\": {}, \"id\": 1}\r\n");
    TURN_UNTIL(loop, seen.ready == 1, 2000);
}

static void connect_agent(void)
{
    peer_listen();
    agent_init(&agent, loop, path, &agent_events, NULL);
    agent_port(&agent, true);
    TURN_UNTIL(loop, heard_count("\"hello\"") == 1, 2000);
    peer_say("{\"id\":1,\"ok\":true,\"agent\":1}\n");
    TURN_UNTIL(loop, seen.ready == 1, 2000);
}

/* --- the monitor --- */

/* Nothing is sent before the greeting, and nothing but the capabilities before those are agreed. */
static void the_monitor_is_ready_after_its_handshake(void **state)
{
    (void)state;
    peer_listen();
    qmp_init(&qmp, loop, path, &qmp_events, NULL);
    qmp_execute(&qmp, "query-status", NULL, on_reply, name_a);
    TURN_UNTIL(loop, peer.accepted == 1 && seen.replies == 1, 2000);
    assert_string_equal(seen.err.code, "NotConnected");
    assert_int_equal(peer.heard_len, 0);
    assert_false(qmp_ready(&qmp));
}

/* Answers find their requests by id, in whatever order and pieces they come; events come between.
 */
static void answers_find_their_requests(void **state)
{
    (void)state;
    connect_qmp();
    qmp_execute(&qmp, "query-status", NULL, on_reply, name_a);
    qmp_execute(&qmp, "query-kvm", json_pack("{s:i}", "x", 7), on_reply, name_b);
    TURN_UNTIL(loop, heard_count("\n") == 3, 2000);
    assert_non_null(strstr(peer.heard, "{\"execute\":\"query-status\",\"id\":2}"));
    assert_non_null(
        strstr(peer.heard, "{\"execute\":\"query-kvm\",\"arguments\":{\"x\":7},\"id\":3}"));
    peer_say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such thing\"}, \"id\": "
             "3}\r\n{\"ret");
    TURN_UNTIL(loop, seen.replies == 1, 2000);
    assert_string_equal(seen.err.code, "Failed");
    assert_string_equal(seen.err.text, "no such thing");
    peer_say("urn\": {\"status\": \"running\"}, \"id\": 2}\r\n");
    peer_say("{\"event\": \"SHUTDOWN\", \"data\": {\"reason\": \"guest\"}}\r\n");
    TURN_UNTIL(loop, seen.replies == 2 && seen.events == 1, 2000);
    assert_string_equal(seen.order, "ba");
    assert_string_equal(seen.result, "running");
    assert_string_equal(seen.event, "SHUTDOWN");
    assert_string_equal(seen.detail, "guest");
}

/* When the connection drops, what is under way fails, and the monitor is dialled again and greeted
 * anew. */
static void a_dropped_monitor_is_dialled_again(void **state)
{
    (void)state;
    connect_qmp();
    qmp_execute(&qmp, "query-status", NULL, on_reply, name_a);
    peer_hang_up();
    TURN_UNTIL(loop, seen.replies == 1 && peer.accepted == 2, 2000);
    assert_string_equal(seen.err.code, "NotConnected");
    peer_say(GREETING);
    TURN_UNTIL(loop, heard_count("qmp_capabilities") == 1, 2000);
    peer_say("{\"return\": {}, \"id\": 3}\r\n");
    TURN_UNTIL(loop, seen.ready == 2, 2000);
}

/* A socket that is not there yet, or does not answer, is dialled until it does. */
static void a_late_monitor_is_waited_for(void **state)
{
    (void)state;
    qmp_init(&qmp, loop, path, &qmp_events, NULL);
    turn_for(loop, 200);
    peer_listen();
    TURN_UNTIL(loop, peer.accepted == 1, 2000);
}

/* Whatever is not the protocol cuts the connection; the next dial comes only after a pause. */
static void garbage_is_cut_off(void **state)
{
    static const char *const lines[] = {
        "HTTP/1.1 200 OK\n",                /* not JSON */
        "[1, 2]\n",                         /* not an object */
        "{\"QMP\": 1}\n",                   /* not a greeting */
        "{\"return\": {}}\n",               /* no id, no greeting */
        "{\"QMP\": {}, \"x\": \"\xff\"}\n", /* not UTF-8 */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        setup(NULL);
        peer_listen();
        qmp_init(&qmp, loop, path, &qmp_events, NULL);
        TURN_UNTIL(loop, peer.accepted == 1, 2000);
        peer_say(lines[i]);
        TURN_UNTIL(loop, peer.stream == NULL, 2000);
        turn_for(loop, 300);
        assert_int_equal(peer.accepted, 1);
        if (i == 0)
            TURN_UNTIL(loop, peer.accepted == 2, 3000);
        teardown(NULL);
    }
}

/* Values nested without end are refused before they are built. */
static void deep_nesting_is_cut_off(void **state)
{
    (void)state;
    char deep[2000];

    memset(deep, '[', sizeof(deep));
    memcpy(deep, "{\"QMP\":", 7);
    deep[sizeof(deep) - 2] = '\n';
    deep[sizeof(deep) - 1] = '\0';
    peer_listen();
    qmp_init(&qmp, loop, path, &qmp_events, NULL);
    TURN_UNTIL(loop, peer.accepted == 1, 2000);
    peer_say(deep);
    TURN_UNTIL(loop, peer.stream == NULL, 2000);
}

/* A channel may be ended by the very event it delivers, with more lines waiting behind it. */
static void an_event_may_end_the_channel(void **state)
{
    (void)state;
    connect_qmp();
    seen.end_when_event = true;
    qmp_execute(&qmp, "query-status", NULL, on_reply, name_a);
    peer_say("{\"event\": \"RESET\"}\n{\"event\": \"RESET\"}\n{\"event\": \"RESET\"}\n");
    TURN_UNTIL(loop, peer.stream == NULL, 2000);
    turn_for(loop, 50);
    assert_int_equal(seen.events, 1);
    assert_int_equal(seen.replies, 0); /* its request is forgotten with it */
}

/* --- the agent --- */

/* The host speaks first, but only once the guest has opened its port; requests before that are
 * refused. */
static void hello_waits_for_the_port(void **state)
{
    (void)state;
    peer_listen();
    agent_init(&agent, loop, path, &agent_events, NULL);
    TURN_UNTIL(loop, peer.accepted == 1, 2000);
    turn_for(loop, 100);
    assert_int_equal(peer.heard_len, 0);
    agent_request(&agent, json_pack("{s:s}", "do", "stats"), 1000, on_reply, name_a);
    assert_int_equal(seen.replies, 0);
    TURN_UNTIL(loop, seen.replies == 1, 2000);
    assert_string_equal(seen.err.code, "NotConnected");
    assert_int_equal(peer.heard_len, 0);
    agent_port(&agent, true);
    TURN_UNTIL(loop, heard_count("\"hello\"") == 1, 2000);
    assert_false(agent_ready(&agent));
    peer_say("{\"id\":2,\"ok\":true}\n");
    TURN_UNTIL(loop, seen.ready == 1, 2000);
    assert_true(agent_ready(&agent));
}

/* A guest's reboot closes and opens the port: what is under way fails, and the new boot is greeted
 * on a fresh connection. */
static void a_reboot_is_greeted_anew(void **state)
{
    (void)state;
    connect_agent();
    agent_request(&agent, json_pack("{s:s}", "do", "stats"), 60000, on_reply, name_a);
    agent_port(&agent, false);
    assert_false(agent_ready(&agent));
    TURN_UNTIL(loop, seen.replies == 1 && peer.accepted == 2, 2000);
    assert_string_equal(seen.err.code, "NotConnected");
    turn_for(loop, 50);
    assert_int_equal(peer.heard_len, 0);
    agent_port(&agent, true);
    TURN_UNTIL(loop, heard_count("\"hello\"") == 1, 2000);
    peer_say("{\"id\":3,\"ok\":true}\n");
    TURN_UNTIL(loop, seen.ready == 2, 2000);
}

/* A request has its own deadline, and an answer that comes after it, or to nothing that was asked,
 * changes nothing. */
static void late_and_wrong_answers_are_dropped(void **state)
{
    (void)state;
    connect_agent();
    agent_request(&agent, json_pack("{s:s}", "do", "stats"), 100, on_reply, name_a);
    agent_request(&agent, json_pack("{s:s}", "do", "grow"), 60000, on_reply, name_b);
    TURN_UNTIL(loop, seen.replies == 1, 2000);
    assert_string_equal(seen.err.code, "Timeout");
    peer_say(
        "{\"id\":2,\"ok\":true}\n{\"id\":999999999999,\"ok\":true}\n{\"id\":-1,\"error\":\"x\"}\n");
    peer_say("{\"id\":3,\"error\":\"no room\"}\n{\"id\":3,\"ok\":true}\n");
    TURN_UNTIL(loop, seen.replies == 2, 2000);
    assert_string_equal(seen.order, "ab");
    assert_string_equal(seen.err.code, "Failed");
    assert_string_equal(seen.err.text, "no room");
    turn_for(loop, 50);
    assert_int_equal(seen.replies, 2);
    assert_non_null(peer.stream);
}

/* Events come through whole, with members nobody knows; before hello was answered they are not
 * believed. */
static void events_come_after_hello(void **state)
{
    (void)state;
    peer_listen();
    agent_init(&agent, loop, path, &agent_events, NULL);
    agent_port(&agent, true);
    TURN_UNTIL(loop, heard_count("\"hello\"") == 1, 2000);
    peer_say("{\"event\":\"ready\"}\n{\"id\":1,\"ok\":true}\n\n{\"event\":\"listen\",\"tcp\":[22],"
             "\"new\":{}}\n");
    TURN_UNTIL(loop, seen.events == 1, 2000);
    assert_string_equal(seen.event, "listen");
}

/* A line without end is cut off at the ceiling; memory does not grow with what the guest sends. */
static void a_line_without_end_is_cut_off(void **state)
{
    (void)state;
    char block[4097];

    memset(block, 'x', sizeof(block) - 1);
    block[sizeof(block) - 1] = '\0';
    connect_agent();
    for (int i = 0; i < 400 && peer.stream != NULL; i++) {
        peer_say(block);
        loop_step(loop, 0);
        assert_true(agent.channel.line.capacity <= 1 << 20);
    }
    TURN_UNTIL(loop, peer.stream == NULL, 2000);
    assert_int_equal(seen.events, 0);
}

/* A flood of well-formed lines is cut off too, sooner than it costs a second of work; other guests
 * have theirs. */
static void a_flood_is_cut_off(void **state)
{
    (void)state;
    connect_agent();
    for (int i = 0; i < 20000 && peer.stream != NULL; i++) {
        if (stream_queued(peer.stream) < 65536)
            peer_say("{\"event\":\"listen\",\"tcp\":[]}\n");
        loop_step(loop, 0);
    }
    TURN_UNTIL(loop, peer.stream == NULL, 2000);
    assert_true(seen.events <= 1100);
    assert_false(agent_ready(&agent));
}

/* What a guest says in an error is cut to fit, and stays text. */
static void a_long_error_stays_text(void **state)
{
    (void)state;
    struct buf line;

    buf_init(&line, 4096);
    buf_add_str(&line, "{\"id\":2,\"error\":\"");
    for (int i = 0; i < 600; i++)
        buf_add_str(&line, "\xe2\x82\xac");
    buf_add_str(&line, "\"}\n");
    connect_agent();
    agent_request(&agent, json_pack("{s:s}", "do", "stats"), 60000, on_reply, name_a);
    peer_say(buf_text(&line));
    buf_done(&line);
    TURN_UNTIL(loop, seen.replies == 1, 2000);
    assert_string_equal(seen.err.code, "Failed");
    json_t *text = json_string(seen.err.text);
    assert_non_null(text);
    json_decref(text);
}

/* An agent may be let go of inside its own event. */
static void an_event_may_end_the_agent(void **state)
{
    (void)state;
    connect_agent();
    seen.end_when_event = true;
    peer_say("{\"event\":\"ready\"}\n{\"event\":\"ready\"}\n");
    TURN_UNTIL(loop, peer.stream == NULL, 2000);
    assert_int_equal(seen.events, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_monitor_is_ready_after_its_handshake),
        TEST(answers_find_their_requests),
        TEST(a_dropped_monitor_is_dialled_again),
        TEST(a_late_monitor_is_waited_for),
        cmocka_unit_test(garbage_is_cut_off),
        TEST(deep_nesting_is_cut_off),
        TEST(an_event_may_end_the_channel),
        TEST(hello_waits_for_the_port),
        TEST(a_reboot_is_greeted_anew),
        TEST(late_and_wrong_answers_are_dropped),
        TEST(events_come_after_hello),
        TEST(a_line_without_end_is_cut_off),
        TEST(a_flood_is_cut_off),
        TEST(a_long_error_stays_text),
        TEST(an_event_may_end_the_agent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
