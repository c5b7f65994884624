/* What other services may use of IAM. */
#ifndef SERVICES_IAM_IAM_H
#define SERVICES_IAM_IAM_H

#include "services/iam/account.h"
#include "services/iam/document.h"
#include "services/iam/entity.h"
#include "services/iam/instance_profile.h"
#include "services/iam/key_id.h"
#include "services/iam/mfa.h"
#include "services/iam/oidc_provider.h"
#include "services/iam/password.h"
#include "services/iam/policy.h"
#include "services/iam/policy_cache.h"
#include "services/iam/principal_policies.h"
#include "services/iam/role.h"
#include "services/iam/saml_provider.h"
#include "services/iam/service_linked_role.h"

#endif
