/* DescribeInstanceAttribute and ModifyInstanceAttribute: one row an attribute, with how it is read
 * and how it is changed. */
#include "base/encode.h"
#include "base/text.h"
#include "operations.h"
#include "services/ec2/credit.h"
#include "services/ec2/instance.h"
#include "services/ec2/instance_type.h"
#include "services/ec2/interface.h"
#include "services/ec2/volume.h"

#include <string.h>

#define USER_DATA_MAX 16384

/* What an attribute becomes, from its own member or from Attribute and Value. */
struct wish {
    const char *text; /* NULL: not a text */
    int flag;         /* -1: not a boolean */
};

struct attribute {
    const char *name;   /* "instanceType": InstanceAttributeName */
    const char *member; /* of the answer, and of ModifyInstanceAttribute */
    json_t *(*get)(struct call *c, const struct instance *i); /* NULL: nothing to say */
    int (*set)(struct call *c, const struct instance *i,
               struct wish w); /* NULL: cannot be changed */
    bool is_bool;
    bool stopped_only;
};

static json_t *value_text(const char *text)
{
    json_t *out = json_object();
    json_set_str(out, "Value", text);
    return out;
}

static json_t *value_bool(bool value)
{
    return json_pack("{sb}", "Value", value);
}

/* --- reading --- */

static json_t *get_type(struct call *c, const struct instance *i)
{
    (void)c;
    return value_text(i->type);
}

static json_t *get_empty(struct call *c, const struct instance *i)
{
    (void)c;
    (void)i;
    return json_object();
}

static json_t *get_user_data(struct call *c, const struct instance *i)
{
    (void)c;
    return i->user_data != NULL ? value_text(i->user_data) : json_object();
}

static json_t *get_no_termination(struct call *c, const struct instance *i)
{
    (void)c;
    return value_bool(i->no_termination);
}

static json_t *get_no_stop(struct call *c, const struct instance *i)
{
    (void)c;
    return value_bool(i->no_stop);
}

static json_t *get_shutdown(struct call *c, const struct instance *i)
{
    (void)c;
    return value_text(i->terminates_on_shutdown ? "terminate" : "stop");
}

static json_t *get_root(struct call *c, const struct instance *i)
{
    (void)c;
    return value_text(json_str(i->doc, "RootDeviceName"));
}

static json_t *get_disks(struct call *c, const struct instance *i)
{
    return volume_mappings(c, i->id);
}

static json_t *get_codes(struct call *c, const struct instance *i)
{
    (void)c;
    (void)i;
    return json_array();
}

static json_t *get_source_check(struct call *c, const struct instance *i)
{
    struct interface first;
    if (interface_of_instance(c, i->id, &first, 1) == 0)
        return json_object();
    return value_bool(first.source_dest_check);
}

static json_t *get_groups(struct call *c, const struct instance *i)
{
    struct interface first;
    return interface_of_instance(c, i->id, &first, 1) > 0 ? interface_groups(c, first.id)
                                                          : json_array();
}

static json_t *get_ebs_optimized(struct call *c, const struct instance *i)
{
    (void)c;
    return value_bool(json_bool_or(i->doc, "EbsOptimized", false));
}

static json_t *get_ena(struct call *c, const struct instance *i)
{
    (void)c;
    return value_bool(json_bool_or(i->doc, "EnaSupport", false));
}

static json_t *get_sriov(struct call *c, const struct instance *i)
{
    (void)c;
    const char *support = json_str(i->doc, "SriovNetSupport");
    return support != NULL ? value_text(support) : json_object();
}

static json_t *get_enclave(struct call *c, const struct instance *i)
{
    (void)c;
    return json_incref((json_t *)(uintptr_t)json_get(i->doc, "EnclaveOptions"));
}

/* --- changing --- */

static int doc_set(struct call *c, const struct instance *i, const char *key, json_t *value)
{
    json_set_new(i->doc, key, value);
    db_exec(c->db, "UPDATE ec2_instance SET doc = ? WHERE id = ?", "js", i->doc, i->id);
    return 0;
}

static int set_type(struct call *c, const struct instance *i, struct wish w)
{
    const struct instance_type *type = instance_type_find(w.text);
    const char *architecture = json_str(i->doc, "Architecture");
    if (type == NULL)
        return call_fail(c, "InvalidInstanceAttributeValue", "Invalid value '%s' for InstanceType.",
                         w.text);
    if (str_equal(architecture, "x86_64") ? !type->x86_64 : !type->arm64)
        return call_fail(
            c, "InvalidParameterCombination",
            "The instance type '%s' does not match the architecture '%s' of the instance", w.text,
            architecture);
    db_exec(c->db,
            "UPDATE ec2_instance SET type = ?, memory_mib = ?,"
            " cpu_credits = coalesce(cpu_credits, ?) WHERE id = ?",
            "siss", type->name, type->memory_mib, credit_default(type), i->id);
    return doc_set(
        c, i, "CpuOptions",
        json_pack("{sisi}", "CoreCount", type->cores, "ThreadsPerCore", type->threads_per_core));
}

static int set_user_data(struct call *c, const struct instance *i, struct wish w)
{
    size_t len;
    uint8_t *bytes = base64_decode(w.text, strlen(w.text), &len);
    free(bytes);
    if (bytes == NULL)
        return call_fail(c, "InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
    if (len > USER_DATA_MAX)
        return call_fail(c, "InvalidParameterValue", "User data is limited to %d bytes",
                         USER_DATA_MAX);
    db_exec(c->db, "UPDATE ec2_instance SET user_data = nullif(?, '') WHERE id = ?", "ss", w.text,
            i->id);
    return 0;
}

static int set_no_termination(struct call *c, const struct instance *i, struct wish w)
{
    db_exec(c->db, "UPDATE ec2_instance SET no_termination = ? WHERE id = ?", "is", (int64_t)w.flag,
            i->id);
    return 0;
}

static int set_no_stop(struct call *c, const struct instance *i, struct wish w)
{
    db_exec(c->db, "UPDATE ec2_instance SET no_stop = ? WHERE id = ?", "is", (int64_t)w.flag,
            i->id);
    return 0;
}

static int set_shutdown(struct call *c, const struct instance *i, struct wish w)
{
    if (!str_equal(w.text, "stop") && !str_equal(w.text, "terminate"))
        return call_fail(c, "InvalidParameterValue",
                         "Value (%s) for parameter instanceInitiatedShutdownBehavior is invalid. "
                         "Valid values are stop and terminate.",
                         w.text);
    db_exec(c->db, "UPDATE ec2_instance SET shutdown_behavior = ? WHERE id = ?", "ss", w.text,
            i->id);
    return 0;
}

static int set_source_check(struct call *c, const struct instance *i, struct wish w)
{
    struct interface list[2];
    size_t count = interface_of_instance(c, i->id, list, 2);
    if (count > 1)
        return call_fail(c, "InvalidInstanceID",
                         "There are multiple interfaces attached to instance '%s'. Please specify "
                         "an interface ID for the operation instead.",
                         i->id);
    if (count == 0)
        return call_fail(c, "IncorrectInstanceState", "The instance '%s' has no network interface",
                         i->id);
    db_exec(c->db, "UPDATE ec2_network_interface SET source_dest_check = ? WHERE id = ?", "is",
            (int64_t)w.flag, list[0].id);
    work_add(c->db, call_scope(c), "ec2/interface", list[0].id);
    return 0;
}

static int set_ebs_optimized(struct call *c, const struct instance *i, struct wish w)
{
    return doc_set(c, i, "EbsOptimized", json_boolean(w.flag));
}

static int set_ena(struct call *c, const struct instance *i, struct wish w)
{
    if (!w.flag)
        return call_fail(c, "InvalidParameterValue", "ENA support cannot be switched off");
    return doc_set(c, i, "EnaSupport", json_true());
}

static int set_sriov(struct call *c, const struct instance *i, struct wish w)
{
    if (!str_equal(w.text, "simple"))
        return call_fail(c, "InvalidParameterValue",
                         "Value (%s) for parameter sriovNetSupport is invalid.", w.text);
    return doc_set(c, i, "SriovNetSupport", json_string("simple"));
}

static const struct attribute attributes[] = {
    {"instanceType", "InstanceType", get_type, set_type, false, true},
    {"kernel", "KernelId", get_empty, NULL, false, true},
    {"ramdisk", "RamdiskId", get_empty, NULL, false, true},
    {"userData", "UserData", get_user_data, set_user_data, false, true},
    {"disableApiTermination", "DisableApiTermination", get_no_termination, set_no_termination, true,
     false},
    {"disableApiStop", "DisableApiStop", get_no_stop, set_no_stop, true, false},
    {"instanceInitiatedShutdownBehavior", "InstanceInitiatedShutdownBehavior", get_shutdown,
     set_shutdown, false, false},
    {"rootDeviceName", "RootDeviceName", get_root, NULL, false, false},
    {"blockDeviceMapping", "BlockDeviceMappings", get_disks, NULL, false, false},
    {"productCodes", "ProductCodes", get_codes, NULL, false, false},
    {"sourceDestCheck", "SourceDestCheck", get_source_check, set_source_check, true, false},
    {"groupSet", "Groups", get_groups, NULL, false, false},
    {"ebsOptimized", "EbsOptimized", get_ebs_optimized, set_ebs_optimized, true, true},
    {"sriovNetSupport", "SriovNetSupport", get_sriov, set_sriov, false, true},
    {"enaSupport", "EnaSupport", get_ena, set_ena, true, true},
    {"enclaveOptions", "EnclaveOptions", get_enclave, NULL, false, false},
};

static const struct attribute *attribute_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
        if (str_equal(attributes[i].name, name))
            return &attributes[i];
    return NULL;
}

int ec2_describe_instance_attribute(struct call *c)
{
    struct instance instance;
    const struct attribute *attribute = attribute_find(arg_str(c, "Attribute"));
    if (instance_load(c, arg_str(c, "InstanceId"), &instance) != 0)
        return -1;
    if (attribute == NULL)
        return call_fail(c, "InvalidParameterValue",
                         "Value (%s) for parameter attribute is invalid. Unknown attribute.",
                         arg_str(c, "Attribute"));
    json_t *out = json_object();
    json_set_str(out, "InstanceId", instance.id);
    json_set_new(out, attribute->member, attribute->get(c, &instance));
    return call_reply(c, out);
}

/* --- ModifyInstanceAttribute --- */

/* KernelId and RamdiskId are Kernel and Ramdisk in the request. */
static const char *request_member(const struct attribute *a)
{
    return str_equal(a->member, "KernelId")    ? "Kernel"
           : str_equal(a->member, "RamdiskId") ? "Ramdisk"
                                               : a->member;
}

static bool wish_of_member(struct call *c, const struct attribute *a, struct wish *ret)
{
    const char *member = request_member(a);
    if (spec_member_find(c->op->input, member) == NULL || !json_is_object(arg_get(c, member)))
        return false;
    *ret = (struct wish){
        .text = a->is_bool ? NULL : arg_attribute_str(c, member),
        .flag = a->is_bool ? arg_attribute_bool(c, member) : -1,
    };
    return ret->text != NULL || ret->flag >= 0;
}

static int apply(struct call *c, const struct instance *i, const struct attribute *a, struct wish w)
{
    if (a->set == NULL)
        return call_fail(c, "InvalidParameterCombination",
                         "The attribute '%s' of instance '%s' cannot be modified", a->name, i->id);
    if (a->stopped_only && i->state != INSTANCE_STOPPED)
        return call_fail(c, "IncorrectInstanceState",
                         "The instance '%s' is not in the 'stopped' state.", i->id);
    return a->set(c, i, w);
}

static int modify_named(struct call *c, const struct instance *i, int *ret_count)
{
    const char *name = arg_str(c, "Attribute"), *value = arg_str(c, "Value");
    if (name == NULL || value == NULL)
        return 0;
    const struct attribute *a = attribute_find(name);
    struct wish w = {.text = value, .flag = -1};
    if (a != NULL && a->is_bool) {
        if (!str_equal_ci(value, "true") && !str_equal_ci(value, "false"))
            return call_fail(c, "InvalidParameterValue",
                             "Value (%s) for parameter value is invalid. Expecting true or false.",
                             value);
        w.flag = str_equal_ci(value, "true");
    }
    (*ret_count)++;
    return a != NULL ? apply(c, i, a, w)
                     : call_fail(c, "InvalidParameterValue", "Unknown attribute '%s'", name);
}

static int modify_groups(struct call *c, const struct instance *i, int *ret_count)
{
    struct interface list[2];
    if (arg_count(c, "Groups") == 0)
        return 0;
    (*ret_count)++;
    size_t count = interface_of_instance(c, i->id, list, 2);
    if (count != 1)
        return call_fail(c, "InvalidInstanceID",
                         "There are multiple interfaces attached to instance '%s'. Please specify "
                         "an interface ID for the operation instead.",
                         i->id);
    if (interface_set_groups(c, list[0].id, i->vpc_id, arg_get(c, "Groups")) != 0)
        return -1;
    work_add(c->db, call_scope(c), "ec2/interface", list[0].id);
    return 0;
}

static int modify_disks(struct call *c, const struct instance *i, int *ret_count)
{
    const json_t *mappings = arg_get(c, "BlockDeviceMappings");
    for (size_t n = 0; n < json_array_size(mappings); n++) {
        const json_t *mapping = json_array_get(mappings, n), *ebs = json_get(mapping, "Ebs");
        (*ret_count)++;
        if (json_get(ebs, "DeleteOnTermination") == NULL)
            continue;
        if (volume_set_delete_on_termination(c, i->id, json_str_or(mapping, "DeviceName", ""),
                                             json_bool_or(ebs, "DeleteOnTermination", false)) != 0)
            return -1;
    }
    return 0;
}

int ec2_modify_instance_attribute(struct call *c)
{
    struct instance instance;
    int count = 0;
    if (instance_load(c, arg_str(c, "InstanceId"), &instance) != 0)
        return -1;
    if (instance.state == INSTANCE_TERMINATED || instance.state == INSTANCE_SHUTTING_DOWN)
        return call_fail(c, "IncorrectInstanceState", "The instance '%s' is terminated.",
                         instance.id);
    for (size_t n = 0; n < ARRAY_LEN(attributes); n++) {
        struct wish w;
        if (!wish_of_member(c, &attributes[n], &w))
            continue;
        count++;
        if (apply(c, &instance, &attributes[n], w) != 0)
            return -1;
    }
    if (modify_named(c, &instance, &count) != 0 || modify_groups(c, &instance, &count) != 0 ||
        modify_disks(c, &instance, &count) != 0)
        return -1;
    if (count == 0)
        return call_fail(c, "InvalidParameterCombination", "No attributes specified.");
    if (count > 1)
        return call_fail(c, "InvalidParameterCombination",
                         "Fields for multiple attribute types specified: only one attribute can be "
                         "modified in a request");
    return call_reply(c, NULL);
}
