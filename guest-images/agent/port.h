/* The virtio-serial port to the host: lines in, lines out. */
#ifndef AGENT_PORT_H
#define AGENT_PORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define PORT_LINE_MAX ((size_t)256 << 10)
#define PORT_OUT_MAX  ((size_t)1 << 20)

struct port {
    int fd;        /* -1: not there yet */
    bool is_heard; /* the host has spoken since it connected; before that nothing is said to it */
    bool is_skipping; /* inside a line that is too long */
    char *in;
    size_t in_len;
    char *out;
    size_t out_len;
};

typedef void (*port_line_fn)(const char *line, size_t len, void *context);

void port_init(struct port *port);
void port_done(struct port *port);

/* Opens the port once the kernel has it; says whether it is open. */
bool port_open(struct port *port);

/* What to wait for: POLLIN, and POLLOUT while something waits to be sent. */
short port_wanted_events(const struct port *port);

/* Reads what is there and hands on every whole line; a line that is too long is dropped. */
void port_read(struct port *port, port_line_fn fn, void *context);

/* The host has gone: forgets half lines and what it did not take. */
void port_hang_up(struct port *port);

/* Queues a message as a line; dropped where the host has not spoken or takes nothing. The reference
 * is the port's. */
void port_send_new(struct port *port, json_t *message);

/* Sends what the host takes without waiting. */
void port_flush(struct port *port);

#endif
