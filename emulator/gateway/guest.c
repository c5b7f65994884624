/* What machines ask for over their network: instance metadata, packages from the on-board
 * repository, and the API, which answers them as it answers everybody. A connection's channel says
 * which service and which network interface; nothing in the request can. */
#include "base/encode.h"
#include "base/text.h"
#include "gateway/exchange.h"
#include "services/ec2/metadata.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void answer_plain(struct http_request *r, int status, const char *text)
{
    struct http_header type = {"Content-Type", "text/plain"};
    struct http_reply reply = {
        .status = status,
        .headers = &type,
        .header_count = 1,
        .body = text,
        .body_len = strlen(text),
    };
    http_answer(r->exchange, &reply);
}

static void guest_metadata(struct gateway *g, struct http_request *r, const char *interface_id)
{
    struct arena *arena = arena_new();
    struct metadata_ask ask = {
        .db = g->config.db,
        .clock = g->config.clock,
        .ids = g->config.ids,
        .arena = arena,
        .site = g->config.site,
        .interface_id = interface_id,
        .method = r->method,
        .path = r->path,
        .token = http_request_header(r, "X-aws-ec2-metadata-token"),
        .token_ttl = http_request_header(r, "X-aws-ec2-metadata-token-ttl-seconds"),
        .forwarded = http_request_header(r, "X-Forwarded-For"),
    };
    struct metadata_answer answer;
    metadata_answer(&ask, &answer);
    struct http_header headers[] = {
        {"Content-Type", answer.content_type},
        {"Server", "EC2ws"},
        {"X-aws-ec2-metadata-token-ttl-seconds", answer.token_ttl},
    };
    size_t len = answer.body.len;
    struct http_reply reply = {
        .status = answer.status,
        .headers = headers,
        .header_count = answer.token_ttl != NULL ? 3 : 2,
        .body = buf_take(&answer.body),
        .body_len = len,
        .body_owned = true,
    };
    http_answer(r->exchange, &reply);
    arena_free(arena);
}

/* A path below the packages folder: plain names only, so that nothing outside can be named. */
static bool package_path(char *path)
{
    long len = percent_decode(path, strlen(path), false);
    if (len < 0 || (size_t)len != strlen(path))
        return false;
    for (const char *part = path; *part == '/'; part += strcspn(part, "/")) {
        part++;
        if (*part == '.' || *part == '\0' || *part == '/')
            return false;
    }
    return path[0] == '/';
}

/* "bytes=a-b", "bytes=a-" or "bytes=-n" of one range; anything else is answered whole, as RFC 9110
 * allows. */
static bool range_read(const char *text, uint64_t size, uint64_t *ret_from, uint64_t *ret_len)
{
    if (text == NULL || !str_starts(text, "bytes=") || strchr(text, ',') != NULL)
        return false;
    char *end;
    const char *at = text + 6;
    bool suffix = *at == '-';
    if (!suffix && (*at < '0' || *at > '9'))
        return false;
    uint64_t first = suffix ? 0 : strtoull(at, &end, 10);
    const char *dash = suffix ? at : end;
    if (*dash != '-')
        return false;
    bool open = dash[1] == '\0';
    uint64_t last = open ? size : strtoull(dash + 1, &end, 10);
    if (suffix) {
        *ret_len = last < size ? last : size;
        *ret_from = size - *ret_len;
        return !open && *ret_len > 0;
    }
    if (first >= size || last < first)
        return false;
    *ret_from = first;
    *ret_len = (last >= size ? size - 1 : last) - first + 1;
    return true;
}

static void answer_file(struct http_request *r, int fd, uint64_t size)
{
    char range[96];
    struct http_header headers[] = {
        {"Content-Type", "application/octet-stream"},
        {"Accept-Ranges", "bytes"},
        {"Content-Range", range},
    };
    struct http_reply reply = {
        .status = 200,
        .headers = headers,
        .header_count = 2,
        .file_fd = fd,
        .file_len = size,
    };
    if (range_read(http_request_header(r, "Range"), size, &reply.file_offset, &reply.file_len)) {
        reply.status = 206;
        reply.header_count = 3;
        snprintf(
            range, sizeof(range), "bytes %llu-%llu/%llu", (unsigned long long)reply.file_offset,
            (unsigned long long)(reply.file_offset + reply.file_len - 1), (unsigned long long)size);
    }
    http_answer(r->exchange, &reply);
}

static void guest_package(struct gateway *g, struct http_request *r)
{
    char *path = xstrdup(r->path);
    bool get = str_equal(r->method, "GET") || str_equal(r->method, "HEAD");
    char *full = NULL;
    int fd = -1;
    struct stat st = {.st_size = 0};
    if (get && g->config.packages_folder != NULL && package_path(path)) {
        full = xasprintf("%s%s", g->config.packages_folder, path);
        fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    if (!get)
        answer_plain(r, 405, "Method Not Allowed\n");
    else if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        answer_plain(r, 404, "Not Found\n");
    else
        answer_file(r, fd, (uint64_t)st.st_size);
    if (fd >= 0 && !S_ISREG(st.st_mode))
        close(fd);
    free(full);
    free(path);
}

void gateway_handle_guest(struct http_request *r, void *gateway)
{
    static const char metadata[] = "metadata:", packages[] = "packages:", api[] = "api:";
    const char *channel = r->channel != NULL ? r->channel : "";
    if (str_starts(channel, metadata))
        guest_metadata(gateway, r, channel + strlen(metadata));
    else if (str_starts(channel, packages))
        guest_package(gateway, r);
    else if (str_starts(channel, api))
        exchange_of_machine(gateway, r, channel + strlen(api));
    else
        answer_plain(r, 404, "Not Found\n");
}
