/* CPU credits: DescribeInstanceCreditSpecifications, ModifyInstanceCreditSpecification. */
#include "services/ec2/credit.h"

#include "base/text.h"
#include "call/describe.h"
#include "operations.h"
#include "services/ec2/instance.h"
#include "services/ec2/resource.h"

const char *credit_default(const struct instance_type *type)
{
    if (!type->burstable)
        return NULL;
    return str_starts(type->name, "t2.") ? "standard" : "unlimited";
}

int credit_check(struct call *c, const char *credits)
{
    if (credits == NULL || str_equal(credits, "standard") || str_equal(credits, "unlimited"))
        return 0;
    return call_fail(c, "InvalidParameterValue",
                     "Value (%s) for parameter creditSpecification.cpuCredits is invalid.",
                     credits);
}

static bool is_burstable(const char *type_name)
{
    const struct instance_type *type = instance_type_find(type_name);

    return type != NULL && type->burstable;
}

/* --- DescribeInstanceCreditSpecifications ----------------------------------------------------- */

/* Without ids only the unlimited ones are shown; with them every one must be burstable. */
static json_t *credit_render(struct call *c, struct rows *row)
{
    const char *credits = rows_text(row, 1);
    json_t *out = json_object();

    if (credits == NULL || (arg_count(c, "InstanceIds") == 0 && !str_equal(credits, "unlimited"))) {
        json_decref(out);
        return NULL;
    }
    json_set_str(out, "InstanceId", rows_text(row, 0));
    json_set_str(out, "CpuCredits", credits);
    return out;
}

static int credit_id_check(struct call *c, const char *id)
{
    return resource_id_check(c, "instance", id);
}

/* Not shown: there is no such instance, or it earns no credits. */
static int credit_missing(struct call *c, const json_t *ids)
{
    struct instance instance;
    const char *id = json_string_value(json_array_get(ids, 0));

    if (instance_load(c, id, &instance) != 0)
        return -1;
    return call_fail(c, "UnsupportedOperation",
                     "The instance '%s' is not a burstable performance instance.", id);
}

static const struct describe_filter credit_filters[] = {
    {"instance-id", "InstanceId", "id"},
};

static const struct describe credit_specifications = {
    .ids_member = "InstanceIds",
    .id_path = "InstanceId",
    .id_column = "id",
    .id_check = credit_id_check,
    .id_missing = credit_missing,
    .filters = credit_filters,
    .filter_count = ARRAY_LEN(credit_filters),
    .page_min = 5,
    .page_max = 1000,
    .sql = "SELECT id, cpu_credits FROM ec2_instance WHERE account = ? AND region = ?",
    .key_column = "id",
    .render = credit_render,
};

int ec2_describe_instance_credit_specifications(struct call *c)
{
    return describe_reply(c, &credit_specifications, "InstanceCreditSpecifications");
}

/* --- ModifyInstanceCreditSpecification -------------------------------------------------------- */

/* What is wrong with one wish, as its item says it: AWS answers for each instance by itself. */
static bool item_error(struct call *c, const char *id, struct err *ret_err)
{
    struct instance instance;

    if (instance_load(c, id, &instance) != 0) {
        *ret_err = c->err;
        c->err = (struct err){.code = ""};
        return true;
    }
    if (instance.state != INSTANCE_RUNNING && instance.state != INSTANCE_STOPPED)
        err_set(ret_err, "IncorrectInstanceState",
                "The instance '%s' is not in the 'running' or 'stopped' states.", id);
    else if (!is_burstable(instance.type))
        err_set(ret_err, "InstanceCreditSpecification.NotSupported",
                "The %s instance type does not support CPU credit specification", instance.type);
    else
        return false;
    return true;
}

static json_t *failed_item(const char *id, const struct err *err)
{
    return json_pack("{sss{ssss}}", "InstanceId", id, "Error", "Code", err->code, "Message",
                     err->text);
}

int ec2_modify_instance_credit_specification(struct call *c)
{
    const json_t *wishes = arg_get(c, "InstanceCreditSpecifications");
    json_t *wish;
    size_t i;

    json_array_foreach (wishes, i, wish) {
        if (credit_check(c, json_str(wish, "CpuCredits")) != 0)
            return -1;
    }
    json_t *done = json_array(), *failed = json_array();
    json_array_foreach (wishes, i, wish) {
        const char *id = json_str(wish, "InstanceId");
        struct err err;
        if (item_error(c, id, &err)) {
            json_append_new(failed, failed_item(id, &err));
            continue;
        }
        db_exec(c->db,
                "UPDATE ec2_instance SET cpu_credits = coalesce(?, cpu_credits)"
                " WHERE account = ? AND region = ? AND id = ?",
                "ssss", json_str(wish, "CpuCredits"), c->account, c->region, id);
        json_append_new(done, json_pack("{ss}", "InstanceId", id));
    }
    return call_reply(c, json_pack("{soso}", "SuccessfulInstanceCreditSpecifications", done,
                                   "UnsuccessfulInstanceCreditSpecifications", failed));
}
