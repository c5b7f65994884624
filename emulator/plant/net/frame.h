/* Ethernet frames and the IPv4 in them: bounded parsing, rewriting in place, checksums. Nothing
 * here allocates or keeps a pointer beyond the call. Addresses are in host byte order, like
 * everywhere in net/. */
#ifndef PLANT_NET_FRAME_H
#define PLANT_NET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_SIZE      6
#define ETHER_SIZE    14
#define IP_SIZE       20 /* without options */
#define UDP_SIZE      8
#define FRAME_MTU_MAX 9216
#define FRAME_MAX     (ETHER_SIZE + FRAME_MTU_MAX)
#define FRAME_UDP_BODY                                                                             \
    (ETHER_SIZE + IP_SIZE + UDP_SIZE) /* where the bytes of a datagram we build begin */

enum { ETHER_IPV4 = 0x0800, ETHER_ARP = 0x0806 };
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };
enum { ICMP_ECHO_REPLY = 0, ICMP_UNREACHABLE = 3, ICMP_ECHO = 8 };
enum { ICMP_NEEDS_FRAGMENTS = 4 }; /* code of ICMP_UNREACHABLE */

static inline uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}
static inline uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}
static inline void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}
static inline void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

/* An IPv4 packet inside a buffer that outlives it. */
struct packet {
    uint8_t *frame; /* the Ethernet header; NULL for a packet quoted in an ICMP error */
    size_t frame_len;
    uint8_t *ip;
    size_t ip_len;
    uint8_t *body; /* after the IP header */
    size_t body_len;
    uint32_t src, dst;
    uint16_t id;
    uint8_t proto;
    bool later_fragment; /* has no ports */
    bool first_fragment; /* of several */
    bool do_not_fragment;
    uint16_t sport, dport; /* TCP and UDP; ICMP queries: the identifier in both; else 0 */
    uint8_t type, code;    /* ICMP */
    uint8_t tcp_flags;
};

uint16_t frame_ethertype(const uint8_t *frame, size_t len); /* 0 when too short */
/* Parses the IPv4 packet of a frame; false for anything that is not sound down to its ports.
 * `frame_len` is what the packet fills, without Ethernet's padding. */
bool packet_parse(struct packet *k, uint8_t *frame, size_t len);
bool packet_is_icmp_error(const struct packet *k);
/* The start of the packet that an ICMP error quotes: addresses and ports only. */
bool packet_parse_quoted(struct packet *quoted, const struct packet *error);

/* Rewriting keeps every checksum right, also those of a quoted packet that names the same address.
 */
void packet_set_source(struct packet *k, uint32_t address);
void packet_set_destination(struct packet *k, uint32_t address);
void packet_set_ttl(struct packet *k, uint8_t ttl);
uint8_t packet_ttl(const struct packet *k);

uint16_t frame_checksum(const uint8_t *bytes, size_t len); /* of IPv4 headers and ICMP */

struct endpoints { /* for frames that we make */
    const uint8_t *src_mac, *dst_mac;
    uint32_t src, dst;
    uint16_t sport, dport;
};
/* Fills in Ethernet, IP and UDP headers around `body_len` bytes at FRAME_UDP_BODY. Returns the
 * frame's length. */
size_t frame_finish_udp(uint8_t *frame, const struct endpoints *ends, size_t body_len);
/* An "ICMP needs fragments" about `k`, from `ends->src`. `frame` has room for 128 bytes. Returns
 * the frame's length. */
size_t frame_make_too_big(uint8_t *frame, const struct endpoints *ends, const struct packet *k,
                          int mtu);
void frame_set_macs(uint8_t *frame, const uint8_t *dst, const uint8_t *src);

#endif
