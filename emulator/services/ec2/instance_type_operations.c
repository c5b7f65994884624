/* DescribeInstanceTypes and DescribeInstanceTypeOfferings: both walk the table of instance types.
 */
#include "base/text.h"
#include "call/describe.h"
#include "operations.h"
#include "services/ec2/instance_type.h"
#include "services/ec2/region.h"

#include <stdio.h>
#include <string.h>

#define OFFERINGS_PAGE 1000
#define TYPES_PAGE     100

/* --- types
 * -------------------------------------------------------------------------------------------- */

#define EBS     "EbsInfo.EbsOptimizedInfo."
#define NETWORK "NetworkInfo."

static const struct describe_filter type_filters[] = {
    {"auto-recovery-supported", "AutoRecoverySupported", NULL},
    {"bare-metal", "BareMetal", NULL},
    {"burstable-performance-supported", "BurstablePerformanceSupported", NULL},
    {"current-generation", "CurrentGeneration", NULL},
    {"dedicated-hosts-supported", "DedicatedHostsSupported", NULL},
    {"ebs-info.attachment-limit-type", "EbsInfo.AttachmentLimitType", NULL},
    {"ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps", EBS "BaselineBandwidthInMbps", NULL},
    {"ebs-info.ebs-optimized-info.baseline-iops", EBS "BaselineIops", NULL},
    {"ebs-info.ebs-optimized-info.baseline-throughput-in-mbps", EBS "BaselineThroughputInMBps",
     NULL},
    {"ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps", EBS "MaximumBandwidthInMbps", NULL},
    {"ebs-info.ebs-optimized-info.maximum-iops", EBS "MaximumIops", NULL},
    {"ebs-info.ebs-optimized-info.maximum-throughput-in-mbps", EBS "MaximumThroughputInMBps", NULL},
    {"ebs-info.ebs-optimized-support", "EbsInfo.EbsOptimizedSupport", NULL},
    {"ebs-info.encryption-support", "EbsInfo.EncryptionSupport", NULL},
    {"ebs-info.maximum-ebs-attachments", "EbsInfo.MaximumEbsAttachments", NULL},
    {"ebs-info.nvme-support", "EbsInfo.NvmeSupport", NULL},
    {"free-tier-eligible", "FreeTierEligible", NULL},
    {"hibernation-supported", "HibernationSupported", NULL},
    {"hypervisor", "Hypervisor", NULL},
    {"instance-storage-info.disk.count", "InstanceStorageInfo.Disks.Count", NULL},
    {"instance-storage-info.disk.size-in-gb", "InstanceStorageInfo.Disks.SizeInGB", NULL},
    {"instance-storage-info.disk.type", "InstanceStorageInfo.Disks.Type", NULL},
    {"instance-storage-info.encryption-support", "InstanceStorageInfo.EncryptionSupport", NULL},
    {"instance-storage-info.nvme-support", "InstanceStorageInfo.NvmeSupport", NULL},
    {"instance-storage-info.total-size-in-gb", "InstanceStorageInfo.TotalSizeInGB", NULL},
    {"instance-storage-supported", "InstanceStorageSupported", NULL},
    {"instance-type", "InstanceType", NULL},
    {"memory-info.size-in-mib", "MemoryInfo.SizeInMiB", NULL},
    {"network-info.bandwidth-weightings", NETWORK "BandwidthWeightings", NULL},
    {"network-info.efa-info.maximum-efa-interfaces", NETWORK "EfaInfo.MaximumEfaInterfaces", NULL},
    {"network-info.efa-supported", NETWORK "EfaSupported", NULL},
    {"network-info.ena-support", NETWORK "EnaSupport", NULL},
    {"network-info.encryption-in-transit-supported", NETWORK "EncryptionInTransitSupported", NULL},
    {"network-info.flexible-ena-queues-support", NETWORK "FlexibleEnaQueuesSupport", NULL},
    {"network-info.ipv4-addresses-per-interface", NETWORK "Ipv4AddressesPerInterface", NULL},
    {"network-info.ipv6-addresses-per-interface", NETWORK "Ipv6AddressesPerInterface", NULL},
    {"network-info.ipv6-supported", NETWORK "Ipv6Supported", NULL},
    {"network-info.maximum-network-cards", NETWORK "MaximumNetworkCards", NULL},
    {"network-info.maximum-network-interfaces", NETWORK "MaximumNetworkInterfaces", NULL},
    {"network-info.network-performance", NETWORK "NetworkPerformance", NULL},
    {"nitro-enclaves-support", "NitroEnclavesSupport", NULL},
    {"nitro-tpm-info.supported-versions", "NitroTpmInfo.SupportedVersions", NULL},
    {"nitro-tpm-support", "NitroTpmSupport", NULL},
    {"phc-support", "PhcSupport", NULL},
    {"processor-info.supported-architecture", "ProcessorInfo.SupportedArchitectures", NULL},
    {"processor-info.supported-features", "ProcessorInfo.SupportedFeatures", NULL},
    {"processor-info.sustained-clock-speed-in-ghz", "ProcessorInfo.SustainedClockSpeedInGhz", NULL},
    {"reboot-migration-support", "RebootMigrationSupport", NULL},
    {"supported-boot-mode", "SupportedBootModes", NULL},
    {"supported-root-device-type", "SupportedRootDeviceTypes", NULL},
    {"supported-usage-class", "SupportedUsageClasses", NULL},
    {"supported-virtualization-type", "SupportedVirtualizationTypes", NULL},
    {"vcpu-info.default-cores", "VCpuInfo.DefaultCores", NULL},
    {"vcpu-info.default-threads-per-core", "VCpuInfo.DefaultThreadsPerCore", NULL},
    {"vcpu-info.default-vcpus", "VCpuInfo.DefaultVCpus", NULL},
    {"vcpu-info.valid-cores", "VCpuInfo.ValidCores", NULL},
    {"vcpu-info.valid-threads-per-core", "VCpuInfo.ValidThreadsPerCore", NULL},
};

/* Reading a type's JSON is what costs, so types that the call does not name, or whose text already
 * shows that a filter cannot match, are passed over before. */

/* Whether the text has a value of the member with `wanted` in it. */
static bool text_has(const char *doc, const char *member, const char *wanted)
{
    char key[64];
    size_t key_len = (size_t)snprintf(key, sizeof(key), "\"%s\":", member);
    size_t wanted_len = strlen(wanted);
    for (const char *at = strstr(doc, key); at != NULL; at = strstr(at, key)) {
        at += key_len;
        size_t len = *at == '[' ? strcspn(at, "]") : strcspn(at, ",}");
        if (memmem(at, len, wanted, wanted_len) != NULL)
            return true;
    }
    return false;
}

static const char *member_of_filter(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(type_filters); i++) {
        const char *path = type_filters[i].path, *dot = strrchr(path, '.');
        if (str_equal(type_filters[i].name, name))
            return dot != NULL ? dot + 1 : path;
    }
    return NULL;
}

/* Values with wildcards are left to the filters themselves. */
static bool may_match(const struct instance_type *type, const json_t *filter)
{
    const json_t *values = json_get(filter, "Values");
    const char *name = json_str_or(filter, "Name", ""), *member = member_of_filter(name);
    bool by_name = str_equal(name, "instance-type");
    for (size_t i = 0; i < json_array_size(values); i++) {
        const char *wanted = json_string_value(json_array_get(values, i));
        if (by_name ? glob_match(wanted, type->name)
                    : member == NULL || strpbrk(wanted, "*?\\,]}") != NULL ||
                          text_has(type->doc, member, wanted))
            return true;
    }
    return false;
}

static bool passes(struct call *c, const struct instance_type *type)
{
    const json_t *filters = arg_get(c, "Filters");
    for (size_t i = 0; i < json_array_size(filters); i++)
        if (!may_match(type, json_array_get(filters, i)))
            return false;
    return true;
}

static bool is_named(struct call *c, const char *name)
{
    for (size_t i = 0; i < arg_count(c, "InstanceTypes"); i++)
        if (str_equal(arg_at(c, "InstanceTypes", i), name))
            return true;
    return false;
}

static json_t *type_nth(struct call *c, size_t index)
{
    const struct instance_type *type = instance_type_at(index);
    bool everywhere = arg_bool_or(c, "IncludeUnsupportedInRegion", false);
    bool names =
        arg_count(c, "InstanceTypes") > 0; /* a named type is seen though a filter drops it */
    if (type == NULL)
        return NULL;
    bool offered = instance_type_offered(type, c->region, NULL);
    if (!(offered || everywhere) || (names ? !is_named(c, type->name) : !passes(c, type)))
        return json_null();
    json_t *out = json_parse(type->doc, strlen(type->doc), NULL);
    if (everywhere)
        json_set_bool(out, "SupportedInRegion", offered);
    return out;
}

static int type_missing(struct call *c, const json_t *names)
{
    return call_fail(c, "InvalidInstanceType",
                     "The following supplied instance types do not exist: [%s]",
                     call_join(c, names));
}

static const struct describe types = {
    .ids_member = "InstanceTypes",
    .id_path = "InstanceType",
    .id_missing = type_missing,
    .filters = type_filters,
    .filter_count = ARRAY_LEN(type_filters),
    .page_min = 5,
    .page_max = 100,
    .page_default = TYPES_PAGE,
    .page_with_ids = true,
    .nth = type_nth,
};

int ec2_describe_instance_types(struct call *c)
{
    return describe_reply(c, &types, "InstanceTypes");
}

/* --- offerings
 * ---------------------------------------------------------------------------------------- */

static json_t *offering_new(const char *type, const char *location_type, const char *location)
{
    json_t *out = json_object();
    json_set_str(out, "InstanceType", type);
    json_set_str(out, "LocationType", location_type);
    json_set_str(out, "Location", location);
    return out;
}

/* By type, then by zone. */
static json_t *offering_nth(struct call *c, size_t index)
{
    const char *kind = arg_str_or(c, "LocationType", "region");
    const struct region *region = region_find(c->region);
    bool by_region = str_equal(kind, "region");
    size_t places = by_region ? 1 : region != NULL ? region_zone_count(region) : 0;
    if (places == 0 || str_equal(kind, "outpost"))
        return NULL;
    const struct instance_type *type = instance_type_at(index / places);
    if (type == NULL)
        return NULL;
    const struct zone *zone = by_region ? NULL : region_zone(region, index % places);
    if (!instance_type_offered(type, c->region, zone != NULL ? zone->name : NULL))
        return json_null();
    if (zone == NULL)
        return offering_new(type->name, kind, c->region);
    return offering_new(type->name, kind,
                        str_equal(kind, "availability-zone-id") ? zone->id : zone->name);
}

static const struct describe_filter offering_filters[] = {
    {"instance-type", "InstanceType", NULL},
    {"location", "Location", NULL},
};

static const struct describe offerings = {
    .filters = offering_filters,
    .filter_count = ARRAY_LEN(offering_filters),
    .page_min = 5,
    .page_max = OFFERINGS_PAGE,
    .page_default = OFFERINGS_PAGE,
    .nth = offering_nth,
};

int ec2_describe_instance_type_offerings(struct call *c)
{
    return describe_reply(c, &offerings, "InstanceTypeOfferings");
}
