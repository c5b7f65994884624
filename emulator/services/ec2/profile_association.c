/* Instance profiles of instances: AssociateIamInstanceProfile, DisassociateIamInstanceProfile,
 * ReplaceIamInstanceProfileAssociation, DescribeIamInstanceProfileAssociations.
 *
 * The metadata service reads the rows, so a change acts at once: the answer says "associating", and
 * whoever looks next sees "associated". */
#include "services/ec2/profile_association.h"

#include "base/text.h"
#include "call/describe.h"
#include "operations.h"
#include "services/ec2/instance.h"
#include "services/ec2/resource.h"

#include <string.h>

#define ID_PREFIX "iip-assoc"

/* --- the argument ----------------------------------------------------------------------------- */

int profile_read_argument(struct call *c, struct iam_profile *ret_profile)
{
    const json_t *wanted = arg_get(c, "IamInstanceProfile");
    const char *arn = json_str(wanted, "Arn"), *name = json_str_or(wanted, "Name", "");

    if (arn != NULL && name[0] != '\0')
        return call_fail(c, "InvalidParameterCombination",
                         "The parameter 'iamInstanceProfile.name' may not be used in combination"
                         " with 'iamInstanceProfile.arn'");
    if (arn != NULL && !iam_profile_find_arn(c, arn, ret_profile))
        return call_fail(c, "InvalidParameterValue",
                         "Value (%s) for parameter iamInstanceProfile.arn is invalid. Invalid IAM"
                         " Instance Profile ARN",
                         arn);
    if (arn == NULL && !iam_profile_find(c, name, ret_profile))
        return call_fail(c, "InvalidParameterValue",
                         "Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM"
                         " Instance Profile name",
                         name);
    if (ret_profile->role_id == NULL)
        return call_fail(c, "InvalidParameterValue",
                         "IAM Instance Profile \"%s\" has no associated IAM Roles",
                         ret_profile->entity.arn);
    return 0;
}

/* --- rows ------------------------------------------------------------------------------------- */

#define COLUMNS "id, instance_id, profile_arn, profile_id, created_ms"

static void association_read(struct call *c, struct rows *r, struct profile_association *ret)
{
    *ret = (struct profile_association){
        .id = call_text(c, r, 0),
        .instance_id = call_text(c, r, 1),
        .profile_arn = call_text(c, r, 2),
        .profile_id = call_text(c, r, 3),
        .created_ms = rows_int(r, 4),
    };
}

static bool find(struct call *c, const char *sql, const char *value,
                 struct profile_association *ret)
{
    struct rows r;

    rows_open(&r, c->db, sql, "sss", c->account, c->region, value);
    if (!rows_next(&r))
        return false;
    association_read(c, &r, ret);
    rows_close(&r);
    return true;
}

bool profile_of_instance(struct call *c, const char *instance_id,
                         struct profile_association *ret_association)
{
    return find(c,
                "SELECT " COLUMNS " FROM ec2_profile_association"
                " WHERE account = ? AND region = ? AND instance_id = ?",
                instance_id, ret_association);
}

static int association_missing(struct call *c, const json_t *ids)
{
    return call_fail(c, "InvalidAssociationID.NotFound",
                     "An invalid association-id of '%s' was given",
                     json_string_value(json_array_get(ids, 0)));
}

static int association_id_check(struct call *c, const char *id)
{
    if (str_starts(id, ID_PREFIX "-"))
        return 0;
    return call_fail(c, "InvalidParameterValue", "Invalid value for associationId.");
}

/* The association that the call names, and its instance. */
static int association_load(struct call *c, struct profile_association *ret_association,
                            struct instance *ret_instance)
{
    const char *id = arg_str(c, "AssociationId");

    if (association_id_check(c, id) != 0)
        return -1;
    if (!find(c,
              "SELECT " COLUMNS " FROM ec2_profile_association"
              " WHERE account = ? AND region = ? AND id = ?",
              id, ret_association)) {
        json_t *ids = json_pack("[s]", id);
        (void)association_missing(c, ids);
        json_decref(ids);
        return -1;
    }
    return instance_load(c, ret_association->instance_id, ret_instance);
}

void profile_associate(struct call *c, const char *instance_id, const struct iam_profile *profile,
                       struct profile_association *ret_association)
{
    *ret_association = (struct profile_association){
        .id = call_new_id(c, ID_PREFIX),
        .instance_id = instance_id,
        .profile_arn = profile->entity.arn,
        .profile_id = profile->entity.id,
        .created_ms = call_now_ms(c),
    };
    db_exec(c->db,
            "INSERT INTO ec2_profile_association (account, region, " COLUMNS ")"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            "ssssssi", c->account, c->region, ret_association->id, instance_id,
            ret_association->profile_arn, ret_association->profile_id, ret_association->created_ms);
}

void profile_release(struct call *c, const char *instance_id)
{
    static const char *const statements[] = {
        "DELETE FROM ec2_profile_association WHERE account = ? AND region = ? AND instance_id = ?",
        "DELETE FROM ec2_role_credentials WHERE account = ? AND region = ? AND instance_id = ?",
    };

    for (size_t i = 0; i < ARRAY_LEN(statements); i++)
        db_exec(c->db, statements[i], "sss", c->account, c->region, instance_id);
}

/* --- showing ---------------------------------------------------------------------------------- */

json_t *profile_to_json(const struct profile_association *a)
{
    return json_pack("{ssss}", "Arn", a->profile_arn, "Id", a->profile_id);
}

static json_t *association_to_json(const struct profile_association *a, const char *state)
{
    json_t *out = json_object();

    json_set_str(out, "AssociationId", a->id);
    json_set_str(out, "InstanceId", a->instance_id);
    json_set_new(out, "IamInstanceProfile", profile_to_json(a));
    json_set_str(out, "State", state);
    return out;
}

static int reply_association(struct call *c, const struct profile_association *a, const char *state)
{
    return call_reply(
        c, json_pack("{so}", "IamInstanceProfileAssociation", association_to_json(a, state)));
}

/* --- the operations --------------------------------------------------------------------------- */

int ec2_associate_iam_instance_profile(struct call *c)
{
    struct profile_association association;
    struct iam_profile profile;
    struct instance instance;

    if (instance_load(c, arg_str(c, "InstanceId"), &instance) != 0 ||
        profile_read_argument(c, &profile) != 0)
        return -1;
    if (instance.state != INSTANCE_RUNNING && instance.state != INSTANCE_STOPPED)
        return call_fail(c, "IncorrectInstanceState",
                         "The instance '%s' is not in the 'running' or 'stopped' states.",
                         instance.id);
    if (profile_of_instance(c, instance.id, &association))
        return call_fail(c, "IncorrectState", "There is an existing association for instance %s",
                         instance.id);
    profile_associate(c, instance.id, &profile, &association);
    return reply_association(c, &association, "associating");
}

int ec2_disassociate_iam_instance_profile(struct call *c)
{
    struct profile_association association;
    struct instance instance;

    if (association_load(c, &association, &instance) != 0)
        return -1;
    profile_release(c, instance.id);
    return reply_association(c, &association, "disassociating");
}

/* "Replaces an IAM instance profile for the specified running instance": EC2 API Reference. */
int ec2_replace_iam_instance_profile_association(struct call *c)
{
    struct profile_association association;
    struct iam_profile profile;
    struct instance instance;

    if (association_load(c, &association, &instance) != 0 ||
        profile_read_argument(c, &profile) != 0)
        return -1;
    if (instance.state != INSTANCE_RUNNING)
        return call_fail(c, "IncorrectState", "The association %s is not the active association",
                         association.id);
    profile_release(c, instance.id);
    profile_associate(c, instance.id, &profile, &association);
    return reply_association(c, &association, "associating");
}

static json_t *association_render(struct call *c, struct rows *row)
{
    struct profile_association association;

    association_read(c, row, &association);
    return association_to_json(&association, "associated");
}

static const struct describe_filter association_filters[] = {
    {"instance-id", "InstanceId", "instance_id"},
    {"state", "State", NULL},
};

static const struct describe associations = {
    .ids_member = "AssociationIds",
    .id_path = "AssociationId",
    .id_column = "id",
    .id_check = association_id_check,
    .id_missing = association_missing,
    .filters = association_filters,
    .filter_count = ARRAY_LEN(association_filters),
    .page_min = 5,
    .page_max = 1000,
    .sql = "SELECT " COLUMNS " FROM ec2_profile_association WHERE account = ? AND region = ?",
    .key_column = "id",
    .render = association_render,
};

int ec2_describe_iam_instance_profile_associations(struct call *c)
{
    return describe_reply(c, &associations, "IamInstanceProfileAssociations");
}
