/* What a machine's agent is told about itself, at each boot and each time the emulator dials it
 * again (guest-images/README.md). */
#include "converge/internal.h"

#include "base/encode.h"
#include "services/ec2/address.h"
#include "services/ec2/image.h"
#include "services/ec2/interface.h"
#include "services/ec2/ssh_host_key.h"

#include <string.h>

#define ENTROPY_BYTES 64
#define MTU           1500

/* Stable for the life of the instance, and no other's. */
static void add_machine_id(json_t *out, const char *instance_id)
{
    char hex[SHA256_HEX_SIZE], *text = xasprintf("machine-id of %s", instance_id);
    sha256_hex(text, strlen(text), hex);
    hex[32] = '\0';
    json_set_str(out, "machine_id", hex);
    free(text);
}

static void add_entropy(struct call *c, json_t *out)
{
    uint8_t bytes[ENTROPY_BYTES];
    random_bytes(c->ids, bytes, sizeof(bytes));
    char *text = base64_encode(bytes, sizeof(bytes));
    json_set_str(out, "entropy", text);
    free(text);
}

/* For a machine that has read another's board when it booted. */
static void add_board(struct call *c, json_t *out, const struct instance *i)
{
    struct machine_board b = boot_board(c, i);
    json_set_new(out, "board",
                 json_pack("{s:s, s:s, s:s, s:s}", "product_uuid", b.uuid, "product_serial",
                           b.serial, "product_name", b.product, "chassis_asset_tag", b.asset_tag));
}

/* Only a new instance takes them; without any the guest makes its own. */
static void add_host_keys(json_t *out, const struct instance *i)
{
    json_t *keys = i->ready_ms == 0 ? ssh_host_keys_make() : NULL;
    if (keys != NULL)
        json_set_new(out, "host_keys", keys);
}

static json_t *interface_to_identity(struct call *c, const struct interface *i)
{
    struct cidr subnet = {.prefix = 0}, vpc;
    char gateway[IPV4_SIZE];
    struct rows r;
    rows_open(
        &r, c->db,
        "SELECT s.cidr, v.cidr FROM ec2_subnet s JOIN ec2_vpc v ON v.id = s.vpc_id WHERE s.id = ?",
        "s", i->subnet_id);
    if (rows_next(&r)) {
        (void)cidr_parse(rows_text(&r, 0), &subnet);
        (void)cidr_parse(rows_text(&r, 1), &vpc);
    }
    rows_close(&r);
    ipv4_format(cidr_base(subnet) + 1, gateway);
    json_t *out = json_object();
    json_set_int(out, "device_index", i->device_index);
    json_set_str(out, "mac", i->mac);
    json_set_str(out, "address", i->address);
    json_set_int(out, "prefix", subnet.prefix);
    json_set_str(out, "gateway", gateway);
    json_set_int(out, "mtu", MTU);
    json_set_new(out, "secondary", json_array());
    return out;
}

/* DNS is at the VPC's base address plus two ("Amazon DNS server", VPC user guide). */
static void add_dns(struct call *c, json_t *out, const char *vpc_id)
{
    struct rows r;
    struct cidr vpc = {.prefix = 0};
    char server[IPV4_SIZE];
    rows_open(&r, c->db, "SELECT cidr FROM ec2_vpc WHERE id = ?", "s", vpc_id);
    if (rows_next(&r))
        (void)cidr_parse(rows_text(&r, 0), &vpc);
    rows_close(&r);
    ipv4_format(cidr_base(vpc) + 2, server);
    json_set_new(out, "dns", json_pack("[s]", server));
    json_set_new(out, "search", json_pack("[s]", address_search_domain(c->arena, c->region)));
}

static void add_network(struct call *c, json_t *out, const struct instance *i)
{
    struct interface list[INTERFACES_MAX];
    size_t count = interface_of_instance(c, i->id, list, INTERFACES_MAX);
    json_t *interfaces = json_array();
    for (size_t n = 0; n < count; n++)
        json_append_new(interfaces, interface_to_identity(c, &list[n]));
    json_set_new(out, "interfaces", interfaces);
    add_dns(c, out, i->vpc_id);
    if (count == 0)
        return;
    char *fqdn = arena_strdup(c->arena, address_private_name(c->arena, c->region, list[0].address));
    json_set_str(out, "fqdn", fqdn);
    json_set_str(out, "hostname", fqdn);
}

static void add_user(struct call *c, json_t *out, const struct instance *i)
{
    const struct image *image = image_find(c->site->images, i->image_id);
    json_set_str(out, "user", image != NULL && image->user != NULL ? image->user : "ec2-user");
    json_t *keys = json_array();
    if (i->public_key != NULL)
        json_append_new(keys, json_text_new(i->public_key));
    json_set_new(out, "authorized_keys", keys);
}

json_t *identity_make(struct guest *g)
{
    struct call *c = converge_begin(g->cv, guest_scope(g));
    struct instance i;
    json_t *out = NULL;
    if (!call_failed(c) && instance_find(c, g->id, &i)) {
        out = json_object();
        json_set_str(out, "do", "identity");
        json_set_str(out, "instance_id", i.id);
        json_set_str(out, "region", c->region);
        json_set_int(out, "time_ms", call_now_ms(c));
        json_set_str(out, "user_data", i.user_data);
        json_set_bool(out, "run_user_data", i.user_data != NULL);
        json_set_new(out, "metadata", json_pack("{ss}", "service", "http://169.254.169.254"));
        add_entropy(c, out);
        add_host_keys(out, &i);
        add_board(c, out, &i);
        add_machine_id(out, i.id);
        add_user(c, out, &i);
        add_network(c, out, &i);
    }
    (void)converge_end(c);
    return out;
}
