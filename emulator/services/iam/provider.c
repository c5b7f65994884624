/* ARNs and quotas of identity providers: see provider.h. */
#include "services/iam/provider.h"

#include "base/arn.h"
#include "base/text.h"

#include <string.h>

#define PROVIDERS_MAX 100 /* of each kind: "IAM and AWS STS quotas" */

const char *iam_provider_arn(struct call *c, const struct iam_provider_kind *kind,
                             const char *account, const char *name)
{
    return call_printf(c, "arn:%s:iam::%s:%s%s", region_partition(c->region), account, kind->word,
                       name);
}

const char *iam_provider_name(struct call *c, const struct iam_provider_kind *kind, const char *arn,
                              const char **ret_account)
{
    struct arn parts;

    if (!arn_parse(c->arena, arn, &parts) || !str_equal(parts.service, "iam") ||
        !str_equal(parts.partition, region_partition(c->region)) ||
        !str_starts(parts.resource, kind->word))
        return NULL;
    *ret_account = parts.account;
    return parts.resource + strlen(kind->word);
}

int iam_provider_fail(struct call *c, const struct iam_provider_kind *kind, const char *arn)
{
    const char *account;

    if (iam_provider_name(c, kind, arn, &account) == NULL)
        return call_fail(c, "InvalidInput", "ARN %s is not valid.", arn);
    return call_fail(c, "NoSuchEntity", "%s %s", kind->missing, arn);
}

int iam_provider_check_room(struct call *c, const struct iam_provider_kind *kind)
{
    if (db_int(c->db, 0, kind->count, "s", c->account) >= PROVIDERS_MAX)
        return call_fail(c, "LimitExceeded", "Cannot exceed quota for %s: %d", kind->quota,
                         PROVIDERS_MAX);
    return 0;
}
