/* IPv4 addresses and blocks as values. */
#include "base/net.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool ipv4_parse(const char *text, uint32_t *ret_address)
{
    struct in_addr address;

    if (inet_pton(AF_INET, text, &address) != 1)
        return false;
    *ret_address = ntohl(address.s_addr);
    return true;
}

void ipv4_format(uint32_t address, char out[IPV4_SIZE])
{
    struct in_addr in = {.s_addr = htonl(address)};

    inet_ntop(AF_INET, &in, out, IPV4_SIZE);
}

/* One or two digits without a leading zero, at most 32. */
static bool prefix_parse(const char *text, int *ret_prefix)
{
    int prefix = 0;
    size_t len = strlen(text);

    if (len < 1 || len > 2 || (text[0] == '0' && len > 1))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        prefix = prefix * 10 + (text[i] - '0');
    }
    *ret_prefix = prefix;
    return prefix <= 32;
}

bool cidr_parse(const char *text, struct cidr *ret_cidr)
{
    char address_text[IPV4_SIZE];
    const char *slash = strchr(text, '/');
    struct cidr cidr;

    if (slash == NULL || (size_t)(slash - text) >= sizeof(address_text))
        return false;
    memcpy(address_text, text, (size_t)(slash - text));
    address_text[slash - text] = '\0';
    if (!ipv4_parse(address_text, &cidr.address) || !prefix_parse(slash + 1, &cidr.prefix))
        return false;
    *ret_cidr = cidr;
    return true;
}

void cidr_format(struct cidr cidr, char out[CIDR_SIZE])
{
    char address[IPV4_SIZE];

    ipv4_format(cidr.address, address);
    snprintf(out, CIDR_SIZE, "%s/%u", address, (unsigned)cidr.prefix & 63U);
}

uint32_t cidr_mask(struct cidr cidr)
{
    return cidr.prefix == 0 ? 0 : UINT32_MAX << (32 - cidr.prefix);
}

uint32_t cidr_base(struct cidr cidr)
{
    return cidr.address & cidr_mask(cidr);
}

uint64_t cidr_count(struct cidr cidr)
{
    return UINT64_C(1) << (32 - cidr.prefix);
}

bool cidr_contains(struct cidr cidr, uint32_t address)
{
    return (address & cidr_mask(cidr)) == cidr_base(cidr);
}

bool cidr_overlaps(struct cidr a, struct cidr b)
{
    return a.prefix <= b.prefix ? cidr_contains(a, b.address) : cidr_contains(b, a.address);
}
