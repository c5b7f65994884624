/* The emulator's wire layer behind a pipe, for tests that let an independent client judge it. One
 * JSON object a line comes in
 * ("do" says what), one goes out:
 *   parse   {method, path, query, headers, body}          -> {service, operation, protocol, region,
 * input} or a fault reply   {service, operation, protocol, output}        -> {status, headers,
 * body} fault   {service, operation, protocol, code, text, members} -> {status, headers, body}
 *   verify  {method, ..., body, now_ms, keys: {id: {secret, token, expires_ms, disabled}}} ->
 * {access_key_id} or a fault Bodies are base64. A fault is {fault: {code, text}} and, as it would
 * be answered, {status, headers, body}. */
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "wire/parse.h"
#include "wire/serialize.h"
#include "wire/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_ID "8e8f3a52-5b3c-4f0e-9f63-6c1d2a3b4c5d"

struct peer {
    struct arena *arena;
    struct sigv4_verifier *verifier;
    const json_t *line;
    struct wire_request request;
    struct wire_route route;
};

static const struct {
    const char *name;
    unsigned protocol;
} protocols[] = {{"ec2", SPEC_EC2},
                 {"query", SPEC_QUERY},
                 {"json", SPEC_JSON},
                 {"rest-json", SPEC_REST_JSON},
                 {"smithy-rpc-v2-cbor", SPEC_CBOR}};

static const char *protocol_name(unsigned protocol)
{
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
        if (protocols[i].protocol == protocol)
            return protocols[i].name;
    }
    return "none";
}

static unsigned protocol_value(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
        if (str_equal(protocols[i].name, name))
            return protocols[i].protocol;
    }
    fprintf(stderr, "no such protocol: %s\n", name);
    exit(2);
}

static void request_read(struct peer *p)
{
    const json_t *headers = json_get(p->line, "headers");
    size_t count = json_array_size(headers), len = 0;
    struct wire_header *list = arena_alloc(p->arena, (count + 1) * sizeof(*list));
    const char *body = json_str_or(p->line, "body", "");
    uint8_t *bytes = base64_decode(body, strlen(body), &len);
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(headers, i);
        list[i].name = json_string_value(json_array_get(pair, 0));
        list[i].value = json_string_value(json_array_get(pair, 1));
    }
    p->request = (struct wire_request){.method = json_str_or(p->line, "method", "POST"),
                                       .path = json_str_or(p->line, "path", "/"),
                                       .query = json_str_or(p->line, "query", ""),
                                       .headers = list,
                                       .header_count = count,
                                       .body = arena_memdup(p->arena, bytes, len),
                                       .body_len = len};
    free(bytes);
}

static json_t *reply_to_json(struct wire_reply *reply)
{
    json_t *out = json_object();
    json_t *headers = json_array();
    char *body = base64_encode(buf_text(&reply->body), reply->body.len);
    for (size_t i = 0; i < reply->header_count; i++)
        json_append_new(headers,
                        json_pack("[ss]", reply->headers[i].name, reply->headers[i].value));
    json_set_int(out, "status", reply->status);
    json_set_new(out, "headers", headers);
    json_set_str(out, "body", body);
    free(body);
    buf_done(&reply->body);
    return out;
}

static json_t *fault_answer(struct peer *p, const struct wire_fault *fault)
{
    struct wire_reply reply;
    if (wire_serialize_fault(&p->route, fault, REQUEST_ID, p->arena, &reply) != 0)
        exit(3);
    json_t *out = reply_to_json(&reply);
    json_set_new(out, "fault", json_pack("{ss,ss}", "code", fault->code, "text", fault->text));
    json_set_str(out, "protocol", protocol_name(p->route.protocol));
    return out;
}

static json_t *do_parse(struct peer *p)
{
    struct err fault = {.code = ""};
    json_t *input = NULL, *out = json_object();
    request_read(p);
    if (route_find(&p->route, &p->request, p->arena, &fault) != 0 ||
        wire_parse(&p->route, &p->request, p->arena, &input, &fault) != 0) {
        json_decref(out);
        return fault_answer(p, &(struct wire_fault){.code = fault.code, .text = fault.text});
    }
    json_set_str(out, "service", p->route.service->name);
    json_set_str(out, "operation", p->route.operation->name);
    json_set_str(out, "protocol", protocol_name(p->route.protocol));
    json_set_str(out, "region", p->route.region);
    json_set_new(out, "input", input);
    return out;
}

static void route_read(struct peer *p)
{
    p->route = (struct wire_route){.protocol = protocol_value(json_str(p->line, "protocol")),
                                   .region = "us-east-1",
                                   .query_mode = json_bool_or(p->line, "query_mode", false)};
    p->route.service = spec_service_find(json_str(p->line, "service"));
    if (p->route.service == NULL)
        exit(4);
    p->route.operation = spec_operation_find(p->route.service, json_str(p->line, "operation"));
    p->route.json_version =
        p->route.service->json_version != NULL ? p->route.service->json_version : "1.1";
}

static json_t *do_reply(struct peer *p)
{
    struct wire_reply reply;
    route_read(p);
    if (wire_serialize(&p->route, json_get(p->line, "output"), REQUEST_ID, p->arena, &reply) != 0)
        return json_pack("{ss}", "error", "too large");
    return reply_to_json(&reply);
}

static json_t *do_fault(struct peer *p)
{
    route_read(p);
    return fault_answer(p, &(struct wire_fault){.code = json_str(p->line, "code"),
                                                .text = json_str_or(p->line, "text", ""),
                                                .members = json_get(p->line, "members")});
}

static int key_find(void *arg, const char *access_key_id, struct sigv4_credential *ret)
{
    const struct peer *p = arg;
    const json_t *key = json_get(json_get(p->line, "keys"), access_key_id);
    if (key == NULL)
        return -1;
    const char *token = json_str(key, "token");
    char *digest = token != NULL ? arena_alloc(p->arena, SHA256_HEX_SIZE) : NULL;
    if (token != NULL)
        sha256_hex(token, strlen(token), digest);
    *ret = (struct sigv4_credential){.secret = json_str(key, "secret"),
                                     .token_sha256 = digest,
                                     .expires_ms = json_int_or(key, "expires_ms", 0),
                                     .is_disabled = json_bool_or(key, "disabled", false)};
    return 0;
}

static bool region_is_valid(void *arg, const char *region)
{
    (void)arg;
    return str_equal(region, "us-east-1") || str_equal(region, "eu-west-1");
}

static json_t *do_verify(struct peer *p)
{
    struct err fault = {.code = ""};
    struct sigv4_answer answer;
    request_read(p);
    if (route_find(&p->route, &p->request, p->arena, &fault) != 0)
        return fault_answer(p, &(struct wire_fault){.code = fault.code, .text = fault.text});
    struct sigv4_ask ask = {.route = &p->route,
                            .request = &p->request,
                            .now_ms = json_int_or(p->line, "now_ms", 0),
                            .arg = p};
    if (sigv4_verify(p->verifier, &ask, p->arena, &answer) != 0)
        return fault_answer(p, &(struct wire_fault){.code = answer.code, .text = answer.text});
    json_t *out = json_object();
    json_set_str(out, "access_key_id", answer.access_key_id);
    json_set_bool(out, "is_presigned", answer.is_presigned);
    return out;
}

static const struct {
    const char *name;
    json_t *(*run)(struct peer *p);
} verbs[] = {{"parse", do_parse}, {"reply", do_reply}, {"fault", do_fault}, {"verify", do_verify}};

static json_t *line_answer(struct peer *p)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (str_equal(json_str(p->line, "do"), verbs[i].name))
            return verbs[i].run(p);
    }
    return json_pack("{ss}", "error", "no such verb");
}

int main(void)
{
    static const struct sigv4_callbacks callbacks = {.lookup = key_find,
                                                     .region_is_valid = region_is_valid};
    struct peer p = {.verifier = sigv4_verifier_new(&callbacks)};
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while ((len = getline(&line, &room, stdin)) > 0) {
        struct err err;
        json_t *in = json_parse(line, (size_t)len, &err);
        if (in == NULL) {
            fprintf(stderr, "%s: %s\n", err.code, err.text);
            return 1;
        }
        p.arena = arena_new();
        p.line = in;
        json_t *out = line_answer(&p);
        char *text = json_to_text(out);
        printf("%s\n", text);
        fflush(stdout);
        free(text);
        json_decref(out);
        json_decref(in);
        arena_free(p.arena);
    }
    free(line);
    sigv4_verifier_free(p.verifier);
    return 0;
}
