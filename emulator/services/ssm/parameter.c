/* Parameter Store: GetParameter, GetParameters, GetParametersByPath of the public parameters. */
#include "base/arn.h"
#include "base/text.h"
#include "call/describe.h"
#include "operations.h"
#include "services/ec2/ec2.h"

#include <stdlib.h>
#include <string.h>

#define PATH_PAGE 10
#define VERSION   1 /* of every public parameter */

struct asked { /* "NAME", "NAME:VERSION" or "NAME:LABEL", where NAME may be an ARN */
    const char *name;
    const char *selector; /* ":1", or NULL */
};

static struct asked read_asked(struct call *c, const char *text)
{
    static const char resource[] = "parameter";
    struct asked a = {.name = text};
    struct arn arn;
    if (arn_parse(c->arena, text, &arn) && str_equal(arn.service, "ssm") &&
        str_starts(arn.resource, resource))
        a.name = arn.resource + strlen(resource);
    const char *colon = strchr(a.name, ':');
    if (colon != NULL) {
        a.selector = colon;
        a.name = arena_strndup(c->arena, a.name, (size_t)(colon - a.name));
    }
    return a;
}

static int by_name(const void *name, const void *parameter)
{
    return strcmp(name, ((const struct ec2_parameter *)parameter)->name);
}

static const struct ec2_parameter *find(struct call *c, const char *name)
{
    const struct ec2_parameter *list;
    size_t count = ec2_public_parameters(c, &list);
    return bsearch(name, list, count, sizeof(*list), by_name);
}

static json_t *parameter_to_json(struct call *c, const struct ec2_parameter *p,
                                 const char *selector)
{
    json_t *out = json_object();
    json_set_str(out, "Name", p->name);
    json_set_str(out, "Type", "String");
    json_set_str(out, "Value", p->value);
    json_set_int(out, "Version", VERSION);
    json_set_str(out, "Selector", selector);
    json_set_int(out, "LastModifiedDate", p->modified_ms);
    json_set_str(out, "ARN",
                 call_printf(c, "arn:%s:ssm:%s::parameter%s", region_partition(c->region),
                             c->region, p->name));
    json_set_str(out, "DataType", p->data_type);
    return out;
}

/* Public parameters have one version and no labels. */
static bool selects(const char *selector)
{
    return selector == NULL || str_equal(selector, ":1");
}

int ssm_get_parameter(struct call *c)
{
    struct asked asked = read_asked(c, arg_str(c, "Name"));
    const struct ec2_parameter *p = find(c, asked.name);
    if (p == NULL) /* without a text, as AWS */
        return call_fail(c, "ParameterNotFound", "%s", "");
    if (!selects(asked.selector))
        return call_fail(c, "ParameterVersionNotFound",
                         "Systems Manager could not find version %s of %s. Verify the version and "
                         "try again.",
                         asked.selector + 1, asked.name);
    json_t *out = json_object();
    json_set_new(out, "Parameter", parameter_to_json(c, p, asked.selector));
    return call_reply(c, out);
}

int ssm_get_parameters(struct call *c)
{
    json_t *out = json_object(), *found = json_array(), *invalid = json_array();
    for (size_t i = 0; i < arg_count(c, "Names"); i++) {
        struct asked asked = read_asked(c, arg_at(c, "Names", i));
        const struct ec2_parameter *p = find(c, asked.name);
        if (p != NULL && selects(asked.selector))
            json_append_new(found, parameter_to_json(c, p, asked.selector));
        else
            json_append_new(invalid, json_text_new(arg_at(c, "Names", i)));
    }
    json_set_new(out, "Parameters", found);
    json_set_new(out, "InvalidParameters", invalid);
    return call_reply(c, out);
}

/* --- by path
 * -------------------------------------------------------------------------------------------- */

static bool filter_value_matches(const json_t *filter, const char *value)
{
    const json_t *values = json_get(filter, "Values");
    bool begins = str_equal(json_str(filter, "Option"), "BeginsWith");
    for (size_t i = 0; i < json_array_size(values); i++) {
        const char *wanted = json_string_value(json_array_get(values, i));
        if (begins ? str_starts(value, wanted) : str_equal(value, wanted))
            return true;
    }
    return false;
}

/* Public parameters are plain text: no key encrypts them and no label stands on them. */
static bool filter_matches(const json_t *filter, const struct ec2_parameter *p)
{
    const char *key = json_str_or(filter, "Key", "");
    if (str_equal(key, "Type"))
        return filter_value_matches(filter, "String");
    if (str_equal(key, "DataType"))
        return filter_value_matches(filter, p->data_type);
    return false;
}

static int check_filters(struct call *c)
{
    static const char *const keys[] = {"Type", "DataType", "KeyId", "Label"};
    const json_t *filters = arg_get(c, "ParameterFilters");
    for (size_t i = 0; i < json_array_size(filters); i++) {
        const json_t *filter = json_array_get(filters, i);
        const char *key = json_str_or(filter, "Key", "");
        const char *option = json_str_or(filter, "Option", "Equals");
        size_t at = 0;
        while (at < ARRAY_LEN(keys) && !str_equal(keys[at], key))
            at++;
        if (at == ARRAY_LEN(keys))
            return call_fail(
                c, "InvalidFilterKey",
                "The following filter key is not valid: %s. Valid filter keys include: "
                "[Type, KeyId, Label].",
                key);
        if (!str_equal(option, "Equals") && !str_equal(option, "BeginsWith"))
            return call_fail(c, "InvalidFilterOption",
                             "The following filter option is not valid: %s. Valid options include: "
                             "[BeginsWith, Equals].",
                             option);
        if (json_array_size(json_get(filter, "Values")) == 0)
            return call_fail(c, "InvalidFilterValue",
                             "The following filter values are missing for filter key %s", key);
    }
    return 0;
}

static int check_path(struct call *c, const char *path)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._-/";
    if (path[0] == '/' && path[strspn(path, allowed)] == '\0' && strstr(path, "//") == NULL)
        return 0;
    return call_fail(
        c, "ValidationException",
        "The parameter doesn't meet the parameter name requirements. The parameter name must begin "
        "with a forward slash \"/\". It can't be prefixed with \"aws\" or \"ssm\" "
        "(case-insensitive). It must use only letters, numbers, or the following symbols: . "
        "(period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, "
        "if specified, must use the forward slash symbol \"/\". Valid example: "
        "/get/parameters2-/by1./path0_.");
}

/* Below the path; without Recursive only right below it. */
static bool is_below(struct call *c, const char *path, const char *name)
{
    size_t len = strlen(path);
    while (len > 0 && path[len - 1] == '/')
        len--;
    if (strncmp(path, name, len) != 0 || name[len] != '/')
        return false;
    return arg_bool_or(c, "Recursive", false) || strchr(name + len + 1, '/') == NULL;
}

static bool is_shown(struct call *c, const struct ec2_parameter *p)
{
    const json_t *filters = arg_get(c, "ParameterFilters");
    if (!is_below(c, arg_str(c, "Path"), p->name))
        return false;
    for (size_t i = 0; i < json_array_size(filters); i++)
        if (!filter_matches(json_array_get(filters, i), p))
            return false;
    return true;
}

static int read_token(struct call *c, const char **ret_after)
{
    const char *token = arg_str_or(c, "NextToken", "");
    *ret_after = token[0] != '\0' ? page_token_read(c, token) : "";
    if (*ret_after == NULL)
        return call_fail(c, "InvalidNextToken", "The specified token is not valid.");
    return 0;
}

int ssm_get_parameters_by_path(struct call *c)
{
    size_t limit = (size_t)arg_int_or(c, "MaxResults", PATH_PAGE), shown = 0;
    const struct ec2_parameter *list;
    const char *last = "";
    const char *after;
    bool more = false;
    if (check_path(c, arg_str(c, "Path")) != 0 || check_filters(c) != 0 ||
        read_token(c, &after) != 0)
        return -1;
    size_t count = ec2_public_parameters(c, &list);
    json_t *out = json_object(), *found = json_array();
    for (size_t i = 0; i < count && !more; i++) {
        if (strcmp(list[i].name, after) <= 0 || !is_shown(c, &list[i]))
            continue;
        more = shown == limit;
        if (more)
            continue;
        json_append_new(found, parameter_to_json(c, &list[i], NULL));
        last = list[i].name;
        shown++;
    }
    json_set_new(out, "Parameters", found);
    json_set_str(out, "NextToken", more ? page_token_make(c, last) : NULL);
    return call_reply(c, out);
}
