/* What Systems Manager's requests are about: parameters by name. */
#include "services/access.h"

#include "base/arn.h"
#include "base/text.h"

/* The public parameters below /aws/service/ belong to no account. */
static void resolve_parameter(struct call *c, const char *value, struct access *access)
{
    bool public = str_starts(value, "/aws/");
    if (str_starts(value, "arn:"))
        return;
    access->arn =
        call_printf(c, "arn:%s:ssm:%s:%s:parameter/%s", region_partition(c->region), c->region,
                    public ? "" : c->account, value[0] == '/' ? value + 1 : value);
}

static const struct access_member members[] = {
    {"parameter", "Name", resolve_parameter},
    {"parameter", "Names", resolve_parameter},
    {"parameter", "Path", resolve_parameter},
    {0},
};

static const struct condition_key keys[] = {
    {.key = "ssm:Recursive", .member = "Recursive", .otherwise = "false"},
    {0},
};

const struct service_access ssm_access = {
    .members = members,
    .keys = keys,
};
