/* DescribeAccountAttributes: the account's limits as they were before there was Service Quotas. */
#include "base/text.h"
#include "operations.h"
#include "services/ec2/vpc.h"

static const struct {
    const char *name;
    const char *value; /* NULL: the default VPC */
} attributes[] = {
    {"vpc-max-security-groups-per-interface", "5"},
    {"max-instances", "20"},
    {"supported-platforms", "VPC"},
    {"default-vpc", NULL},
    {"max-elastic-ips", "5"},
    {"vpc-max-elastic-ips", "5"},
};

static bool is_known(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
        if (str_equal(attributes[i].name, name))
            return true;
    return false;
}

static bool is_wanted(struct call *c, const char *name)
{
    size_t count = arg_count(c, "AttributeNames");
    for (size_t i = 0; i < count; i++)
        if (str_equal(arg_at(c, "AttributeNames", i), name))
            return true;
    return count == 0;
}

static json_t *attribute_to_json(struct call *c, size_t index)
{
    const char *value = attributes[index].value;
    if (value == NULL)
        value = vpc_default_id(c);
    json_t *out = json_object(), *element = json_object(), *values = json_array();
    json_set_str(element, "AttributeValue", value != NULL ? value : "none");
    json_append_new(values, element);
    json_set_str(out, "AttributeName", attributes[index].name);
    json_set_new(out, "AttributeValues", values);
    return out;
}

int ec2_describe_account_attributes(struct call *c)
{
    for (size_t i = 0; i < arg_count(c, "AttributeNames"); i++)
        if (!is_known(arg_at(c, "AttributeNames", i)))
            return call_fail(c, "InvalidParameterValue", "Invalid attribute name: %s",
                             arg_at(c, "AttributeNames", i));
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
        if (is_wanted(c, attributes[i].name))
            json_append_new(list, attribute_to_json(c, i));
    return call_reply(c, json_pack("{s:o}", "AccountAttributes", list));
}
