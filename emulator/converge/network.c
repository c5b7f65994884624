/* The network as the rows say: a port per interface of a machine that runs, a group per security
 * group they wear, names for DNS, and the services that guests reach: metadata, packages and the
 * API. */
#include "converge/internal.h"

#include "base/log.h"
#include "base/text.h"
#include "call/tag.h"
#include "services/ec2/address.h"
#include "services/ec2/interface.h"
#include "services/ec2/security_group.h"
#include "services/endpoint.h"

#include <string.h>

#define METADATA_ADDRESS 0xa9fea9feU /* 169.254.169.254 */
#define PACKAGES_ADDRESS 0xa9fea9faU /* 169.254.169.250 */
#define API_ADDRESS      0xa9fea9f9U /* 169.254.169.249 */
#define PACKAGES_NAME    "repo.groundschool.internal"
#define METADATA_NAME    "instance-data"
#define LOW_PORT_OFFSET  20000
#define MTU              1500
#define LISTEN_MAX       1024

/* --- services --- */

static void metadata_accepted(void *arg, const char *port_id, int fd)
{
    struct converge *cv = arg;
    cv->config.guest_connected(cv->config.arg, "metadata", port_id, fd);
}

static void packages_accepted(void *arg, const char *port_id, int fd)
{
    struct converge *cv = arg;
    cv->config.guest_connected(cv->config.arg, "packages", port_id, fd);
}

static void api_accepted(void *arg, const char *port_id, int fd)
{
    struct converge *cv = arg;
    cv->config.guest_connected(cv->config.arg, "api", port_id, fd);
}

/* --- names --- */

/* "ip-172-31-1-2.<search domain>" or "ec2-127-43-1-2.<public domain>" of an interface in the
 * asker's VPC; inside a VPC the public name leads to the private address ("DNS attributes for your
 * VPC"). */
static bool resolve_interface(struct converge *cv, const char *port_id, const char *name,
                              uint32_t *ret_address)
{
    struct rows r;
    bool found = false;
    struct arena *arena = arena_new();
    rows_open(&r, cv->config.db,
              "SELECT i.address, i.public_address, i.region FROM ec2_network_interface i"
              " JOIN ec2_network_interface a ON a.vpc_id = i.vpc_id WHERE a.id = ?",
              "s", port_id);
    while (!found && rows_next(&r)) {
        const char *address = rows_text(&r, 0), *outside = rows_text(&r, 1),
                   *region = rows_text(&r, 2);
        found =
            str_equal_ci(name, address_private_name(arena, region, address)) ||
            (outside != NULL && str_equal_ci(name, address_public_name(arena, region, outside)));
        if (found)
            found = ipv4_parse(address, ret_address);
    }
    rows_close(&r);
    arena_free(arena);
    return found;
}

static bool resolve(void *arg, const char *port_id, const char *name, uint32_t *ret_address)
{
    const struct converge *cv = arg;
    if (cv->config.serves_api && endpoint_is(name)) {
        *ret_address = API_ADDRESS;
        return true;
    }
    if (str_equal_ci(name, PACKAGES_NAME)) {
        *ret_address = PACKAGES_ADDRESS;
        return true;
    }
    if (strncasecmp(name, METADATA_NAME, strlen(METADATA_NAME)) == 0 &&
        (name[strlen(METADATA_NAME)] == '\0' || name[strlen(METADATA_NAME)] == '.')) {
        *ret_address = METADATA_ADDRESS;
        return true;
    }
    return resolve_interface(arg, port_id, name, ret_address);
}

static bool resolve_reverse(void *arg, const char *port_id, uint32_t address, char *ret_name,
                            size_t size)
{
    struct converge *cv = arg;
    char text[IPV4_SIZE];
    struct rows r;
    ipv4_format(address, text);
    rows_open(&r, cv->config.db,
              "SELECT i.region FROM ec2_network_interface i JOIN ec2_network_interface a ON "
              "a.vpc_id = i.vpc_id"
              " WHERE a.id = ? AND i.address = ?",
              "ss", port_id, text);
    if (!rows_next(&r))
        return false;
    struct arena *arena = arena_new();
    bool fits = str_copy(ret_name, size, address_private_name(arena, rows_text(&r, 0), text));
    rows_close(&r);
    arena_free(arena);
    return fits;
}

/* --- ports that had to move --- */

struct exposure { /* noted in the next turn, since the network may not be called, nor a transaction
                     opened, from its callback */
    struct converge *cv;
    char interface_id[NET_ID_SIZE];
    int protocol, port, host_port;
};

static void exposure_note(void *arg)
{
    struct exposure *e = arg;
    struct rows r;
    rows_open(&r, e->cv->config.db,
              "SELECT account, region, instance_id, public_address FROM ec2_network_interface "
              "WHERE id = ?",
              "s", e->interface_id);
    if (rows_next(&r) && !rows_null(&r, 2)) {
        const char *kind = e->protocol == NET_TCP ? "tcp" : "udp";
        struct call *c = converge_begin(e->cv, (struct scope){rows_text(&r, 0), rows_text(&r, 1)});
        const char *key = call_printf(c, "groundschool:%s-%d", kind, e->port);
        log_warn(
            "%s port %d of %s is served at %s:%d, since ports below 1024 cannot be bound here. To "
            "have it at its own port: "
            "run as root, give the binary the right (setcap cap_net_bind_service+ep), or sysctl "
            "net.ipv4.ip_unprivileged_port_start=22",
            kind, e->port, rows_text(&r, 2), rows_text(&r, 3), e->host_port);
        tag_put_one(c, "instance", rows_text(&r, 2), key, call_printf(c, "%d", e->host_port));
        (void)converge_end(c);
    }
    rows_close(&r);
    free(e);
}

static void exposed(void *arg, const char *port_id, int protocol, int port, int host_port)
{
    struct converge *cv = arg;
    if (host_port == port)
        return;
    if (host_port == 0) {
        log_warn("port %d of %s cannot be served on its public address: another program has it",
                 port, port_id);
        return;
    }
    struct exposure *e = xcalloc(1, sizeof(*e));
    *e = (struct exposure){.cv = cv, .protocol = protocol, .port = port, .host_port = host_port};
    str_copy(e->interface_id, sizeof(e->interface_id), port_id);
    loop_defer(cv->config.loop, exposure_note, e);
}

int network_open(struct converge *cv, struct err *err)
{
    struct net_config config = {
        .loop = cv->config.loop,
        .allow_internet = cv->config.allow_internet,
        .low_port_offset = LOW_PORT_OFFSET,
        .resolve = resolve,
        .resolve_reverse = resolve_reverse,
        .exposed = exposed,
        .arg = cv,
    };
    struct net_service metadata = {
        .address = METADATA_ADDRESS,
        .port = 80,
        .socket_folder = cv->services_folder,
        .accepted = metadata_accepted,
        .arg = cv,
    };
    struct net_service packages = {
        .address = PACKAGES_ADDRESS,
        .port = 80,
        .filtered = true,
        .socket_folder = cv->services_folder,
        .accepted = packages_accepted,
        .arg = cv,
    };
    struct net_service api = {
        .address = API_ADDRESS,
        .port = 443,
        .filtered = true,
        .socket_folder = cv->services_folder,
        .accepted = api_accepted,
        .arg = cv,
    };
    cv->net = net_new(&config, err);
    if (cv->net == NULL || net_service_add(cv->net, &metadata, err) != 0 ||
        net_service_add(cv->net, &packages, err) != 0)
        return -1;
    return cv->config.serves_api ? net_service_add(cv->net, &api, err) : 0;
}

/* --- groups --- */

/* False: a rule that no IPv4 packet can match. */
static bool rule_convert(const struct security_group_rule *from, struct net_rule *to)
{
    *to =
        (struct net_rule){.protocol = from->protocol, .from_port = from->from, .to_port = from->to};
    if (from->peer_group[0] != '\0')
        return str_copy(to->group, sizeof(to->group), from->peer_group);
    return cidr_parse(from->cidr, &to->block);
}

void network_group_set(struct converge *cv, const char *group_id)
{
    if (cv->net == NULL)
        return;
    struct security_group_rule *rules;
    size_t count = security_group_rules(cv->config.db, group_id, &rules), in = 0, out = 0;
    struct net_rule *ingress = xcalloc(count + 1, sizeof(*ingress)),
                    *egress = xcalloc(count + 1, sizeof(*egress));
    for (size_t i = 0; i < count; i++) {
        struct net_rule *to = rules[i].egress ? &egress[out] : &ingress[in];
        bool usable = rule_convert(&rules[i], to);
        in += usable && !rules[i].egress;
        out += usable && rules[i].egress;
    }
    struct net_group group = {
        .ingress = ingress,
        .ingress_count = in,
        .egress = egress,
        .egress_count = out,
    };
    str_copy(group.id, sizeof(group.id), group_id);
    if (db_exists(cv->config.db, "SELECT 1 FROM ec2_security_group WHERE id = ?", "s", group_id))
        net_group_set(cv->net, &group);
    else
        net_group_remove(cv->net, group_id);
    free(ingress);
    free(egress);
    free(rules);
}

/* --- ports --- */

static bool mac_parse(const char *text, uint8_t mac[6])
{
    unsigned b[6];
    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) != 6)
        return false;
    for (int i = 0; i < 6; i++)
        mac[i] = (uint8_t)b[i];
    return true;
}

static bool blocks_read(struct call *c, const struct interface *i, struct net_port_spec *spec)
{
    struct rows r;
    rows_open(
        &r, c->db,
        "SELECT s.cidr, v.cidr FROM ec2_subnet s JOIN ec2_vpc v ON v.id = s.vpc_id WHERE s.id = ?",
        "s", i->subnet_id);
    bool ok = rows_next(&r) && cidr_parse(rows_text(&r, 0), &spec->subnet) &&
              cidr_parse(rows_text(&r, 1), &spec->domain_block);
    rows_close(&r);
    return ok;
}

static int hop_limit(struct call *c, const char *instance_id)
{
    struct instance i;
    if (instance_id == NULL || !instance_find(c, instance_id, &i))
        return 0;
    return (int)json_int_or(json_get(i.doc, "MetadataOptions"), "HttpPutResponseHopLimit", 1);
}

static void groups_read(struct converge *cv, struct call *c, const struct interface *i,
                        struct net_port_spec *spec)
{
    json_t *groups = interface_groups(c, i->id);
    size_t count = json_array_size(groups);
    char(*ids)[NET_ID_SIZE] = arena_alloc(c->arena, (count + 1) * sizeof(*ids));
    for (size_t n = 0; n < count; n++) {
        str_copy(ids[n], NET_ID_SIZE, json_str(json_array_get(groups, n), "GroupId"));
        network_group_set(cv, ids[n]);
    }
    spec->groups = (const char(*)[NET_ID_SIZE])ids;
    spec->group_count = count;
    json_decref(groups);
}

int network_port_set(struct converge *cv, struct call *c, const char *interface_id, struct err *err)
{
    struct interface i;
    struct net_port_spec spec = {.mtu = MTU};
    if (!interface_find(c, interface_id, &i) || !blocks_read(c, &i, &spec) ||
        !mac_parse(i.mac, spec.mac) || !ipv4_parse(i.address, &spec.address))
        return err_set(err, "NoInterface", "interface %s is gone or broken", interface_id);
    str_copy(spec.id, sizeof(spec.id), i.id);
    str_copy(spec.domain, sizeof(spec.domain), i.vpc_id);
    if (i.public_address != NULL)
        (void)ipv4_parse(i.public_address, &spec.public_address);
    spec.edge = interface_at_edge(c, i.subnet_id, i.vpc_id);
    spec.check_source = i.source_dest_check;
    spec.service_ttl = hop_limit(c, i.instance_id);
    spec.domain_name = address_search_domain(c->arena, c->region);
    char *name = arena_strdup(c->arena, address_private_name(c->arena, c->region, i.address));
    name[strcspn(name, ".")] = '\0';
    spec.hostname = name;
    groups_read(cv, c, &i, &spec);
    return net_port_set(cv->net, &spec, err);
}

void network_port_refresh(struct converge *cv, struct scope scope, const char *interface_id)
{
    struct net_counters counters;
    if (cv->net == NULL || !net_port_counters(cv->net, interface_id, &counters))
        return; /* its machine does not run */
    struct call *c = converge_begin(cv, scope);
    struct err err;
    if (network_port_set(cv, c, interface_id, &err) != 0)
        log_warn("%s: %s", interface_id, err.text);
    (void)converge_end(c);
}

static size_t ports_read(const json_t *list, uint16_t *out)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(list) && count < LISTEN_MAX; i++) {
        json_int_t port = json_integer_value(json_array_get(list, i));
        if (port > 0 && port <= UINT16_MAX)
            out[count++] = (uint16_t)port;
    }
    return count;
}

void network_listening(struct converge *cv, const char *instance_id, const json_t *event)
{
    uint16_t tcp[LISTEN_MAX], udp[LISTEN_MAX];
    size_t tcp_count = ports_read(json_get(event, "tcp"), tcp),
           udp_count = ports_read(json_get(event, "udp"), udp);
    struct rows r;
    rows_open(&r, cv->config.db, "SELECT id FROM ec2_network_interface WHERE instance_id = ?", "s",
              instance_id);
    while (rows_next(&r))
        net_port_set_listening(cv->net, rows_text(&r, 0), tcp, tcp_count, udp, udp_count);
}
