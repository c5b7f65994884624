/* GetSessionToken and GetFederationToken: temporary credentials for a user, for the user itself or
 * for somebody the user vouches for. */
#include "base/arn.h"
#include "operations.h"
#include "services/sts/session.h"
#include "services/sts/session_terms.h"

#define HALF_DAY_S 43200
#define ROOT_MAX_S 3600

/* Twelve hours when nothing is said; a root user gets an hour, whatever it asks for. */
static int64_t duration_s(struct call *c)
{
    int64_t wanted_s = arg_int_or(c, "DurationSeconds", HALF_DAY_S);
    return c->who.root && wanted_s > ROOT_MAX_S ? ROOT_MAX_S : wanted_s;
}

static struct session_spec spec_of_caller(struct call *c, enum principal_type type)
{
    return (struct session_spec){
        .type = type,
        .account = c->account,
        .entity_id = c->who.entity_id,
        .duration_s = duration_s(c),
    };
}

int sts_get_session_token(struct call *c)
{
    struct session_spec spec = spec_of_caller(c, c->who.type);
    struct session_keys keys;

    if (session_mfa_read(c, &spec.session.mfa_ms) != 0)
        return -1;
    session_make(c, &spec, &keys);
    json_t *out = json_object();
    json_set_new(out, "Credentials", session_credentials(&keys));
    return call_reply(c, out);
}

int sts_get_federation_token(struct call *c)
{
    struct session_spec spec = spec_of_caller(c, PRINCIPAL_FEDERATED_USER);
    struct session *session = &spec.session;
    struct session_keys keys;
    int64_t percent;

    session->name = arg_str(c, "Name");
    if (session_policies_read(c, c->account, &session->policies) != 0 ||
        session_tags_read(c, arg_get(c, "Tags"), &session->tags) != 0 ||
        session_pack(c, session, &percent) != 0)
        return -1;
    session_make(c, &spec, &keys);
    json_t *user = json_object(), *out = json_object();
    json_set_str(user, "FederatedUserId", call_printf(c, "%s:%s", c->account, session->name));
    json_set_str(user, "Arn",
                 call_printf(c, "arn:%s:sts::%s:federated-user/%s", region_partition(c->region),
                             c->account, session->name));
    json_set_new(out, "Credentials", session_credentials(&keys));
    json_set_new(out, "FederatedUser", user);
    if (percent >= 0)
        json_set_int(out, "PackedPolicySize", percent);
    return call_reply(c, out);
}
