/* Measures one server over one keep-alive connection: `load PORT PID COUNT [AKID SECRET BODY]`.
 * Sends COUNT requests one after another (a signed EC2 form when BODY is given, a plain GET /
 * otherwise) and prints `requests seconds p50_us p99_us server_cpu_us response_bytes`: the server's
 * CPU per request is read from /proc/PID/schedstat of all its threads. `load bare` is the baseline:
 * a bare libmicrohttpd server of the same kind (epoll, one thread) that answers each request with
 * 1,024 bytes; it prints its port. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "wire/sigv4.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX (64 << 20)

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* --- the baseline -------------------------------------------------------------------------------
 */

static enum MHD_Result answer(void *arg, struct MHD_Connection *c, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *len, void **state)
{
    static char body[1024];
    static int seen;
    (void)arg, (void)url, (void)method, (void)version, (void)data;
    if (*state == NULL) {
        *state = &seen;
        return MHD_YES;
    }
    if (*len > 0) {
        *len = 0;
        return MHD_YES;
    }
    memset(body, 'x', sizeof(body));
    struct MHD_Response *r =
        MHD_create_response_from_buffer(sizeof(body), body, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result rc = MHD_queue_response(c, 200, r);
    MHD_destroy_response(r);
    return rc;
}

static int serve_bare(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer,
                                            NULL, MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_END);
    if (d == NULL)
        die("MHD_start_daemon");
    printf("%d\n", MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    (void)getchar(); /* until our parent ends */
    MHD_stop_daemon(d);
    return 0;
}

/* --- one request --------------------------------------------------------------------------------
 */

struct target {
    int port;
    const char *access_key_id, *secret, *body; /* body NULL: GET / */
};

static size_t request_write(const struct target *t, struct arena *a, char *out, size_t size)
{
    char host[64], date[TIME_SIZE];
    struct clock clock = {.fixed_ms = 0};
    snprintf(host, sizeof(host), "127.0.0.1:%d", t->port);
    if (t->body == NULL)
        return (size_t)snprintf(out, size, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host);
    time_format_basic(clock_now_ms(&clock), date);
    struct wire_header headers[] = {
        {"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
        {"host", host},
        {"x-amz-date", date}};
    struct wire_request q = {
        .method = "POST",
        .path = "/",
        .query = "",
        .headers = headers,
        .header_count = 3,
        .body = t->body,
        .body_len = strlen(t->body),
    };
    struct sigv4_signer signer = {t->access_key_id, t->secret, "us-east-1", "ec2"};
    const char *authorization = sigv4_sign(&signer, &q, a);
    return (size_t)snprintf(
        out, size,
        "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nX-Amz-Date: %s\r\nAuthorization: %s\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        host, headers[0].value, date, authorization, strlen(t->body), t->body);
}

/* Reads one whole answer; its length. Only answers with a Content-Length come. */
static size_t answer_read(int fd, char *buf)
{
    size_t have = 0, want = 0;
    while (want == 0 || have < want) {
        ssize_t got = read(fd, buf + have, ANSWER_MAX - 1 - have);
        if (got <= 0)
            die("read");
        have += (size_t)got;
        buf[have] = '\0';
        char *end = want == 0 ? strstr(buf, "\r\n\r\n") : NULL;
        char *length = end != NULL ? strcasestr(buf, "\r\nContent-Length: ") : NULL;
        if (length != NULL)
            want = (size_t)(end + 4 - buf) + strtoul(length + 18, NULL, 10);
    }
    if (strncmp(buf, "HTTP/1.1 200", 12) != 0) {
        fprintf(stderr, "%.400s\n", buf);
        exit(1);
    }
    return want;
}

/* --- the server's CPU ----------------------------------------------------------------------------
 */

static double cpu_us(const char *pid)
{
    char path[512];
    double sum = 0;
    snprintf(path, sizeof(path), "/proc/%s/task", pid);
    DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        double ns = 0;
        snprintf(path, sizeof(path), "/proc/%s/task/%s/schedstat", pid, entry->d_name);
        FILE *f = fopen(path, "re");
        if (f != NULL && fscanf(f, "%lf", &ns) == 1)
            sum += ns / 1000;
        if (f != NULL)
            fclose(f);
    }
    if (dir != NULL)
        closedir(dir);
    return sum;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    if (argc == 2 && str_equal(argv[1], "bare"))
        return serve_bare();
    if (argc != 4 && argc != 7)
        return 2;
    struct target t = {.port = (int)strtol(argv[1], NULL, 10)};
    long count = strtol(argv[3], NULL, 10);
    if (argc == 7) {
        t.access_key_id = argv[4];
        t.secret = argv[5];
        t.body = argv[6];
    }
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)t.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
        die("connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    char *buf = xmalloc(ANSWER_MAX), request[8192];
    double *took = xcalloc((size_t)count, sizeof(*took));
    struct arena *a = arena_new();
    size_t bytes = 0;
    double before = cpu_us(argv[2]);
    int64_t start = clock_monotonic_us();
    for (long i = 0; i < count; i++) {
        size_t len = request_write(&t, a, request, sizeof(request));
        int64_t sent = clock_monotonic_us();
        if (write(fd, request, len) != (ssize_t)len)
            die("write");
        bytes = answer_read(fd, buf);
        took[i] = (double)(clock_monotonic_us() - sent);
        arena_clear(a);
    }
    double seconds = (double)(clock_monotonic_us() - start) / 1e6;
    double used = cpu_us(argv[2]) - before;
    qsort(took, (size_t)count, sizeof(*took), compare);
    printf("%ld %.3f %.1f %.1f %.1f %zu\n", count, seconds, took[count / 2], took[count * 99 / 100],
           used / (double)count, bytes);
    arena_free(a);
    free(took);
    free(buf);
    close(fd);
    return 0;
}
