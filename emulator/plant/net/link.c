/* The wire to one machine.
 *
 * The timer dials; connected, bytes are gathered into one frame at a time and handed on. Closed or
 * failed, the timer dials again, at growing distances while nobody answers. Frames too large to be
 * any guest's are skipped. */
#include "plant/net/link.h"

#include "base/log.h"
#include "loop/stream.h"
#include "plant/net/frame.h"

#include <stdlib.h>
#include <string.h>

#define LINK_HEADER 4
#define LINK_SKIP_MAX                                                                              \
    ((size_t)256 * 1024) /* a longer frame is no frame: the other side is out of step */
#define LINK_QUEUE_MAX  ((size_t)2 * 1024 * 1024)
#define REDIAL_FIRST_MS 20
#define REDIAL_MAX_MS   1000

struct link {
    struct loop *loop;
    char *path;
    link_frame_fn fn;
    void *arg;
    struct stream *stream; /* NULL between dials */
    struct timer *redial;
    int64_t redial_ms;
    bool connected;
    size_t have; /* bytes of header and frame so far */
    size_t want; /* length of the frame, once the header is whole */
    uint8_t header[LINK_HEADER];
    uint8_t frame[FRAME_MAX];
};

static void link_redial(struct link *k)
{
    k->stream = NULL;
    k->connected = false;
    timer_start(k->redial, k->redial_ms, 0);
    if (k->redial_ms < REDIAL_MAX_MS)
        k->redial_ms *= 2;
}

static void link_connected(void *arg, struct err *err)
{
    struct link *k = arg;

    if (err != NULL) {
        link_redial(k);
        return;
    }
    k->connected = true;
    k->redial_ms = REDIAL_FIRST_MS;
    k->have = 0;
}

static void link_closed(void *arg, struct err *err)
{
    struct link *k = arg;

    log_debug("network socket %s closed: %s", k->path, err == NULL ? "by the machine" : err->text);
    link_redial(k);
}

/* Copies as much as the current part (header or frame) still lacks; a part too large for the frame
 * is passed over. */
static size_t take(struct link *k, const uint8_t *bytes, size_t len)
{
    bool in_header = k->have < LINK_HEADER;
    size_t end = in_header ? LINK_HEADER : LINK_HEADER + k->want;
    size_t count = end - k->have < len ? end - k->have : len;

    if (in_header)
        memcpy(k->header + k->have, bytes, count);
    else if (k->want <= FRAME_MAX)
        memcpy(k->frame + (k->have - LINK_HEADER), bytes, count);
    k->have += count;
    return count;
}

static void link_data(void *arg, const char *bytes, size_t len)
{
    struct link *k = arg;
    const uint8_t *at = (const uint8_t *)bytes;
    const uint8_t *end = at + len;

    while (at < end) {
        at += take(k, at, (size_t)(end - at));
        if (k->have < LINK_HEADER)
            return;
        if (k->have == LINK_HEADER)
            k->want = get32(k->header);
        if (k->want > LINK_SKIP_MAX) {
            log_debug("network socket %s: no frame has %zu bytes", k->path, k->want);
            stream_close(k->stream);
            link_redial(k);
            return;
        }
        if (k->have < LINK_HEADER + k->want)
            continue;
        k->have = 0;
        if (k->want >= ETHER_SIZE && k->want <= FRAME_MAX)
            k->fn(k->arg, k->frame, k->want);
    }
}

static const struct stream_events link_events = {
    .connected = link_connected,
    .data = link_data,
    .closed = link_closed,
};

static void link_dial(void *arg)
{
    struct link *k = arg;

    k->stream = stream_dial_unix(k->loop, k->path, &link_events, k);
    if (k->stream == NULL)
        link_redial(k);
    else
        stream_set_queue_ceiling(k->stream, LINK_QUEUE_MAX);
}

struct link *link_new(struct loop *l, const char *socket_path, link_frame_fn fn, void *arg)
{
    struct link *k = xcalloc(1, sizeof(*k));

    k->loop = l;
    k->path = xstrdup(socket_path);
    k->fn = fn;
    k->arg = arg;
    k->redial_ms = REDIAL_FIRST_MS;
    k->redial = timer_new(l, link_dial, k);
    timer_start(k->redial, 0, 0);
    return k;
}

void link_free(struct link *k)
{
    if (k == NULL)
        return;
    stream_close(k->stream);
    timer_free(k->redial);
    free(k->path);
    free(k);
}

bool link_send(struct link *k, const uint8_t *frame, size_t len)
{
    uint8_t header[LINK_HEADER];

    if (!k->connected)
        return false;
    put32(header, (uint32_t)len);
    return stream_write2(k->stream, header, sizeof(header), frame, len) == 0;
}
