/* DescribeInstances and DescribeInstanceStatus. */
#include "call/describe.h"
#include "operations.h"
#include "services/ec2/instance.h"
#include "services/ec2/resource.h"

static int check_id(struct call *c, const char *id)
{
    return resource_id_check(c, "instance", id);
}

static int missing(struct call *c, const json_t *ids)
{
    return resource_missing(c, "instance", ids);
}

/* --- DescribeInstances --- */

/* A record is an Instance with what its reservation adds, so that filters see both; the reply takes
 * them apart again. */
static json_t *render(struct call *c, struct rows *row)
{
    struct instance instance;
    instance_read(c, row, &instance);
    json_t *out = instance_to_json(c, &instance);
    json_set_str(out, "ReservationId", instance.reservation_id);
    json_set_str(out, "OwnerId", c->account);
    return out;
}

static const struct describe_filter filters[] = {
    {"affinity", "Placement.Affinity", NULL},
    {"architecture", "Architecture", NULL},
    {"availability-zone", "Placement.AvailabilityZone", "zone"},
    {"availability-zone-id", "Placement.AvailabilityZoneId", NULL},
    {"block-device-mapping.attach-time", "BlockDeviceMappings.Ebs.AttachTime", NULL},
    {"block-device-mapping.delete-on-termination", "BlockDeviceMappings.Ebs.DeleteOnTermination",
     NULL},
    {"block-device-mapping.device-name", "BlockDeviceMappings.DeviceName", NULL},
    {"block-device-mapping.status", "BlockDeviceMappings.Ebs.Status", NULL},
    {"block-device-mapping.volume-id", "BlockDeviceMappings.Ebs.VolumeId", NULL},
    {"boot-mode", "BootMode", NULL},
    {"capacity-reservation-id", "CapacityReservationId", NULL},
    {"capacity-reservation-specification.capacity-reservation-preference",
     "CapacityReservationSpecification.CapacityReservationPreference", NULL},
    {"client-token", "ClientToken", NULL},
    {"current-instance-boot-mode", "CurrentInstanceBootMode", NULL},
    {"dns-name", "PublicDnsName", NULL},
    {"ebs-optimized", "EbsOptimized", NULL},
    {"ena-support", "EnaSupport", NULL},
    {"enclave-options.enabled", "EnclaveOptions.Enabled", NULL},
    {"hibernation-options.configured", "HibernationOptions.Configured", NULL},
    {"host-id", "Placement.HostId", NULL},
    {"hypervisor", "Hypervisor", NULL},
    {"iam-instance-profile.arn", "IamInstanceProfile.Arn", NULL},
    {"iam-instance-profile.id", "IamInstanceProfile.Id", NULL},
    {"image-id", "ImageId", "image_id"},
    {"instance-id", "InstanceId", "id"},
    {"instance-lifecycle", "InstanceLifecycle", NULL},
    {"instance-state-code", "State.Code", NULL},
    {"instance-state-name", "State.Name", "state"},
    {"instance-type", "InstanceType", "type"},
    {"instance.group-id", "SecurityGroups.GroupId", NULL},
    {"instance.group-name", "SecurityGroups.GroupName", NULL},
    {"ip-address", "PublicIpAddress", NULL},
    {"ipv6-address", "Ipv6Address", NULL},
    {"kernel-id", "KernelId", NULL},
    {"key-name", "KeyName", "key_name"},
    {"launch-index", "AmiLaunchIndex", NULL},
    {"launch-time", "LaunchTime", NULL},
    {"maintenance-options.auto-recovery", "MaintenanceOptions.AutoRecovery", NULL},
    {"metadata-options.http-endpoint", "MetadataOptions.HttpEndpoint", NULL},
    {"metadata-options.http-protocol-ipv4", "MetadataOptions.HttpEndpoint", NULL},
    {"metadata-options.http-protocol-ipv6", "MetadataOptions.HttpProtocolIpv6", NULL},
    {"metadata-options.http-put-response-hop-limit", "MetadataOptions.HttpPutResponseHopLimit",
     NULL},
    {"metadata-options.http-tokens", "MetadataOptions.HttpTokens", NULL},
    {"metadata-options.instance-metadata-tags", "MetadataOptions.InstanceMetadataTags", NULL},
    {"metadata-options.state", "MetadataOptions.State", NULL},
    {"monitoring-state", "Monitoring.State", NULL},
    {"network-interface.addresses.association.public-ip",
     "NetworkInterfaces.PrivateIpAddresses.Association.PublicIp", NULL},
    {"network-interface.addresses.association.ip-owner-id",
     "NetworkInterfaces.PrivateIpAddresses.Association.IpOwnerId", NULL},
    {"network-interface.addresses.primary", "NetworkInterfaces.PrivateIpAddresses.Primary", NULL},
    {"network-interface.addresses.private-ip-address",
     "NetworkInterfaces.PrivateIpAddresses.PrivateIpAddress", NULL},
    {"network-interface.association.public-ip", "NetworkInterfaces.Association.PublicIp", NULL},
    {"network-interface.association.ip-owner-id", "NetworkInterfaces.Association.IpOwnerId", NULL},
    {"network-interface.attachment.attach-time", "NetworkInterfaces.Attachment.AttachTime", NULL},
    {"network-interface.attachment.attachment-id", "NetworkInterfaces.Attachment.AttachmentId",
     NULL},
    {"network-interface.attachment.delete-on-termination",
     "NetworkInterfaces.Attachment.DeleteOnTermination", NULL},
    {"network-interface.attachment.device-index", "NetworkInterfaces.Attachment.DeviceIndex", NULL},
    {"network-interface.attachment.instance-id", "InstanceId", NULL},
    {"network-interface.attachment.instance-owner-id", "OwnerId", NULL},
    {"network-interface.attachment.status", "NetworkInterfaces.Attachment.Status", NULL},
    {"network-interface.availability-zone", "Placement.AvailabilityZone", NULL},
    {"network-interface.description", "NetworkInterfaces.Description", NULL},
    {"network-interface.group-id", "NetworkInterfaces.Groups.GroupId", NULL},
    {"network-interface.group-name", "NetworkInterfaces.Groups.GroupName", NULL},
    {"network-interface.ipv6-addresses.ipv6-address", "NetworkInterfaces.Ipv6Addresses.Ipv6Address",
     NULL},
    {"network-interface.mac-address", "NetworkInterfaces.MacAddress", NULL},
    {"network-interface.network-interface-id", "NetworkInterfaces.NetworkInterfaceId", NULL},
    {"network-interface.owner-id", "NetworkInterfaces.OwnerId", NULL},
    {"network-interface.private-dns-name", "NetworkInterfaces.PrivateDnsName", NULL},
    {"network-interface.private-ip-address", "NetworkInterfaces.PrivateIpAddress", NULL},
    {"network-interface.requester-managed", "NetworkInterfaces.Operator.Managed", NULL},
    {"network-interface.source-dest-check", "NetworkInterfaces.SourceDestCheck", NULL},
    {"network-interface.status", "NetworkInterfaces.Status", NULL},
    {"network-interface.subnet-id", "NetworkInterfaces.SubnetId", NULL},
    {"network-interface.vpc-id", "NetworkInterfaces.VpcId", NULL},
    {"operator.managed", "Operator.Managed", NULL},
    {"operator.principal", "Operator.Principal", NULL},
    {"outpost-arn", "OutpostArn", NULL},
    {"owner-id", "OwnerId", NULL},
    {"placement-group-name", "Placement.GroupName", NULL},
    {"placement-partition-number", "Placement.PartitionNumber", NULL},
    {"platform", "Platform", NULL},
    {"platform-details", "PlatformDetails", NULL},
    {"private-dns-name", "PrivateDnsName", NULL},
    {"private-dns-name-options.enable-resource-name-dns-a-record",
     "PrivateDnsNameOptions.EnableResourceNameDnsARecord", NULL},
    {"private-dns-name-options.enable-resource-name-dns-aaaa-record",
     "PrivateDnsNameOptions.EnableResourceNameDnsAAAARecord", NULL},
    {"private-dns-name-options.hostname-type", "PrivateDnsNameOptions.HostnameType", NULL},
    {"private-ip-address", "PrivateIpAddress", NULL},
    {"product-code", "ProductCodes.ProductCodeId", NULL},
    {"product-code.type", "ProductCodes.ProductCodeType", NULL},
    {"ramdisk-id", "RamdiskId", NULL},
    {"reason", "StateTransitionReason", NULL},
    {"requester-id", "RequesterId", NULL},
    {"reservation-id", "ReservationId", "reservation_id"},
    {"root-device-name", "RootDeviceName", NULL},
    {"root-device-type", "RootDeviceType", NULL},
    {"source-dest-check", "SourceDestCheck", NULL},
    {"spot-instance-request-id", "SpotInstanceRequestId", NULL},
    {"state-reason-code", "StateReason.Code", NULL},
    {"state-reason-message", "StateReason.Message", NULL},
    {"subnet-id", "SubnetId", NULL},
    {"tenancy", "Placement.Tenancy", NULL},
    {"tpm-support", "TpmSupport", NULL},
    {"usage-operation", "UsageOperation", NULL},
    {"usage-operation-update-time", "UsageOperationUpdateTime", NULL},
    {"virtualization-type", "VirtualizationType", NULL},
    {"vpc-id", "VpcId", NULL},
};

static const struct describe describe_instances = {
    .ids_member = "InstanceIds",
    .id_path = "InstanceId",
    .id_column = "id",
    .id_check = check_id,
    .id_missing = missing,
    .tags_path = "Tags",
    .filters = filters,
    .filter_count = ARRAY_LEN(filters),
    .page_min = 5,
    .page_max = 1000,
    .sql = "SELECT " INSTANCE_COLUMNS " FROM ec2_instance WHERE account = ? AND region = ?",
    .key_column = "id",
    .render = render,
};

static json_t *reservation_new(struct call *c, const char *id)
{
    json_t *reservation = json_object();
    json_set_new(reservation, "Groups", json_array());
    json_set_new(reservation, "Instances", json_array());
    json_set_str(reservation, "OwnerId", c->account);
    json_set_str(reservation, "ReservationId", id);
    return reservation;
}

/* Instances of one reservation stand together; reservations come in the order of their first
 * instance. */
static json_t *group_by_reservation(struct call *c, json_t *instances)
{
    json_t *reservations = json_array(), *by_id = json_object(), *instance;
    size_t i;
    json_array_foreach (instances, i, instance) {
        const char *id = json_str(instance, "ReservationId");
        json_t *reservation = json_object_get(by_id, id);
        if (reservation == NULL) {
            reservation = reservation_new(c, id);
            json_set_new(by_id, id, reservation);
            json_array_append(reservations, reservation);
        }
        json_object_del(instance, "ReservationId");
        json_object_del(instance, "OwnerId");
        json_array_append(json_object_get(reservation, "Instances"), instance);
    }
    json_decref(by_id);
    return reservations;
}

int ec2_describe_instances(struct call *c)
{
    json_t *instances;
    const char *next;
    if (describe_run(c, &describe_instances, &instances, &next) != 0)
        return -1;
    json_t *out = json_object();
    json_set_new(out, "Reservations", group_by_reservation(c, instances));
    json_set_str(out, "NextToken", next);
    json_decref(instances);
    return call_reply(c, out);
}

/* --- DescribeInstanceStatus --- */

/* A status is one summary with one detail, "reachability". `word` of running machines; the others
 * have none. */
static json_t *summary(const char *status, const char *detail)
{
    json_t *out = json_object();
    if (detail != NULL)
        json_set_new(out, "Details",
                     json_pack("[{ssss}]", "Name", "reachability", "Status", detail));
    json_set_str(out, "Status", status);
    return out;
}

/* The system is reachable as soon as the machine runs; the instance once its agent and sshd have
 * answered. */
static json_t *render_status(struct call *c, struct rows *row)
{
    struct instance instance;
    instance_read(c, row, &instance);
    bool running = instance.state == INSTANCE_RUNNING, ready = instance.ready_ms > 0;
    if (!running && !arg_bool_or(c, "IncludeAllInstances", false))
        return NULL;
    json_t *out = json_object();
    json_set_str(out, "AvailabilityZone", instance.zone);
    json_set_str(out, "AvailabilityZoneId",
                 json_str(json_get(instance.doc, "Placement"), "AvailabilityZoneId"));
    json_set_str(out, "InstanceId", instance.id);
    json_set_new(out, "InstanceState", instance_state_to_json(instance.state));
    json_set_new(out, "InstanceStatus",
                 !running ? summary("not-applicable", NULL)
                 : ready  ? summary("ok", "passed")
                          : summary("initializing", "initializing"));
    json_set_new(out, "SystemStatus",
                 running ? summary("ok", "passed") : summary("not-applicable", NULL));
    json_set_new(out, "AttachedEbsStatus",
                 running ? summary("ok", "passed") : summary("not-applicable", NULL));
    json_set_new(out, "Operator", json_pack("{sb}", "Managed", 0));
    return out;
}

static const struct describe_filter status_filters[] = {
    {"attached-ebs-status.reachability", "AttachedEbsStatus.Details.Status", NULL},
    {"attached-ebs-status.status", "AttachedEbsStatus.Status", NULL},
    {"availability-zone", "AvailabilityZone", "zone"},
    {"availability-zone-id", "AvailabilityZoneId", NULL},
    {"event.code", "Events.Code", NULL},
    {"event.description", "Events.Description", NULL},
    {"event.instance-event-id", "Events.InstanceEventId", NULL},
    {"event.not-after", "Events.NotAfter", NULL},
    {"event.not-before", "Events.NotBefore", NULL},
    {"event.not-before-deadline", "Events.NotBeforeDeadline", NULL},
    {"instance-state-code", "InstanceState.Code", NULL},
    {"instance-state-name", "InstanceState.Name", "state"},
    {"instance-status.reachability", "InstanceStatus.Details.Status", NULL},
    {"instance-status.status", "InstanceStatus.Status", NULL},
    {"operator.managed", "Operator.Managed", NULL},
    {"operator.principal", "Operator.Principal", NULL},
    {"system-status.reachability", "SystemStatus.Details.Status", NULL},
    {"system-status.status", "SystemStatus.Status", NULL},
};

/* An id of an instance that does not run is no error, it is just not shown; so ids are checked
 * here, not by the engine. */
static int status_ids_exist(struct call *c)
{
    struct instance *list;
    size_t count;
    return instance_load_all(c, &list, &count);
}

static int nothing_missing(struct call *c, const json_t *ids)
{
    (void)c;
    (void)ids;
    return 0;
}

static const struct describe describe_status = {
    .ids_member = "InstanceIds",
    .id_path = "InstanceId",
    .id_column = "id",
    .id_check = check_id,
    .id_missing = nothing_missing,
    .filters = status_filters,
    .filter_count = ARRAY_LEN(status_filters),
    .page_min = 5,
    .page_max = 1000,
    .sql = "SELECT " INSTANCE_COLUMNS " FROM ec2_instance WHERE account = ? AND region = ?",
    .key_column = "id",
    .render = render_status,
};

int ec2_describe_instance_status(struct call *c)
{
    if (status_ids_exist(c) != 0)
        return -1;
    return describe_reply(c, &describe_status, "InstanceStatuses");
}
