/* Faults: one word of the service becomes the code, status and body that each protocol has for it.
 */
#include "base/text.h"
#include "wire/reply.h"
#include "wire/rest.h"
#include "wire/shape_io.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a fault is, once its word is looked up. */
struct kind {
    const struct spec_shape *shape; /* NULL: no service models it */
    const char *name;               /* of its shape: JSON, REST and CBOR */
    const char *code;               /* query and ec2 */
    int status;
};

static const struct spec_shape *shape_among(const struct spec_operation *op, const char *code,
                                            bool by_name)
{
    for (size_t i = 0; i < op->error_count; i++) {
        const struct spec_shape *shape = op->errors[i];
        const char *candidate =
            by_name || shape->error_code == NULL ? shape->name : shape->error_code;
        if (strcmp(candidate, code) == 0)
            return shape;
    }
    return NULL;
}

/* The operation's own errors first, then the whole service's: some faults any operation may answer.
 */
static const struct spec_shape *shape_find(const struct wire_route *route, const char *code)
{
    const struct spec_shape *shape = NULL;
    for (int by_name = 0; route->operation != NULL && shape == NULL && by_name < 2; by_name++)
        shape = shape_among(route->operation, code, by_name);
    for (int by_name = 0; route->service != NULL && shape == NULL && by_name < 2; by_name++) {
        for (size_t i = 0; shape == NULL && i < route->service->operation_count; i++)
            shape = shape_among(&route->service->operations[i], code, by_name);
    }
    return shape;
}

static int kind_status(const struct wire_route *route, const struct spec_shape *shape,
                       const char *code)
{
    const struct spec_fault *listed =
        route->service != NULL ? spec_fault_find(route->service, code) : NULL;
    if (shape != NULL && shape->error_status != 0)
        return shape->error_status;
    if (listed != NULL)
        return listed->status;
    if (shape != NULL && (shape->flags & SPEC_FAULT) != 0)
        return 500;
    return str_equal(code, "InternalError") || str_equal(code, "InternalFailure") ? 500 : 400;
}

static struct kind kind_find(const struct wire_route *route, const char *code)
{
    const struct spec_shape *shape = shape_find(route, code);
    struct kind kind = {.shape = shape, .name = code, .code = code};
    if (shape != NULL) {
        kind.name = shape->name;
        kind.code = shape->error_code != NULL ? shape->error_code : shape->name;
    }
    kind.status = kind_status(route, shape, code);
    /* A service that moved from query to JSON answers 400 to those who do not ask for the old
     * codes. */
    bool is_new_client = (route->protocol & (SPEC_JSON | SPEC_CBOR)) != 0 && !route->query_mode;
    if (route->service != NULL && route->service->query_compatible && is_new_client &&
        kind.status < 500)
        kind.status = 400;
    return kind;
}

int wire_fault_status(const struct wire_route *route, const char *code)
{
    return kind_find(route, code).status;
}

/* The member that holds the message ("message" in any case), or NULL. */
static const struct spec_member *message_member(const struct spec_shape *shape)
{
    for (size_t i = 0; shape != NULL && i < shape->member_count; i++) {
        if (strcasecmp(shape->members[i].name, "message") == 0)
            return &shape->members[i];
    }
    return NULL;
}

/* The members without the message, which each protocol places itself; a new reference. */
static json_t *members_beside_message(const struct kind *kind, const json_t *members)
{
    json_t *copy = json_object();
    const struct spec_member *message = message_member(kind->shape);
    if (members != NULL)
        json_object_update(copy, (json_t *)(uintptr_t)members);
    if (message != NULL)
        json_object_del(copy, message->name);
    return copy;
}

/* --- XML --- */

static void xml_element(struct buf *out, const char *name, const char *text)
{
    buf_addf(out, "<%s>", name);
    xml_write_escaped(out, text);
    buf_addf(out, "</%s>", name);
}

static void ec2_write(struct buf *out, const struct kind *kind, const char *text,
                      const char *request_id)
{
    buf_add_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>");
    xml_element(out, "Code", kind->code);
    xml_element(out, "Message", text);
    buf_add_str(out, "</Error></Errors>");
    xml_element(out, "RequestID", request_id);
    buf_add_str(out, "</Response>");
}

static void query_write(struct buf *out, const struct wire_route *route, const struct kind *kind,
                        const struct wire_fault *fault, const char *request_id)
{
    const char *ns = route->service != NULL ? route->service->xml_namespace : NULL;
    if (ns != NULL)
        buf_addf(out, "<ErrorResponse xmlns=\"%s\"><Error>", ns);
    else
        buf_add_str(out, "<ErrorResponse><Error>");
    xml_element(out, "Type", kind->status >= 500 ? "Receiver" : "Sender");
    xml_element(out, "Code", kind->code);
    if (fault->text[0] != '\0')
        xml_element(out, "Message", fault->text);
    if (kind->shape != NULL && fault->members != NULL)
        xml_write_members(out, SPEC_QUERY, kind->shape, fault->members);
    buf_add_str(out, "</Error>");
    xml_element(out, "RequestId", request_id);
    buf_add_str(out, "</ErrorResponse>");
}

/* --- JSON and CBOR --- */

/* Faults of the framework rather than of a service carry its names. */
static const char *framework_namespace(const char *name)
{
    static const char *const of_service[] = {
        "AccessDeniedException",        "ExpiredTokenException",
        "IncompleteSignatureException", "InternalFailure",
        "InvalidSignatureException",    "MissingAuthenticationTokenException",
        "SerializationException",       "ServiceUnavailableException",
        "ThrottlingException",          "UnknownOperationException",
        "UnrecognizedClientException",  "UnsupportedOperationException",
    };
    if (strcmp(name, "ValidationException") == 0)
        return "com.amazon.coral.validate#";
    for (size_t i = 0; i < ARRAY_LEN(of_service); i++) {
        if (strcmp(name, of_service[i]) == 0)
            return "com.amazon.coral.service#";
    }
    return "";
}

/* "com.amazonaws.cloudwatch.v2010_08_01#": JSON 1.0 and CBOR name the service a fault belongs to,
 * JSON 1.1 does not. */
static const char *type_text(const struct wire_route *route, const struct kind *kind,
                             struct arena *a)
{
    bool has_namespace = route->protocol == SPEC_CBOR || str_equal(route->json_version, "1.0");
    if (kind->shape == NULL)
        return arena_printf(a, "%s%s", framework_namespace(kind->name), kind->name);
    if (!has_namespace)
        return kind->name;
    char *version = arena_strdup(a, route->service->api_version);
    for (char *at = version; *at != '\0'; at++) {
        if (*at == '-')
            *at = '_';
    }
    return arena_printf(a, "com.amazonaws.%s.v%s#%s", route->service->name, version, kind->name);
}

static const char *message_name(const struct kind *kind)
{
    const struct spec_member *message = message_member(kind->shape);
    return message != NULL ? member_wire_name(message) : "message";
}

/* {"__type": ..., "message": ..., the fault's own members}. */
static void json_fault_write(struct buf *out, const char *type, const struct kind *kind,
                             const struct wire_fault *fault)
{
    buf_add_char(out, '{');
    if (type != NULL) {
        buf_add_str(out, "\"__type\":");
        json_write_text(out, type);
    }
    if (fault->text[0] != '\0') {
        buf_add_str(out, type != NULL ? "," : "");
        json_write_text(out, message_name(kind));
        buf_add_char(out, ':');
        json_write_text(out, fault->text);
    }
    if (kind->shape != NULL && json_object_size(fault->members) > 0) {
        struct buf members;
        buf_init(&members, WIRE_REPLY_CEILING);
        json_write(&members, kind->shape, fault->members);
        if (members.len > 2) { /* its pairs without the braces */
            buf_add_str(out, type != NULL || fault->text[0] != '\0' ? "," : "");
            buf_add(out, members.data + 1, members.len - 2);
        }
        buf_done(&members);
    }
    buf_add_char(out, '}');
}

static void cbor_fault_write(struct buf *out, const char *type, const struct kind *kind,
                             const struct wire_fault *fault)
{
    const struct spec_shape *shape = kind->shape;
    size_t count = 1 + (fault->text[0] != '\0');
    for (size_t i = 0; shape != NULL && i < shape->member_count; i++)
        count += json_object_get(fault->members, shape->members[i].name) != NULL;
    cbor_write_map(out, count);
    cbor_write_text(out, "__type");
    cbor_write_text(out, type);
    if (fault->text[0] != '\0') {
        const struct spec_member *message = message_member(shape);
        cbor_write_text(out, message != NULL ? message->name : "message");
        cbor_write_text(out, fault->text);
    }
    for (size_t i = 0; shape != NULL && i < shape->member_count; i++) {
        const json_t *child = json_object_get(fault->members, shape->members[i].name);
        if (child == NULL)
            continue;
        cbor_write_text(out, shape->members[i].name);
        cbor_write(out, shape->members[i].shape, child);
    }
}

static void rest_fault_write(struct wire_reply *reply, const struct kind *kind,
                             const struct wire_fault *fault, struct arena *a)
{
    struct wire_reply beside = {.status =
                                    0}; /* the members' headers; the body has the message too */
    reply_header(reply, a, "x-amzn-ErrorType", kind->name);
    reply_header(reply, a, "Content-Type", "application/json");
    json_fault_write(&reply->body, NULL, kind, fault);
    if (kind->shape == NULL || json_object_size(fault->members) == 0)
        return;
    buf_init(&beside.body, WIRE_REPLY_CEILING);
    rest_write(&beside, kind->shape, fault->members, a);
    buf_done(&beside.body);
    for (size_t i = 0; i < beside.header_count; i++) {
        const struct wire_header *h = &beside.headers[i];
        if (strcasecmp(h->name, "Content-Type") != 0 &&
            strcasecmp(h->name, "x-amzn-ErrorType") != 0)
            reply_header(reply, a, h->name, h->value);
    }
}

int wire_serialize_fault(const struct wire_route *route, const struct wire_fault *fault,
                         const char *request_id, struct arena *a, struct wire_reply *ret_reply)
{
    struct kind kind = kind_find(route, fault->code);
    json_t *members = members_beside_message(&kind, fault->members);
    struct wire_fault whole = {
        .code = fault->code, .text = fault->text != NULL ? fault->text : "", .members = members};
    struct wire_reply reply;

    reply_init(&reply, route, request_id, a);
    reply.status = kind.status;
    if (route->service != NULL && route->service->query_compatible && route->query_mode &&
        (route->protocol & (SPEC_JSON | SPEC_CBOR)) != 0)
        reply_header(
            &reply, a, "x-amzn-query-error",
            arena_printf(a, "%s;%s", kind.code, kind.status >= 500 ? "Receiver" : "Sender"));
    switch ((enum spec_protocol)route->protocol) {
    case SPEC_EC2:
        ec2_write(&reply.body, &kind, whole.text, request_id);
        break;
    case SPEC_QUERY:
        query_write(&reply.body, route, &kind, &whole, request_id);
        break;
    case SPEC_JSON:
        json_fault_write(&reply.body, type_text(route, &kind, a), &kind, &whole);
        break;
    case SPEC_REST_JSON:
        rest_fault_write(&reply, &kind, &whole, a);
        break;
    case SPEC_CBOR:
        reply_header(&reply, a, "Content-Type", "application/cbor");
        cbor_fault_write(&reply.body, type_text(route, &kind, a), &kind, &whole);
        break;
    }
    json_decref(members);
    return reply_finish(&reply, ret_reply);
}
