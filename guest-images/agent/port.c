/*
 * The virtio-serial port to the host. The host may go and come back at any time: the kernel then
 * reports a hang-up until it is there again, and whatever was half said is void on both sides.
 */
#include "port.h"

#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT_NAME   "groundschool.agent.0"
#define PORT_FOLDER "/sys/class/virtio-ports"

void port_init(struct port *port)
{
    *port = (struct port){.fd = -1, .in = malloc(PORT_LINE_MAX + 1), .out = malloc(PORT_OUT_MAX)};
    if (port->in == NULL || port->out == NULL)
        abort();
}

void port_done(struct port *port)
{
    if (port->fd >= 0)
        close(port->fd);
    free(port->in);
    free(port->out);
    port->in = port->out = NULL;
}

static bool is_ours(const char *entry)
{
    char path[320];
    size_t len;
    char *name;
    bool ours;

    snprintf(path, sizeof(path), PORT_FOLDER "/%s/name", entry);
    name = file_read(path, &len);
    ours = name != NULL && strncmp(name, PORT_NAME "\n", sizeof(PORT_NAME)) == 0;
    free(name);
    return ours;
}

bool port_open(struct port *port)
{
    DIR *list = port->fd >= 0 ? NULL : opendir(PORT_FOLDER);
    const struct dirent *entry;
    char path[320];

    while (list != NULL && port->fd < 0 && (entry = readdir(list)) != NULL) {
        if (entry->d_name[0] == '.' || !is_ours(entry->d_name))
            continue;
        snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
        port->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    }
    if (list != NULL)
        closedir(list);
    return port->fd >= 0;
}

short port_wanted_events(const struct port *port)
{
    return port->out_len > 0 ? POLLIN | POLLOUT : POLLIN;
}

static void take_lines(struct port *port, port_line_fn fn, void *context)
{
    char *start = port->in, *end;

    port->in[port->in_len] = '\0';
    while ((end = memchr(start, '\n', port->in_len - (size_t)(start - port->in))) != NULL) {
        *end = '\0';
        if (!port->is_skipping && end > start)
            fn(start, (size_t)(end - start), context);
        port->is_skipping = false;
        start = end + 1;
    }
    port->in_len -= (size_t)(start - port->in);
    memmove(port->in, start, port->in_len);
    if (port->in_len == PORT_LINE_MAX) {
        port->is_skipping = true;
        port->in_len = 0;
    }
}

void port_read(struct port *port, port_line_fn fn, void *context)
{
    ssize_t got = read(port->fd, port->in + port->in_len, PORT_LINE_MAX - port->in_len);

    if (got <= 0)
        return;
    port->in_len += (size_t)got;
    port->is_heard = true;
    take_lines(port, fn, context);
}

void port_hang_up(struct port *port)
{
    port->is_heard = false;
    port->is_skipping = false;
    port->in_len = 0;
    port->out_len = 0;
}

void port_send_new(struct port *port, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    size_t len = text == NULL ? 0 : strlen(text);

    if (text != NULL && port->is_heard && port->out_len + len + 1 <= PORT_OUT_MAX) {
        memcpy(port->out + port->out_len, text, len);
        port->out[port->out_len + len] = '\n';
        port->out_len += len + 1;
        port_flush(port);
    }
    free(text);
    json_decref(message);
}

void port_flush(struct port *port)
{
    while (port->fd >= 0 && port->out_len > 0) {
        ssize_t put = write(port->fd, port->out, port->out_len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return;
        port->out_len -= (size_t)put;
        memmove(port->out, port->out + put, port->out_len);
    }
}
