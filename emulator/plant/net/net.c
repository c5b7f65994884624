/* The tables of the network: services, groups, domains and ports, as net.h describes them. */
#include "plant/net/net.h"

#include "base/text.h"
#include "plant/net/link.h"
#include "plant/net/port.h"
#include "plant/net/router.h"
#include "plant/net/uplink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MTU_MIN 576

void net_address_key(uint32_t address, char out[NET_ADDRESS_KEY_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 7; i >= 0; i--, address >>= 4)
        out[i] = digits[address & 15];
    out[8] = '\0';
}

static void *address_get(const struct hash *h, uint32_t address)
{
    char key[NET_ADDRESS_KEY_SIZE];

    net_address_key(address, key);
    return hash_get(h, key);
}

static void address_put(struct hash *h, uint32_t address, struct port *p)
{
    char key[NET_ADDRESS_KEY_SIZE];

    net_address_key(address, key);
    hash_put(h, key, p);
}

static void address_remove(struct hash *h, uint32_t address)
{
    char key[NET_ADDRESS_KEY_SIZE];

    net_address_key(address, key);
    hash_remove(h, key);
}

struct port *net_public_port(const struct net *n, uint32_t address)
{
    struct port *p = address_get(n->publics, address);

    return p != NULL && p->spec.edge ? p : NULL;
}

struct port *domain_port(const struct domain *d, uint32_t address)
{
    return address_get(d->addresses, address);
}

bool port_is_public(const struct port *p)
{
    return p->spec.edge && p->spec.public_address != 0;
}

struct uplink *port_uplink(struct port *p)
{
    if (p->uplink == NULL)
        p->uplink = uplink_new(p);
    return p->uplink;
}

/* --- services --- */

struct service *net_service_find(const struct net *n, uint32_t address, uint16_t port)
{
    list_foreach (it, &n->services) {
        struct service *s = list_entry(it, struct service, node);

        if (s->spec.address == address && s->spec.port == port)
            return s;
    }
    return NULL;
}

int net_service_add(struct net *n, const struct net_service *service, struct err *err)
{
    struct service *s;
    unsigned number = 0;

    if (service->address >> 16 != LINK_LOCAL_BASE >> 16 || service->address == UPLINK_HOST ||
        service->address == UPLINK_NAMESERVER)
        return err_set(err, "BadAddress", "a service's address is in 169.254.0.0/16");
    if (net_service_find(n, service->address, service->port) != NULL)
        return err_set(err, "AddressInUse", "another service has this address and port");
    list_foreach (it, &n->services)
        number++;
    s = xcalloc(1, sizeof(*s));
    s->spec = *service;
    s->folder = xstrdup(service->socket_folder);
    s->spec.socket_folder = s->folder;
    s->number = number;
    list_append(&n->services, &s->node);
    return 0;
}

/* --- groups --- */

static struct net_rule *rules_copy(const struct net_rule *rules, size_t count)
{
    struct net_rule *copy = xmalloc(count * sizeof(*copy) + 1);

    if (count != 0)
        memcpy(copy, rules, count * sizeof(*copy));
    return copy;
}

struct group { /* what n->groups holds: a struct net_group first, and the memory behind it */
    struct net_group face;
    struct net_rule *ingress, *egress;
};

static void group_free(void *value)
{
    struct group *g = value;

    if (g == NULL)
        return;
    free(g->ingress);
    free(g->egress);
    free(g);
}

static bool port_has_group(const struct port *p, const char *id)
{
    for (size_t i = 0; i < p->spec.group_count; i++)
        if (str_equal(p->groups[i], id))
            return true;
    return false;
}

/* Something that verdicts depend on is different now. */
static void rules_changed(struct net *n, const char *group)
{
    const char *key;
    void *value;
    size_t at = 0;

    n->generation++;
    while (hash_next(n->ports, &at, &key, &value))
        if (port_has_group(value, group))
            expose_update(value);
}

void net_group_set(struct net *n, const struct net_group *group)
{
    struct group *g = xcalloc(1, sizeof(*g));

    g->ingress = rules_copy(group->ingress, group->ingress_count);
    g->egress = rules_copy(group->egress, group->egress_count);
    g->face = *group;
    g->face.ingress = g->ingress;
    g->face.egress = g->egress;
    group_free(hash_put(n->groups, group->id, g));
    rules_changed(n, group->id);
}

void net_group_remove(struct net *n, const char *id)
{
    group_free(hash_remove(n->groups, id));
    rules_changed(n, id);
}

/* --- domains --- */

static struct domain *domain_take(struct net *n, const char *id)
{
    struct domain *d = hash_get(n->domains, id);

    if (d != NULL)
        return d;
    d = xcalloc(1, sizeof(*d));
    str_copy(d->id, sizeof(d->id), id);
    d->addresses = hash_new();
    hash_put(n->domains, id, d);
    return d;
}

static void domain_drop_if_empty(struct net *n, struct domain *d)
{
    if (hash_count(d->addresses) != 0)
        return;
    hash_remove(n->domains, d->id);
    hash_free(d->addresses, NULL);
    free(d);
}

/* --- ports --- */

static int spec_check(const struct net *n, const struct net_port_spec *spec, struct err *err)
{
    const struct domain *d = hash_get(n->domains, spec->domain);
    const struct port *other = d == NULL ? NULL : domain_port(d, spec->address);

    if (spec->mtu < MTU_MIN || spec->mtu > FRAME_MTU_MAX)
        return err_set(err, "BadMtu", "%d is no MTU between %d and %d", spec->mtu, MTU_MIN,
                       FRAME_MTU_MAX);
    if (!cidr_contains(spec->subnet, spec->address) ||
        !cidr_contains(spec->domain_block, spec->address))
        return err_set(err, "BadAddress", "the address of %s is outside its subnet", spec->id);
    if (other != NULL && !str_equal(other->spec.id, spec->id))
        return err_set(err, "AddressInUse", "%s has the address of %s", other->spec.id, spec->id);
    other = spec->public_address == 0 ? NULL : address_get(n->publics, spec->public_address);
    if (other != NULL && !str_equal(other->spec.id, spec->id))
        return err_set(err, "AddressInUse", "%s has the public address of %s", other->spec.id,
                       spec->id);
    return 0;
}

static void port_leave_tables(struct port *p)
{
    struct net *n = p->net;

    address_remove(p->domain->addresses, p->spec.address);
    if (p->spec.public_address != 0)
        address_remove(n->publics, p->spec.public_address);
    domain_drop_if_empty(n, p->domain);
    p->domain = NULL;
}

static void port_free_strings(struct port *p)
{
    free(p->hostname);
    free(p->domain_name);
    free(p->groups);
}

/* The router's hardware address: the same for every machine of a subnet, and always. */
static void port_set_router(struct port *p)
{
    uint32_t base = cidr_base(p->spec.subnet);

    p->gateway = base + 1;
    p->dns = cidr_base(p->spec.domain_block) + 2;
    p->gateway_mac[0] = 0x02;
    p->gateway_mac[1] = 0x47;
    put32(p->gateway_mac + 2, base);
}

static void port_take_spec(struct port *p, const struct net_port_spec *spec)
{
    struct net *n = p->net;

    p->spec = *spec;
    p->hostname = spec->hostname == NULL ? NULL : xstrdup(spec->hostname);
    p->domain_name = spec->domain_name == NULL ? NULL : xstrdup(spec->domain_name);
    p->groups = xmalloc(spec->group_count * NET_ID_SIZE + 1);
    if (spec->group_count != 0)
        memcpy(p->groups, spec->groups, spec->group_count * NET_ID_SIZE);
    p->spec.hostname = p->hostname;
    p->spec.domain_name = p->domain_name;
    p->spec.groups = (const char(*)[NET_ID_SIZE])p->groups;
    port_set_router(p);
    p->domain = domain_take(n, spec->domain);
    address_put(p->domain->addresses, spec->address, p);
    if (spec->public_address != 0)
        address_put(n->publics, spec->public_address, p);
}

static struct port *port_new(struct net *n)
{
    struct port *p = xcalloc(1, sizeof(*p));

    p->net = n;
    flows_init(&p->flows);
    return p;
}

static void port_drop_uplink(struct port *p)
{
    expose_close(p);
    uplink_free(p->uplink);
    p->uplink = NULL;
    flows_remove_uplink(&p->flows);
}

/* Connections stay, but those through an address that the port has no longer. */
static void port_change(struct port *p, const struct net_port_spec *spec)
{
    const struct net_port_spec *was = &p->spec;
    bool moved = was->address != spec->address || was->mtu != spec->mtu ||
                 memcmp(was->mac, spec->mac, MAC_SIZE) != 0 ||
                 !str_equal(was->domain, spec->domain);

    if (was->public_address != spec->public_address || (was->edge && !spec->edge))
        flows_remove_uplink(&p->flows);
    if (moved)
        port_drop_uplink(p);
    else if (was->public_address != spec->public_address)
        expose_close(p);
    port_leave_tables(p);
    port_free_strings(p);
}

int net_port_set(struct net *n, const struct net_port_spec *spec, struct err *err)
{
    struct port *p = hash_get(n->ports, spec->id);

    if (spec_check(n, spec, err) != 0)
        return -1;
    if (p == NULL) {
        p = port_new(n);
        hash_put(n->ports, spec->id, p);
    } else {
        port_change(p, spec);
    }
    port_take_spec(p, spec);
    n->generation++;
    expose_update(p);
    return 0;
}

static void port_frame(void *arg, uint8_t *frame, size_t len)
{
    router_from_machine(arg, frame, len);
}

int net_port_plug(struct net *n, const char *id, const char *socket_path, struct err *err)
{
    struct port *p = hash_get(n->ports, id);

    if (p == NULL)
        return err_set(err, "NoPort", "there is no port %s", id);
    link_free(p->link);
    p->link = link_new(n->loop, socket_path, port_frame, p);
    expose_update(p);
    return 0;
}

void net_port_unplug(struct net *n, const char *id)
{
    struct port *p = hash_get(n->ports, id);

    if (p == NULL)
        return;
    link_free(p->link);
    p->link = NULL;
    port_drop_uplink(p);
    flows_done(&p->flows);
    p->exposure.guest_known = false;
}

static void port_free(void *value)
{
    struct port *p = value;

    port_drop_uplink(p);
    link_free(p->link);
    flows_done(&p->flows);
    expose_done(&p->exposure);
    port_leave_tables(p);
    port_free_strings(p);
    free(p);
}

void net_port_remove(struct net *n, const char *id)
{
    struct port *p = hash_remove(n->ports, id);

    if (p == NULL)
        return;
    port_free(p);
    n->generation++;
}

void net_port_set_listening(struct net *n, const char *id, const uint16_t *tcp, size_t tcp_count,
                            const uint16_t *udp, size_t udp_count)
{
    struct port *p = hash_get(n->ports, id);

    if (p == NULL)
        return;
    expose_set_guest(p, NET_TCP, tcp, tcp_count);
    expose_set_guest(p, NET_UDP, udp, udp_count);
    expose_update(p);
}

bool net_port_counters(const struct net *n, const char *id, struct net_counters *ret_counters)
{
    const struct port *p = hash_get(n->ports, id);

    if (p == NULL)
        return false;
    *ret_counters = p->counters;
    return true;
}

/* --- the network --- */

struct net *net_new(const struct net_config *config, struct err *err)
{
    struct net *n;

    if (config->low_port_offset < 0 || config->low_port_offset > 65535 - 1023) {
        err_set(err, "BadOffset", "low ports cannot be moved by %d", config->low_port_offset);
        return NULL;
    }
    n = xcalloc(1, sizeof(*n));
    n->config = *config;
    n->loop = config->loop;
    n->ports = hash_new();
    n->domains = hash_new();
    n->groups = hash_new();
    n->publics = hash_new();
    list_init(&n->services);
    n->uplinks = uplinks_new(n);
    return n;
}

void net_free(struct net *n)
{
    if (n == NULL)
        return;
    hash_free(n->ports, port_free);
    hash_free(n->groups, group_free);
    hash_free(n->publics, NULL);
    hash_free(n->domains, NULL);
    uplinks_free(n->uplinks);
    list_foreach_safe (it, &n->services) {
        struct service *s = list_entry(it, struct service, node);

        free(s->folder);
        free(s);
    }
    free(n);
}
