/*
 * The guest's network cards. A card is known by its MAC; one that has another MAC, as in a machine
 * resumed from a template, is taken by its number and given the MAC. The first card carries the
 * default route of the main table; further cards answer by themselves: a routing table of their own
 * for what leaves from their addresses.
 */
#include "network.h"

#include "file.h"
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TABLE_OF_CARD(index) (10000U + (unsigned)(index))
#define DISCARD_PORT         9

/* What a dump of addresses looks for. */
struct stale {
    unsigned link;
    const struct interface *wanted;
    struct ifaddrmsg found[IDENTITY_ADDRESSES];
    struct in_addr address[IDENTITY_ADDRESSES];
    size_t count;
};

struct route {
    unsigned table;
    unsigned link;
    struct in_addr to; /* 0.0.0.0 with prefix 0: everything */
    int prefix;
    struct in_addr gateway; /* 0.0.0.0: directly on the link */
    struct in_addr source;  /* 0.0.0.0: the kernel's choice */
};

static bool has_mac(const char *name, const unsigned char mac[6])
{
    char path[64], text[18];
    size_t len;
    char *found;
    bool equal;

    snprintf(path, sizeof(path), "/sys/class/net/%s/address", name);
    snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
             mac[4], mac[5]);
    found = file_read(path, &len);
    equal = found != NULL && strncmp(found, text, 17) == 0;
    free(found);
    return equal;
}

/* The kernel's number of a card, 0 if there is none. Says whether the card has the MAC already. */
static unsigned find_link(const struct interface *card, bool *ret_has_mac)
{
    struct if_nameindex *list = if_nameindex();
    char by_number[IF_NAMESIZE];
    unsigned link = 0;

    snprintf(by_number, sizeof(by_number), "eth%d", card->device_index);
    *ret_has_mac = false;
    for (struct if_nameindex *at = list; at != NULL && at->if_index != 0; at++) {
        if (has_mac(at->if_name, card->mac)) {
            link = at->if_index;
            *ret_has_mac = true;
            break;
        }
        if (strcmp(at->if_name, by_number) == 0)
            link = at->if_index;
    }
    if_freenameindex(list);
    return link;
}

static int talk(int fd, struct message *message, int tolerated, const char *what, struct err *err)
{
    int rc = netlink_talk(fd, message, err);

    if (rc > 0 && rc != tolerated)
        return err_set(err, "%s: %s", what, strerror(rc));
    return rc < 0 ? -1 : 0;
}

static int link_set(int fd, unsigned link, const struct interface *card, bool set_mac,
                    struct err *err)
{
    struct ifinfomsg body = {
        .ifi_family = AF_UNSPEC,
        .ifi_index = (int)link,
        .ifi_flags = IFF_UP,
        .ifi_change = IFF_UP,
    };
    struct message message;

    message_init(&message, RTM_NEWLINK, 0, &body, sizeof(body));
    if (set_mac)
        message_add(&message, IFLA_ADDRESS, card->mac, sizeof(card->mac));
    if (card->mtu != 0)
        message_add_u32(&message, IFLA_MTU, card->mtu);
    return talk(fd, &message, 0, "cannot bring the network card up", err);
}

static bool is_wanted(const struct interface *card, const struct ifaddrmsg *body,
                      const struct in_addr *address)
{
    for (size_t i = 0; i < card->address_count; i++)
        if (card->addresses[i].s_addr == address->s_addr)
            return body->ifa_prefixlen == card->prefix;
    return false;
}

static void note_stale(struct nlmsghdr *part, void *context)
{
    struct stale *stale = context;
    struct ifaddrmsg *body = NLMSG_DATA(part);
    unsigned len = (unsigned)IFA_PAYLOAD(part);
    struct in_addr address;

    if (part->nlmsg_type != RTM_NEWADDR || body->ifa_family != AF_INET ||
        body->ifa_index != stale->link)
        return;
    for (struct rtattr *attribute = IFA_RTA(body); RTA_OK(attribute, len);
         attribute = RTA_NEXT(attribute, len)) {
        if (attribute->rta_type != IFA_LOCAL)
            continue;
        memcpy(&address, RTA_DATA(attribute), sizeof(address));
        if (is_wanted(stale->wanted, body, &address) || stale->count == IDENTITY_ADDRESSES)
            continue;
        stale->found[stale->count] = *body;
        stale->address[stale->count++] = address;
    }
}

static int addresses_drop_stale(int fd, unsigned link, const struct interface *card,
                                struct err *err)
{
    struct stale stale = {.link = link, .wanted = card};
    struct ifaddrmsg all = {.ifa_family = AF_INET};
    struct message message;

    message_init(&message, RTM_GETADDR, 0, &all, sizeof(all));
    if (netlink_dump(fd, &message, note_stale, &stale, err) != 0)
        return -1;
    for (size_t i = 0; i < stale.count; i++) {
        message_init(&message, RTM_DELADDR, 0, &stale.found[i], sizeof(stale.found[i]));
        message_add(&message, IFA_LOCAL, &stale.address[i], sizeof(stale.address[i]));
        if (talk(fd, &message, EADDRNOTAVAIL, "cannot remove an address", err) != 0)
            return -1;
    }
    return 0;
}

static int address_add(int fd, unsigned link, const struct interface *card, size_t which,
                       struct err *err)
{
    struct ifaddrmsg body = {
        .ifa_family = AF_INET,
        .ifa_prefixlen = (unsigned char)card->prefix,
        .ifa_index = link,
    };
    struct in_addr broadcast = {
        .s_addr = card->addresses[which].s_addr |
                  htonl(card->prefix == 32 ? 0 : 0xffffffffU >> card->prefix),
    };
    struct message message;

    message_init(&message, RTM_NEWADDR, NLM_F_CREATE, &body, sizeof(body));
    message_add(&message, IFA_LOCAL, &card->addresses[which], sizeof(struct in_addr));
    message_add(&message, IFA_ADDRESS, &card->addresses[which], sizeof(struct in_addr));
    message_add(&message, IFA_BROADCAST, &broadcast, sizeof(broadcast));
    return talk(fd, &message, EEXIST, "cannot add an address", err);
}

static int route_put(int fd, const struct route *route, struct err *err)
{
    struct rtmsg body = {
        .rtm_family = AF_INET,
        .rtm_dst_len = (unsigned char)route->prefix,
        .rtm_table = RT_TABLE_UNSPEC,
        .rtm_protocol = RTPROT_STATIC,
        .rtm_scope = route->gateway.s_addr == 0 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
        .rtm_type = RTN_UNICAST,
    };
    struct message message;

    message_init(&message, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &body, sizeof(body));
    message_add_u32(&message, RTA_TABLE, route->table);
    message_add_u32(&message, RTA_OIF, route->link);
    if (route->prefix > 0)
        message_add(&message, RTA_DST, &route->to, sizeof(route->to));
    if (route->gateway.s_addr != 0)
        message_add(&message, RTA_GATEWAY, &route->gateway, sizeof(route->gateway));
    if (route->source.s_addr != 0)
        message_add(&message, RTA_PREFSRC, &route->source, sizeof(route->source));
    return talk(fd, &message, 0, "cannot set a route", err);
}

/* What leaves from an address is looked up in the table of its card. */
static int rule_put(int fd, unsigned table, struct in_addr from, struct err *err)
{
    struct fib_rule_hdr body = {
        .family = AF_INET,
        .src_len = 32,
        .table = RT_TABLE_UNSPEC,
        .action = FR_ACT_TO_TBL,
    };
    struct message message;

    message_init(&message, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));
    message_add(&message, FRA_SRC, &from, sizeof(from));
    message_add_u32(&message, FRA_TABLE, table);
    message_add_u32(&message, FRA_PRIORITY, 100 + table - TABLE_OF_CARD(0));
    return talk(fd, &message, EEXIST, "cannot add a routing rule", err);
}

static int routes_put_first(int fd, unsigned link, const struct interface *card, struct err *err)
{
    const struct route gateway = {.table = RT_TABLE_MAIN, .link = link, .gateway = card->gateway};
    const struct route metadata = {
        .table = RT_TABLE_MAIN,
        .link = link,
        .to = {.s_addr = htonl(0xa9fea9feU)}, /* 169.254.169.254 */
        .prefix = 32,
        .gateway = card->gateway,
    };

    if (card->gateway.s_addr == 0)
        return 0;
    return route_put(fd, &gateway, err) != 0 || route_put(fd, &metadata, err) != 0 ? -1 : 0;
}

static int routes_put_further(int fd, unsigned link, const struct interface *card, struct err *err)
{
    const unsigned table = TABLE_OF_CARD(card->device_index);
    const unsigned mask = card->prefix == 32 ? 0xffffffffU : ~(0xffffffffU >> card->prefix);
    const struct route subnet = {
        .table = table,
        .link = link,
        .to = {.s_addr = card->addresses[0].s_addr & htonl(mask)},
        .prefix = card->prefix,
        .source = card->addresses[0],
    };
    const struct route gateway = {.table = table, .link = link, .gateway = card->gateway};

    if (route_put(fd, &subnet, err) != 0)
        return -1;
    if (card->gateway.s_addr != 0 && route_put(fd, &gateway, err) != 0)
        return -1;
    for (size_t i = 0; i < card->address_count; i++)
        if (rule_put(fd, table, card->addresses[i], err) != 0)
            return -1;
    return 0;
}

/* One packet to the gateway teaches the switch where this MAC and address live, before anyone asks.
 */
static void greet_gateway(const struct interface *card)
{
    const struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = card->addresses[0]};
    const struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons(DISCARD_PORT),
        .sin_addr = card->gateway,
    };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return;
    if (bind(fd, (const struct sockaddr *)&from, sizeof(from)) == 0)
        (void)sendto(fd, "", 1, 0, (const struct sockaddr *)&to, sizeof(to));
    close(fd);
}

static int card_apply(int fd, const struct interface *card, struct err *err)
{
    bool has;
    unsigned link = find_link(card, &has);

    if (link == 0)
        return err_set(err, "there is no network card for device_index %d", card->device_index);
    if (link_set(fd, link, card, !has, err) != 0 || addresses_drop_stale(fd, link, card, err) != 0)
        return -1;
    for (size_t i = 0; i < card->address_count; i++)
        if (address_add(fd, link, card, i, err) != 0)
            return -1;
    if ((card->device_index == 0 ? routes_put_first : routes_put_further)(fd, link, card, err) != 0)
        return -1;
    if (card->gateway.s_addr != 0)
        greet_gateway(card);
    return 0;
}

/*
 * Public addresses lie in 127/8 here. The kernel keeps that whole range to itself until the range's
 * local route is gone; 127.0.0.1 has a route of its own and stays.
 */
static int public_range_open(int fd, struct err *err)
{
    const struct in_addr range = {.s_addr = htonl(0x7f000000U)};
    const unsigned loopback = if_nametoindex("lo");
    struct rtmsg body = {
        .rtm_family = AF_INET,
        .rtm_dst_len = 8,
        .rtm_table = RT_TABLE_LOCAL,
        .rtm_scope = RT_SCOPE_NOWHERE,
        .rtm_type = RTN_LOCAL,
    };
    struct message message;

    message_init(&message, RTM_DELROUTE, 0, &body, sizeof(body));
    message_add(&message, RTA_DST, &range, sizeof(range));
    message_add_u32(&message, RTA_OIF, loopback);
    if (talk(fd, &message, ESRCH, "cannot open the public range", err) != 0)
        return -1;
    return file_put("/proc/sys/net/ipv4/conf/all/route_localnet", "1", err);
}

int network_apply(const struct identity *identity, struct err *err)
{
    int fd = netlink_open(err);
    int rc = fd < 0 ? -1 : public_range_open(fd, err);

    for (size_t i = 0; rc == 0 && i < identity->interface_count; i++)
        rc = card_apply(fd, &identity->interfaces[i], err);
    if (fd >= 0)
        close(fd);
    return rc;
}

int network_write_resolver(const struct identity *identity, struct err *err)
{
    const json_t *value;
    char text[2048];
    size_t index, len;

    len = (size_t)snprintf(text, sizeof(text), "# Written at every boot.\n");
    json_array_foreach (json_object_get(identity->document, "search"), index, value)
        if (json_is_string(value) && len < sizeof(text) / 2)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.253s",
                                    index == 0 ? "search " : " ", json_string_value(value));
    if (index > 0)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "\n");
    len += (size_t)snprintf(text + len, sizeof(text) - len, "options timeout:2 attempts:5\n");
    json_array_foreach (json_object_get(identity->document, "dns"), index, value)
        if (json_is_string(value) && index < 3)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "nameserver %.45s\n",
                                    json_string_value(value));
    return file_write_text("/etc/resolv.conf", text, 0644, err);
}
