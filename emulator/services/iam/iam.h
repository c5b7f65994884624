/* What other services may use of IAM. */
#ifndef SERVICES_IAM_IAM_H
#define SERVICES_IAM_IAM_H

#include "services/iam/account.h"
#include "services/iam/entity.h"
#include "services/iam/key_id.h"

#endif
