/*
 * Who this machine is: what the host says in an "identity" request and what is kept over a reboot.
 * The strings of a struct identity belong to its document.
 */
#ifndef AGENT_IDENTITY_H
#define AGENT_IDENTITY_H

#include "err.h"

#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define IDENTITY_INTERFACES 16
#define IDENTITY_ADDRESSES  64

struct interface {
    int device_index;
    unsigned char mac[6];
    struct in_addr addresses[IDENTITY_ADDRESSES]; /* the primary first */
    size_t address_count;
    int prefix;
    struct in_addr gateway; /* 0.0.0.0: none */
    unsigned mtu;           /* 0: as it is */
};

struct identity {
    json_t *document; /* owned */
    const char *instance_id;
    const char *hostname;
    const char *fqdn;
    const char *machine_id; /* NULL: keep */
    const char *user;
    const char *user_data; /* base64, or NULL */
    bool run_user_data;
    struct interface interfaces[IDENTITY_INTERFACES];
    size_t interface_count;
};

/* Reads and checks a document, keeping a reference to it. On failure nothing is kept. */
int identity_parse(json_t *document, struct identity *ret, struct err *err)
    __attribute__((warn_unused_result));

/* The identity that was kept last, -1 where there is none or it cannot be read. */
int identity_load(struct identity *ret, struct err *err) __attribute__((warn_unused_result));

/* Keeps an identity over a reboot (its secrets of the moment, time and entropy, left out). */
int identity_save(const struct identity *identity, struct err *err)
    __attribute__((warn_unused_result));

/* May be called on zeroed memory, and twice. */
void identity_done(struct identity *identity);

/* Whether a name may be a user of the system. */
bool identity_user_is_sound(const char *user);

#endif
