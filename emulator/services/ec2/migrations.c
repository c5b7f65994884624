/* EC2's tables. Every row is keyed by account and region; columns for what is looked up, joined or
 * changed, `doc` for what is only echoed back. A migration is never edited once released: add one
 * below. */
#include "services/ec2/ec2.h"

static const char network_sql[] =
    "CREATE TABLE ec2_vpc (account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL PRIMARY "
    "KEY,"
    " cidr TEXT NOT NULL, is_default INTEGER NOT NULL, dhcp_options_id TEXT NOT NULL, doc TEXT) "
    "WITHOUT ROWID;"
    "CREATE INDEX ec2_vpc_scope ON ec2_vpc (account, region, id);"
    "CREATE TABLE ec2_subnet (account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL "
    "PRIMARY KEY,"
    " vpc_id TEXT NOT NULL, zone TEXT NOT NULL, cidr TEXT NOT NULL, is_default INTEGER NOT NULL,"
    " map_public INTEGER NOT NULL, doc TEXT) WITHOUT ROWID;"
    "CREATE INDEX ec2_subnet_scope ON ec2_subnet (account, region, id);"
    "CREATE INDEX ec2_subnet_vpc ON ec2_subnet (vpc_id);"
    "CREATE TABLE ec2_internet_gateway (account TEXT NOT NULL, region TEXT NOT NULL,"
    " id TEXT NOT NULL PRIMARY KEY, vpc_id TEXT) WITHOUT ROWID;"
    "CREATE INDEX ec2_internet_gateway_scope ON ec2_internet_gateway (account, region, id);"
    "CREATE INDEX ec2_internet_gateway_vpc ON ec2_internet_gateway (vpc_id);"
    "CREATE TABLE ec2_route_table (account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL "
    "PRIMARY KEY,"
    " vpc_id TEXT NOT NULL, is_main INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX ec2_route_table_scope ON ec2_route_table (account, region, id);"
    "CREATE INDEX ec2_route_table_vpc ON ec2_route_table (vpc_id);"
    "CREATE TABLE ec2_route (route_table_id TEXT NOT NULL REFERENCES ec2_route_table (id) ON "
    "DELETE CASCADE, destination TEXT NOT NULL, target TEXT "
    "NOT NULL,"
    " origin TEXT NOT NULL, PRIMARY KEY (route_table_id, destination)) WITHOUT ROWID;"
    "CREATE TABLE ec2_route_table_association (account TEXT NOT NULL, region TEXT NOT NULL,"
    " id TEXT NOT NULL PRIMARY KEY, route_table_id TEXT NOT NULL, subnet_id TEXT) WITHOUT ROWID;"
    "CREATE INDEX ec2_route_table_association_subnet ON ec2_route_table_association (subnet_id);"
    "CREATE TABLE ec2_network_acl (account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL "
    "PRIMARY KEY,"
    " vpc_id TEXT NOT NULL, is_default INTEGER NOT NULL, doc TEXT) WITHOUT ROWID;"
    "CREATE INDEX ec2_network_acl_scope ON ec2_network_acl (account, region, id);"
    "CREATE TABLE ec2_security_group (account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT "
    "NULL PRIMARY KEY,"
    " vpc_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX ec2_security_group_scope ON ec2_security_group (account, region, id);"
    "CREATE UNIQUE INDEX ec2_security_group_name ON ec2_security_group (vpc_id, name);"
    /* protocol as AWS writes it: "tcp", "udp", "icmp", "icmpv6", "-1" or a number. Exactly one peer
       column is set. */
    "CREATE TABLE ec2_security_group_rule (account TEXT NOT NULL, region TEXT NOT NULL,"
    " id TEXT NOT NULL PRIMARY KEY, group_id TEXT NOT NULL, is_egress INTEGER NOT NULL, protocol "
    "TEXT NOT NULL,"
    " from_port INTEGER, to_port INTEGER, cidr_ipv4 TEXT, cidr_ipv6 TEXT, prefix_list_id TEXT,"
    " peer_group_id TEXT, peer_account TEXT, description TEXT) WITHOUT ROWID;"
    "CREATE INDEX ec2_security_group_rule_scope ON ec2_security_group_rule (account, region, id);"
    "CREATE INDEX ec2_security_group_rule_group ON ec2_security_group_rule (group_id, is_egress);"
    "CREATE INDEX ec2_security_group_rule_peer ON ec2_security_group_rule (peer_group_id);"
    "CREATE TABLE ec2_key_pair (account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL "
    "PRIMARY KEY,"
    " name TEXT NOT NULL, type TEXT NOT NULL, fingerprint TEXT NOT NULL, public_key TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX ec2_key_pair_scope ON ec2_key_pair (account, region, id);"
    "CREATE UNIQUE INDEX ec2_key_pair_name ON ec2_key_pair (account, region, name);";

static const char instance_sql[] =
    /* state: AWS's name ("running"). doc: what RunInstances was given and DescribeInstances echoes.
     */
    "CREATE TABLE ec2_instance (account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL "
    "PRIMARY KEY,"
    " reservation_id TEXT NOT NULL, launch_index INTEGER NOT NULL, image_id TEXT NOT NULL, type "
    "TEXT NOT NULL,"
    " key_name TEXT, public_key TEXT, subnet_id TEXT NOT NULL, vpc_id TEXT NOT NULL, zone TEXT NOT "
    "NULL, state TEXT "
    "NOT NULL,"
    " state_code INTEGER NOT NULL, reason TEXT, reason_code TEXT, reason_text TEXT, launched_ms "
    "INTEGER NOT NULL,"
    " changed_ms INTEGER NOT NULL, memory_mib INTEGER NOT NULL, ready_ms INTEGER, boots INTEGER "
    "NOT NULL DEFAULT 0,"
    " shutdown_behavior TEXT NOT NULL, no_stop INTEGER NOT NULL, no_termination INTEGER NOT NULL,"
    " user_data TEXT, cpu_credits TEXT, doc TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX ec2_instance_scope ON ec2_instance (account, region, id);"
    "CREATE INDEX ec2_instance_state ON ec2_instance (state);"
    "CREATE INDEX ec2_instance_reservation ON ec2_instance (reservation_id);"
    "CREATE TABLE ec2_reservation (account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL "
    "PRIMARY KEY,"
    " requester_id TEXT) WITHOUT ROWID;"
    /* address and public_address as text; public_address is unique over all accounts: it is this
       machine's. */
    "CREATE TABLE ec2_network_interface (account TEXT NOT NULL, region TEXT NOT NULL,"
    " id TEXT NOT NULL PRIMARY KEY, subnet_id TEXT NOT NULL, vpc_id TEXT NOT NULL, zone TEXT NOT "
    "NULL,"
    " address TEXT NOT NULL, mac TEXT NOT NULL, public_address TEXT, wants_public INTEGER NOT NULL,"
    " instance_id TEXT, attachment_id TEXT, device_index INTEGER, delete_on_termination INTEGER,"
    " attached_ms INTEGER, status TEXT NOT NULL, description TEXT NOT NULL, source_dest_check "
    "INTEGER NOT NULL,"
    " doc TEXT) WITHOUT ROWID;"
    "CREATE INDEX ec2_network_interface_scope ON ec2_network_interface (account, region, id);"
    "CREATE UNIQUE INDEX ec2_network_interface_address ON ec2_network_interface (subnet_id, "
    "address);"
    "CREATE UNIQUE INDEX ec2_network_interface_public ON ec2_network_interface (public_address);"
    "CREATE INDEX ec2_network_interface_instance ON ec2_network_interface (instance_id, "
    "device_index);"
    "CREATE INDEX ec2_network_interface_vpc ON ec2_network_interface (vpc_id);"
    "CREATE TABLE ec2_network_interface_group (interface_id TEXT NOT NULL REFERENCES "
    "ec2_network_interface (id) ON DELETE CASCADE, position INTEGER NOT "
    "NULL,"
    " group_id TEXT NOT NULL, PRIMARY KEY (interface_id, position)) WITHOUT ROWID;"
    "CREATE INDEX ec2_network_interface_group_group ON ec2_network_interface_group (group_id);"
    "CREATE TABLE ec2_volume (account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL "
    "PRIMARY KEY,"
    " zone TEXT NOT NULL, size_gib INTEGER NOT NULL, type TEXT NOT NULL, iops INTEGER, throughput "
    "INTEGER,"
    " snapshot_id TEXT, encrypted INTEGER NOT NULL, state TEXT NOT NULL, created_ms INTEGER NOT "
    "NULL,"
    " instance_id TEXT, device TEXT, attach_state TEXT, attached_ms INTEGER, delete_on_termination "
    "INTEGER,"
    " base TEXT, doc TEXT) WITHOUT ROWID;"
    "CREATE INDEX ec2_volume_scope ON ec2_volume (account, region, id);"
    "CREATE INDEX ec2_volume_instance ON ec2_volume (instance_id, device);";

static const char region_sql[] =
    /* Which regions an account has looked at: its default VPC is made once, even if it is deleted
       later. */
    "CREATE TABLE ec2_region_seen (account TEXT NOT NULL, region TEXT NOT NULL,"
    " PRIMARY KEY (account, region)) WITHOUT ROWID;"
    "CREATE TABLE ec2_dhcp_options (account TEXT NOT NULL, region TEXT NOT NULL,"
    " id TEXT NOT NULL PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX ec2_dhcp_options_scope ON ec2_dhcp_options (account, region, id);";

static const char profile_sql[] =
    "CREATE TABLE ec2_profile_association (account TEXT NOT NULL, region TEXT NOT NULL,"
    " id TEXT NOT NULL PRIMARY KEY, instance_id TEXT NOT NULL UNIQUE, profile_arn TEXT NOT NULL,"
    " profile_id TEXT NOT NULL, created_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX ec2_profile_association_scope ON ec2_profile_association (account, region, id);"
    /* What the metadata service hands out. delivery: by which of its versions, "1.0" or "2.0". */
    "CREATE TABLE ec2_role_credentials (account TEXT NOT NULL, region TEXT NOT NULL,"
    " instance_id TEXT NOT NULL, delivery TEXT NOT NULL, role_id TEXT NOT NULL,"
    " access_key_id TEXT NOT NULL, secret TEXT NOT NULL, token TEXT NOT NULL,"
    " updated_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
    " PRIMARY KEY (account, region, instance_id, delivery)) WITHOUT ROWID;";

const struct migration ec2_migrations[] = {
    {"ec2", network_sql},
    {"ec2", instance_sql},
    {"ec2", region_sql},
    {"ec2", profile_sql},
};
const size_t ec2_migration_count = ARRAY_LEN(ec2_migrations);
