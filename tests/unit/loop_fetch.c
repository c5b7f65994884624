/* Fetches from a server of the test's own: openssl s_server with a certificate that nobody issued.
 */
#include "loop/fetch.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/fetch-test-XXXXXX";
static pid_t server;
static int server_port;
static char pin[41];
static struct loop *loop;
static struct fetcher *fetcher;

struct told {
    int times;
    char code[64];
    char body[256];
    bool refuse;
};

static void run(const char *command, char *answer, size_t size)
{
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t len = fread(answer, 1, size - 1, pipe);
    answer[len] = '\0';
    assert_int_equal(pclose(pipe), 0);
}

/* Serves the folder's files; its first line says "ACCEPT 127.0.0.1:port". */
static void start_server(void)
{
    int out[2];
    char line[128] = "";
    assert_int_equal(pipe(out), 0);
    server = fork();
    if (server == 0) {
        if (chdir(folder) != 0 || dup2(out[1], STDOUT_FILENO) < 0 ||
            freopen("/dev/null", "w", stderr) == NULL)
            _exit(1);
        execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "c.pem", "-key",
               "k.pem", "-WWW", (char *)NULL);
        _exit(1);
    }
    close(out[1]);
    FILE *said = fdopen(out[0], "r");
    while (strncmp(line, "ACCEPT ", 7) != 0)
        assert_non_null(fgets(line, sizeof(line), said));
    server_port = atoi(strrchr(line, ':') + 1);
    fclose(said);
}

static int setup(void **state)
{
    char answer[512];
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_non_null(mkdtemp(folder));
    char *make = xasprintf("cd %s && openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out "
                           "c.pem -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost "
                           "2>/dev/null && printf hello > hello && openssl x509 -in c.pem -noout "
                           "-fingerprint -sha1 | sed 's/.*=//; s/://g' | tr -d '\\n'",
                           folder);
    run(make, answer, sizeof(answer));
    free(make);
    assert_true(str_copy(pin, sizeof(pin), answer));
    start_server();
    loop = loop_new();
    fetcher = fetcher_new(loop);
    return 0;
}

static int teardown(void **state)
{
    char answer[16];
    (void)state;
    fetcher_free(fetcher);
    while (loop_step(loop, 10))
        continue;
    loop_free(loop);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    char *command = xasprintf("rm -r %s", folder);
    run(command, answer, sizeof(answer));
    free(command);
    return 0;
}

static void on_fetched(void *arg, const char *body, size_t len, const struct err *err)
{
    struct told *t = arg;
    t->times++;
    str_copy(t->code, sizeof(t->code), err != NULL ? err->code : "");
    str_copy(t->body, sizeof(t->body), body != NULL ? body : "");
    assert_true(body == NULL || strlen(body) == len);
}

static bool refuses(void *arg, const struct sockaddr *address)
{
    const struct told *t = arg;
    assert_true(address->sa_family == AF_INET || address->sa_family == AF_INET6);
    return t->refuse;
}

/* Fetches https://<host>:<port>/hello and waits for what is told. */
static struct told fetch(const char *host, int port, struct fetch_spec spec, bool refuse)
{
    struct told t = {.refuse = refuse};
    char *url = xasprintf("https://%s:%d/hello", host, port);
    spec.url = url;
    spec.refuses = refuses;
    if (spec.ceiling == 0)
        spec.ceiling = 100;
    if (spec.timeout_ms == 0)
        spec.timeout_ms = 10000;
    fetch_start(fetcher, &spec, on_fetched, &t);
    free(url);
    assert_int_equal(t.times, 0);
    while (t.times == 0)
        loop_step(loop, 100);
    assert_int_equal(t.times, 1);
    return t;
}

/* A certificate that nobody issued is trusted by its pin, and by no other. */
static void pins(void **state)
{
    (void)state;
    static const char other[] = "0123456789012345678901234567890123456789";
    struct told t = fetch("localhost", server_port, (struct fetch_spec){.pin_count = 0}, false);
    assert_string_equal(t.code, "Untrusted");
    t = fetch("localhost", server_port, (struct fetch_spec){.pins = {other}, .pin_count = 1},
              false);
    assert_string_equal(t.code, "Untrusted");
    t = fetch("localhost", server_port, (struct fetch_spec){.pins = {other, pin}, .pin_count = 2},
              false);
    assert_string_equal(t.code, "");
    assert_string_equal(t.body, "hello");
}

/* A pin does not make a certificate good for another name. */
static void names(void **state)
{
    (void)state;
    struct told t =
        fetch("127.0.0.1", server_port, (struct fetch_spec){.pins = {pin}, .pin_count = 1}, false);
    assert_string_equal(t.code, "Unreachable");
}

/* The pin of a server can be asked for. */
static void learning(void **state)
{
    (void)state;
    struct told t = fetch("localhost", server_port, (struct fetch_spec){.learns = true}, false);
    assert_string_equal(t.code, "");
    assert_true(str_equal_ci(t.body, pin));
}

/* Bodies past the ceiling, and addresses that the caller refuses, are not taken. */
static void ceilings_and_refusals(void **state)
{
    (void)state;
    struct fetch_spec spec = {.pins = {pin}, .pin_count = 1, .ceiling = 4};
    assert_string_equal(fetch("localhost", server_port, spec, false).code, "TooLarge");
    spec.ceiling = 5;
    assert_string_equal(fetch("localhost", server_port, spec, false).code, "");
    assert_string_equal(fetch("localhost", server_port, spec, true).code, "Refused");
}

/* A server that takes connections and says nothing: its descriptor. */
static int silent_server(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* Silence ends at the timeout; a server that is not there is told at once. */
static void silence(void **state)
{
    (void)state;
    int port, fd = silent_server(&port);
    int64_t begun_ms = loop_now_ms(loop);
    struct told t = fetch("localhost", port, (struct fetch_spec){.timeout_ms = 300}, false);
    assert_string_equal(t.code, "Unreachable");
    assert_true(loop_now_ms(loop) - begun_ms >= 300);
    close(fd);
    t = fetch("localhost", port, (struct fetch_spec){.timeout_ms = 10000}, false);
    assert_string_equal(t.code, "Unreachable");
}

/* What is under way when the fetcher goes is given up, and nobody is told. */
static void giving_up(void **state)
{
    (void)state;
    struct told t = {.times = 0};
    struct fetcher *own = fetcher_new(loop);
    int port, fd = silent_server(&port);
    char *url = xasprintf("https://localhost:%d/hello", port);
    struct fetch_spec spec = {.url = url, .ceiling = 10, .timeout_ms = 60000};
    fetch_start(own, &spec, on_fetched, &t);
    loop_step(loop, 10);
    fetcher_free(own);
    free(url);
    for (int i = 0; i < 5; i++)
        loop_step(loop, 10);
    close(fd);
    assert_int_equal(t.times, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pins),     cmocka_unit_test(names),
        cmocka_unit_test(learning), cmocka_unit_test(ceilings_and_refusals),
        cmocka_unit_test(silence),  cmocka_unit_test(giving_up),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
