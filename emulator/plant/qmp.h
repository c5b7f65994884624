/* QEMU's monitor: greeting, capabilities, commands paired with their answers, events. QEMU serves
 * one client at a time; another waits unanswered until the first is gone. */
#ifndef PLANT_QMP_H
#define PLANT_QMP_H

#include "plant/channel.h"

struct qmp_events {
    void (*ready)(void *arg); /* commands may be sent; again after each redial */
    void (*event)(void *arg, const char *name, const json_t *data); /* data: an object, or NULL */
};

struct qmp {
    struct channel channel;
    const struct qmp_events *events;
    void *arg;
    bool greeted;
};

void qmp_init(struct qmp *q, struct loop *l, const char *path, const struct qmp_events *events,
              void *arg);
void qmp_done(struct qmp *q); /* as channel_done */
bool qmp_ready(const struct qmp *q);
/* Steals arguments (NULL: none); fn may be NULL. err: "NotConnected", "Timeout", or "Failed" with
 * QEMU's text. */
void qmp_execute(struct qmp *q, const char *command, json_t *arguments, machine_reply_fn fn,
                 void *arg);

#endif
