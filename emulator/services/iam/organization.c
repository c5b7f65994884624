/* What IAM does for organizations. The accounts of this emulator are in none, and AWS refuses such
 * accounts: centralized root access (ListOrganizationsFeatures and what switches it) and the
 * reports of the services that an organization's members used. */
#include "call/call.h"
#include "operations.h"

static int refuse(struct call *c)
{
    return call_fail(c, "OrganizationNotFoundException",
                     "Your account is not a member of an organization.");
}

int iam_list_organizations_features(struct call *c)
{
    return refuse(c);
}

int iam_enable_organizations_root_credentials_management(struct call *c)
{
    return refuse(c);
}

int iam_disable_organizations_root_credentials_management(struct call *c)
{
    return refuse(c);
}

int iam_enable_organizations_root_sessions(struct call *c)
{
    return refuse(c);
}

int iam_disable_organizations_root_sessions(struct call *c)
{
    return refuse(c);
}

int iam_generate_organizations_access_report(struct call *c)
{
    return refuse(c);
}

/* There are no reports, since nobody could ask for one. */
int iam_get_organizations_access_report(struct call *c)
{
    return call_fail(c, "NoSuchEntity", "The job with ID %s cannot be found.", arg_str(c, "JobId"));
}
