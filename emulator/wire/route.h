/* Who is asked, and in which protocol: one endpoint serves every service, so the request itself has
 * to tell. wire/ knows no service: all it reads is the request and the tables of spec/. */
#ifndef WIRE_ROUTE_H
#define WIRE_ROUTE_H

#include "base/alloc.h"
#include "base/err.h"
#include "spec/spec.h"

struct wire_header {
    const char *name; /* any case */
    const char *value;
};

/* A request as received: borrowed pointers that outlive the call. */
struct wire_request {
    const char *method;
    const char *path;  /* raw, still percent-encoded */
    const char *query; /* raw, without '?'; "" when there is none */
    const struct wire_header *headers;
    size_t header_count;
    const char *body; /* never NULL */
    size_t body_len;
};
/* The first header of that name in any case, or NULL. */
const char *wire_header_find(const struct wire_request *q, const char *name);

struct wire_label {
    const char *name; /* as in the URI template */
    const char *value;
};

#define WIRE_LABELS_MAX 8

struct wire_route {
    const struct spec_service *service; /* NULL: nobody here; then only a fault can be serialized */
    const struct spec_operation
        *operation;     /* NULL: unknown, or inside a compressed body (see wire_parse) */
    unsigned protocol;  /* one enum spec_protocol bit, also when the service is NULL */
    const char *region; /* of the credential scope or the host name; "" when neither has one */
    const char *json_version;                  /* "1.0" or "1.1": the one to answer in */
    bool query_mode;                           /* x-amzn-query-mode: true */
    struct wire_label labels[WIRE_LABELS_MAX]; /* rest-json: decoded */
    size_t label_count;
};

/* Fills `route` (strings in the arena or static). On -1 `fault` is set in the dialect of
 * route->protocol: unknown service, operation or version. `route` is then good for
 * wire_serialize_fault. */
int route_find(struct wire_route *route, const struct wire_request *q, struct arena *a,
               struct err *fault) MUST_CHECK;

/* The operation named by Action and Version of a form or query string: what route_find does for the
 * query and ec2 protocols, and wire_parse again once a compressed body is open. */
int route_find_action(struct wire_route *route, const struct wire_request *q, struct arena *a,
                      struct err *fault) MUST_CHECK;

/* What a request says without being asked: the parts of its credential scope, from the
 * Authorization header or from X-Amz-Credential. Missing parts are "". */
struct wire_scope {
    const char *access_key_id;
    const char *date;
    const char *region;
    const char *service;
    const char *terminator;
};
struct wire_scope wire_scope_split(const char *credential, struct arena *a);
struct wire_scope wire_scope_read(const struct wire_request *q, struct arena *a);

#endif
