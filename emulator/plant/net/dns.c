/* Names: answers A and PTR questions over UDP from the callbacks of net_config, at the domain's
 * base + 2 and at 169.254.169.253. What it does not know does not exist, or is asked of the host's
 * resolver where the internet is allowed. */
#include "base/text.h"
#include "plant/net/answer.h"
#include "plant/net/port.h"
#include "plant/net/router.h"
#include "plant/net/uplink.h"

#include <stdio.h>
#include <string.h>

enum {
    DNS_PORT = 53,
    DNS_HEADER = 12,
    DNS_NAME_MAX = 255,
    DNS_LABEL_MAX = 63,
    DNS_MESSAGE_MAX = 512,
    DNS_TTL_S = 60
};
enum { TYPE_A = 1, TYPE_PTR = 12, TYPE_ANY = 255, CLASS_IN = 1 };
enum {
    FLAG_RESPONSE = 0x8000,
    FLAG_OPCODE = 0x7800,
    FLAG_RECURSION = 0x0100,
    FLAG_RECURSES = 0x0080
};
enum { OK = 0, MALFORMED = 1, NO_SUCH_NAME = 3, NOT_IMPLEMENTED = 4, REFUSED = 5 };

struct question {
    char name[DNS_NAME_MAX + 1]; /* lower case, without the last dot */
    uint16_t type, class;
    size_t len; /* bytes of the question, after the header */
};

static bool is_server(const struct port *p, uint32_t address)
{
    return address == p->dns || address == DNS_LINK_LOCAL;
}

static char lower(uint8_t c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Reads the one question at `at`. Names of questions are never compressed. */
static bool question_parse(struct question *q, const uint8_t *at, size_t len)
{
    size_t in = 0, out = 0;

    while (in < len && at[in] != 0) {
        size_t label = at[in];

        if (label > DNS_LABEL_MAX || in + 1 + label >= len || out + label + 1 > DNS_NAME_MAX)
            return false;
        if (out > 0)
            q->name[out++] = '.';
        for (size_t i = 1; i <= label; i++) {
            if (at[in + i] < 0x20 || at[in + i] == '.')
                return false;
            q->name[out++] = lower(at[in + i]);
        }
        in += 1 + label;
    }
    q->name[out] = '\0';
    if (in + 5 > len)
        return false;
    q->type = get16(at + in + 1);
    q->class = get16(at + in + 3);
    q->len = in + 5;
    return true;
}

/* "4.3.2.1.in-addr.arpa" -> 1.2.3.4 */
static bool reverse_parse(const char *name, uint32_t *ret_address)
{
    static const char suffix[] = ".in-addr.arpa";
    char digits[IPV4_SIZE];
    size_t len = strlen(name);
    uint32_t backwards;

    if (!str_ends(name, suffix) || len - (sizeof(suffix) - 1) >= sizeof(digits))
        return false;
    memcpy(digits, name, len - (sizeof(suffix) - 1));
    digits[len - (sizeof(suffix) - 1)] = '\0';
    if (!ipv4_parse(digits, &backwards))
        return false;
    *ret_address = __builtin_bswap32(backwards);
    return true;
}

/* Writes "a.b.c" as labels; the count of bytes, 0 when it is no name. */
static size_t put_name(uint8_t *out, const char *name)
{
    size_t at = 0;

    while (*name != '\0') {
        size_t label = strcspn(name, ".");

        if (label == 0 || label > DNS_LABEL_MAX || at + label + 2 > DNS_NAME_MAX)
            return 0;
        out[at++] = (uint8_t)label;
        memcpy(out + at, name, label);
        at += label;
        name += label + (name[label] == '.');
    }
    out[at++] = 0;
    return at;
}

/* Header and owner of the answer; its data follows. */
static uint8_t *put_answer(uint8_t *at, uint16_t type, size_t data_len)
{
    put16(at, 0xc000 | DNS_HEADER); /* the name of the question */
    put16(at + 2, type);
    put16(at + 4, CLASS_IN);
    put32(at + 6, DNS_TTL_S);
    put16(at + 10, (unsigned)data_len);
    return at + 12;
}

struct answer {
    int code;     /* OK ... */
    size_t count; /* 0 or 1 */
    size_t len;   /* bytes written */
};

static struct answer answer_name(struct port *p, const struct question *q, uint8_t *at)
{
    const struct net_config *config = &p->net->config;
    struct answer a = {.code = NO_SUCH_NAME};
    uint32_t address;

    if (config->resolve == NULL || !config->resolve(config->arg, p->spec.id, q->name, &address))
        return a;
    a.code = OK;
    if (q->type != TYPE_A && q->type != TYPE_ANY)
        return a;
    put32(put_answer(at, TYPE_A, 4), address);
    a.count = 1;
    a.len = 16;
    return a;
}

static struct answer answer_address(struct port *p, const struct question *q, uint32_t address,
                                    uint8_t *at)
{
    const struct net_config *config = &p->net->config;
    struct answer a = {.code = NO_SUCH_NAME};
    uint8_t labels[DNS_NAME_MAX + 1];
    char name[DNS_NAME_MAX + 1] = "";
    size_t len;

    if (config->resolve_reverse == NULL ||
        !config->resolve_reverse(config->arg, p->spec.id, address, name, sizeof(name)))
        return a;
    len = put_name(labels, name);
    a.code = OK;
    if (len == 0 || (q->type != TYPE_PTR && q->type != TYPE_ANY))
        return a;
    memcpy(put_answer(at, TYPE_PTR, len), labels, len);
    a.count = 1;
    a.len = 12 + len;
    return a;
}

static struct answer find_answer(struct port *p, const struct question *q, uint8_t *at)
{
    uint32_t address;

    if (q->class != CLASS_IN)
        return (struct answer){.code = REFUSED};
    if (reverse_parse(q->name, &address))
        return answer_address(p, q, address, at);
    return answer_name(p, q, at);
}

static void reply(struct port *p, const struct packet *k, size_t question_len, struct answer a)
{
    const uint8_t *ask = k->body + UDP_SIZE;
    uint8_t *out = p->net->scratch + FRAME_UDP_BODY;
    struct endpoints ends = {
        .src_mac = p->gateway_mac,
        .dst_mac = p->spec.mac,
        .src = k->dst,
        .dst = k->src,
        .sport = DNS_PORT,
        .dport = k->sport,
    };
    unsigned flags = get16(ask + 2) & (FLAG_OPCODE | FLAG_RECURSION);

    put16(out, get16(ask));
    put16(out + 2, FLAG_RESPONSE | FLAG_RECURSES | flags | (unsigned)a.code);
    put16(out + 4, question_len == 0 ? 0 : 1);
    put16(out + 6, (unsigned)a.count);
    put32(out + 8, 0);
    memcpy(out + DNS_HEADER, ask + DNS_HEADER, question_len);
    router_to_machine(p, p->net->scratch,
                      frame_finish_udp(p->net->scratch, &ends, DNS_HEADER + question_len + a.len));
}

static void forward(struct port *p, struct packet *k)
{
    struct dns_forwarded *f = &p->forwarded[k->sport % DNS_FORWARDED_MAX];

    f->port = k->sport;
    f->server = k->dst;
    router_forward_question(p, k);
}

bool dns_is_forwarded(const struct port *p, struct packet *k)
{
    const struct dns_forwarded *f = &p->forwarded[k->dport % DNS_FORWARDED_MAX];

    if (k->src != UPLINK_NAMESERVER || k->proto != NET_UDP || k->later_fragment ||
        k->sport != DNS_PORT || f->port != k->dport || f->server == 0)
        return false;
    packet_set_source(k, f->server);
    return true;
}

static void answer_question(struct port *p, struct packet *k, const struct question *q)
{
    uint8_t *at = p->net->scratch + FRAME_UDP_BODY + DNS_HEADER + q->len;
    struct answer a = find_answer(p, q, at);

    if (a.code == NO_SUCH_NAME && p->net->config.allow_internet)
        forward(p, k);
    else
        reply(p, k, q->len, a);
}

bool answer_dns(struct port *p, struct packet *k)
{
    const uint8_t *ask = k->body + UDP_SIZE;
    struct question q;
    size_t len;

    if (!is_server(p, k->dst))
        return false;
    if (k->proto != NET_UDP || k->later_fragment || k->dport != DNS_PORT ||
        k->body_len < UDP_SIZE + DNS_HEADER)
        return true;
    len = k->body_len - UDP_SIZE;
    if (get16(ask + 2) & FLAG_RESPONSE)
        return true;
    if (get16(ask + 2) & FLAG_OPCODE)
        reply(p, k, 0, (struct answer){.code = NOT_IMPLEMENTED});
    else if (get16(ask + 4) != 1 || !question_parse(&q, ask + DNS_HEADER, len - DNS_HEADER))
        reply(p, k, 0, (struct answer){.code = MALFORMED});
    else
        answer_question(p, k, &q);
    return true;
}
