/* DescribeImages: the catalog as AWS describes public AMIs. */
#include "base/text.h"
#include "base/timefmt.h"
#include "call/describe.h"
#include "call/tag.h"
#include "operations.h"
#include "services/ec2/image.h"
#include "services/ec2/resource.h"

#include <stdlib.h>
#include <string.h>

#define PUBLIC_LIFE_YEARS 2 /* then AWS deprecates a public AMI by itself */

/* --- rendering
 * ---------------------------------------------------------------------------------------- */

/* NULL: the creation date is none. */
static const char *deprecation_time(struct call *c, const struct image *i)
{
    char text[TIME_SIZE];
    int64_t created_ms;
    if (!time_parse_iso8601(i->creation_date, &created_ms))
        return NULL;
    time_format_iso8601_ms(created_ms, text);
    return call_printf(c, "%ld%s", strtol(text, NULL, 10) + PUBLIC_LIFE_YEARS, text + 4);
}

static json_t *mappings_to_json(const struct image *i)
{
    json_t *ebs = json_object(), *mapping = json_object(), *list = json_array();
    json_set_bool(ebs, "DeleteOnTermination", true);
    json_set_bool(ebs, "Encrypted", false);
    json_set_str(ebs, "SnapshotId", i->snapshot_id);
    json_set_int(ebs, "VolumeSize", i->disk_size_gib);
    json_set_str(ebs, "VolumeType", "gp2");
    json_set_str(mapping, "DeviceName", i->root_device_name);
    json_set_new(mapping, "Ebs", ebs);
    json_append_new(list, mapping);
    return list;
}

static json_t *image_to_json(struct call *c, const struct image *i)
{
    json_t *out = json_object(), *tags = tag_list(c, i->id);
    json_set_str(out, "PlatformDetails", "Linux/UNIX");
    json_set_str(out, "UsageOperation", "RunInstances");
    json_set_new(out, "BlockDeviceMappings", mappings_to_json(i));
    json_set_str(out, "Description", i->description[0] != '\0' ? i->description : NULL);
    json_set_bool(out, "EnaSupport", true);
    json_set_str(out, "Hypervisor", "xen"); /* AWS says so of every AMI */
    json_set_str(out, "ImageOwnerAlias", i->owner_alias);
    json_set_str(out, "Name", i->name);
    json_set_str(out, "RootDeviceName", i->root_device_name);
    json_set_str(out, "RootDeviceType", "ebs");
    json_set_str(out, "SriovNetSupport", "simple");
    if (json_array_size(tags) > 0)
        json_set_new(out, "Tags", json_incref(tags));
    json_set_str(out, "VirtualizationType", "hvm");
    json_set_str(out, "BootMode", str_equal(i->boot, "uefi") ? "uefi" : NULL);
    json_set_str(out, "DeprecationTime", deprecation_time(c, i));
    json_set_str(out, "ImdsSupport", i->imds_v2_required ? "v2.0" : NULL);
    json_set_bool(out, "FreeTierEligible", true);
    json_set_str(out, "ImageId", i->id);
    json_set_str(
        out, "ImageLocation",
        call_printf(c, "%s/%s", i->owner_alias != NULL ? i->owner_alias : i->owner_id, i->name));
    json_set_str(out, "State", "available");
    json_set_str(out, "OwnerId", i->owner_id);
    json_set_str(out, "CreationDate", i->creation_date);
    json_set_bool(out, "Public", true);
    json_set_str(out, "Architecture", i->architecture);
    json_set_str(out, "ImageType", "machine");
    json_decref(tags);
    return out;
}

/* --- what the call wants to see
 * ----------------------------------------------------------------------- */

static bool is_account(const char *text)
{
    return strlen(text) == 12 && strspn(text, "0123456789") == 12;
}

/* Owners and ExecutableUsers name accounts by 12 digits, or by one of these words. */
static int check_users(struct call *c, const char *member, const char *const *words)
{
    for (size_t i = 0; i < arg_count(c, member); i++) {
        const char *user = arg_at(c, member, i);
        size_t word = 0;
        while (words[word] != NULL && !str_equal(words[word], user))
            word++;
        if (words[word] == NULL && !is_account(user))
            return call_fail(c, "InvalidUserID.Malformed", "Invalid user id: \"%s\"", user);
    }
    return 0;
}

static bool has_owner(struct call *c, const struct image *i)
{
    size_t count = arg_count(c, "Owners");
    for (size_t at = 0; at < count; at++) {
        const char *owner = arg_at(c, "Owners", at);
        if (str_equal(owner, i->owner_id) ||
            (i->owner_alias != NULL && str_equal(owner, i->owner_alias)) ||
            (str_equal(owner, "self") && str_equal(c->account, i->owner_id)))
            return true;
    }
    return count == 0;
}

/* Images of the catalog may be launched by everybody, and by nobody in particular. */
static bool is_executable(struct call *c)
{
    size_t count = arg_count(c, "ExecutableUsers");
    for (size_t at = 0; at < count; at++)
        if (str_equal(arg_at(c, "ExecutableUsers", at), "all"))
            return true;
    return count == 0;
}

/* A deprecated image is shown to those who ask for such, who name it, and to its owner. */
static bool is_current(struct call *c, const struct image *i)
{
    const char *until = deprecation_time(c, i);
    int64_t until_ms;
    if (arg_bool_or(c, "IncludeDeprecated", false) || arg_count(c, "ImageIds") > 0 ||
        str_equal(c->account, i->owner_id))
        return true;
    return until == NULL || !time_parse_iso8601(until, &until_ms) || call_now_ms(c) < until_ms;
}

static json_t *image_nth(struct call *c, size_t index)
{
    const struct image *i = image_at(c->site->images, index);
    if (i == NULL)
        return NULL;
    if (!has_owner(c, i) || !is_executable(c) || !is_current(c, i))
        return json_null();
    return image_to_json(c, i);
}

/* --- DescribeImages
 * ----------------------------------------------------------------------------------- */

static int image_id_check(struct call *c, const char *id)
{
    return resource_id_check(c, "image", id);
}

/* An image that is there, but not of the owners asked for, is left out without a fault. */
static int image_missing(struct call *c, const json_t *ids)
{
    json_t *unknown = json_array();
    size_t i;
    json_t *id;
    json_array_foreach (ids, i, id) {
        if (image_find(c->site->images, json_string_value(id)) == NULL)
            json_append_new(unknown, json_incref(id));
    }
    int rc = json_array_size(unknown) > 0 ? resource_missing(c, "image", unknown) : 0;
    json_decref(unknown);
    return rc;
}

#define EBS "BlockDeviceMappings.Ebs."

static const struct describe_filter filters[] = {
    {"architecture", "Architecture", NULL},
    {"block-device-mapping.delete-on-termination", EBS "DeleteOnTermination", NULL},
    {"block-device-mapping.device-name", "BlockDeviceMappings.DeviceName", NULL},
    {"block-device-mapping.encrypted", EBS "Encrypted", NULL},
    {"block-device-mapping.snapshot-id", EBS "SnapshotId", NULL},
    {"block-device-mapping.volume-size", EBS "VolumeSize", NULL},
    {"block-device-mapping.volume-type", EBS "VolumeType", NULL},
    {"boot-mode", "BootMode", NULL},
    {"creation-date", "CreationDate", NULL},
    {"description", "Description", NULL},
    {"ena-support", "EnaSupport", NULL},
    {"free-tier-eligible", "FreeTierEligible", NULL},
    {"hypervisor", "Hypervisor", NULL},
    {"image-allowed", "ImageAllowed", NULL},
    {"image-id", "ImageId", NULL},
    {"image-type", "ImageType", NULL},
    {"imds-support", "ImdsSupport", NULL},
    {"is-public", "Public", NULL},
    {"kernel-id", "KernelId", NULL},
    {"manifest-location", "ImageLocation", NULL},
    {"name", "Name", NULL},
    {"owner-alias", "ImageOwnerAlias", NULL},
    {"owner-id", "OwnerId", NULL},
    {"platform", "Platform", NULL},
    {"product-code", "ProductCodes.ProductCodeId", NULL},
    {"product-code.type", "ProductCodes.ProductCodeType", NULL},
    {"ramdisk-id", "RamdiskId", NULL},
    {"root-device-name", "RootDeviceName", NULL},
    {"root-device-type", "RootDeviceType", NULL},
    {"source-image-id", "SourceImageId", NULL},
    {"source-image-region", "SourceImageRegion", NULL},
    {"source-instance-id", "SourceInstanceId", NULL},
    {"sriov-net-support", "SriovNetSupport", NULL},
    {"state", "State", NULL},
    {"state-reason-code", "StateReason.Code", NULL},
    {"state-reason-message", "StateReason.Message", NULL},
    {"tpm-support", "TpmSupport", NULL},
    {"usage-operation", "UsageOperation", NULL},
    {"virtualization-type", "VirtualizationType", NULL},
};

static const struct describe images = {
    .ids_member = "ImageIds",
    .id_path = "ImageId",
    .id_check = image_id_check,
    .id_missing = image_missing,
    .tags_path = "Tags",
    .filters = filters,
    .filter_count = ARRAY_LEN(filters),
    .page_min = 1,
    .page_max = 1000,
    .page_with_ids = true,
    .nth = image_nth,
};

int ec2_describe_images(struct call *c)
{
    static const char *const owners[] = {"self", "amazon", "aws-marketplace", "aws-backup-vault",
                                         NULL};
    static const char *const users[] = {"self", "all", NULL};
    if (check_users(c, "Owners", owners) != 0 || check_users(c, "ExecutableUsers", users) != 0)
        return -1;
    if (c->site->images != NULL)
        image_catalog_refresh(c->site->images);
    return describe_reply(c, &images, "Images");
}
