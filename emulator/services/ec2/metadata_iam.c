/* The iam/ directory of the metadata service: the instance's profile, and the credentials of its
 * role.
 *
 * Credentials last six hours and are made anew an hour before they end. They are kept, so that
 * every question in between gets the same ones; a change of profile or role shows at once.
 * "Retrieve security credentials from instance metadata", EC2 user guide; what is said when there
 * are none: "Troubleshoot IAM and Amazon EC2", IAM user guide. */
#include "services/ec2/metadata_tree.h"

#include "base/arn.h"
#include "base/log.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "services/sts/sts.h"

#define LIFE_S   21600
#define RENEW_MS 3600000
#define HELP                                                                                       \
    "Please see documentation at https://docs.aws.amazon.com/IAM/latest/UserGuide/"                \
    "troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc."

/* --- info ------------------------------------------------------------------------------------- */

static const char *refusal(struct metadata *m, const char *code, const char *message)
{
    char now[TIME_SIZE];
    time_format_iso8601(call_now_ms(&m->call), now);
    return call_printf(&m->call,
                       "{\n  \"Code\" : \"%s\",\n  \"Message\" : \"%s\",\n"
                       "  \"LastUpdated\" : \"%s\"\n}",
                       code, message, now);
}

static const char *info_text(struct metadata *m)
{
    char now[TIME_SIZE];
    time_format_iso8601(call_now_ms(&m->call), now);
    return call_printf(&m->call,
                       "{\n  \"Code\" : \"Success\",\n  \"LastUpdated\" : \"%s\",\n"
                       "  \"InstanceProfileArn\" : \"%s\",\n  \"InstanceProfileId\" : \"%s\"\n}",
                       now, m->profile.profile_arn, m->profile.profile_id);
}

/* The role that the instance's profile holds now. */
static bool find_role(struct metadata *m, struct iam_role_row *ret_role)
{
    struct iam_profile profile;
    return iam_profile_find_id(&m->call, m->profile.profile_id, &profile) &&
           profile.role_id != NULL && iam_role_find_id(&m->call, profile.role_id, ret_role);
}

json_t *metadata_iam_tree(struct metadata *m)
{
    struct iam_profile profile;
    struct iam_role_row role;
    if (!m->has_profile)
        return NULL;
    json_t *out = json_object();
    bool there = iam_profile_find_id(&m->call, m->profile.profile_id, &profile);
    json_set_str(
        out, "info",
        there ? info_text(m)
              : refusal(m, "InstanceProfileNotFound", "Instance Profile cannot be found. " HELP));
    if (find_role(m, &role))
        json_set_new(out, "security-credentials", json_pack("{sb}", role.entity.name, 1));
    return out;
}

/* --- credentials ------------------------------------------------------------------------------ */

struct role_credentials { /* text in the arena */
    struct session_keys keys;
    int64_t updated_ms;
};

static bool find_credentials(struct metadata *m, const struct iam_role_row *role,
                             struct role_credentials *ret)
{
    struct rows r;
    struct call *c = &m->call;
    rows_open(&r, c->db,
              "SELECT access_key_id, secret, token, expires_ms, updated_ms"
              " FROM ec2_role_credentials WHERE account = ? AND region = ? AND instance_id = ?"
              " AND delivery = ? AND role_id = ? AND expires_ms > ?",
              "sssssi", c->account, c->region, m->instance.id, m->delivery, role->entity.id,
              call_now_ms(c) + RENEW_MS);
    if (!rows_next(&r))
        return false;
    *ret = (struct role_credentials){
        .keys =
            {
                .access_key_id = call_text(c, &r, 0),
                .secret = call_text(c, &r, 1),
                .token = call_text(c, &r, 2),
                .expires_ms = rows_int(&r, 3),
            },
        .updated_ms = rows_int(&r, 4),
    };
    rows_close(&r);
    return true;
}

/* What conditions may ask about where the credentials came from: "AWS global condition context
 * keys" and "Condition keys for Amazon EC2". A new reference. */
static json_t *source_facts(struct metadata *m)
{
    struct call *c = &m->call;
    json_t *facts = json_object();
    json_set_str(facts, "ec2:SourceInstanceARN",
                 call_printf(c, "arn:%s:ec2:%s:%s:instance/%s", region_partition(c->region),
                             c->region, c->account, m->instance.id));
    json_set_str(facts, "ec2:RoleDelivery", m->delivery);
    if (m->interface_count > 0) {
        json_set_str(facts, "aws:Ec2InstanceSourceVpc", m->interfaces[0].vpc_id);
        json_set_str(facts, "aws:Ec2InstanceSourcePrivateIPv4", m->interfaces[0].address);
    }
    return facts;
}

static void make_credentials(struct metadata *m, const struct iam_role_row *role,
                             struct role_credentials *ret)
{
    struct call *c = &m->call;
    json_t *facts = source_facts(m);
    struct session_spec spec = {
        .type = PRINCIPAL_ASSUMED_ROLE,
        .account = c->account,
        .entity_id = role->entity.id,
        .duration_s = LIFE_S,
        .session = {.name = m->instance.id, .facts = facts, .instance_id = m->instance.id},
    };
    session_make(c, &spec, &ret->keys);
    json_decref(facts);
    ret->updated_ms = call_now_ms(c);
    db_exec(c->db,
            "INSERT OR REPLACE INTO ec2_role_credentials (account, region, instance_id, delivery,"
            " role_id, access_key_id, secret, token, updated_ms, expires_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "ssssssssii", c->account, c->region, m->instance.id, m->delivery, role->entity.id,
            ret->keys.access_key_id, ret->keys.secret, ret->keys.token, ret->updated_ms,
            ret->keys.expires_ms);
}

/* In a transaction of its own; false: it failed. */
static bool renew_credentials(struct metadata *m, const struct iam_role_row *role,
                              struct role_credentials *ret)
{
    struct err err = {.text = ""};
    bool ok = db_begin(m->call.db, &err) == 0;
    if (ok) {
        make_credentials(m, role, ret);
        ok = db_commit(m->call.db, &err) == 0;
    }
    if (!ok)
        log_error("credentials of %s: %s", m->instance.id, err.text);
    return ok;
}

const char *metadata_credentials(struct metadata *m)
{
    struct iam_role_row role;
    struct role_credentials found;
    char updated[TIME_SIZE], expires[TIME_SIZE];
    if (!find_role(m, &role))
        return NULL;
    if (!iam_role_trusts_service(&m->call, &role, "ec2.amazonaws.com"))
        return refusal(
            m, "AssumeRoleUnauthorizedAccess",
            call_printf(&m->call, "EC2 cannot assume the role %s. " HELP, role.entity.name));
    if (!find_credentials(m, &role, &found) && !renew_credentials(m, &role, &found))
        return NULL;
    time_format_iso8601(found.updated_ms, updated);
    time_format_iso8601(found.keys.expires_ms, expires);
    return call_printf(&m->call,
                       "{\n"
                       "  \"Code\" : \"Success\",\n"
                       "  \"LastUpdated\" : \"%s\",\n"
                       "  \"Type\" : \"AWS-HMAC\",\n"
                       "  \"AccessKeyId\" : \"%s\",\n"
                       "  \"SecretAccessKey\" : \"%s\",\n"
                       "  \"Token\" : \"%s\",\n"
                       "  \"Expiration\" : \"%s\"\n"
                       "}",
                       updated, found.keys.access_key_id, found.keys.secret, found.keys.token,
                       expires);
}
