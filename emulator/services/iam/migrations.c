/* IAM's tables. An account's users, groups, roles, instance profiles and customer managed policies
 * are rows of iam_entity; what belongs to one of them names it by id. iam_stamp changes whenever
 * anything does that a decision depends on: whoever keeps compiled policies compares it first. */
#include "services/iam/account.h"

#define STAMPED(table)                                                                             \
    "CREATE TRIGGER " table "_insert AFTER INSERT ON " table                                       \
    " BEGIN INSERT OR REPLACE INTO iam_stamp (only_row, value) VALUES (1, random()); END;"         \
    "CREATE TRIGGER " table "_update AFTER UPDATE ON " table                                       \
    " BEGIN INSERT OR REPLACE INTO iam_stamp (only_row, value) VALUES (1, random()); END;"         \
    "CREATE TRIGGER " table "_delete AFTER DELETE ON " table                                       \
    " BEGIN INSERT OR REPLACE INTO iam_stamp (only_row, value) VALUES (1, random()); END;"

const struct migration iam_migrations[] = {
    {"iam",
     "CREATE TABLE iam_account (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT "
     "NULL,"
     " created_ms INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE iam_access_key (id TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL, user_id "
     "TEXT NOT NULL,"
     " secret TEXT NOT NULL, active INTEGER NOT NULL, created_ms INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE INDEX iam_access_key_account ON iam_access_key (account, user_id, created_ms);"},
    {"iam", "CREATE TABLE iam_entity (id TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL,"
            " kind TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE, path TEXT NOT NULL,"
            " created_ms INTEGER NOT NULL, boundary TEXT) WITHOUT ROWID;"
            "CREATE UNIQUE INDEX iam_entity_name ON iam_entity (account, kind, name);"
            "CREATE INDEX iam_entity_boundary ON iam_entity (account, boundary);"
            "CREATE TABLE iam_group_member (account TEXT NOT NULL, group_id TEXT NOT NULL,"
            " user_id TEXT NOT NULL, added_ms INTEGER NOT NULL,"
            " PRIMARY KEY (account, group_id, user_id)) WITHOUT ROWID;"
            "CREATE INDEX iam_group_member_user ON iam_group_member (account, user_id);"
            /* trust: the assume-role policy document. service: of a service-linked role. */
            "CREATE TABLE iam_role (id TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL,"
            " trust TEXT NOT NULL, description TEXT, max_session_s INTEGER NOT NULL,"
            " service TEXT) WITHOUT ROWID;"
            "CREATE TABLE iam_profile_role (account TEXT NOT NULL, profile_id TEXT NOT NULL,"
            " role_id TEXT NOT NULL, PRIMARY KEY (account, profile_id)) WITHOUT ROWID;"
            "CREATE INDEX iam_profile_role_role ON iam_profile_role (account, role_id);"
            "CREATE TABLE iam_policy (id TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL,"
            " arn TEXT NOT NULL UNIQUE, description TEXT, default_version INTEGER NOT NULL,"
            " last_version INTEGER NOT NULL, updated_ms INTEGER NOT NULL) WITHOUT ROWID;"
            "CREATE TABLE iam_policy_version (account TEXT NOT NULL, policy_id TEXT NOT NULL,"
            " version INTEGER NOT NULL, document TEXT NOT NULL, created_ms INTEGER NOT NULL,"
            " PRIMARY KEY (account, policy_id, version)) WITHOUT ROWID;"
            /* entity_id: a user's, group's or role's. policy_arn: a customer's or AWS's. */
            "CREATE TABLE iam_attachment (account TEXT NOT NULL, entity_id TEXT NOT NULL,"
            " policy_arn TEXT NOT NULL, added_ms INTEGER NOT NULL,"
            " PRIMARY KEY (account, entity_id, policy_arn)) WITHOUT ROWID;"
            "CREATE INDEX iam_attachment_policy ON iam_attachment (account, policy_arn);"
            "CREATE TABLE iam_inline_policy (account TEXT NOT NULL, entity_id TEXT NOT NULL,"
            " name TEXT NOT NULL, document TEXT NOT NULL,"
            " PRIMARY KEY (account, entity_id, name)) WITHOUT ROWID;"
            "CREATE TABLE iam_stamp (only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),"
            " value INTEGER NOT NULL);"},
    {"iam", STAMPED("iam_entity") STAMPED("iam_group_member") STAMPED("iam_role")},
    {"iam", STAMPED("iam_policy") STAMPED("iam_policy_version")},
    {"iam", STAMPED("iam_attachment") STAMPED("iam_inline_policy")},
    /* member_id: the user or role that a role's trust policy names by ARN; of any account. */
    {"iam", "CREATE TABLE iam_trust_member (account TEXT NOT NULL, role_id TEXT NOT NULL,"
            " arn TEXT NOT NULL, member_id TEXT NOT NULL,"
            " PRIMARY KEY (account, role_id, arn)) WITHOUT ROWID;"
            "CREATE TABLE iam_deletion_task (account TEXT NOT NULL, id TEXT NOT NULL,"
            " status TEXT NOT NULL, usage TEXT, created_ms INTEGER NOT NULL,"
            " PRIMARY KEY (account, id)) WITHOUT ROWID;"
            /* What needs the role of a service: resource is an ARN. */
            "CREATE TABLE iam_service_use (account TEXT NOT NULL, service TEXT NOT NULL,"
            " region TEXT NOT NULL, resource TEXT NOT NULL,"
            " PRIMARY KEY (account, service, region, resource)) WITHOUT ROWID;"
            "CREATE INDEX iam_service_use_resource ON iam_service_use (account, resource);"},
    /* When somebody last signed in with a password: user_id of the root user is its account.
     * Aliases are unique among all accounts. */
    {"iam", "CREATE TABLE iam_password_use (account TEXT NOT NULL, user_id TEXT NOT NULL,"
            " at_ms INTEGER NOT NULL, PRIMARY KEY (account, user_id)) WITHOUT ROWID;"
            "CREATE TABLE iam_account_alias (alias TEXT NOT NULL PRIMARY KEY,"
            " account TEXT NOT NULL UNIQUE) WITHOUT ROWID;"
            "CREATE TABLE iam_account_setting (account TEXT NOT NULL PRIMARY KEY,"
            " global_token_version INTEGER NOT NULL) WITHOUT ROWID;"},
    /* client_ids, thumbprints, certificates: lists of text. url, issuer: as tokens and assertions
     * have it, the url without "https://". iam_oidc_keys: what the provider last said its keys
     * are. pem: of a private key that decrypts assertions. */
    {"iam", "CREATE TABLE iam_oidc_provider (account TEXT NOT NULL, url TEXT NOT NULL,"
            " client_ids TEXT NOT NULL, thumbprints TEXT NOT NULL, created_ms INTEGER NOT NULL,"
            " PRIMARY KEY (account, url)) WITHOUT ROWID;"
            "CREATE TABLE iam_oidc_keys (account TEXT NOT NULL, url TEXT NOT NULL,"
            " keys TEXT NOT NULL, fetched_ms INTEGER NOT NULL,"
            " PRIMARY KEY (account, url)) WITHOUT ROWID;"
            "CREATE TABLE iam_saml_provider (account TEXT NOT NULL,"
            " name TEXT NOT NULL COLLATE NOCASE, id TEXT NOT NULL, metadata TEXT NOT NULL,"
            " issuer TEXT NOT NULL, certificates TEXT NOT NULL, valid_until_ms INTEGER NOT NULL,"
            " encryption TEXT, created_ms INTEGER NOT NULL,"
            " PRIMARY KEY (account, name)) WITHOUT ROWID;"
            "CREATE TABLE iam_saml_key (account TEXT NOT NULL, id TEXT NOT NULL,"
            " provider_id TEXT NOT NULL, pem TEXT NOT NULL, added_ms INTEGER NOT NULL,"
            " PRIMARY KEY (account, id)) WITHOUT ROWID;"},
    /* id: of an access key, user or role. service: the prefix of its actions. */
    {"iam", "CREATE TABLE iam_last_used (account TEXT NOT NULL, id TEXT NOT NULL,"
            " service TEXT NOT NULL, region TEXT NOT NULL, at_ms INTEGER NOT NULL,"
            " PRIMARY KEY (account, id, service)) WITHOUT ROWID;"},
    /* Passwords and what opens like them. user_id of the root user is its account. hash: see
     * password_hash.h. A device is somebody's when it is enabled; step: of the last code that was
     * taken, so that none is taken twice; drift_steps: how far the device's clock is off. */
    {"iam", "CREATE TABLE iam_login_profile (account TEXT NOT NULL, user_id TEXT NOT NULL,"
            " hash TEXT NOT NULL, reset_required INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
            " changed_ms INTEGER NOT NULL, PRIMARY KEY (account, user_id)) WITHOUT ROWID;"
            "CREATE TABLE iam_former_password (account TEXT NOT NULL, user_id TEXT NOT NULL,"
            " number INTEGER NOT NULL, hash TEXT NOT NULL,"
            " PRIMARY KEY (account, user_id, number)) WITHOUT ROWID;"
            "CREATE TABLE iam_password_policy (account TEXT NOT NULL PRIMARY KEY,"
            " doc TEXT NOT NULL) WITHOUT ROWID;"
            "CREATE TABLE iam_mfa_device (account TEXT NOT NULL,"
            " serial TEXT NOT NULL COLLATE NOCASE, seed TEXT NOT NULL, user_id TEXT,"
            " created_ms INTEGER NOT NULL, enabled_ms INTEGER NOT NULL DEFAULT 0,"
            " step INTEGER NOT NULL DEFAULT 0, drift_steps INTEGER NOT NULL DEFAULT 0,"
            " PRIMARY KEY (account, serial)) WITHOUT ROWID;"
            "CREATE INDEX iam_mfa_device_user ON iam_mfa_device (account, user_id);"},
    {"iam", "CREATE TABLE iam_ssh_key (id TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL,"
            " user_id TEXT NOT NULL, body TEXT NOT NULL, fingerprint TEXT NOT NULL,"
            " active INTEGER NOT NULL, created_ms INTEGER NOT NULL) WITHOUT ROWID;"
            "CREATE INDEX iam_ssh_key_user ON iam_ssh_key (account, user_id);"
            "CREATE TABLE iam_signing_certificate (id TEXT NOT NULL PRIMARY KEY,"
            " account TEXT NOT NULL, user_id TEXT NOT NULL, body TEXT NOT NULL,"
            " digest TEXT NOT NULL, active INTEGER NOT NULL,"
            " created_ms INTEGER NOT NULL) WITHOUT ROWID;"
            "CREATE INDEX iam_signing_certificate_user ON iam_signing_certificate (account,"
            " user_id);"
            /* alias: the name that the service knows the user by. */
            "CREATE TABLE iam_service_credential (id TEXT NOT NULL PRIMARY KEY,"
            " account TEXT NOT NULL, user_id TEXT NOT NULL, service TEXT NOT NULL,"
            " alias TEXT NOT NULL, hash TEXT NOT NULL, active INTEGER NOT NULL,"
            " created_ms INTEGER NOT NULL, expires_ms INTEGER) WITHOUT ROWID;"
            "CREATE INDEX iam_service_credential_user ON iam_service_credential (account,"
            " user_id);"
            "CREATE TABLE iam_server_certificate (account TEXT NOT NULL,"
            " name TEXT NOT NULL COLLATE NOCASE, path TEXT NOT NULL, id TEXT NOT NULL,"
            " body TEXT NOT NULL, chain TEXT, private_key TEXT NOT NULL,"
            " created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
            " PRIMARY KEY (account, name)) WITHOUT ROWID;"
            "CREATE TABLE iam_credential_report (account TEXT NOT NULL PRIMARY KEY,"
            " content TEXT NOT NULL, made_ms INTEGER NOT NULL) WITHOUT ROWID;"
            /* services: what the entity may use, and when it did. */
            "CREATE TABLE iam_access_job (account TEXT NOT NULL, id TEXT NOT NULL,"
            " arn TEXT NOT NULL, entity_id TEXT NOT NULL, granularity TEXT NOT NULL,"
            " made_ms INTEGER NOT NULL, services TEXT NOT NULL,"
            " PRIMARY KEY (account, id)) WITHOUT ROWID;"},
    /* id: of a user or role. action: "ec2:RunInstances". */
    {"iam", "CREATE TABLE iam_action_used (account TEXT NOT NULL, id TEXT NOT NULL,"
            " action TEXT NOT NULL, region TEXT NOT NULL, at_ms INTEGER NOT NULL,"
            " PRIMARY KEY (account, id, action)) WITHOUT ROWID;"},
    /* Wrong codes in a row, and when the last of them came. */
    {"iam", "ALTER TABLE iam_mfa_device ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;"
            "ALTER TABLE iam_mfa_device ADD COLUMN failed_ms INTEGER NOT NULL DEFAULT 0;"},
};
const size_t iam_migration_count = ARRAY_LEN(iam_migrations);
