/* Service-linked roles: CreateServiceLinkedRole, DeleteServiceLinkedRole,
 * GetServiceLinkedRoleDeletionStatus. A deletion is decided when it is asked for; its task keeps
 * the outcome. */
#include "services/iam/service_linked_role.h"

#include "base/text.h"
#include "operations.h"
#include "services/iam/managed_policy.h"
#include "services/iam/role.h"

#include <assert.h>
#include <string.h>

#define SESSION_S     3600
#define ROLE_NAME_MAX 64
#define DESCRIPTION(by)                                                                            \
    "Default Service-Linked Role enables access to AWS Services and Resources used or managed "    \
    "by " by

/* The services of this emulator that have such a role: "AWS services that work with IAM", IAM User
 * Guide, and the services' own pages. The policy is attached where its text is known. */
static const struct linked_service {
    const char *name;
    const char *role;
    const char *policy;      /* below /aws-service-role/ */
    const char *description; /* when the service makes the role itself */
    bool suffix;             /* there may be several, told apart by a suffix */
} services[] = {
    {"autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy",
     DESCRIPTION("Auto Scaling"), true},
    {"elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing",
     "AWSElasticLoadBalancingServiceRolePolicy", "Allows ELB to call AWS services on your behalf.",
     false},
    {"spot.amazonaws.com", "AWSServiceRoleForEC2Spot", "AWSEC2SpotServiceRolePolicy",
     "Default EC2 Spot Service Linked Role", false},
    {"spotfleet.amazonaws.com", "AWSServiceRoleForEC2SpotFleet", "AWSEC2SpotFleetServiceRolePolicy",
     "Default EC2 Spot Fleet Service Linked Role", false},
    {"ec2fleet.amazonaws.com", "AWSServiceRoleForEC2Fleet", "AWSEC2FleetServiceRolePolicy",
     "Default EC2 Fleet Service Linked Role", false},
    {"capacity-reservation-fleet.amazonaws.com", "AWSServiceRoleForEC2CapacityReservationFleet",
     "AWSEC2CapacityReservationFleetRolePolicy", NULL, false},
    {"ec2fastlaunch.amazonaws.com", "AWSServiceRoleForEC2FastLaunch",
     "EC2FastLaunchServiceRolePolicy", NULL, false},
    {"events.amazonaws.com", "AWSServiceRoleForCloudWatchEvents",
     "CloudWatchEventsServiceRolePolicy", NULL, false},
    {"cloudwatch-crossaccount.amazonaws.com", "AWSServiceRoleForCloudWatchCrossAccount",
     "CloudWatch-CrossAccountAccess", NULL, false},
    {"application-signals.cloudwatch.amazonaws.com",
     "AWSServiceRoleForCloudWatchApplicationSignals",
     "CloudWatchApplicationSignalsServiceRolePolicy", NULL, false},
    {"resource-groups.amazonaws.com", "AWSServiceRoleForResourceGroups",
     "ResourceGroupsServiceRolePolicy", NULL, false},
    {"ssm.amazonaws.com", "AWSServiceRoleForAmazonSSM", "AmazonSSMServiceRolePolicy",
     "Provides access to AWS Resources managed or used by Amazon SSM.", false},
    {"ec2.application-autoscaling.amazonaws.com",
     "AWSServiceRoleForApplicationAutoScaling_EC2SpotFleetRequest",
     "AWSApplicationAutoscalingEC2SpotFleetRequestPolicy", NULL, false},
    {"organizations.amazonaws.com", "AWSServiceRoleForOrganizations",
     "AWSOrganizationsServiceTrustPolicy", NULL, false},
};

static const struct linked_service *service_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(services); i++)
        if (str_equal(services[i].name, name))
            return &services[i];
    return NULL;
}

const char *iam_service_linked_role_name(const char *service_name)
{
    const struct linked_service *service = service_find(service_name);
    return service != NULL ? service->role : NULL;
}

/* --- making ----------------------------------------------------------------------------------- */

static void attach_policy(struct call *c, const struct linked_service *service,
                          const struct iam_entity *role)
{
    const char *arn =
        call_printf(c, "arn:aws:iam::aws:policy/aws-service-role/%s", service->policy);

    if (managed_policy_find(arn) != NULL)
        db_exec(c->db,
                "INSERT INTO iam_attachment (account, entity_id, policy_arn, added_ms)"
                " VALUES (?, ?, ?, ?)",
                "sssi", c->account, role->id, arn, call_now_ms(c));
}

static void make_role(struct call *c, const struct linked_service *service, const char *name,
                      const char *description)
{
    struct iam_role_spec spec = {
        .name = name,
        .path = call_printf(c, "/aws-service-role/%s/", service->name),
        .description = description,
        .max_session_s = SESSION_S,
        .service = service->name,
    };
    struct trust trust = {
        .document = call_printf(c,
                                "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Action\":"
                                "[\"sts:AssumeRole\"],\"Effect\":\"Allow\",\"Principal\":"
                                "{\"Service\":[\"%s\"]}}]}",
                                service->name),
    };
    struct iam_entity entity;

    iam_role_insert(c, &spec, &trust, &entity);
    attach_policy(c, service, &entity);
}

void iam_service_linked_role_ensure(struct call *c, const char *service_name)
{
    const struct linked_service *service = service_find(service_name);
    struct iam_entity entity;

    assert(service != NULL);
    if (!iam_entity_find(c, &iam_role, service->role, &entity))
        make_role(c, service, service->role, service->description);
}

int iam_create_service_linked_role(struct call *c)
{
    const char *service_name = arg_str(c, "AWSServiceName"), *suffix = arg_str(c, "CustomSuffix");
    const struct linked_service *service = service_find(service_name);
    struct iam_role_row role;

    if (service == NULL)
        return call_fail(c, "InvalidInput", "The service %s has no service-linked role.",
                         service_name);
    if (suffix != NULL && !service->suffix)
        return call_fail(c, "InvalidInput", "Custom suffix is not allowed for %s", service_name);
    const char *name =
        suffix == NULL ? service->role : call_printf(c, "%s_%s", service->role, suffix);
    if (strlen(name) > ROLE_NAME_MAX)
        return call_fail(c, "InvalidInput", "The role name %s has more than %d characters.", name,
                         ROLE_NAME_MAX);
    if (iam_role_find(c, name, &role))
        return call_fail(c, "InvalidInput",
                         "Service role name %s has been taken in this account, please try a"
                         " different suffix.",
                         name);
    if (iam_entity_check_new(c, &iam_role, name) != 0)
        return -1;
    make_role(c, service, name, arg_str(c, "Description"));
    if (iam_role_load(c, name, &role) != 0)
        return -1;
    return call_reply(c, json_pack("{so}", "Role", iam_role_to_json(c, &role, ROLE_LISTED)));
}

/* --- use -------------------------------------------------------------------------------------- */

void iam_service_linked_role_hold(struct call *c, const char *service, const char *resource_arn)
{
    db_exec(c->db,
            "INSERT OR IGNORE INTO iam_service_use (account, service, region, resource)"
            " VALUES (?, ?, ?, ?)",
            "ssss", c->account, service, c->region, resource_arn);
}

void iam_service_linked_role_release(struct call *c, const char *resource_arn)
{
    db_exec(c->db, "DELETE FROM iam_service_use WHERE account = ? AND resource = ?", "ss",
            c->account, resource_arn);
}

/* RoleUsageList: by region; a new reference. */
static json_t *usage_list(struct call *c, const char *service)
{
    json_t *list = json_array(), *region = NULL;
    struct rows r;

    rows_open(&r, c->db,
              "SELECT region, resource FROM iam_service_use WHERE account = ? AND service = ?"
              " ORDER BY region, resource",
              "ss", c->account, service);
    while (rows_next(&r)) {
        if (!str_equal(json_str(region, "Region"), rows_text(&r, 0))) {
            region = json_pack("{sss[]}", "Region", rows_text(&r, 0), "Resources");
            json_append_new(list, region);
        }
        json_append_new(json_object_get(region, "Resources"), json_text_new(rows_text(&r, 1)));
    }
    return list;
}

/* Roles with a suffix serve only what names them; the one without serves the rest. */
static json_t *role_usage(struct call *c, const struct iam_role_row *role)
{
    const struct linked_service *service = service_find(role->service);

    return service != NULL && str_equal_ci(service->role, role->entity.name)
               ? usage_list(c, role->service)
               : json_array();
}

/* --- deleting --------------------------------------------------------------------------------- */

static void finish_task(struct call *c, const char *id, json_t *usage)
{
    bool used = json_array_size(usage) > 0;

    db_exec(c->db,
            "INSERT INTO iam_deletion_task (account, id, status, usage, created_ms)"
            " VALUES (?, ?, ?, ?, ?)",
            "sssji", c->account, id, used ? "FAILED" : "SUCCEEDED", used ? usage : NULL,
            call_now_ms(c));
}

int iam_delete_service_linked_role(struct call *c)
{
    const char *name = arg_str(c, "RoleName");
    struct iam_role_row role;
    char uuid[UUID_SIZE];

    if (iam_role_load(c, name, &role) != 0)
        return -1;
    if (role.service == NULL)
        return call_fail(c, "NoSuchEntity", "There is no service-linked role with name %s.", name);
    uuid_make(c->ids, uuid);
    const char *id = call_printf(c, "task%s%s/%s", role.entity.path, role.entity.name, uuid);
    json_t *usage = role_usage(c, &role);
    if (json_array_size(usage) == 0)
        iam_role_delete(c, &role.entity);
    finish_task(c, id, usage);
    json_decref(usage);
    return call_reply(c, json_pack("{ss}", "DeletionTaskId", id));
}

int iam_get_service_linked_role_deletion_status(struct call *c)
{
    const char *id = arg_str(c, "DeletionTaskId");
    struct rows r;

    rows_open(&r, c->db, "SELECT status, usage FROM iam_deletion_task WHERE account = ? AND id = ?",
              "ss", c->account, id);
    if (!rows_next(&r))
        return call_fail(c, "NoSuchEntity", "Deletion task with id %s cannot be found.", id);
    json_t *out = json_pack("{ss}", "Status", rows_text(&r, 0)), *usage = rows_json(&r, 1);
    rows_close(&r);
    if (usage != NULL)
        json_set_new(out, "Reason",
                     json_pack("{ssso}", "Reason",
                               "The role is in use. Delete the resources that use it first.",
                               "RoleUsageList", usage));
    return call_reply(c, out);
}
