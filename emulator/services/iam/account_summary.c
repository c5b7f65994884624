/* What an account has and may have: GetAccountSummary; and how its session tokens are:
 * SetSecurityTokenServicePreferences. */
#include "base/text.h"
#include "operations.h"
#include "services/iam/credential.h"
#include "services/iam/entity.h"
#include "services/iam/group.h"
#include "services/iam/holder.h"
#include "services/iam/policy.h"
#include "services/iam/server_certificate.h"
#include "services/iam/trust.h"

/* Names are those of the model; ?1 is the account. */
static const struct {
    const char *name, *sql;
} counts[] = {
    {"Users", "SELECT count(*) FROM iam_entity WHERE account = ?1 AND kind = 'user'"},
    {"Groups", "SELECT count(*) FROM iam_entity WHERE account = ?1 AND kind = 'group'"},
    {"Roles", "SELECT count(*) FROM iam_entity WHERE account = ?1 AND kind = 'role'"},
    {"InstanceProfiles",
     "SELECT count(*) FROM iam_entity WHERE account = ?1 AND kind = 'instance-profile'"},
    {"Policies", "SELECT count(*) FROM iam_entity WHERE account = ?1 AND kind = 'policy'"},
    /* The customer's versions, and of AWS's policies those that somebody has. */
    {"PolicyVersionsInUse",
     "SELECT (SELECT count(*) FROM iam_policy_version WHERE account = ?1)"
     " + (SELECT count(DISTINCT policy_arn) FROM iam_attachment WHERE account = ?1"
     " AND policy_arn GLOB 'arn:*:iam::aws:policy/*')"},
    {"Providers", "SELECT (SELECT count(*) FROM iam_oidc_provider WHERE account = ?1)"
                  " + (SELECT count(*) FROM iam_saml_provider WHERE account = ?1)"},
    {"ServerCertificates", "SELECT count(*) FROM iam_server_certificate WHERE account = ?1"},
    {"MFADevices", "SELECT count(*) FROM iam_mfa_device WHERE account = ?1"},
    {"MFADevicesInUse",
     "SELECT count(*) FROM iam_mfa_device WHERE account = ?1 AND user_id IS NOT NULL"},
    /* Those that begin with Account are about the root user. */
    {"AccountMFAEnabled",
     "SELECT EXISTS (SELECT 1 FROM iam_mfa_device WHERE account = ?1 AND user_id = ?1)"},
    {"AccountPasswordPresent",
     "SELECT EXISTS (SELECT 1 FROM iam_login_profile WHERE account = ?1 AND user_id = ?1)"},
    {"AccountSigningCertificatesPresent",
     "SELECT EXISTS (SELECT 1 FROM iam_signing_certificate WHERE account = ?1 AND user_id = ?1)"},
    {"AccountAccessKeysPresent",
     "SELECT EXISTS (SELECT 1 FROM iam_access_key WHERE account = ?1 AND user_id = ?1)"},
    {"GlobalEndpointTokenVersion",
     "SELECT coalesce((SELECT global_token_version FROM iam_account_setting"
     " WHERE account = ?1), 1)"},
};

/* "IAM and AWS STS quotas", IAM User Guide. */
static void add_quotas(json_t *map)
{
    const struct {
        const char *name;
        int64_t value;
    } quotas[] = {
        {"UsersQuota", iam_user.limit},
        {"GroupsQuota", iam_group.limit},
        {"RolesQuota", iam_role.limit},
        {"InstanceProfilesQuota", iam_instance_profile.limit},
        {"PoliciesQuota", iam_policy.limit},
        {"GroupsPerUserQuota", GROUPS_PER_USER_MAX},
        {"AttachedPoliciesPerUserQuota", IAM_ATTACHED_MAX},
        {"AttachedPoliciesPerGroupQuota", IAM_ATTACHED_MAX},
        {"AttachedPoliciesPerRoleQuota", IAM_ATTACHED_MAX},
        {"UserPolicySizeQuota", (int64_t)iam_holder_user.inline_max},
        {"GroupPolicySizeQuota", (int64_t)iam_holder_group.inline_max},
        {"RolePolicySizeQuota", (int64_t)iam_holder_role.inline_max},
        {"AssumeRolePolicySizeQuota", IAM_TRUST_SIZE_MAX},
        {"PolicySizeQuota", IAM_POLICY_SIZE_MAX},
        {"VersionsPerPolicyQuota", IAM_POLICY_VERSIONS_MAX},
        {"PolicyVersionsInUseQuota", 10000},
        {"AccessKeysPerUserQuota", ACCESS_KEYS_PER_USER},
        {"SigningCertificatesPerUserQuota", SIGNING_CERTIFICATES_PER_USER},
        {"ServerCertificatesQuota", SERVER_CERTIFICATES_MAX},
    };

    for (size_t i = 0; i < ARRAY_LEN(quotas); i++)
        json_set_int(map, quotas[i].name, quotas[i].value);
}

int iam_get_account_summary(struct call *c)
{
    json_t *map = json_object();

    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        json_set_int(map, counts[i].name, db_int(c->db, 0, counts[i].sql, "s", c->account));
    add_quotas(map);
    return call_reply(c, json_pack("{so}", "SummaryMap", map));
}

int iam_set_security_token_service_preferences(struct call *c)
{
    int64_t version = str_equal(arg_str(c, "GlobalEndpointTokenVersion"), "v2Token") ? 2 : 1;

    db_exec(c->db,
            "INSERT OR REPLACE INTO iam_account_setting (account, global_token_version)"
            " VALUES (?, ?)",
            "si", c->account, version);
    return call_reply(c, NULL);
}
