/* What Systems Manager's requests are about: parameters by name. */
#include "services/access.h"

#include "base/arn.h"
#include "base/text.h"

#include <string.h>

/* The public parameters below /aws/service/ belong to no account, whatever account and region an
 * ARN says. A version or label behind the name ("name:1") is no part of it. */
static void resolve_parameter(struct call *c, const char *value, struct access *access)
{
    const char *account = c->account, *name = value[0] == '/' ? value + 1 : value;
    struct arn arn;
    if (arn_parse(c->arena, value, &arn)) {
        account = arn.account;
        name = arn.resource + strlen("parameter/");
    }
    access->arn =
        call_printf(c, "arn:%s:ssm:%s:%s:parameter/%.*s", region_partition(c->region), c->region,
                    str_starts(name, "aws/") ? "" : account, (int)strcspn(name, ":"), name);
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
