/* Forms: any bytes as the body of a query or ec2 request. What is read must be valid canonical
 * JSON, and a fault must have a code. Input: a byte for the service, a byte of flags (1:
 * compressed, 2: the query string is the body's first line), the body. */
#include "wire_fuzz.h"

#include "base/encode.h"
#include "spec/validate.h"
#include "wire/parse.h"
#include "wire/serialize.h"

#include <string.h>

static const char *const credentials[] = {
    "ec2", "iam", "sts", "autoscaling", "elasticloadbalancing", "sns", "monitoring"};

static void answer_fault(const struct wire_route *route, const struct err *err, struct arena *a)
{
    const struct wire_fault fault = {.code = err->code, .text = err->text};
    struct wire_reply reply;
    MUST_HOLD(err->code[0] != '\0');
    MUST_HOLD(wire_serialize_fault(route, &fault, "id", a, &reply) == 0);
    MUST_HOLD(reply.status >= 400);
    MUST_HOLD(utf8_valid(buf_text(&reply.body), reply.body.len));
    buf_done(&reply.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct arena *a = arena_new();
    struct err err = {.code = ""};
    struct wire_header headers[3] = {
        {"Host", "localhost"},
        {"Authorization",
         arena_printf(a, "AWS4-HMAC-SHA256 Credential=A/20261124/us-east-1/%s/aws4_request",
                      credentials[data[0] % ARRAY_LEN(credentials)])},
        {"Content-Encoding", "gzip"}};
    char *body = arena_memdup(a, data + 2, size - 2);
    struct wire_request q = {.method = "POST",
                             .path = "/",
                             .query = "",
                             .headers = headers,
                             .header_count = data[1] & 1 ? 3 : 2,
                             .body = body,
                             .body_len = size - 2};
    char *line = data[1] & 2 ? memchr(body, '\n', size - 2) : NULL;
    if (line != NULL) {
        *line = '\0';
        q.query = body;
        q.body = line + 1;
        q.body_len = (size_t)(body + size - 2 - q.body);
    }
    struct wire_route route;
    json_t *input = NULL;
    if (route_find(&route, &q, a, &err) != 0 || wire_parse(&route, &q, a, &input, &err) != 0) {
        answer_fault(&route, &err, a);
    } else {
        MUST_HOLD(json_is_object(input));
        char *text = json_dumps(input, 0); /* fails on what is no UTF-8 */
        MUST_HOLD(text != NULL);
        free(text);
        if (validate_input(route.service, route.operation, route.protocol, input, &err) != 0)
            answer_fault(&route, &err, a);
        json_decref(input);
    }
    arena_free(a);
    return 0;
}
