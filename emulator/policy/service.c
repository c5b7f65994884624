/* Whether a document grants anything of a service (ListPoliciesGrantingServiceAccess). */
#include "policy/model.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* An action that no service has: only a wildcard covers it. */
#define NO_ACTION ":~"

static bool actions_grant(const struct actions *actions, const char *vendor)
{
    char probe[128];

    snprintf(probe, sizeof(probe), "%s" NO_ACTION, vendor);
    for (size_t i = 0; !actions->negated && i < actions->group_count; i++)
        if (strcasecmp(actions->groups[i].vendor, vendor) == 0)
            return true;
    return actions_match(actions, probe);
}

bool policy_grants_service(const struct policy *p, const char *vendor)
{
    for (size_t i = 0; i < p->statement_count; i++)
        if (!p->statements[i].deny && actions_grant(&p->statements[i].actions, vendor))
            return true;
    return false;
}
