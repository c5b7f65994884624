/* An answer in the protocol of its request. */
#include "wire/serialize.h"

#include "base/text.h"
#include "wire/reply.h"
#include "wire/rest.h"
#include "wire/shape_io.h"

#include <string.h>

#define HEADERS_STEP 8

void reply_header(struct wire_reply *reply, struct arena *a, const char *name, const char *value)
{
    if (reply->header_count % HEADERS_STEP == 0) {
        struct wire_header *more =
            arena_alloc(a, (reply->header_count + HEADERS_STEP) * sizeof(*more));
        if (reply->header_count > 0)
            memcpy(more, reply->headers, reply->header_count * sizeof(*more));
        reply->headers = more;
    }
    reply->headers[reply->header_count++] = (struct wire_header){.name = name, .value = value};
}

void reply_init(struct wire_reply *reply, const struct wire_route *route, const char *request_id,
                struct arena *a)
{
    *reply = (struct wire_reply){.status = 200};
    buf_init(&reply->body, WIRE_REPLY_CEILING);
    reply_header(reply, a, route->protocol == SPEC_EC2 ? "x-amzn-requestid" : "x-amzn-RequestId",
                 arena_strdup(a, request_id));
    if (route->protocol == SPEC_EC2) {
        reply_header(reply, a, "Content-Type", "text/xml;charset=UTF-8");
        reply_header(reply, a, "cache-control", "no-cache, no-store");
        reply_header(reply, a, "vary", "accept-encoding");
    } else if (route->protocol == SPEC_QUERY) {
        reply_header(reply, a, "Content-Type", "text/xml");
    } else if (route->protocol == SPEC_JSON) {
        reply_header(reply, a, "Content-Type",
                     str_equal(route->json_version, "1.0") ? "application/x-amz-json-1.0"
                                                           : "application/x-amz-json-1.1");
    } else if (route->protocol == SPEC_CBOR) {
        reply_header(reply, a, "smithy-protocol", "rpc-v2-cbor");
    }
}

int reply_finish(struct wire_reply *reply, struct wire_reply *ret_reply)
{
    if (reply->body.overflow) {
        buf_done(&reply->body);
        return -1;
    }
    *ret_reply = *reply;
    return 0;
}

/* EC2 says true where an operation has nothing to say, and so do the outputs that have a Return of
 * their own. */
static void ec2_write_return(struct buf *out, const struct spec_shape *shape, const json_t *output)
{
    const struct spec_member *member = shape != NULL ? spec_member_find(shape, "Return") : NULL;
    bool is_open = member != NULL && member->shape->type == SPEC_BOOLEAN &&
                   json_object_get(output, "Return") == NULL;
    if (shape == NULL || is_open)
        buf_add_str(out, "<return>true</return>");
}

static void ec2_write(struct buf *out, const struct wire_route *route, const json_t *output,
                      const char *request_id)
{
    const struct spec_operation *op = route->operation;
    const char *ns = route->service->xml_namespace != NULL ? route->service->xml_namespace : "";
    buf_addf(out,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%sResponse xmlns=\"%s%s\">"
             "<requestId>%s</requestId>",
             op->name, ns, str_ends(ns, "/") ? "" : "/", request_id);
    ec2_write_return(out, op->output, output);
    if (op->output != NULL)
        xml_write_members(out, SPEC_EC2, op->output, output);
    buf_addf(out, "</%sResponse>", op->name);
}

static void query_write(struct buf *out, const struct wire_route *route, const json_t *output,
                        const char *request_id)
{
    const struct spec_operation *op = route->operation;
    const char *ns = route->service->xml_namespace != NULL ? route->service->xml_namespace : "";
    buf_addf(out, "<%sResponse xmlns=\"%s\">", op->name, ns);
    if (op->output != NULL) {
        if (op->result_wrapper != NULL)
            buf_addf(out, "<%s>", op->result_wrapper);
        xml_write_members(out, SPEC_QUERY, op->output, output);
        if (op->result_wrapper != NULL)
            buf_addf(out, "</%s>", op->result_wrapper);
    }
    buf_addf(out, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>",
             request_id, op->name);
}

static void rest_success_write(struct wire_reply *reply, const struct spec_operation *op,
                               const json_t *output, struct arena *a)
{
    if (op->response_code != 0)
        reply->status = op->response_code;
    if (op->output != NULL) {
        rest_write(reply, op->output, output, a);
        return;
    }
    buf_add_str(&reply->body, "{}");
    reply_header(reply, a, "Content-Type", "application/json");
}

static void cbor_success_write(struct wire_reply *reply, const struct spec_shape *shape,
                               const json_t *output, struct arena *a)
{
    if (shape == NULL)
        return;
    reply_header(reply, a, "Content-Type", "application/cbor");
    cbor_write(&reply->body, shape, output);
}

int wire_serialize(const struct wire_route *route, const json_t *output, const char *request_id,
                   struct arena *a, struct wire_reply *ret_reply)
{
    const struct spec_operation *op = route->operation;
    json_t *nothing = json_object();
    const json_t *value = output != NULL ? output : nothing;
    struct wire_reply reply;

    reply_init(&reply, route, request_id, a);
    switch ((enum spec_protocol)route->protocol) {
    case SPEC_EC2:
        ec2_write(&reply.body, route, value, request_id);
        break;
    case SPEC_QUERY:
        query_write(&reply.body, route, value, request_id);
        break;
    case SPEC_JSON:
        if (op->output != NULL)
            json_write(&reply.body, op->output, value);
        else
            buf_add_str(&reply.body, "{}");
        break;
    case SPEC_REST_JSON:
        rest_success_write(&reply, op, value, a);
        break;
    case SPEC_CBOR:
        cbor_success_write(&reply, op->output, value, a);
        break;
    }
    json_decref(nothing);
    return reply_finish(&reply, ret_reply);
}
