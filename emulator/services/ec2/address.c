/* Addresses and names: see address.h. AWS keeps the first four and the last address of a subnet for
 * itself (VPC user guide, "Subnet CIDR blocks"). */
#include "services/ec2/address.h"

#include "base/text.h"

#include <string.h>

#define RESERVED_FIRST 4
#define RESERVED_LAST  1
#define DRAWS          64 /* random tries before the range is walked */

static const char *dashed(struct arena *a, const char *address)
{
    char *text = arena_strdup(a, address);
    for (char *p = text; *p != '\0'; p++)
        if (*p == '.')
            *p = '-';
    return text;
}

const char *address_search_domain(struct arena *a, const char *region)
{
    if (str_equal(region, "us-east-1"))
        return "ec2.internal";
    return arena_printf(a, "%s.compute.internal", region);
}

const char *address_private_name(struct arena *a, const char *region, const char *address)
{
    return arena_printf(a, "ip-%s.%s", dashed(a, address), address_search_domain(a, region));
}

const char *address_public_name(struct arena *a, const char *region, const char *address)
{
    const char *part =
        str_equal(region, "us-east-1") ? "compute-1" : arena_printf(a, "%s.compute", region);
    return arena_printf(a, "ec2-%s.%s.amazonaws.com", dashed(a, address), part);
}

struct draw {
    uint32_t first;
    uint64_t count;
    const char *taken_sql; /* is this address taken? */
    const char *subnet_id; /* NULL: of the whole pool */
};

static bool is_taken(struct call *c, const struct draw *d, const char *address)
{
    if (d->subnet_id == NULL)
        return db_exists(c->db, d->taken_sql, "s", address);
    return db_exists(c->db, d->taken_sql, "ss", d->subnet_id, address);
}

static const char *draw_nth(struct call *c, const struct draw *d, uint64_t n)
{
    char text[IPV4_SIZE];
    ipv4_format(d->first + (uint32_t)n, text);
    return is_taken(c, d, text) ? NULL : arena_strdup(c->arena, text);
}

static const char *draw_any(struct call *c, const struct draw *d)
{
    for (int i = 0; i < DRAWS && d->count > 0; i++) {
        uint64_t n;
        random_bytes(c->ids, &n, sizeof(n));
        const char *address = draw_nth(c, d, n % d->count);
        if (address != NULL)
            return address;
    }
    for (uint64_t n = 0; n < d->count; n++) {
        const char *address = draw_nth(c, d, n);
        if (address != NULL)
            return address;
    }
    return NULL;
}

const char *address_draw_public(struct call *c)
{
    struct cidr pool = c->site->public_pool;
    uint64_t count = cidr_count(pool);
    struct draw d = {
        .first = cidr_base(pool) + 1,
        .count = count > 2 ? count - 2 : 0,
        .taken_sql = "SELECT 1 FROM ec2_network_interface WHERE public_address = ?",
    };
    const char *address = draw_any(c, &d);
    if (address == NULL)
        call_fail(c, "InsufficientAddressCapacity",
                  "Not enough public addresses are left in the pool of this machine (see "
                  "--public-pool).");
    return address;
}

static const char *draw_wanted(struct call *c, const struct draw *d, struct cidr block,
                               const char *wanted)
{
    uint32_t address;
    if (!ipv4_parse(wanted, &address)) {
        call_fail(c, "InvalidParameterValue",
                  "Value (%s) for parameter privateIpAddress is invalid. Invalid IPv4 address.",
                  wanted);
        return NULL;
    }
    if (!cidr_contains(block, address)) {
        call_fail(c, "InvalidParameterValue",
                  "Address %s does not fall within the subnet's address range", wanted);
        return NULL;
    }
    if (address < d->first || address >= d->first + d->count) {
        call_fail(c, "InvalidParameterValue", "Address %s is in subnet's reserved address range",
                  wanted);
        return NULL;
    }
    if (is_taken(c, d, wanted)) {
        call_fail(c, "InvalidIPAddress.InUse", "Address %s is in use.", wanted);
        return NULL;
    }
    return arena_strdup(c->arena, wanted);
}

const char *address_draw_private(struct call *c, const char *subnet_id, const char *wanted)
{
    struct cidr block = {.prefix = 32};
    struct rows r;
    rows_open(&r, c->db, "SELECT cidr FROM ec2_subnet WHERE account = ? AND region = ? AND id = ?",
              "sss", c->account, c->region, subnet_id);
    if (rows_next(&r)) {
        (void)cidr_parse(rows_text(&r, 0), &block);
        rows_close(&r);
    }
    uint64_t count = cidr_count(block);
    struct draw d = {
        .first = cidr_base(block) + RESERVED_FIRST,
        .count =
            count > RESERVED_FIRST + RESERVED_LAST ? count - RESERVED_FIRST - RESERVED_LAST : 0,
        .taken_sql = "SELECT 1 FROM ec2_network_interface WHERE subnet_id = ? AND address = ?",
        .subnet_id = subnet_id,
    };
    if (wanted != NULL)
        return draw_wanted(c, &d, block, wanted);
    const char *address = draw_any(c, &d);
    if (address == NULL)
        call_fail(c, "InsufficientFreeAddressesInSubnet",
                  "There are not enough free addresses in subnet '%s' to satisfy the requested "
                  "number of instances.",
                  subnet_id);
    return address;
}
