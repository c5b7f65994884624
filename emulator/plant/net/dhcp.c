/* DHCP (RFC 2131) for one address: the port's. There is nothing to lease and nothing to remember;
 * whoever asks on a port is told the same, and asked to renew now and then. */
#include "plant/net/answer.h"
#include "plant/net/port.h"
#include "plant/net/router.h"

#include <string.h>

enum { DHCP_SERVER_PORT = 67, DHCP_CLIENT_PORT = 68, DHCP_LEASE_S = 3600 };
enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5, NAK = 6, INFORM = 8 };
enum {
    OPTION_PAD = 0,
    OPTION_MASK = 1,
    OPTION_ROUTER = 3,
    OPTION_DNS = 6,
    OPTION_HOSTNAME = 12,
    OPTION_DOMAIN = 15,
    OPTION_MTU = 26,
    OPTION_BROADCAST = 28,
    OPTION_WANTED_ADDRESS = 50,
    OPTION_LEASE = 51,
    OPTION_TYPE = 53,
    OPTION_SERVER = 54,
    OPTION_PARAMETERS = 55,
    OPTION_RENEWAL = 58,
    OPTION_REBINDING = 59,
    OPTION_CLIENT_ID = 61,
    OPTION_ROUTES = 121,
    OPTION_END = 255,
};
enum {
    AT_OP = 0,
    AT_HARDWARE = 1,
    AT_HARDWARE_LEN = 2,
    AT_FLAGS = 10,
    AT_CIADDR = 12,
    AT_YIADDR = 16,
    AT_SIADDR = 20,
    AT_CHADDR = 28,
    AT_COOKIE = 236,
    AT_OPTIONS = 240
};
#define DHCP_COOKIE     0x63825363u
#define DHCP_BROADCAST  0x8000
#define DHCP_LENGTH_MIN 300 /* some clients drop less */

struct option { /* a client's; NULL when absent */
    const uint8_t *bytes;
    size_t len;
};

static struct option option_find(const uint8_t *message, size_t len, uint8_t code)
{
    size_t at = AT_OPTIONS;

    while (at + 1 < len && message[at] != OPTION_END) {
        if (message[at] == OPTION_PAD) {
            at++;
            continue;
        }
        if (at + 2 + message[at + 1] > len)
            break;
        if (message[at] == code)
            return (struct option){message + at + 2, message[at + 1]};
        at += 2 + (size_t)message[at + 1];
    }
    return (struct option){NULL, 0};
}

static uint32_t option_address(const uint8_t *message, size_t len, uint8_t code)
{
    struct option o = option_find(message, len, code);

    return o.len == 4 ? get32(o.bytes) : 0;
}

struct ask {
    const uint8_t *bytes;
    size_t len;
    uint8_t type;
};

struct writer {
    uint8_t *message;
    size_t at;
};

static void put_option(struct writer *w, uint8_t code, const void *bytes, size_t len)
{
    w->message[w->at++] = code;
    w->message[w->at++] = (uint8_t)len;
    memcpy(w->message + w->at, bytes, len);
    w->at += len;
}

static void put_option32(struct writer *w, uint8_t code, uint32_t value)
{
    uint8_t bytes[4];

    put32(bytes, value);
    put_option(w, code, bytes, sizeof(bytes));
}

static void put_option_text(struct writer *w, uint8_t code, const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);

    if (len > 0 && len <= 255)
        put_option(w, code, text, len);
}

/* A client that takes routes ignores the router (RFC 3442), so the default route is among them. */
static void put_routes(struct writer *w, const struct port *p)
{
    uint8_t route[5] = {0};

    put32(route + 1, p->gateway);
    put_option(w, OPTION_ROUTES, route, sizeof(route));
}

static void put_lease(struct writer *w, const struct port *p)
{
    put32(w->message + AT_YIADDR, p->spec.address);
    put_option32(w, OPTION_LEASE, DHCP_LEASE_S);
    put_option32(w, OPTION_RENEWAL, DHCP_LEASE_S / 2);
    put_option32(w, OPTION_REBINDING, DHCP_LEASE_S / 8 * 7);
}

static void put_settings(struct writer *w, const struct port *p, const struct ask *ask)
{
    struct option wanted = option_find(ask->bytes, ask->len, OPTION_PARAMETERS);
    uint8_t mtu[2];

    put_option32(w, OPTION_MASK, cidr_mask(p->spec.subnet));
    put_option32(w, OPTION_BROADCAST, cidr_base(p->spec.subnet) | ~cidr_mask(p->spec.subnet));
    put_option32(w, OPTION_ROUTER, p->gateway);
    put_option32(w, OPTION_DNS, p->dns);
    put_option_text(w, OPTION_DOMAIN, p->domain_name);
    put_option_text(w, OPTION_HOSTNAME, p->hostname);
    put16(mtu, (unsigned)p->spec.mtu);
    put_option(w, OPTION_MTU, mtu, sizeof(mtu));
    if (wanted.bytes != NULL && memchr(wanted.bytes, OPTION_ROUTES, wanted.len) != NULL)
        put_routes(w, p);
}

/* The part that every reply has, for the message type given; options follow at the writer. */
static struct writer begin_reply(struct port *p, const struct ask *ask, uint8_t type)
{
    struct option client = option_find(ask->bytes, ask->len, OPTION_CLIENT_ID);
    struct writer w = {.message = p->net->scratch + FRAME_UDP_BODY, .at = AT_OPTIONS};

    memset(w.message, 0, AT_OPTIONS);
    memcpy(w.message, ask->bytes, AT_CHADDR + 16);
    w.message[AT_OP] = 2;
    put32(w.message + AT_YIADDR, 0);
    put32(w.message + AT_SIADDR, 0);
    put32(w.message + AT_COOKIE, DHCP_COOKIE);
    put_option(&w, OPTION_TYPE, &type, 1);
    put_option32(&w, OPTION_SERVER, p->gateway);
    if (client.bytes != NULL)
        put_option(&w, OPTION_CLIENT_ID, client.bytes, client.len);
    return w;
}

static void reply(struct port *p, const struct ask *ask, uint8_t type)
{
    static const uint8_t everyone[MAC_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    bool renewing = get32(ask->bytes + AT_CIADDR) != 0;
    bool wants_broadcast = (get16(ask->bytes + AT_FLAGS) & DHCP_BROADCAST) != 0;
    bool broadcast = type == NAK || (!renewing && wants_broadcast);
    struct writer w = begin_reply(p, ask, type);
    struct endpoints ends = {
        .src_mac = p->gateway_mac,
        .dst_mac = broadcast ? everyone : p->spec.mac,
        .src = p->gateway,
        .dst = broadcast ? 0xffffffffu : p->spec.address,
        .sport = DHCP_SERVER_PORT,
        .dport = DHCP_CLIENT_PORT,
    };

    if (type != NAK && ask->type != INFORM)
        put_lease(&w, p);
    if (type != NAK)
        put_settings(&w, p, ask);
    w.message[w.at++] = OPTION_END;
    while (w.at < DHCP_LENGTH_MIN)
        w.message[w.at++] = OPTION_PAD;
    router_to_machine(p, p->net->scratch, frame_finish_udp(p->net->scratch, &ends, w.at));
}

static void answer_request(struct port *p, const struct ask *ask)
{
    uint32_t server = option_address(ask->bytes, ask->len, OPTION_SERVER);
    uint32_t address = option_address(ask->bytes, ask->len, OPTION_WANTED_ADDRESS);

    if (server != 0 && server != p->gateway)
        return;
    if (address == 0)
        address = get32(ask->bytes + AT_CIADDR);
    reply(p, ask, address == p->spec.address ? ACK : NAK);
}

static bool ask_parse(struct ask *ask, const struct port *p, const uint8_t *bytes, size_t len)
{
    struct option type;

    if (len <= AT_OPTIONS || bytes[AT_OP] != 1 || bytes[AT_HARDWARE] != 1 ||
        bytes[AT_HARDWARE_LEN] != MAC_SIZE || get32(bytes + AT_COOKIE) != DHCP_COOKIE ||
        memcmp(bytes + AT_CHADDR, p->spec.mac, MAC_SIZE) != 0)
        return false;
    type = option_find(bytes, len, OPTION_TYPE);
    if (type.len != 1)
        return false;
    *ask = (struct ask){bytes, len, type.bytes[0]};
    return true;
}

bool answer_dhcp(struct port *p, const struct packet *k)
{
    struct ask ask;

    if (k->proto != NET_UDP || k->later_fragment || k->dport != DHCP_SERVER_PORT ||
        (k->dst != 0xffffffffu && k->dst != p->gateway))
        return false;
    if (!ask_parse(&ask, p, k->body + UDP_SIZE, k->body_len - UDP_SIZE))
        return true;
    if (ask.type == DISCOVER)
        reply(p, &ask, OFFER);
    else if (ask.type == REQUEST)
        answer_request(p, &ask);
    else if (ask.type == INFORM)
        reply(p, &ask, ACK);
    return true;
}
