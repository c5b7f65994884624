/* The HTTP server, asked over raw sockets that the test drives on the same loop. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_CEILING ((size_t)100000)

static struct loop *loop;
static struct http_server *server;
static struct http_exchange *held[200]; /* asked for /hold, not answered yet */
static size_t held_count, handled_count;
static bool closed;

static void answer_text(struct http_exchange *x, int status, const char *text)
{
    const struct http_header headers[] = {{"Content-Type", "text/plain"}, {"x-test", "yes"}};
    const struct http_reply reply = {.status = status,
                                     .headers = headers,
                                     .header_count = ARRAY_LEN(headers),
                                     .body = text,
                                     .body_len = strlen(text)};

    http_answer(x, &reply);
}

/* Says back what it was asked, in a form the tests compare. */
static void answer_echo(struct http_request *r)
{
    const char *header = http_request_header(r, "X-ECHO");
    char *text = xasprintf("%s|%s|%s|%s|%s|%s|%zu|", r->method, r->path, r->query,
                           header != NULL ? header : "-", r->peer,
                           r->channel != NULL ? r->channel : "-", r->body_len);
    size_t len = strlen(text);

    text = xrealloc(text, len + r->body_len + 1);
    memcpy(text + len, r->body, r->body_len + 1);
    const struct http_reply reply = {
        .status = 200, .body = text, .body_len = len + r->body_len, .body_owned = true};
    http_answer(r->exchange, &reply);
}

static void answer_file(struct http_request *r)
{
    char path[] = "/tmp/http-test-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd > 0);
    unlink(path);
    assert_int_equal(write(fd, "0123456789", 10), 10);
    const struct http_reply reply = {.status = 206, .file_fd = fd, .file_offset = 2, .file_len = 5};
    http_answer(r->exchange, &reply);
}

#define LARGE ((size_t)6 << 20)

static void answer_large(struct http_request *r)
{
    char *body = xmalloc(LARGE);

    for (size_t i = 0; i < LARGE; i++)
        body[i] = (char)('a' + i % 23);
    const struct http_reply reply = {
        .status = 200, .body = body, .body_len = LARGE, .body_owned = true};
    http_answer(r->exchange, &reply);
}

static void handle(struct http_request *r, void *arg)
{
    assert_string_equal(arg, "arg");
    assert_in_range(clock_monotonic_us() - r->received_us, 0, 60000000);
    handled_count++;
    if (str_starts(r->path, "/hold"))
        held[held_count++] = r->exchange;
    else if (str_equal(r->path, "/file"))
        answer_file(r);
    else if (str_equal(r->path, "/large"))
        answer_large(r);
    else if (str_equal(r->path, "/missing"))
        answer_text(r->exchange, 404, "");
    else
        answer_echo(r);
}

static void open_server(struct http_config config)
{
    struct err err;

    config.body_ceiling = BODY_CEILING;
    config.handler = handle;
    config.arg = "arg";
    if (config.connection_limit == 0)
        config.connection_limit = 200;
    server = http_server_open(loop, &config, &err);
    assert_non_null(server);
}

/* Opens the server on a port of the loopback that the system chooses. */
static void open_on_loopback(struct http_config config)
{
    const struct sockaddr_in any = {.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    memcpy(&config.address, &any, sizeof(any));
    config.address_len = sizeof(any);
    open_server(config);
}

static int start(void **state)
{
    (void)state;
    held_count = handled_count = 0;
    closed = false;
    loop = loop_new();
    open_on_loopback((struct http_config){.timeout_s = 30});
    return 0;
}

static void note_closed(void *arg)
{
    closed = true;
    (void)arg;
}

static int stop(void **state)
{
    (void)state;
    if (!closed) {
        http_server_close(server, note_closed, NULL);
        assert_false(closed);
        for (int i = 0; i < 200 && !closed; i++)
            loop_step(loop, 10);
    }
    assert_true(closed);
    loop_free(loop);
    return 0;
}

static int dial(void)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)http_server_port(server)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* Sends all, with the loop turning while the socket is full; gives up when the server hangs up. */
static void put(int fd, const char *bytes, size_t len)
{
    for (int i = 0; i < 5000 && len > 0; i++) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return;
        bytes += sent > 0 ? sent : 0;
        len -= sent > 0 ? (size_t)sent : 0;
        loop_step(loop, 0);
    }
    assert_int_equal(len, 0);
}

static void say(int fd, const char *text)
{
    put(fd, text, strlen(text));
}

/* What comes back until `end` has come `times` times, or the server hangs up. The text lasts until
 * the next call. */
static const char *hear(int fd, const char *end, int times)
{
    static char text[400000];
    size_t len = 0;

    text[0] = '\0';
    for (int i = 0; i < 400; i++) {
        ssize_t got = recv(fd, text + len, sizeof(text) - 1 - len, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            return text;
        len += got > 0 ? (size_t)got : 0;
        text[len] = '\0';
        int met = 0;
        for (const char *at = text; *end != '\0' && (at = strstr(at, end)) != NULL;
             at += strlen(end))
            met++;
        if (*end != '\0' && met >= times)
            return text;
        loop_step(loop, got > 0 ? 0 : 10);
    }
    return text;
}

static void turn(int turns)
{
    for (int i = 0; i < turns; i++)
        loop_step(loop, 5);
}

/* A request reaches the handler with its target as on the wire, undecoded, and its headers raw. */
static void target_and_headers_are_raw(void **state)
{
    (void)state;
    int fd = dial();

    say(fd, "GET /a%2Fb+c/%zz?x=%20&y=1+2&y HTTP/1.1\r\nHost: h\r\nx-echo: a%20b+c \r\n\r\n");
    const char *text = hear(fd, "|0|", 1);
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(text, "Content-Length: "));
    assert_non_null(strstr(text, "\r\nDate: "));
    assert_non_null(strstr(text, "\r\n\r\nGET|/a%2Fb+c/%zz|x=%20&y=1+2&y|a%20b+c|127.0.0.1|-|0|"));
    close(fd);
}

/* One connection serves request after request, also when they are sent without waiting, in order.
 */
static void connections_are_kept_and_pipelined(void **state)
{
    (void)state;
    int fd = dial();

    say(fd, "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    assert_non_null(strstr(hear(fd, "|3|abc", 1), "POST|/1"));
    say(fd, "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"
            "POST /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy"
            "GET /4 HTTP/1.1\r\nHost: h\r\n\r\n");
    const char *text = hear(fd, "GET|/4", 1);
    const char *second = strstr(text, "GET|/2"),
               *third = strstr(text, "POST|/3||-|127.0.0.1|-|2|xy");
    assert_true(second != NULL && third != NULL && second < third);
    assert_int_equal(handled_count, 4);
    close(fd);
}

/* A chunked body arrives whole. */
static void chunked_bodies_arrive_whole(void **state)
{
    (void)state;
    int fd = dial();

    say(fd, "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n");
    turn(3);
    say(fd, "5;ext=1\r\npedia\r\n0\r\n\r\n");
    assert_non_null(strstr(hear(fd, "|9|Wikipedia", 1), "PUT|/c"));
    close(fd);
}

/* A body at the ceiling is taken; one that announces more is refused with 413 before it is read. */
static void announced_bodies_have_a_ceiling(void **state)
{
    (void)state;
    char head[200], *body = xcalloc(1, BODY_CEILING);
    int fd = dial();

    memset(body, 'b', BODY_CEILING);
    snprintf(head, sizeof(head), "POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n",
             BODY_CEILING);
    say(fd, head);
    put(fd, body, BODY_CEILING);
    assert_non_null(strstr(hear(fd, "|100000|bbb", 1), "POST|/big"));
    close(fd);
    fd = dial();
    snprintf(head, sizeof(head),
             "POST /big HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: %zu\r\n\r\n",
             BODY_CEILING + 1);
    say(fd, head);
    assert_non_null(strstr(hear(fd, "", 0), "HTTP/1.1 413 "));
    assert_int_equal(handled_count, 1);
    close(fd);
    free(body);
}

/* A chunked body past the ceiling is answered 413 too; one that never ends is cut off. */
static void chunked_bodies_have_a_ceiling(void **state)
{
    (void)state;
    char chunk[4096 + 9] = "1000\r\n";
    int fd = dial();

    memset(chunk + 6, 'c', 4096);
    memcpy(chunk + 6 + 4096, "\r\n", 3);
    say(fd, "POST /big HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 30; i++)
        put(fd, chunk, 4096 + 8);
    say(fd, "0\r\n\r\n");
    assert_non_null(strstr(hear(fd, "", 0), "HTTP/1.1 413 "));
    close(fd);
    fd = dial();
    say(fd, "POST /big HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 2000; i++)
        put(fd, chunk, 4096 + 8);
    assert_null(strstr(hear(fd, "", 0), "HTTP/1.1 2"));
    assert_int_equal(handled_count, 0);
    close(fd);
}

/* Headers have a ceiling, and what is not HTTP is refused; neither reaches the handler. */
static void bad_heads_are_refused(void **state)
{
    (void)state;
    char *longer = xcalloc(1, 200001);
    int fd = dial();

    memset(longer, 'h', 200000);
    say(fd, "GET / HTTP/1.1\r\nHost: h\r\nx-long: ");
    put(fd, longer, 200000);
    const char *text = hear(fd, "\r\n\r\n", 1);
    assert_true(*text == '\0' || strstr(text, "HTTP/1.1 4") != NULL);
    close(fd);
    fd = dial();
    say(fd, "this is not HTTP\r\n\r\n");
    assert_null(strstr(hear(fd, "", 0), " 200 "));
    close(fd);
    assert_int_equal(handled_count, 0);
    free(longer);
}

/* A client that waits for leave to send its body gets it. */
static void expect_continue_is_answered(void **state)
{
    (void)state;
    int fd = dial();

    say(fd, "POST /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_non_null(strstr(hear(fd, "\r\n\r\n", 1), "HTTP/1.1 100 Continue"));
    say(fd, "ok");
    assert_non_null(strstr(hear(fd, "|2|ok", 1), "POST|/e"));
    close(fd);
}

/* HEAD gets the headers of the answer, with its length, and no body. */
static void head_has_no_body(void **state)
{
    (void)state;
    int fd = dial();

    say(fd, "HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n");
    const char *text = hear(fd, "\r\n\r\n", 1);
    assert_non_null(strstr(text, "Content-Length: 25\r\n"));
    assert_true(str_ends(text, "\r\n\r\n"));
    say(fd, "GET /missing HTTP/1.1\r\nHost: h\r\n\r\n");
    text = hear(fd, "\r\n\r\n", 1);
    assert_memory_equal(text, "HTTP/1.1 404 Not Found\r\n", 24);
    assert_non_null(strstr(text, "Content-Type: text/plain\r\n"));
    assert_non_null(strstr(text, "x-test: yes\r\n"));
    close(fd);
}

/* A file, or a part of it, can be the body. */
static void files_are_sent(void **state)
{
    (void)state;
    int fd = dial();

    for (int i = 0; i < 2; i++) {
        say(fd, "GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
        const char *text = hear(fd, "23456", 1);
        assert_non_null(strstr(text, "HTTP/1.1 206 "));
        assert_true(str_ends(text, "\r\n\r\n23456"));
    }
    close(fd);
}

/* A request that comes a few bytes at a time is served like any other, and holds up nobody. */
static void slow_clients_hold_up_nobody(void **state)
{
    (void)state;
    const char *slow = "POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nslow";
    int slow_fd = dial(), fd = dial();

    for (; *slow != '\0'; slow++) {
        put(slow_fd, slow, 1);
        if (slow[0] == 's')
            say(fd, "GET /quick HTTP/1.1\r\nHost: h\r\n\r\n");
        if (slow[0] == 's')
            assert_non_null(strstr(hear(fd, "|0|", 1), "GET|/quick"));
    }
    assert_non_null(strstr(hear(slow_fd, "|4|slow", 1), "POST|/slow"));
    close(fd);
    close(slow_fd);
}

/* An answer may come in a later turn; it goes out without anything else happening, and the
 * connection lives on. */
static void answers_may_come_later(void **state)
{
    (void)state;
    int fd = dial();

    for (int i = 0; i < 3; i++) {
        held_count = 0;
        say(fd, "POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nz");
        turn(4);
        assert_int_equal(held_count, 1);
        answer_text(held[0], 202, "later");
        assert_non_null(strstr(hear(fd, "later", 1), "HTTP/1.1 202 "));
    }
    close(fd);
}

/* Many connections wait at once, and each gets its own answer, in whatever order they come. */
static void parallel_connections_get_their_own(void **state)
{
    (void)state;
    int fds[100];
    char text[100];

    for (int i = 0; i < 100; i++) {
        fds[i] = dial();
        snprintf(text, sizeof(text), "GET /hold/%d HTTP/1.1\r\nHost: h\r\n\r\n", i);
        say(fds[i], text);
        for (int k = 0; k < 100 && held_count < (size_t)i + 1; k++)
            loop_step(loop, 5);
    }
    assert_int_equal(held_count, 100);
    for (int i = 99; i >= 0; i--) {
        snprintf(text, sizeof(text), "answer %d.", i);
        answer_text(held[i], 200, text);
    }
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof(text), "answer %d.", i);
        assert_true(str_ends(hear(fds[i], ".", 1), text));
        close(fds[i]);
    }
}

/* A client that goes while its answer is awaited does no harm: the exchange stays until it is
 * answered. */
static void clients_may_go_while_waiting(void **state)
{
    (void)state;
    int fd = dial();

    say(fd, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    turn(4);
    assert_int_equal(held_count, 1);
    close(fd);
    turn(4);
    answer_text(held[0], 200, "nobody hears this");
    turn(4);
    fd = dial();
    say(fd, "GET /after HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_non_null(strstr(hear(fd, "|0|", 1), "GET|/after"));
    close(fd);
}

/* Closing lets pending answers go out, takes nothing new and then says so, later, once. */
static void close_waits_for_pending_answers(void **state)
{
    (void)state;
    int fd = dial(), idle = dial();

    say(idle, "GET /idle HTTP/1.1\r\nHost: h\r\n\r\n");
    hear(idle, "|0|", 1);
    say(fd, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    turn(4);
    assert_int_equal(held_count, 1);
    http_server_close(server, note_closed, NULL);
    turn(4);
    assert_false(closed);
    say(idle, "GET /idle HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_non_null(strstr(hear(idle, "\r\n\r\n", 1), "HTTP/1.1 503 "));
    answer_text(held[0], 200, "last words");
    assert_non_null(strstr(hear(fd, "last words", 1), "Connection: close"));
    turn(4);
    assert_true(closed);
    close(fd);
    close(idle);
}

/* Connections that somebody else accepted are served, and their requests name the channel they came
 * by. */
static void added_connections_name_their_channel(void **state)
{
    (void)state;
    struct err err;
    int pairs[3][2], gone[2];

    for (int i = 0; i < 3; i++) {
        char channel[20];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pairs[i]), 0);
        fcntl(pairs[i][0], F_SETFL, O_NONBLOCK);
        snprintf(channel, sizeof(channel), "guest-%d", i);
        assert_int_equal(http_add_connection(server, pairs[i][1], channel, &err), 0);
    }
    for (int i = 2; i >= 0; i--) {
        char expected[60];
        say(pairs[i][0], "GET /m HTTP/1.1\r\nHost: h\r\n\r\n");
        snprintf(expected, sizeof(expected), "GET|/m||-||guest-%d|0|", i);
        assert_true(str_ends(hear(pairs[i][0], "|0|", 1), expected));
        say(pairs[i][0], "GET /n HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_non_null(strstr(hear(pairs[i][0], "|0|", 1), "GET|/n"));
        close(pairs[i][0]);
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gone), 0);
    close(gone[0]);
    if (http_add_connection(server, gone[1], "gone", &err) == 0)
        turn(4);
}

/* A server may have no listener at all. */
static void servers_without_listener(void **state)
{
    (void)state;
    struct err err;
    int pair[2];

    http_server_close(server, note_closed, NULL);
    turn(4);
    assert_true(closed);
    closed = false;
    open_server((struct http_config){.timeout_s = 30});
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    assert_int_equal(http_add_connection(server, pair[1], "i-1", &err), 0);
    say(pair[0], "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    turn(4);
    assert_int_equal(held_count, 1);
    answer_text(held[0], 200, "served");
    assert_true(str_ends(hear(pair[0], "served", 1), "served"));
    close(pair[0]);
}

/* Closes the server and opens it again with other limits. */
static void reopen(struct http_config config)
{
    http_server_close(server, note_closed, NULL);
    turn(4);
    assert_true(closed);
    closed = false;
    open_on_loopback(config);
}

/* An idle connection is closed after the time given, with nothing else going on. */
static void idle_connections_are_closed(void **state)
{
    (void)state;
    char byte;

    reopen((struct http_config){.timeout_s = 1});
    int fd = dial();
    say(fd, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_non_null(strstr(hear(fd, "|0|", 1), "GET|/x"));
    int64_t began = clock_monotonic_us();
    while (recv(fd, &byte, 1, 0) < 0 && clock_monotonic_us() - began < 5000000)
        loop_step(loop, 500);
    assert_in_range(clock_monotonic_us() - began, 500000, 4500000);
    close(fd);
}

/* Past the limit a connection waits for another one to end; one that was added is refused. */
static void connections_are_limited(void **state)
{
    (void)state;
    struct err err;
    int fds[3], pair[2];

    reopen((struct http_config){.timeout_s = 30, .connection_limit = 2});
    for (int i = 0; i < 3; i++) {
        fds[i] = dial();
        say(fds[i], "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
        turn(4);
    }
    assert_int_equal(handled_count, 2);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(http_add_connection(server, pair[1], "guest", &err), -1);
    close(pair[0]);
    close(fds[0]);
    assert_non_null(strstr(hear(fds[2], "|0|", 1), "GET|/x"));
    close(fds[1]);
    close(fds[2]);
}

/* An answer larger than any socket's room arrives whole at a client that takes its time. */
static void large_answers_arrive_whole(void **state)
{
    (void)state;
    static char piece[100000];
    int fd = dial();
    size_t body_at = 0, got = 0;

    say(fd, "GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
    for (int i = 0; i < 20000 && got < LARGE; i++) {
        ssize_t len = recv(fd, piece, sizeof(piece), 0);
        char *from = piece;
        if (len > 0 && body_at == 0) {
            from = memmem(piece, (size_t)len, "\r\n\r\n", 4);
            assert_non_null(from);
            from += 4;
            body_at = 1;
        }
        for (; len > 0 && from < piece + len; from++, got++)
            assert_int_equal(*from, 'a' + got % 23);
        loop_step(loop, 1);
    }
    assert_int_equal(got, LARGE);
    close(fd);
}

/* A request sent right behind one that waits is served when that is answered, without another byte.
 */
static void pipelined_behind_a_waiting_one(void **state)
{
    (void)state;
    int fd = dial();

    say(fd, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
    turn(5);
    assert_int_equal(handled_count, 1);
    answer_text(held[0], 200, "first");
    const char *text = hear(fd, "GET|/next", 1), *first = strstr(text, "first");
    assert_true(first != NULL && first < strstr(text, "GET|/next"));
    close(fd);
}

/* Two servers cannot have one address, and the second says why. */
static void address_in_use_is_an_error(void **state)
{
    (void)state;
    struct sockaddr_in taken = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)http_server_port(server)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct http_config config = {.timeout_s = 1,
                                 .connection_limit = 10,
                                 .body_ceiling = 10,
                                 .handler = handle,
                                 .address_len = sizeof(taken)};
    struct err err;

    memcpy(&config.address, &taken, sizeof(taken));
    assert_null(http_server_open(loop, &config, &err));
    assert_non_null(strstr(err.text, "Address already in use"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(target_and_headers_are_raw),
        TEST(connections_are_kept_and_pipelined),
        TEST(chunked_bodies_arrive_whole),
        TEST(announced_bodies_have_a_ceiling),
        TEST(chunked_bodies_have_a_ceiling),
        TEST(bad_heads_are_refused),
        TEST(expect_continue_is_answered),
        TEST(head_has_no_body),
        TEST(files_are_sent),
        TEST(slow_clients_hold_up_nobody),
        TEST(answers_may_come_later),
        TEST(parallel_connections_get_their_own),
        TEST(clients_may_go_while_waiting),
        TEST(close_waits_for_pending_answers),
        TEST(added_connections_name_their_channel),
        TEST(servers_without_listener),
        TEST(idle_connections_are_closed),
        TEST(connections_are_limited),
        TEST(large_answers_arrive_whole),
        TEST(pipelined_behind_a_waiting_one),
        TEST(address_in_use_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
