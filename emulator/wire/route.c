/* Telling services apart on one endpoint. The first sign that a request carries decides, in this
 * order: the path of RPC v2 CBOR, X-Amz-Target, the credential scope, then (unsigned) Action and
 * Version, the host name and the REST paths. What carries none is answered in the dialect of its
 * Content-Type. */
#include "wire/route.h"

#include "base/encode.h"
#include "base/text.h"
#include "wire/form.h"
#include "wire/quote.h"

#include <string.h>
#include <strings.h>

const char *wire_header_find(const struct wire_request *q, const char *name)
{
    for (size_t i = 0; i < q->header_count; i++) {
        if (strcasecmp(q->headers[i].name, name) == 0)
            return q->headers[i].value;
    }
    return NULL;
}

/* --- what the request says --- */

static const char *content_type(const struct wire_request *q)
{
    const char *type = wire_header_find(q, "Content-Type");
    return type != NULL ? type : "";
}

static const char *parameter_find(const struct wire_request *q, const char *name, struct arena *a)
{
    const char *value =
        form_peek((struct form_text){.bytes = q->query, .len = strlen(q->query)}, name, a);
    if (value == NULL)
        value = form_peek((struct form_text){.bytes = q->body, .len = q->body_len}, name, a);
    return value;
}

/* The text after "Credential=" in the Authorization header, or X-Amz-Credential; NULL: unsigned. */
static const char *credential_find(const struct wire_request *q, struct arena *a)
{
    const char *header = wire_header_find(q, "Authorization");
    if (header != NULL) {
        const char *at = strstr(header, "Credential=");
        if (at == NULL)
            return NULL;
        at += strlen("Credential=");
        return arena_strndup(a, at, strcspn(at, ", "));
    }
    return form_peek((struct form_text){.bytes = q->query, .len = strlen(q->query)},
                     "X-Amz-Credential", a);
}

struct wire_scope wire_scope_split(const char *credential, struct arena *a)
{
    const char *parts[5] = {"", "", "", "", ""};
    for (size_t i = 0; credential != NULL && i < ARRAY_LEN(parts); i++) {
        size_t len = strcspn(credential, "/");
        parts[i] = arena_strndup(a, credential, len);
        credential = credential[len] == '/' ? credential + len + 1 : NULL;
    }
    return (struct wire_scope){.access_key_id = parts[0],
                               .date = parts[1],
                               .region = parts[2],
                               .service = parts[3],
                               .terminator = parts[4]};
}

struct wire_scope wire_scope_read(const struct wire_request *q, struct arena *a)
{
    return wire_scope_split(credential_find(q, a), a);
}

/* The region in "ec2.eu-west-1.amazonaws.com", or "". */
static const char *host_region(const struct wire_request *q, struct arena *a)
{
    const char *host = wire_header_find(q, "Host");
    const char *dot = host != NULL ? strchr(host, '.') : NULL;
    if (dot == NULL)
        return "";
    size_t len = strcspn(dot + 1, ".");
    return str_starts(dot + 1 + len, ".amazonaws.com") ? arena_strndup(a, dot + 1, len) : "";
}

static unsigned dialect_guess(const struct wire_request *q)
{
    const char *type = content_type(q);
    if (str_starts(type, "application/x-amz-json"))
        return SPEC_JSON;
    if (str_starts(type, "application/cbor"))
        return SPEC_CBOR;
    return str_starts(type, "application/json") ? SPEC_REST_JSON : SPEC_QUERY;
}

/* --- faults --- */

/* JSON, REST and CBOR have one answer for whatever is not there, and no text. */
static int fault_unknown(struct err *fault)
{
    return err_set(fault, "UnknownOperationException", "%s", "");
}

/* --- one finder per protocol: 0 found, -1 fault --- */

static bool version_is_date(const char *version)
{
    static const char shape[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof(shape) - 1; i++) {
        if (shape[i] == 'd' ? version[i] < '0' || version[i] > '9' : version[i] != shape[i])
            return false;
    }
    return version[sizeof(shape) - 1] == '\0';
}

/* EC2 takes every version it ever had: the dates up to its model's. */
static int ec2_version_check(const struct spec_service *s, const char *version, struct err *fault)
{
    if (version == NULL)
        return err_set(fault, "MissingParameter", "The request must contain the parameter Version");
    if (!version_is_date(version) || strcmp(version, s->api_version) > 0)
        return err_set(fault, "NoSuchVersion",
                       "The requested version (%s) of service AmazonEC2 does not exist", version);
    return 0;
}

int route_find_action(struct wire_route *route, const struct wire_request *q, struct arena *a,
                      struct err *fault)
{
    const char *action = parameter_find(q, "Action", a);
    const char *version = parameter_find(q, "Version", a);
    bool is_ec2 = route->protocol == SPEC_EC2;
    if (action == NULL)
        return err_set(fault, "MissingAction",
                       "The request is missing an action or a required parameter.");
    version = version != NULL ? quote(version, QUOTE_MAX, a) : NULL;
    if (is_ec2 && ec2_version_check(route->service, version, fault) != 0)
        return -1;
    if (is_ec2 || str_equal(version, route->service->api_version))
        route->operation = spec_operation_find(route->service, action);
    if (route->operation != NULL)
        return 0;
    action = quote(action, QUOTE_MAX, a);
    if (is_ec2)
        return err_set(fault, "InvalidAction", "The action %s is not valid for this web service.",
                       action);
    return err_set(fault, "InvalidAction", "Could not find operation %s for version %s", action,
                   version != NULL ? version : "NO_VERSION_SPECIFIED");
}

/* Matches a raw path part against a URI template's part: a literal, or {label} whose value is
 * taken. */
static bool part_match(struct wire_route *route, struct form_text part, struct form_text path,
                       struct arena *a)
{
    if (part.len < 2 || part.bytes[0] != '{')
        return part.len == path.len && memcmp(part.bytes, path.bytes, path.len) == 0;
    if (path.len == 0 || route->label_count == WIRE_LABELS_MAX)
        return false;
    size_t name_len = part.len - 2;
    if (part.bytes[name_len] == '+')
        name_len--;
    char *value = arena_strndup(a, path.bytes, path.len);
    long len = percent_decode(value, path.len, false);
    if (len < 0 || memchr(value, '\0', (size_t)len) != NULL || !utf8_valid(value, (size_t)len))
        return false;
    value[len] = '\0';
    route->labels[route->label_count++] =
        (struct wire_label){.name = arena_strndup(a, part.bytes + 1, name_len), .value = value};
    return true;
}

/* Every literal query part of the template ("?flag" or "?kind=x") must stand in the query string.
 */
static bool literals_match(const char *literals, const struct wire_request *q, struct arena *a)
{
    while (*literals != '\0') {
        size_t len = strcspn(literals, "&");
        char *name = arena_strndup(a, literals, len);
        char *equals = strchr(name, '=');
        if (equals != NULL)
            *equals = '\0';
        const char *value =
            form_peek((struct form_text){.bytes = q->query, .len = strlen(q->query)}, name, a);
        if (equals != NULL ? !str_equal(value, equals + 1)
                           : value == NULL && !str_starts(q->query, name))
            return false;
        literals += len + (literals[len] == '&');
    }
    return true;
}

static bool rest_match(struct wire_route *route, const struct spec_operation *op,
                       const struct wire_request *q, struct arena *a)
{
    const char *template = op->uri, *path = q->path;
    route->label_count = 0;
    if (strcmp(op->method, q->method) != 0)
        return false;
    while (*template == '/' && *path == '/') {
        struct form_text part = {.bytes = template + 1, .len = strcspn(template + 1, "/?")};
        bool is_greedy = part.len > 2 && part.bytes[part.len - 2] == '+';
        size_t path_len = is_greedy ? strlen(path + 1) : strcspn(path + 1, "/");
        if (!part_match(route, part, (struct form_text){.bytes = path + 1, .len = path_len}, a))
            return false;
        template += 1 + part.len;
        path += 1 + path_len;
    }
    if (*path != '\0' || (*template != '\0' && *template != '?'))
        return false;
    return *template == '\0' || literals_match(template + 1, q, a);
}

static bool rest_find(struct wire_route *route, const struct spec_service *s,
                      const struct wire_request *q, struct arena *a)
{
    for (size_t i = 0; i < s->operation_count; i++) {
        if (!rest_match(route, &s->operations[i], q, a))
            continue;
        route->service = s;
        route->protocol = SPEC_REST_JSON;
        route->operation = &s->operations[i];
        return true;
    }
    route->label_count = 0;
    return false;
}

/* .../service/{TargetPrefix}/operation/{Operation}: 1 when the path is of that form, and then the
 * service may be NULL. */
static int cbor_path_read(struct wire_route *route, const struct wire_request *q, struct arena *a)
{
    const char *service = NULL, *operation;
    for (const char *at = strstr(q->path, "/service/"); at != NULL;
         at = strstr(at + 1, "/service/"))
        service = at + strlen("/service/");
    if (service == NULL || (operation = strstr(service, "/operation/")) == NULL)
        return 0;
    size_t prefix_len = (size_t)(operation - service);
    operation += strlen("/operation/");
    if (memchr(service, '/', prefix_len) != NULL || strchr(operation, '/') != NULL)
        return 0;
    route->protocol = SPEC_CBOR;
    route->service = spec_service_find_target(arena_strndup(a, service, prefix_len));
    if (route->service != NULL && (route->service->protocols & SPEC_CBOR) == 0)
        route->service = NULL;
    if (route->service != NULL)
        route->operation = spec_operation_find(route->service, operation);
    return 1;
}

static void target_read(struct wire_route *route, const char *target, struct arena *a)
{
    const char *dot = strrchr(target, '.');
    route->protocol = SPEC_JSON;
    if (dot == NULL)
        return;
    route->service = spec_service_find_target(arena_strndup(a, target, (size_t)(dot - target)));
    if (route->service != NULL && (route->service->protocols & SPEC_JSON) == 0)
        route->service = NULL;
    if (route->service != NULL)
        route->operation = spec_operation_find(route->service, dot + 1);
}

/* The service is known: the operation by the means of its protocols. */
static int operation_find(struct wire_route *route, const struct wire_request *q, struct arena *a,
                          struct err *fault)
{
    unsigned protocols = route->service->protocols;
    if ((protocols & (SPEC_EC2 | SPEC_QUERY)) != 0) {
        route->protocol = protocols & (SPEC_EC2 | SPEC_QUERY);
        if (wire_header_find(q, "Content-Encoding") != NULL &&
            parameter_find(q, "Action", a) == NULL)
            return 0; /* it stands in the compressed body */
        return route_find_action(route, q, a, fault);
    }
    route->protocol = (protocols & SPEC_REST_JSON) != 0 ? SPEC_REST_JSON : SPEC_JSON;
    if (route->protocol == SPEC_REST_JSON && rest_find(route, route->service, q, a))
        return 0;
    return fault_unknown(fault);
}

static const struct spec_service *rest_service_find(struct wire_route *route,
                                                    const struct wire_request *q, struct arena *a)
{
    for (size_t i = 0; i < spec_service_count; i++) {
        if ((spec_services[i]->protocols & SPEC_REST_JSON) != 0 &&
            rest_find(route, spec_services[i], q, a))
            return spec_services[i];
    }
    return NULL;
}

/* Whom a request without a target speaks to; NULL when it does not say. */
static const struct spec_service *service_find(struct wire_route *route,
                                               const struct wire_request *q,
                                               const struct wire_scope *scope, struct arena *a)
{
    const struct spec_service *s = NULL;
    const char *host = wire_header_find(q, "Host");
    const char *version = parameter_find(q, "Version", a);
    if (scope->service[0] != '\0')
        return spec_service_find_signing(scope->service, version);
    const char *action = parameter_find(q, "Action", a);
    if (action != NULL && version != NULL)
        s = spec_service_find_version(version, action);
    if (s == NULL && host != NULL)
        s = spec_service_find_host(host);
    return s != NULL ? s : rest_service_find(route, q, a);
}

static const char *json_version(const struct wire_route *route, const struct wire_request *q)
{
    const char *type = content_type(q);
    if (str_starts(type, "application/x-amz-json-1.0"))
        return "1.0";
    if (str_starts(type, "application/x-amz-json-1.1"))
        return "1.1";
    bool is_old = route->service != NULL && str_equal(route->service->json_version, "1.0");
    return is_old ? "1.0" : "1.1";
}

int route_find(struct wire_route *route, const struct wire_request *q, struct arena *a,
               struct err *fault)
{
    const char *protocol = wire_header_find(q, "smithy-protocol");
    const char *target = wire_header_find(q, "X-Amz-Target");
    struct wire_scope scope = wire_scope_read(q, a);
    bool is_rpc = true;

    *route = (struct wire_route){.protocol = dialect_guess(q)};
    route->region = scope.region[0] != '\0' ? scope.region : host_region(q, a);
    route->query_mode = str_equal_ci(wire_header_find(q, "x-amzn-query-mode"), "true");
    if (str_equal(protocol, "rpc-v2-cbor") && cbor_path_read(route, q, a) == 1)
        target = NULL;
    else if (target != NULL)
        target_read(route, target, a);
    else
        is_rpc = false;
    if (!is_rpc)
        route->service = service_find(route, q, &scope, a);
    route->json_version = json_version(route, q);
    if (route->service != NULL && !is_rpc)
        return operation_find(route, q, a, fault);
    if (route->service != NULL && route->operation != NULL)
        return 0;
    if (is_rpc || route->protocol != SPEC_QUERY)
        return fault_unknown(fault);
    return err_set(fault, "InvalidAction", "No service '%s' is found at this endpoint",
                   quote(scope.service, QUOTE_MAX, a));
}
