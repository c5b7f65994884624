/* Ethernet frames and the IPv4 in them. */
#include "plant/net/frame.h"

#include "plant/net/net.h"

#include <string.h>

enum {
    AT_TOS = 1,
    AT_LENGTH = 2,
    AT_ID = 4,
    AT_FRAGMENT = 6,
    AT_TTL = 8,
    AT_PROTO = 9,
    AT_SUM = 10,
    AT_SRC = 12,
    AT_DST = 16
};
enum { FLAG_DF = 0x4000, FLAG_MF = 0x2000, OFFSET_MASK = 0x1fff };
enum {
    TCP_SIZE = 20,
    ICMP_SIZE = 8,
    TCP_AT_FLAGS = 13,
    TCP_AT_SUM = 16,
    UDP_AT_SUM = 6,
    ICMP_AT_SUM = 2
};

uint16_t frame_ethertype(const uint8_t *frame, size_t len)
{
    return len < ETHER_SIZE ? 0 : get16(frame + 12);
}

static uint32_t sum_words(uint32_t sum, const uint8_t *bytes, size_t len)
{
    for (; len > 1; bytes += 2, len -= 2)
        sum += get16(bytes);
    if (len == 1)
        sum += (uint32_t)bytes[0] << 8;
    return sum;
}

static uint16_t sum_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

uint16_t frame_checksum(const uint8_t *bytes, size_t len)
{
    return sum_fold(sum_words(0, bytes, len));
}

/* RFC 1624, equation 3, for one 32-bit word that changed under the checksum at `sum`. */
static void checksum_adjust(uint8_t *sum, uint32_t before, uint32_t after)
{
    uint32_t s = (uint32_t)(uint16_t)~get16(sum);

    s += (uint16_t) ~(before >> 16);
    s += (uint16_t)~before;
    s += after >> 16;
    s += after & 0xffff;
    put16(sum, sum_fold(s));
}

static bool icmp_is_error(uint8_t type)
{
    return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static bool icmp_is_query(uint8_t type)
{
    return type == 0 || type == 8 || (type >= 13 && type <= 18);
}

/* Ports, type and flags. `whole`: the transport header must be complete; else its first eight bytes
 * do. */
static bool parse_body(struct packet *k, bool whole)
{
    switch (k->proto) {
    case NET_TCP:
        if (k->body_len < (whole ? TCP_SIZE : 8))
            return false;
        k->tcp_flags = whole ? k->body[TCP_AT_FLAGS] : 0;
        break;
    case NET_UDP:
        if (k->body_len < UDP_SIZE)
            return false;
        break;
    case NET_ICMP:
        if (k->body_len < ICMP_SIZE)
            return false;
        k->type = k->body[0];
        k->code = k->body[1];
        if (icmp_is_query(k->type))
            k->sport = k->dport = get16(k->body + 4);
        return true;
    default:
        return true;
    }
    k->sport = get16(k->body);
    k->dport = get16(k->body + 2);
    return true;
}

/* Reads the IP header at `ip`. `available` bytes are there; a quoted packet may be longer than
 * that. */
static bool parse_ip(struct packet *k, uint8_t *ip, size_t available, bool whole)
{
    size_t header, total;
    unsigned fragment;

    if (available < IP_SIZE || ip[0] >> 4 != 4)
        return false;
    header = (size_t)(ip[0] & 0xf) * 4;
    total = get16(ip + AT_LENGTH);
    if (header < IP_SIZE || header > available || total < header)
        return false;
    if (total > available) {
        if (whole)
            return false;
        total = available;
    }
    if (whole && frame_checksum(ip, header) != 0)
        return false;
    fragment = get16(ip + AT_FRAGMENT);
    k->ip = ip;
    k->ip_len = total;
    k->body = ip + header;
    k->body_len = total - header;
    k->src = get32(ip + AT_SRC);
    k->dst = get32(ip + AT_DST);
    k->id = get16(ip + AT_ID);
    k->proto = ip[AT_PROTO];
    k->later_fragment = (fragment & OFFSET_MASK) != 0;
    k->first_fragment = !k->later_fragment && (fragment & FLAG_MF) != 0;
    k->do_not_fragment = (fragment & FLAG_DF) != 0;
    return k->later_fragment || parse_body(k, whole);
}

bool packet_parse(struct packet *k, uint8_t *frame, size_t len)
{
    *k = (struct packet){.frame = frame};
    if (frame_ethertype(frame, len) != ETHER_IPV4)
        return false;
    if (!parse_ip(k, frame + ETHER_SIZE, len - ETHER_SIZE, true))
        return false;
    k->frame_len = ETHER_SIZE + k->ip_len;
    return true;
}

bool packet_is_icmp_error(const struct packet *k)
{
    return k->proto == NET_ICMP && !k->later_fragment && icmp_is_error(k->type);
}

bool packet_parse_quoted(struct packet *quoted, const struct packet *error)
{
    *quoted = (struct packet){.frame = NULL};
    return parse_ip(quoted, error->body + ICMP_SIZE, error->body_len - ICMP_SIZE, false) &&
           !quoted->later_fragment;
}

/* The transport checksum, which also covers the addresses; NULL when there is none or it is not in
 * reach. */
static uint8_t *address_checksum(struct packet *k)
{
    if (k->later_fragment)
        return NULL;
    if (k->proto == NET_TCP && k->body_len >= TCP_SIZE)
        return k->body + TCP_AT_SUM;
    if (k->proto == NET_UDP && k->body_len >= UDP_SIZE && get16(k->body + UDP_AT_SUM) != 0)
        return k->body + UDP_AT_SUM;
    return NULL;
}

static void replace_address(struct packet *k, size_t at, uint32_t address)
{
    uint32_t before = get32(k->ip + at);
    uint8_t *sum = address_checksum(k);

    put32(k->ip + at, address);
    checksum_adjust(k->ip + AT_SUM, before, address);
    if (sum == NULL)
        return;
    checksum_adjust(sum, before, address);
    if (k->proto == NET_UDP && get16(sum) == 0)
        put16(sum, 0xffff);
}

/* A quoted packet travelled the other way: what is the error's source is its destination. */
static void replace_quoted(struct packet *k, size_t at, uint32_t before, uint32_t address)
{
    struct packet quoted;

    if (!packet_is_icmp_error(k) || k->first_fragment)
        return;
    if (packet_parse_quoted(&quoted, k) && get32(quoted.ip + at) == before)
        replace_address(&quoted, at, address);
    put16(k->body + ICMP_AT_SUM, 0);
    put16(k->body + ICMP_AT_SUM, frame_checksum(k->body, k->body_len));
}

void packet_set_source(struct packet *k, uint32_t address)
{
    uint32_t before = k->src;

    replace_address(k, AT_SRC, address);
    replace_quoted(k, AT_DST, before, address);
    k->src = address;
}

void packet_set_destination(struct packet *k, uint32_t address)
{
    uint32_t before = k->dst;

    replace_address(k, AT_DST, address);
    replace_quoted(k, AT_SRC, before, address);
    k->dst = address;
}

uint8_t packet_ttl(const struct packet *k)
{
    return k->ip[AT_TTL];
}

void packet_set_ttl(struct packet *k, uint8_t ttl)
{
    uint32_t before = get16(k->ip + AT_TTL);

    k->ip[AT_TTL] = ttl;
    checksum_adjust(k->ip + AT_SUM, before, get16(k->ip + AT_TTL));
}

void frame_set_macs(uint8_t *frame, const uint8_t *dst, const uint8_t *src)
{
    memcpy(frame, dst, MAC_SIZE);
    memcpy(frame + MAC_SIZE, src, MAC_SIZE);
}

/* Ethernet and IP headers for `body_len` bytes after them. */
static void finish_ip(uint8_t *frame, const struct endpoints *ends, uint8_t proto, size_t body_len)
{
    uint8_t *ip = frame + ETHER_SIZE;

    frame_set_macs(frame, ends->dst_mac, ends->src_mac);
    put16(frame + 12, ETHER_IPV4);
    memset(ip, 0, IP_SIZE);
    ip[0] = 0x45;
    put16(ip + AT_LENGTH, (unsigned)(IP_SIZE + body_len));
    put16(ip + AT_FRAGMENT, FLAG_DF);
    ip[AT_TTL] = 64;
    ip[AT_PROTO] = proto;
    put32(ip + AT_SRC, ends->src);
    put32(ip + AT_DST, ends->dst);
    put16(ip + AT_SUM, frame_checksum(ip, IP_SIZE));
}

size_t frame_finish_udp(uint8_t *frame, const struct endpoints *ends, size_t body_len)
{
    uint8_t *udp = frame + ETHER_SIZE + IP_SIZE;
    size_t len = UDP_SIZE + body_len;
    uint32_t sum;
    uint16_t folded;

    finish_ip(frame, ends, NET_UDP, len);
    put16(udp, ends->sport);
    put16(udp + 2, ends->dport);
    put16(udp + 4, (unsigned)len);
    put16(udp + UDP_AT_SUM, 0);
    sum = sum_words(NET_UDP + (uint32_t)len, frame + ETHER_SIZE + AT_SRC, 8);
    folded = sum_fold(sum_words(sum, udp, len));
    put16(udp + UDP_AT_SUM, folded == 0 ? 0xffff : folded);
    return ETHER_SIZE + IP_SIZE + len;
}

size_t frame_make_too_big(uint8_t *frame, const struct endpoints *ends, const struct packet *k,
                          int mtu)
{
    uint8_t *icmp = frame + ETHER_SIZE + IP_SIZE;
    size_t quoted = (size_t)(k->body - k->ip) + 8;
    size_t len = ICMP_SIZE + quoted;

    memset(icmp, 0, ICMP_SIZE);
    icmp[0] = ICMP_UNREACHABLE;
    icmp[1] = ICMP_NEEDS_FRAGMENTS;
    put16(icmp + 6, (unsigned)mtu);
    memcpy(icmp + ICMP_SIZE, k->ip, quoted);
    put16(icmp + ICMP_AT_SUM, frame_checksum(icmp, len));
    finish_ip(frame, ends, NET_ICMP, len);
    return ETHER_SIZE + IP_SIZE + len;
}
