/* Which ports of a public address this host listens on. A list of wanted ports is made from the
 * rules and compared with what is open: what is no longer wanted is closed, what is new is opened.
 */
#include "plant/net/expose.h"

#include "plant/net/port.h"
#include "plant/net/uplink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where servers usually are, while nothing is known of what a guest listens on. */
static const uint16_t usual_ports[] = {22, 80, 443, 3000, 3306, 5000, 5432, 8000, 8080, 8443};

static struct forward *forward_find(struct exposure *e, int protocol, uint16_t port)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->forwards[i].protocol == protocol && e->forwards[i].port == port)
            return &e->forwards[i];
    return NULL;
}

static void report(const struct port *p, const struct forward *f)
{
    const struct net_config *config = &p->net->config;

    if (config->exposed != NULL)
        config->exposed(config->arg, p->spec.id, f->protocol, f->port, f->host_port);
}

static uint16_t forward_open(struct port *p, const struct forward *f)
{
    struct uplink *uplink = port_uplink(p);
    struct uplink_forward at = {
        .protocol = f->protocol,
        .address = p->exposure.address,
        .host_port = f->port,
        .port = f->port,
    };
    int errnum;

    if (uplink == NULL)
        return 0;
    errnum = uplink_listen(uplink, &at);
    if (errnum == EACCES && f->port < 1024) {
        at.host_port = (uint16_t)(f->port + p->net->config.low_port_offset);
        errnum = uplink_listen(uplink, &at);
    }
    return errnum == 0 ? at.host_port : 0;
}

static void forward_close(struct port *p, const struct forward *f)
{
    struct uplink_forward at = {
        .protocol = f->protocol,
        .address = p->exposure.address,
        .host_port = f->host_port,
        .port = f->port,
    };

    if (f->host_port != 0 && p->uplink != NULL)
        uplink_unlisten(p->uplink, &at);
}

static void want(struct port *p, int protocol, uint16_t port)
{
    struct exposure *e = &p->exposure;
    struct forward *f = forward_find(e, protocol, port);
    uint16_t before;

    if (f != NULL && f->wanted)
        return;
    if (f == NULL) {
        if (e->count == EXPOSE_MAX || port == 0)
            return;
        e->forwards = xrealloc(e->forwards, (e->count + 1) * sizeof(*e->forwards));
        f = &e->forwards[e->count++];
        *f = (struct forward){.protocol = (uint8_t)protocol, .port = port};
        f->wanted = true;
        f->host_port = forward_open(p, f);
        report(p, f);
        return;
    }
    f->wanted = true;
    if (f->host_port != 0)
        return;
    before = f->host_port;
    f->host_port = forward_open(p, f);
    if (f->host_port != before)
        report(p, f);
}

static void want_listed(struct port *p, int protocol, const struct net_rule *rule)
{
    const struct exposure *e = &p->exposure;
    const uint16_t *list = protocol == NET_TCP ? e->tcp : e->udp;
    size_t count = protocol == NET_TCP ? e->tcp_count : e->udp_count;

    if (!e->guest_known) {
        list = usual_ports;
        count = protocol == NET_TCP ? ARRAY_LEN(usual_ports) : 0;
    }
    for (size_t i = 0; i < count; i++)
        if (rule->protocol == NET_ANY || (list[i] >= rule->from_port && list[i] <= rule->to_port))
            want(p, protocol, list[i]);
}

/* Could a client that is not of the domain be the rule's peer? */
static bool rule_reaches_host(const struct port *p, const struct net_rule *rule)
{
    struct cidr domain = p->spec.domain_block;

    if (rule->group[0] != '\0')
        return false;
    return rule->block.prefix < domain.prefix || !cidr_contains(domain, rule->block.address);
}

static void want_rule(struct port *p, const struct net_rule *rule)
{
    if (!rule_reaches_host(p, rule))
        return;
    if (rule->protocol == NET_ANY) {
        want_listed(p, NET_TCP, rule);
        want_listed(p, NET_UDP, rule);
        return;
    }
    if (rule->protocol != NET_TCP && rule->protocol != NET_UDP)
        return;
    if (rule->to_port - rule->from_port >= EXPOSE_RANGE_MAX) {
        want_listed(p, rule->protocol, rule);
        return;
    }
    for (int port = rule->from_port; port <= rule->to_port; port++)
        want(p, rule->protocol, (uint16_t)port);
}

static void want_all(struct port *p)
{
    for (size_t i = 0; i < p->spec.group_count; i++) {
        const struct net_group *group = hash_get(p->net->groups, p->groups[i]);

        for (size_t r = 0; group != NULL && r < group->ingress_count; r++)
            want_rule(p, &group->ingress[r]);
    }
}

static void close_unwanted(struct port *p)
{
    struct exposure *e = &p->exposure;
    size_t kept = 0;

    for (size_t i = 0; i < e->count; i++) {
        if (e->forwards[i].wanted)
            e->forwards[kept++] = e->forwards[i];
        else
            forward_close(p, &e->forwards[i]);
    }
    e->count = kept;
}

void expose_close(struct port *p)
{
    for (size_t i = 0; i < p->exposure.count; i++)
        p->exposure.forwards[i].wanted = false;
    close_unwanted(p);
}

void expose_update(struct port *p)
{
    if (p->link == NULL || !port_is_public(p) || p->exposure.address != p->spec.public_address)
        expose_close(p);
    p->exposure.address = p->spec.public_address;
    if (p->link == NULL || !port_is_public(p))
        return;
    for (size_t i = 0; i < p->exposure.count; i++)
        p->exposure.forwards[i].wanted = false;
    want_all(p);
    close_unwanted(p);
}

void expose_set_guest(struct port *p, int protocol, const uint16_t *ports, size_t count)
{
    uint16_t **list = protocol == NET_TCP ? &p->exposure.tcp : &p->exposure.udp;
    size_t *list_count = protocol == NET_TCP ? &p->exposure.tcp_count : &p->exposure.udp_count;

    free(*list);
    *list = xmalloc(count * sizeof(**list) + 1);
    if (count != 0)
        memcpy(*list, ports, count * sizeof(**list));
    *list_count = count;
    p->exposure.guest_known = true;
}

void expose_done(struct exposure *e)
{
    free(e->forwards);
    free(e->tcp);
    free(e->udp);
    *e = (struct exposure){.forwards = NULL};
}
