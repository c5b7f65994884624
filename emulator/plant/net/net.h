/* The network: a userspace switch and router between machines, and to this host. It needs no
 * privilege and changes nothing on the host.
 *
 * A port is a machine's network interface. Ports live in a domain (an isolated private network of
 * one address block); inside it the router answers ARP for everything, hands out the port's one
 * address by DHCP, answers DNS, and routes. A frame passes the sender's egress and the receiver's
 * ingress rules, statefully. Public addresses are translated one to one at the edge of the domain:
 * they lead from other domains and, through one libslirp per port, from this host to that port and
 * no other. Services (metadata, packages) are reached at addresses of their own and handed out as
 * accepted sockets tagged with the port's id.
 *
 * No callback of net_config or net_service may call into the network again. */
#ifndef PLANT_NET_NET_H
#define PLANT_NET_NET_H

#include "base/net.h"
#include "loop/loop.h"

#define NET_ID_SIZE 64

enum net_proto { NET_ANY = -1, NET_ICMP = 1, NET_TCP = 6, NET_UDP = 17, NET_ICMPV6 = 58 };

struct net_rule {
    int protocol;            /* IP protocol number, or NET_ANY */
    int from_port, to_port;  /* TCP and UDP; ICMP: type and code, -1 any */
    struct cidr block;       /* the peer, unless `group` */
    char group[NET_ID_SIZE]; /* the peer is a member of this group; "" none */
};

struct net_group { /* a named set of ports with rules for what may come in to and go out of its
                      members */
    char id[NET_ID_SIZE];
    const struct net_rule *ingress;
    size_t ingress_count;
    const struct net_rule *egress;
    size_t egress_count;
};

struct net_port_spec {
    char id[NET_ID_SIZE];     /* "eni-..." */
    char domain[NET_ID_SIZE]; /* "vpc-..." */
    uint8_t mac[6];
    uint32_t address;
    struct cidr subnet;       /* the router is its first host address */
    struct cidr domain_block; /* of the domain: DNS is at base + 2 */
    uint32_t public_address;  /* 0: none */
    bool edge; /* the subnet routes to the outside; without it no public traffic either way */
    bool check_source; /* drops packets whose source is not the port's own address (a foreign MAC is
                          always dropped) */
    int mtu;           /* 576 .. 9216 */
    int service_ttl;   /* IP time to live of what services send to the machine; 0: 64 */
    const char *hostname;    /* short name for DHCP */
    const char *domain_name; /* search domain */
    const char (*groups)[NET_ID_SIZE];
    size_t group_count;
};

struct net_service {
    uint32_t address; /* in 169.254.0.0/16 */
    uint16_t port;    /* TCP */
    bool filtered; /* subject to egress rules and `edge` (metadata is not); a public address is not
                      needed */
    const char *socket_folder; /* 0700; a unix socket per port is made in it */
    /* A machine connected: fd is the callee's. port_id says which. */
    void (*accepted)(void *arg, const char *port_id, int fd);
    void *arg;
};

struct net_config {
    struct loop *loop;
    bool allow_internet;
    int low_port_offset; /* where ports below 1024 cannot be bound: port + offset is used instead,
                            e.g. 20000 */
    /* Names: fills *ret_address and returns true; false: no such name. `port_id` is who asks. Also
     * reverse: address -> name. */
    bool (*resolve)(void *arg, const char *port_id, const char *name, uint32_t *ret_address);
    bool (*resolve_reverse)(void *arg, const char *port_id, uint32_t address, char *ret_name,
                            size_t size);
    /* Called from within the calls that change rules, addresses or what a guest listens on:
     * a public TCP or UDP port is now served at `host_port` (differs when it had to be moved), or
     * could not be (host_port 0). */
    void (*exposed)(void *arg, const char *port_id, int protocol, int port, int host_port);
    void *arg;
};

struct net;
struct net *net_new(const struct net_config *config, struct err *err);
void net_free(struct net *n);
int net_service_add(struct net *n, const struct net_service *service, struct err *err) MUST_CHECK;

void net_group_set(struct net *n,
                   const struct net_group *group); /* adds or replaces; acts on the next packet */
void net_group_remove(struct net *n, const char *id);

/* Adds or changes a port (its connections stay when it exists). The machine's socket comes by
 * net_port_plug. */
int net_port_set(struct net *n, const struct net_port_spec *spec, struct err *err) MUST_CHECK;
/* Dials QEMU's `-netdev stream,server=on` socket and keeps dialling while plugged. */
int net_port_plug(struct net *n, const char *id, const char *socket_path,
                  struct err *err) MUST_CHECK;
void net_port_unplug(struct net *n, const char *id);
void net_port_remove(struct net *n,
                     const char *id); /* listeners, sockets and flows are gone when it returns */
/* What the guest itself listens on (its agent says so): opens wide rules' ports on the public
 * address. */
void net_port_set_listening(struct net *n, const char *id, const uint16_t *tcp, size_t tcp_count,
                            const uint16_t *udp, size_t udp_count);

struct net_counters { /* since net_port_set made the port */
    int64_t in_bytes, in_packets, out_bytes, out_packets;
    int64_t dropped_packets; /* by rules */
};
bool net_port_counters(const struct net *n, const char *id, struct net_counters *ret_counters);

#endif
