/* IPv4 addresses and blocks as values. Addresses are in host byte order. */
#ifndef BASE_NET_H
#define BASE_NET_H

#include <stdbool.h>
#include <stdint.h>

#define IPV4_SIZE 16
#define CIDR_SIZE 19

struct cidr {
    uint32_t address;
    int prefix;
};

bool ipv4_parse(const char *text, uint32_t *ret_address);
void ipv4_format(uint32_t address, char out[IPV4_SIZE]);
bool cidr_parse(const char *text, struct cidr *ret_cidr); /* host bits are kept; see cidr_base */
void cidr_format(struct cidr cidr, char out[CIDR_SIZE]);
uint32_t cidr_mask(struct cidr cidr);
uint32_t cidr_base(struct cidr cidr);
uint64_t cidr_count(struct cidr cidr);
bool cidr_contains(struct cidr cidr, uint32_t address);
bool cidr_overlaps(struct cidr a, struct cidr b);

#endif
