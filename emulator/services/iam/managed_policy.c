/* AWS managed policies: see managed_policy.h. */
#include "services/iam/managed_policy.h"

#include "base/text.h"
#include "services/iam/managed_policy_table.h"

#include <stdlib.h>
#include <string.h>

/* What follows "arn:<partition>:iam::aws:policy", or NULL. */
static const char *resource_of(const char *arn)
{
    static const char owner[] = ":iam::aws:policy/";
    const char *partition = str_starts(arn, "arn:") ? arn + 4 : NULL;
    const char *rest = partition != NULL ? strchr(partition, ':') : NULL;

    return rest != NULL && str_starts(rest, owner) ? rest + strlen(owner) - 1 : NULL;
}

static int compare(const void *resource, const void *policy)
{
    return strcmp(resource, ((const struct managed_policy *)policy)->resource);
}

const struct managed_policy *managed_policy_find(const char *arn)
{
    const char *resource = resource_of(arn);

    if (resource == NULL)
        return NULL;
    return bsearch(resource, managed_policies, managed_policies_count, sizeof(managed_policies[0]),
                   compare);
}

const struct managed_policy *managed_policy_at(size_t index)
{
    return index < managed_policies_count ? &managed_policies[index] : NULL;
}

bool managed_policy_arn(const char *arn)
{
    return resource_of(arn) != NULL;
}

bool managed_policy_for_service(const struct managed_policy *policy)
{
    return str_starts(policy->path, "/aws-service-role/");
}
