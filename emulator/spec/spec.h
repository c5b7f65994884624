/* What AWS says: services, operations, shapes and members as const tables. The tables are generated
 * from api-spec/ by api-spec/generate.c; this header is their vocabulary and the look-ups over
 * them. */
#ifndef SPEC_SPEC_H
#define SPEC_SPEC_H

#include "base/alloc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum spec_type {
    SPEC_STRUCTURE,
    SPEC_LIST,
    SPEC_MAP,
    SPEC_STRING,
    SPEC_INTEGER,
    SPEC_LONG,
    SPEC_FLOAT,
    SPEC_DOUBLE,
    SPEC_BOOLEAN,
    SPEC_TIMESTAMP,
    SPEC_BLOB,
};

enum spec_time { SPEC_TIME_DEFAULT, SPEC_TIME_ISO8601, SPEC_TIME_UNIX, SPEC_TIME_RFC822 };

enum spec_location {
    SPEC_IN_BODY,
    SPEC_IN_URI,
    SPEC_IN_QUERYSTRING,
    SPEC_IN_HEADER,
    SPEC_IN_HEADERS, /* every header with the prefix `wire_name` */
    SPEC_IN_STATUS,
};

enum spec_protocol {
    SPEC_EC2 = 1 << 0,
    SPEC_QUERY = 1 << 1,
    SPEC_JSON = 1 << 2,
    SPEC_REST_JSON = 1 << 3,
    SPEC_CBOR = 1 << 4, /* smithy-rpc-v2-cbor */
};

enum { /* spec_member.flags */
       SPEC_REQUIRED = 1 << 0,
       SPEC_IDEMPOTENCY_TOKEN = 1 << 1,
       SPEC_JSON_VALUE = 1 << 2,
};

enum { /* spec_shape.flags */
       SPEC_EXCEPTION = 1 << 0,
       SPEC_FAULT = 1 << 1, /* the service's fault: 5xx, Receiver */
       SPEC_UNION = 1 << 2,
       SPEC_SENSITIVE = 1 << 3, /* values never shown in messages or logs */
       SPEC_STREAMING = 1 << 4,
       SPEC_EVENT_STREAM = 1 << 5,
       SPEC_FLATTENED = 1 << 6,
};

struct spec_member {
    const char *name;       /* the model's name: the key in canonical JSON */
    const char *wire_name;  /* locationName, or NULL: `name` */
    const char *query_name; /* queryName, or NULL */
    const struct spec_shape *shape;
    uint16_t flags;
    uint8_t location; /* enum spec_location */
    uint8_t time;     /* enum spec_time: the member's own timestampFormat */
};

struct spec_shape {
    const char *name;
    uint8_t type; /* enum spec_type */
    uint8_t time; /* enum spec_time */
    uint16_t flags;
    uint16_t enum_count;
    uint16_t error_status; /* exceptions: HTTP status, 0 when the model is silent */
    /* structure: its members in model order. list: [0] the element. map: [0] the key, [1] the
     * value. */
    const struct spec_member *members;
    uint16_t member_count;
    int16_t payload; /* index of the payload member, or -1 */
    bool has_min, has_max;
    double min, max;          /* length, count or value, as the type has it */
    const char *const *enums; /* in the order AWS's texts show them */
    const char *pattern;      /* as in the model, or NULL */
    const char *error_code;   /* exceptions: the code on the wire, or NULL: the shape's name */
};

struct spec_operation {
    const char *name;
    const char *method; /* of the model's http trait */
    const char *uri;
    const struct spec_shape *input;  /* NULL: none */
    const struct spec_shape *output; /* NULL: none */
    const char *result_wrapper;      /* query protocol, or NULL */
    const struct spec_shape *const *errors;
    uint16_t error_count;
    uint16_t response_code;
    bool unsigned_request;  /* authtype none: no signature expected */
    bool unsigned_payload;  /* v4-unsigned-body */
    bool readonly;          /* our own word in api-spec/services: may not write */
    bool implemented;       /* listed in api-spec/services: a handler of that name must exist */
    const char *iam_action; /* "ec2:RunInstances" */
};

/* A fault a service may answer: the model's exceptions and, where the model is silent, our own
 * list. */
struct spec_fault {
    const char *code;
    uint16_t status;
};

struct spec_service {
    const char *name;         /* "ec2", "elbv2": folder and prefix of the handlers */
    const char *signing_name; /* "monitoring" for cloudwatch */
    const char *iam_prefix;   /* "cloudwatch", "elasticloadbalancing" */
    const char *api_version;
    const char *json_version;    /* "1.0", "1.1" or NULL */
    const char *target_prefix;   /* or NULL */
    const char *xml_namespace;   /* or NULL */
    const char *service_id;      /* "CloudWatch" */
    const char *full_name;       /* "Amazon CloudWatch" */
    const char *endpoint_prefix; /* host label */
    unsigned protocols;          /* enum spec_protocol bits */
    bool query_compatible;
    const struct spec_operation *operations; /* sorted by name */
    uint16_t operation_count;
    const struct spec_fault *faults; /* sorted by code */
    uint16_t fault_count;
};

/* What IAM knows of a kind of resource, of an action upon it, and of an action. Condition keys are
 * as the Service Authorization Reference writes them: "aws:ResourceTag/${TagKey}". */
struct spec_resource_type {
    const char *name; /* "instance" */
    const char *arn;  /* "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}" */
    const char *const *keys;
    uint16_t key_count;
};
struct spec_action_resource {
    const struct spec_resource_type *type;
    const char *const *keys; /* of the action upon this type */
    uint16_t key_count;
    bool required; /* every such request touches one */
};
enum spec_access { /* bits */
                   SPEC_ACCESS_LIST = 1 << 0,
                   SPEC_ACCESS_READ = 1 << 1,
                   SPEC_ACCESS_WRITE = 1 << 2,
                   SPEC_ACCESS_TAGGING = 1 << 3,
                   SPEC_ACCESS_PERMISSIONS = 1 << 4,
};
struct spec_action {
    const char *name;        /* "ec2:RunInstances" */
    const char *const *keys; /* of every request */
    const struct spec_action_resource *resources;
    uint16_t key_count;
    uint16_t resource_count;
    uint16_t access; /* enum spec_access bits */
};
extern const struct spec_action spec_actions[]; /* sorted by name */
extern const size_t spec_action_count;
const struct spec_action *spec_action_find(const char *name); /* NULL: IAM knows no such action */

extern const struct spec_service *const spec_services[]; /* sorted by name */
extern const size_t spec_service_count;

const struct spec_service *spec_service_find(const char *name);
/* By signing name; `version` (may be NULL) tells services that share one (elb, elbv2) apart.
 * Without it, or with one that none of them has, the newest. */
const struct spec_service *spec_service_find_signing(const char *signing_name, const char *version);
const struct spec_service *spec_service_find_target(const char *target_prefix);
/* Among the services that speak query or ec2; the operation (may be NULL) settles what the version
 * leaves open. */
const struct spec_service *spec_service_find_version(const char *api_version,
                                                     const char *operation);
/* By the first label of "ec2.eu-west-1.amazonaws.com", whatever follows it; the newest where
 * services share it. */
const struct spec_service *spec_service_find_host(const char *host);
const struct spec_operation *spec_operation_find(const struct spec_service *s, const char *name);
const struct spec_member *spec_member_find(const struct spec_shape *shape, const char *name);
const struct spec_fault *spec_fault_find(const struct spec_service *s,
                                         const char *code); /* NULL: not listed */
/* The exception of `op` that has this code, on the wire or as its shape's name; NULL: none. */
const struct spec_shape *spec_error_find(const struct spec_operation *op, const char *code);
bool spec_enum_has(const struct spec_shape *shape, const char *value);

#endif
