/* The tables behind net.h, for the files of net/ only: the network, its domains, groups and ports.
 */
#ifndef PLANT_NET_PORT_H
#define PLANT_NET_PORT_H

#include "base/hash.h"
#include "base/list.h"
#include "plant/net/expose.h"
#include "plant/net/firewall.h"
#include "plant/net/flow.h"
#include "plant/net/frame.h"
#include "plant/net/net.h"

#define NET_ADDRESS_KEY_SIZE 9
#define LINK_LOCAL_BASE      0xa9fe0000u /* 169.254.0.0/16 */

struct net {
    struct net_config config;
    struct loop *loop;
    struct hash *ports;   /* id -> struct port */
    struct hash *domains; /* id -> struct domain */
    struct hash *groups;  /* id -> struct net_group (net.c keeps more behind it) */
    struct hash *publics; /* address key -> struct port */
    struct list services; /* struct service */
    struct uplinks *uplinks;
    uint32_t generation;        /* counts every change that a rule's verdict may depend on */
    uint8_t scratch[FRAME_MAX]; /* a frame being made or on its way from an uplink */
};

struct domain {
    char id[NET_ID_SIZE];
    struct hash *addresses; /* address key -> struct port */
};

struct service {
    struct list node;
    struct net_service spec;
    char *folder;
    unsigned number; /* for the names of its sockets */
};

#define DNS_FORWARDED_MAX 64
struct dns_forwarded { /* a question on its way to the world, by the port that asked */
    uint16_t port;
    uint32_t server; /* the one of ours that was asked */
};

struct port {
    struct net *net;
    struct domain *domain;
    struct net_port_spec spec; /* its pointers are the port's own copies */
    char *hostname, *domain_name;
    char (*groups)[NET_ID_SIZE];
    uint8_t gateway_mac[MAC_SIZE];
    uint32_t gateway;
    uint32_t dns;
    struct link *link;     /* NULL while unplugged */
    struct uplink *uplink; /* NULL until it is needed */
    struct flows flows;
    struct fragments fragments[2]; /* by enum direction */
    struct exposure exposure;
    struct dns_forwarded forwarded[DNS_FORWARDED_MAX];
    struct net_counters counters;
};

void net_address_key(uint32_t address, char out[NET_ADDRESS_KEY_SIZE]);
struct port *net_public_port(const struct net *n,
                             uint32_t address); /* NULL: nobody's, or its subnet has no way out */
struct port *domain_port(const struct domain *d, uint32_t address);
struct service *net_service_find(const struct net *n, uint32_t address, uint16_t port);
struct uplink *port_uplink(
    struct port *p); /* makes it when there is none yet; NULL when it cannot be made */
bool port_is_public(const struct port *p); /* has a public address and a way out */

#endif
