/* What the files of this folder share. Nobody outside includes it. */
#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H

#include "base/list.h"
#include "http/http.h"

#include <arpa/inet.h>
#include <microhttpd.h>

struct http_server {
    struct loop *loop;
    struct http_config config;
    struct MHD_Daemon *daemon;
    struct poller *poller; /* on the daemon's epoll descriptor */
    struct timer *timer;   /* the daemon's next deadline, or "run soon" */
    struct list arriving;  /* connections added and not yet announced by the daemon */
    size_t in_flight;      /* requests handed to the handler whose answers have not gone out */
    bool run_soon;         /* the daemon must run in the next turn, whatever it says itself */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
};

/* One connection of the daemon: its socket context. */
struct connection {
    struct list node; /* in server->arriving at first */
    int fd;
    char *channel; /* NULL on the main listener */
    char peer[INET6_ADDRSTRLEN];
};

void server_run_soon(struct http_server *s);

/* exchange.c: the daemon's callbacks; `cls` is the server. */
void *exchange_begin(void *cls, const char *uri, struct MHD_Connection *c);
enum MHD_Result exchange_continue(void *cls, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_len, void **exchange);
void exchange_end(void *cls, struct MHD_Connection *c, void **exchange,
                  enum MHD_RequestTerminationCode code);

#endif
