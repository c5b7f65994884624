/* The options of a launch, and the static part of what DescribeInstances says of each of its
 * instances. */
#include "services/ec2/launch.h"

#include "base/text.h"
#include "call/tag.h"
#include "services/ec2/credit.h"
#include "services/ec2/region.h"

/* What this machine cannot give is refused, never taken in silence. */
static int refuse_unsupported(struct call *c)
{
    const char *group = json_str(arg_get(c, "Placement"), "GroupName");
    if (group != NULL && group[0] != '\0')
        return call_fail(c, "InvalidPlacementGroup.Unknown", "The Placement Group '%s' is unknown.",
                         group);
    if (arg_has(c, "InstanceMarketOptions"))
        return call_fail(
            c, "UnsupportedOperation",
            "Spot Instances and Capacity Blocks are not supported by Groundschool yet");
    if (json_bool_or(arg_get(c, "HibernationOptions"), "Configured", false))
        return call_fail(c, "UnsupportedHibernationConfiguration",
                         "Hibernation is not supported for this image");
    if (json_bool_or(arg_get(c, "EnclaveOptions"), "Enabled", false))
        return call_fail(c, "UnsupportedOperation",
                         "Nitro Enclaves are not supported by Groundschool");
    if (arg_has(c, "KernelId") || arg_has(c, "RamdiskId"))
        return call_fail(c, "InvalidParameterCombination",
                         "Kernel and RAM disk cannot be chosen for hvm images");
    if (arg_count(c, "ElasticGpuSpecification") > 0 ||
        arg_count(c, "ElasticInferenceAccelerators") > 0)
        return call_fail(c, "UnsupportedOperation", "Elastic accelerators are no longer offered");
    return 0;
}

static int read_credits(struct call *c, struct launch *l)
{
    const json_t *wanted = arg_get(c, "CreditSpecification");
    const char *credits = json_str(wanted, "CpuCredits");
    if (wanted != NULL && !l->type->burstable)
        return call_fail(c, "InvalidParameterCombination",
                         "The %s instance type does not support CPU credit specification",
                         l->type->name);
    if (credit_check(c, credits) != 0)
        return -1;
    l->cpu_credits = credits != NULL ? credits : credit_default(l->type);
    return 0;
}

static int read_profile(struct call *c, struct launch *l)
{
    l->has_profile = arg_has(c, "IamInstanceProfile");
    return l->has_profile ? profile_read_argument(c, &l->profile) : 0;
}

static int add_metadata_options(struct call *c, const struct launch *l, json_t *doc)
{
    const json_t *wanted = arg_get(c, "MetadataOptions");
    int64_t hops =
        json_int_or(wanted, "HttpPutResponseHopLimit", l->image->imds_v2_required ? 2 : 1);
    if (hops < 1 || hops > 64)
        return call_fail(c, "InvalidParameterValue",
                         "Value (%lld) for parameter HttpPutResponseHopLimit is invalid. Valid "
                         "values are integers between 1 and 64.",
                         (long long)hops);
    json_t *options = json_object();
    json_set_str(options, "State", "applied");
    json_set_str(
        options, "HttpTokens",
        json_str_or(wanted, "HttpTokens", l->image->imds_v2_required ? "required" : "optional"));
    json_set_int(options, "HttpPutResponseHopLimit", hops);
    json_set_str(options, "HttpEndpoint", json_str_or(wanted, "HttpEndpoint", "enabled"));
    json_set_str(options, "HttpProtocolIpv6", json_str_or(wanted, "HttpProtocolIpv6", "disabled"));
    json_set_str(options, "InstanceMetadataTags",
                 json_str_or(wanted, "InstanceMetadataTags", "disabled"));
    json_set_new(doc, "MetadataOptions", options);
    return 0;
}

static int add_cpu_options(struct call *c, const struct launch *l, json_t *doc)
{
    const json_t *wanted = arg_get(c, "CpuOptions");
    int64_t cores = json_int_or(wanted, "CoreCount", l->type->cores);
    int64_t threads = json_int_or(wanted, "ThreadsPerCore", l->type->threads_per_core);
    if (cores < 1 || cores > l->type->cores)
        return call_fail(c, "InvalidParameterValue",
                         "CpuOptions: CoreCount %lld is not valid for %s", (long long)cores,
                         l->type->name);
    if (threads < 1 || threads > l->type->threads_per_core)
        return call_fail(c, "InvalidParameterValue",
                         "CpuOptions: ThreadsPerCore %lld is not valid for %s", (long long)threads,
                         l->type->name);
    json_t *options = json_object();
    json_set_int(options, "CoreCount", cores);
    json_set_int(options, "ThreadsPerCore", threads);
    json_set_new(doc, "CpuOptions", options);
    return 0;
}

static int add_placement(struct call *c, const struct launch *l, json_t *doc)
{
    const char *tenancy = json_str_or(arg_get(c, "Placement"), "Tenancy", "default");
    if (str_equal(tenancy, "host"))
        return call_fail(c, "UnsupportedOperation",
                         "Dedicated Hosts are not supported by Groundschool");
    const struct zone *zone = region_zone_find(region_find(c->region), l->zone);
    json_t *placement = json_object();
    json_set_str(placement, "AvailabilityZone", l->zone);
    json_set_str(placement, "AvailabilityZoneId", zone != NULL ? zone->id : NULL);
    json_set_str(placement, "GroupName", "");
    json_set_str(placement, "Tenancy", tenancy);
    json_set_new(doc, "Placement", placement);
    return 0;
}

static void add_constant(struct call *c, const struct launch *l, json_t *doc)
{
    json_set_str(doc, "Architecture", l->image->architecture);
    json_set_str(doc, "ClientToken", arg_str_or(c, "ClientToken", ""));
    json_set_bool(doc, "EbsOptimized", arg_bool_or(c, "EbsOptimized", l->type->ebs_optimized));
    json_set_bool(doc, "EnaSupport", true);
    json_set_str(doc, "Hypervisor", "xen"); /* AWS says so of Nitro types too */
    json_set_new(doc, "ProductCodes", json_array());
    json_set_str(doc, "RootDeviceName", l->image->root_device_name);
    json_set_str(doc, "RootDeviceType", "ebs");
    json_set_str(doc, "VirtualizationType", "hvm");
    json_set_str(doc, "CurrentInstanceBootMode",
                 str_equal(l->image->boot, "uefi") ? "uefi" : "legacy-bios");
    json_set_str(doc, "PlatformDetails", "Linux/UNIX");
    json_set_str(doc, "UsageOperation", "RunInstances");
    json_set_int(doc, "UsageOperationUpdateTime", call_now_ms(c));
    bool monitored = json_bool_or(arg_get(c, "Monitoring"), "Enabled", false);
    json_set_new(doc, "Monitoring", json_pack("{ss}", "State", monitored ? "enabled" : "disabled"));
    json_set_new(doc, "HibernationOptions", json_pack("{sb}", "Configured", 0));
    json_set_new(doc, "EnclaveOptions", json_pack("{sb}", "Enabled", 0));
    json_set_new(doc, "Operator", json_pack("{sb}", "Managed", 0));
    json_set_new(doc, "NetworkPerformanceOptions",
                 json_pack("{ss}", "BandwidthWeighting",
                           json_str_or(arg_get(c, "NetworkPerformanceOptions"),
                                       "BandwidthWeighting", "default")));
    json_set_new(doc, "MaintenanceOptions",
                 json_pack("{ssss}", "AutoRecovery",
                           json_str_or(arg_get(c, "MaintenanceOptions"), "AutoRecovery", "default"),
                           "RebootMigration", "default"));
    json_set_new(doc, "CapacityReservationSpecification",
                 json_pack("{ss}", "CapacityReservationPreference",
                           json_str_or(arg_get(c, "CapacityReservationSpecification"),
                                       "CapacityReservationPreference", "open")));
}

static int add_name_options(struct call *c, json_t *doc)
{
    const json_t *wanted = arg_get(c, "PrivateDnsNameOptions");
    if (str_equal(json_str(wanted, "HostnameType"), "resource-name"))
        return call_fail(c, "UnsupportedOperation",
                         "Resource-based hostnames are not supported by Groundschool yet");
    json_set_new(doc, "PrivateDnsNameOptions",
                 json_pack("{sssbsb}", "HostnameType", "ip-name", "EnableResourceNameDnsARecord",
                           json_bool_or(wanted, "EnableResourceNameDnsARecord", false),
                           "EnableResourceNameDnsAAAARecord", 0));
    return 0;
}

int launch_read_options(struct call *c, struct launch *l)
{
    static const char *const taggable[] = {"instance", "volume", "network-interface",
                                           "spot-instances-request", NULL};
    if (refuse_unsupported(c) != 0 || read_profile(c, l) != 0 ||
        tag_check_specs(c, taggable) != 0 || read_credits(c, l) != 0)
        return -1;
    l->doc = json_object();
    arena_defer(c->arena, (void (*)(void *))json_decref, l->doc);
    add_constant(c, l, l->doc);
    if (add_metadata_options(c, l, l->doc) != 0 || add_cpu_options(c, l, l->doc) != 0 ||
        add_placement(c, l, l->doc) != 0)
        return -1;
    return add_name_options(c, l->doc);
}
