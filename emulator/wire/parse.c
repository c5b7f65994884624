/* A request's input: its body is opened if it is compressed and read in the protocol of the route.
 */
#include "wire/parse.h"

#include "base/text.h"
#include "wire/form.h"
#include "wire/rest.h"
#include "wire/shape_io.h"

#include <limits.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define INFLATE_STEP ((size_t)16384)
#define GZIP_WINDOW  (15 + 16) /* zlib: the largest window, with a gzip header */

static int fault_malformed(const struct wire_route *route, const char *text, struct err *fault)
{
    if (route->protocol == SPEC_EC2 || route->protocol == SPEC_QUERY)
        return err_set(fault, "MalformedQueryString", "%s", text);
    return err_set(fault, "SerializationException", "%s", text);
}

static bool body_is_compressed(const struct wire_request *q)
{
    const char *encodings = wire_header_find(q, "Content-Encoding");
    while (encodings != NULL && *encodings != '\0') {
        encodings += strspn(encodings, " \t,");
        size_t len = strcspn(encodings, " \t,");
        if (len == 4 && strncasecmp(encodings, "gzip", 4) == 0)
            return true;
        encodings += len;
    }
    return false;
}

/* Z_STREAM_END when one whole gzip member was read into `out`. */
static int inflate_all(z_stream *z, struct buf *out)
{
    int result = Z_OK;
    while (result == Z_OK) {
        char *room = buf_reserve(out, INFLATE_STEP);
        if (room == NULL)
            return Z_BUF_ERROR;
        z->next_out = (Bytef *)room;
        z->avail_out = (uInt)INFLATE_STEP;
        result = inflate(z, Z_NO_FLUSH);
        buf_grow(out, INFLATE_STEP - z->avail_out);
        if (result == Z_OK && z->avail_in == 0 && z->avail_out > 0)
            return Z_DATA_ERROR; /* cut off */
    }
    return result;
}

static int body_inflate(const struct wire_route *route, struct wire_request *q, struct arena *a,
                        struct err *fault)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)q->body, .avail_in = (uInt)q->body_len};
    struct buf out;
    if (q->body_len > UINT_MAX || inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return fault_malformed(route, "The request body is too large.", fault);
    buf_init(&out, WIRE_BODY_CEILING + INFLATE_STEP);
    int result = inflate_all(&z, &out);
    bool is_whole = result == Z_STREAM_END && z.avail_in == 0;
    inflateEnd(&z);
    bool is_large = out.overflow || out.len > WIRE_BODY_CEILING;
    if (is_whole && !is_large) {
        q->body = arena_memdup(a, buf_text(&out), out.len);
        q->body_len = out.len;
    }
    buf_done(&out);
    if (is_large)
        return fault_malformed(route, "The decompressed request body is too large.", fault);
    return is_whole ? 0 : fault_malformed(route, "The request body is not valid gzip.", fault);
}

static int form_read(const struct wire_route *route, const struct wire_request *q, struct arena *a,
                     json_t **ret_input, struct err *fault)
{
    const struct form_text texts[] = {{.bytes = q->query, .len = strlen(q->query)},
                                      {.bytes = q->body, .len = q->body_len}};
    struct err reason = {.code = ""};
    struct form_node *root = form_parse(texts, ARRAY_LEN(texts), a, &reason);
    if (root == NULL)
        return fault_malformed(route, reason.text, fault);
    return route->protocol == SPEC_EC2
               ? ec2_read(route->operation->input, root, a, ret_input, fault)
               : query_read(route->operation->input, root, a, ret_input, fault);
}

/* JSON and CBOR: one value, an absent body being an empty structure. */
static int document_read(const struct wire_route *route, const struct wire_request *q,
                         json_t **ret_input, struct err *fault)
{
    const struct spec_shape *shape = route->operation->input;
    json_t *input = NULL;
    int result = 0;
    if (shape != NULL && q->body_len > 0)
        result = route->protocol == SPEC_CBOR
                     ? cbor_read(shape, q->body, q->body_len, &input, fault)
                     : json_read(shape, q->body, q->body_len, &input, fault);
    if (result == 0)
        *ret_input = input != NULL ? input : json_object();
    return result;
}

int wire_parse(struct wire_route *route, const struct wire_request *q, struct arena *a,
               json_t **ret_input, struct err *fault)
{
    struct wire_request open = *q;
    if (body_is_compressed(q) && body_inflate(route, &open, a, fault) != 0)
        return -1;
    if (route->operation == NULL && route_find_action(route, &open, a, fault) != 0)
        return -1;
    switch ((enum spec_protocol)route->protocol) {
    case SPEC_EC2:
    case SPEC_QUERY:
        return form_read(route, &open, a, ret_input, fault);
    case SPEC_JSON:
    case SPEC_CBOR:
        return document_read(route, &open, ret_input, fault);
    case SPEC_REST_JSON:
        break;
    }
    return rest_read(route, &open, a, ret_input, fault);
}
