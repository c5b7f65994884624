/* Service-linked roles: what a service of AWS acts with in an account. The service alone changes
 * them; the account may only make, describe and delete them. */
#ifndef SERVICES_IAM_SERVICE_LINKED_ROLE_H
#define SERVICES_IAM_SERVICE_LINKED_ROLE_H

#include "call/call.h"

/* Makes the role of a service ("autoscaling.amazonaws.com") in the call's account, unless it is
 * there: for services that do so on first use. The service must be one that has such a role. */
void iam_service_linked_role_ensure(struct call *c, const char *service);
/* "AWSServiceRoleForAutoScaling"; NULL: no service that has such a role. */
const char *iam_service_linked_role_name(const char *service);
/* While a resource holds the role, deleting the role fails and names the resource. */
void iam_service_linked_role_hold(struct call *c, const char *service, const char *resource_arn);
void iam_service_linked_role_release(struct call *c, const char *resource_arn);

#endif
