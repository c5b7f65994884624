/* The agent inside a guest, through its virtio-serial port (protocol: guest-images/README.md). QEMU
 * keeps what we write until the guest opens the port, so we speak only while the monitor says that
 * it is open, and start on a fresh connection each time it opens: nothing meant for one boot of the
 * guest reaches the next. Everything that comes from here is the guest's word. */
#ifndef PLANT_AGENT_H
#define PLANT_AGENT_H

#include "plant/channel.h"

#define AGENT_PORT "groundschool.agent.0"

struct agent_events {
    void (*connected)(void *arg);                  /* `hello` was answered */
    void (*event)(void *arg, const json_t *event); /* an object whose `event` is a string */
};

struct agent {
    struct channel channel;
    const struct agent_events *events;
    void *arg;
    bool port_open;
};

void agent_init(struct agent *a, struct loop *l, const char *path,
                const struct agent_events *events, void *arg);
void agent_done(struct agent *a); /* as channel_done */
bool agent_ready(const struct agent *a);
void agent_port(struct agent *a, bool open); /* the guest opened or closed its end */
/* Steals request ({"do": ...}). The result is the whole answer. err: "NotConnected" also before
 * `hello` was answered. */
void agent_request(struct agent *a, json_t *request, int64_t timeout_ms, machine_reply_fn fn,
                   void *arg);

#endif
