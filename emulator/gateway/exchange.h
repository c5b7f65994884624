/* One API request on its way through the stages. Private to the gateway. */
#ifndef GATEWAY_EXCHANGE_H
#define GATEWAY_EXCHANGE_H

#include "gateway/gateway.h"
#include "gateway/lockout.h"
#include "gateway/throttle.h"
#include "services/iam/last_used.h"
#include "services/sts/signer.h"
#include "wire/parse.h"
#include "wire/route.h"
#include "wire/serialize.h"
#include "wire/sigv4.h"

struct gateway {
    struct gateway_config config;
    struct sigv4_verifier *verifier;
    struct throttle *throttle;
    struct last_used_log *last_used;
    struct lockout *lockout;
};

struct exchange {
    struct gateway *gateway;
    struct http_request *http;
    struct arena *arena;
    struct wire_request request;
    struct wire_route route;
    struct call call;
    struct signer signer; /* who the signature names, before it is judged */
    char request_id[UUID_SIZE];
    int64_t started_us;
    bool replayed;
};

struct stage {
    const char *name;
    int (*run)(struct exchange *x); /* 0, or -1 with call.err set: on to `end` */
};
extern const struct stage gateway_stages[];
extern const size_t gateway_stage_count;
size_t gateway_stage_begin(void); /* where an operation that runs again starts */
size_t gateway_stage_end(void);   /* where a fault jumps to */

/* A request to the API from a machine's network interface. */
void exchange_of_machine(struct gateway *g, struct http_request *r, const char *interface_id);
void exchange_answer_json(struct http_request *r, int status, json_t *body); /* steals */

/* The parts of the gateway that are not the API. */
bool admin_handles(const struct http_request *r);
void admin_handle(struct gateway *g, struct http_request *r);
/* {"error": code, "message": text} */
void exchange_answer_error(struct http_request *r, int status, const char *code, const char *text);
/* POST /_groundschool/signin: see signin.c. */
void signin_handle(struct gateway *g, struct http_request *r);

#endif
