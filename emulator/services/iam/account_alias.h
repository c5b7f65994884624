/* Names that stand for account numbers at the sign-in. */
#ifndef SERVICES_IAM_ACCOUNT_ALIAS_H
#define SERVICES_IAM_ACCOUNT_ALIAS_H

#include "services/iam/account.h"

/* False when no account has it. */
bool account_alias_find(struct db *db, const char *alias, char ret_account[ACCOUNT_ID_SIZE]);

#endif
