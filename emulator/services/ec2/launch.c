/* Reads a RunInstances request: image, type, key, count. Network, disks and options have files of
 * their own. */
#include "services/ec2/launch.h"

#include "base/encode.h"
#include "base/text.h"
#include "services/ec2/instance.h"
#include "services/ec2/key_pair.h"

#include <string.h>

#define USER_DATA_MAX 16384 /* bytes before base64: "Instance user data", EC2 user guide */

static int read_image(struct call *c, struct launch *l)
{
    const json_t *template = arg_get(c, "LaunchTemplate");
    const char *template_id = json_str(template, "LaunchTemplateId");
    if (template_id != NULL)
        return call_fail(c, "InvalidLaunchTemplateId.NotFound",
                         "The specified launch template, with template ID %s, does not exist.",
                         template_id);
    if (template != NULL)
        return call_fail(c, "InvalidLaunchTemplateName.NotFoundException",
                         "The specified launch template, with template name %s, does not exist.",
                         json_str_or(template, "LaunchTemplateName", ""));
    if (!arg_has(c, "ImageId"))
        return call_fail(c, "MissingParameter", "The request must contain the parameter ImageId");
    l->image = image_load(c, arg_str(c, "ImageId"));
    return l->image != NULL ? 0 : -1;
}

static bool fits_architecture(const struct instance_type *type, const char *architecture)
{
    return (type->x86_64 && str_equal(architecture, "x86_64")) ||
           (type->arm64 && str_equal(architecture, "arm64")) ||
           (type->i386 && str_equal(architecture, "i386"));
}

static int read_type(struct call *c, struct launch *l)
{
    const char *name = arg_str_or(c, "InstanceType", "m1.small");
    l->type = instance_type_find(name);
    if (l->type == NULL)
        return call_fail(c, "InvalidParameterValue", "Invalid value '%s' for InstanceType.", name);
    if (!fits_architecture(l->type, l->image->architecture))
        return call_fail(
            c, "InvalidParameterValue",
            "The architecture '%s' of the specified instance type does not match the architecture "
            "'%s' of "
            "the specified AMI. Specify an instance type and an AMI that have matching "
            "architectures, and "
            "try again. You can use 'describe-instance-types' or 'describe-images' to discover the "
            "architecture of the instance type or AMI.",
            l->type->arm64 ? "arm64" : "x86_64", l->image->architecture);
    return 0;
}

static int read_key(struct call *c, struct launch *l)
{
    l->key_name = arg_str(c, "KeyName");
    if (l->key_name == NULL)
        return 0;
    l->public_key = key_pair_public_key(c, l->key_name);
    return l->public_key != NULL ? 0 : -1;
}

/* As many as fit, from MaxCount down to MinCount. */
static int read_count(struct call *c, struct launch *l)
{
    int64_t min = arg_int_or(c, "MinCount", 1), max = arg_int_or(c, "MaxCount", 1);
    if (min < 1)
        return call_fail(c, "InvalidParameterValue",
                         "Value (%lld) for parameter minCount is invalid. Expecting a value "
                         "greater than or equal to 1.",
                         (long long)min);
    if (max < min)
        return call_fail(c, "InvalidParameterValue",
                         "Value (%lld) for parameter maxCount is invalid. It must be greater than "
                         "or equal to minCount (%lld).",
                         (long long)max, (long long)min);
    if (instance_check_capacity(c, l->type->name, min * l->type->memory_mib) != 0)
        return -1;
    for (l->count = max; l->count > min; l->count--) {
        if (instance_check_capacity(c, l->type->name, l->count * l->type->memory_mib) == 0)
            break;
        c->err = (struct err){.code = ""};
    }
    return 0;
}

static int read_user_data(struct call *c, struct launch *l)
{
    l->user_data = arg_str(c, "UserData");
    if (l->user_data == NULL || l->user_data[0] == '\0') {
        l->user_data = NULL;
        return 0;
    }
    size_t len;
    uint8_t *bytes = base64_decode(l->user_data, strlen(l->user_data), &len);
    free(bytes);
    if (bytes == NULL)
        return call_fail(c, "InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
    if (len > USER_DATA_MAX)
        return call_fail(c, "InvalidParameterValue", "User data is limited to %d bytes",
                         USER_DATA_MAX);
    return 0;
}

int launch_read(struct call *c, struct launch *ret_launch)
{
    *ret_launch = (struct launch){.count = 0};
    if (read_image(c, ret_launch) != 0 || read_type(c, ret_launch) != 0 ||
        read_key(c, ret_launch) != 0 || read_user_data(c, ret_launch) != 0 ||
        launch_read_network(c, ret_launch) != 0 || launch_read_disks(c, ret_launch) != 0 ||
        launch_read_options(c, ret_launch) != 0)
        return -1;
    return read_count(c, ret_launch);
}
