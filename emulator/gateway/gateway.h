/* The gateway: one HTTP request through its stages to an answer (stages.c), the administration
 * under /_groundschool/ (admin.c), and what guests ask for over the network: metadata, packages and
 * the API (guest.c). */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "call/call.h"
#include "http/http.h"

/* What the gateway asks of the rest of the program; main.c connects it to converge. Any may be NULL
 * but `committed`. */
struct gateway_hooks {
    void (*committed)(void *arg); /* rows were written: there may be work */
    /* Fulfils an await: fn once, with the text to answer, or err (code and text are the client's
     * fault). */
    void (*await)(void *arg, const struct await *what,
                  void (*fn)(void *fn_arg, const char *text, const struct err *err), void *fn_arg);
    /* Ends guests (of one account, or all when NULL), then calls fn; the rows are removed by the
     * gateway. */
    void (*quiesce)(void *arg, const char *account, void (*fn)(void *fn_arg), void *fn_arg);
    void *arg;
};

struct gateway_config {
    struct loop *loop;
    struct db *db;
    const struct clock *clock;
    struct ids *ids;
    const struct site *site;
    const char *admin_token;
    const char *packages_folder; /* the yum repository guests are served; NULL: none */
    double request_rate;         /* per second, account and operation; 0: not limited */
    struct account_defaults {
        const char *account, *access_key_id, *secret; /* of the first account; NULL: generated */
    } first_account;
    struct gateway_hooks hooks;
};

struct gateway;
struct gateway *gateway_new(const struct gateway_config *config);
void gateway_free(struct gateway *g); /* after the servers are closed */
/* The handlers for http_config: arg is the gateway. */
void gateway_handle(struct http_request *r, void *gateway); /* the API's port */
void gateway_handle_guest(struct http_request *r,
                          void *gateway); /* connections of guests: channel "metadata:<port>",
                                             "packages:<port>" and "api:<port>" */
/* Makes the first account when there is none, with the secrets that are shown once; else
 * ret_made->account.id is "". */
struct account_made;
int gateway_first_account(struct gateway *g, struct account_made *ret_made,
                          struct err *err) MUST_CHECK;

#endif
