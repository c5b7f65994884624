/* Byte streams and listeners. */
#include "loop/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* One end under test and what it was told. */
struct end {
    struct stream *stream;
    struct buf got;
    int connected, failed, closed, broken, drained;
    bool echo, close_on_data;
};

static struct loop *loop;
static struct end client, server;
static char folder[] = "/tmp/stream-test-XXXXXX", path[100];

static void on_connected(void *arg, struct err *err)
{
    struct end *e = arg;
    *(err == NULL ? &e->connected : &e->failed) += 1;
}

static void on_data(void *arg, const char *bytes, size_t len)
{
    struct end *e = arg;

    buf_add(&e->got, bytes, len);
    if (e->echo)
        assert_int_equal(stream_write(e->stream, bytes, len), 0);
    if (e->close_on_data) {
        stream_close(e->stream);
        stream_close(e->stream);
    }
}

static void on_closed(void *arg, struct err *err)
{
    struct end *e = arg;

    *(err == NULL ? &e->closed : &e->broken) += 1;
    assert_int_equal(stream_write(e->stream, "x", 1), -1);
    stream_close(e->stream); /* does nothing: it frees itself */
    e->stream = NULL;
}

static void on_drained(void *arg)
{
    struct end *e = arg;
    e->drained++;
}

static const struct stream_events events = {on_connected, on_data, on_closed, on_drained};

static void on_accept(void *arg, int fd, const struct sockaddr *peer, socklen_t peer_len)
{
    (void)peer;
    (void)peer_len;
    assert_ptr_equal(arg, &server);
    assert_null(server.stream);
    server.stream = stream_adopt(loop, fd, &events, &server);
}

static int start(void **state)
{
    (void)state;
    loop = loop_new();
    memset(&client, 0, sizeof(client));
    memset(&server, 0, sizeof(server));
    buf_init(&client.got, 64 << 20);
    buf_init(&server.got, 64 << 20);
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/socket", folder);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    stream_close(client.stream);
    stream_close(server.stream);
    loop_free(loop);
    buf_done(&client.got);
    buf_done(&server.got);
    rmdir(folder);
    return 0;
}

static void turn(int turns)
{
    for (int i = 0; i < turns; i++)
        loop_step(loop, 2);
}

static struct listener *listen_and_dial(void)
{
    struct err err;
    struct listener *l = listener_unix(loop, path, 0600, on_accept, &server, &err);

    assert_non_null(l);
    client.stream = stream_dial_unix(loop, path, &events, &client);
    assert_int_equal(client.connected, 0);
    return l;
}

/* Bytes written before the connection stands, and after, arrive in order; both directions work. */
static void bytes_arrive_in_order(void **state)
{
    (void)state;
    struct listener *l = listen_and_dial();
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stream_write(client.stream, "hello ", 6), 0);
    server.echo = true;
    turn(5);
    assert_int_equal(client.connected, 1);
    assert_int_equal(stream_write2(client.stream, "wo", 2, "rld", 3), 0);
    assert_int_equal(stream_write2(client.stream, NULL, 0, "!", 1), 0);
    turn(5);
    assert_string_equal(buf_text(&server.got), "hello world!");
    assert_string_equal(buf_text(&client.got), "hello world!");
    listener_close(l);
    listener_close(NULL);
    assert_int_equal(access(path, F_OK), -1);
}

/* What the peer does not take is queued up to the ceiling, then refused whole; draining is told;
 * nothing is lost. */
static void queues_have_a_ceiling(void **state)
{
    (void)state;
    struct listener *l = listen_and_dial();
    static char piece[10000];
    size_t sent = 0;

    turn(5);
    stream_pause(server.stream, true);
    stream_set_queue_ceiling(client.stream, 100000);
    while (sent < 200 && stream_write(client.stream, piece, sizeof(piece)) == 0) {
        sent++;
        memset(piece, (int)sent, sizeof(piece));
    }
    assert_in_range(sent, 10, 199);
    assert_in_range(stream_queued(client.stream), 90000, 100000);
    turn(3);
    assert_int_equal(client.drained, 0);
    assert_int_equal(server.got.len, 0);
    stream_pause(server.stream, false);
    for (int i = 0; i < 200 && client.drained == 0; i++)
        turn(1);
    turn(3);
    assert_true(client.drained > 0);
    assert_int_equal(stream_queued(client.stream), 0);
    assert_int_equal(server.got.len, sent * sizeof(piece));
    for (size_t i = 0; i < server.got.len; i++)
        assert_int_equal((unsigned char)server.got.data[i], i / sizeof(piece) % 256);
    listener_close(l);
}

/* The peer's orderly end is told without an error, once; the stream frees itself. */
static void peers_end_is_told(void **state)
{
    (void)state;
    struct listener *l = listen_and_dial();

    turn(5);
    stream_close(server.stream);
    server.stream = NULL;
    turn(5);
    assert_int_equal(client.closed, 1);
    assert_int_equal(client.broken, 0);
    listener_close(l);
}

/* A connection that breaks while bytes are queued is told as an error, once. */
static void broken_streams_are_told(void **state)
{
    (void)state;
    struct listener *l = listen_and_dial();
    static char bytes[1 << 20];

    turn(5);
    stream_pause(server.stream, true);
    assert_int_equal(stream_write(client.stream, bytes, sizeof(bytes)), 0);
    turn(2);
    stream_close(server.stream);
    server.stream = NULL;
    turn(5);
    assert_int_equal(client.broken + client.closed, 1);
    listener_close(l);
}

/* Nothing is told after stream_close, not even from inside a callback or with bytes queued. */
static void closed_streams_are_silent(void **state)
{
    (void)state;
    struct listener *l = listen_and_dial();
    static char bytes[1 << 20];

    turn(5);
    server.close_on_data = true;
    assert_int_equal(stream_write(client.stream, bytes, sizeof(bytes)), 0);
    turn(1);
    stream_close(client.stream);
    client.stream = NULL;
    turn(5);
    assert_int_equal(client.closed + client.broken + client.drained, 0);
    assert_int_equal(server.closed + server.broken, 0);
    server.stream = NULL;
    listener_close(l);
}

/* A dial that fails tells `connected` only, later, for a missing socket as for an impossible path;
 * a closed one tells nothing. */
static void failed_dials_are_told_once(void **state)
{
    (void)state;
    char longer[300];

    memset(longer, 'p', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    stream_dial_unix(loop, path, &events, &client);
    stream_dial_unix(loop, longer, &events, &client);
    assert_int_equal(client.failed, 0);
    turn(3);
    assert_int_equal(client.failed, 2);
    assert_int_equal(client.closed + client.broken, 0);
    stream_close(stream_dial_unix(loop, path, &events, &client));
    stream_close(stream_dial_unix(loop, longer, &events, &client));
    turn(3);
    assert_int_equal(client.failed, 2);
}

/* A socket left by a dead owner is replaced; a living one is respected. */
static void stale_sockets_are_replaced(void **state)
{
    (void)state;
    struct err err;
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(addr.sun_path, path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
    close(fd);
    struct listener *l = listener_unix(loop, path, 0600, on_accept, &server, &err);
    assert_non_null(l);
    assert_null(listener_unix(loop, path, 0600, on_accept, &server, &err));
    assert_non_null(strstr(err.text, "Address already in use"));
    turn(3);
    listener_close(l);
}

static int dial_tcp(int port)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

/* TCP works the same way, on a port the system chose. */
static void tcp_streams(void **state)
{
    (void)state;
    struct err err;
    const struct sockaddr_in any = {.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct listener *l =
        listener_tcp(loop, (const struct sockaddr *)&any, sizeof(any), on_accept, &server, &err);

    assert_non_null(l);
    assert_true(listener_port(l) > 0);
    int fd = dial_tcp(listener_port(l));
    client.stream = stream_adopt(loop, fd, &events, &client);
    server.echo = true;
    assert_int_equal(stream_write(client.stream, "over tcp", 8), 0);
    turn(10);
    assert_string_equal(buf_text(&client.got), "over tcp");
    listener_close(l);
}

/* With no descriptor left a connection is dropped, the loop does not spin, and serving goes on
 * afterwards. */
static void no_descriptors_left(void **state)
{
    (void)state;
    struct err err;
    const struct sockaddr_in any = {.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct listener *l =
        listener_tcp(loop, (const struct sockaddr *)&any, sizeof(any), on_accept, &server, &err);
    struct rlimit before, tight;
    int first = dial_tcp(listener_port(l)), next_free = dup(first);
    char byte;

    close(next_free);
    getrlimit(RLIMIT_NOFILE, &before);
    tight = (struct rlimit){.rlim_cur = (rlim_t)next_free, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &tight);
    turn(3);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_null(server.stream);
    assert_true(recv(first, &byte, 1, MSG_DONTWAIT) <= 0);
    close(first);
    int second = dial_tcp(listener_port(l));
    turn(3);
    assert_non_null(server.stream);
    close(second);
    turn(3);
    assert_int_equal(server.closed, 1);
    listener_close(l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_arrive_in_order),      TEST(queues_have_a_ceiling),
        TEST(peers_end_is_told),          TEST(broken_streams_are_told),
        TEST(closed_streams_are_silent),  TEST(failed_dials_are_told_once),
        TEST(stale_sockets_are_replaced), TEST(tcp_streams),
        TEST(no_descriptors_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
