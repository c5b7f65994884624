/* Ids of access keys. As on AWS the account stands in the id: behind the prefix ("AKIA" long-term,
 * "ASIA" temporary) 80 bits of base32 are one set bit, 40 bits of the account's number and 39
 * random bits. Ids given by --root-key may be anything else. */
#ifndef SERVICES_IAM_KEY_ID_H
#define SERVICES_IAM_KEY_ID_H

#include "base/ids.h"

#include <stdbool.h>

#define KEY_ID_SIZE         21 /* four of prefix, 16 of base32, NUL */
#define KEY_ID_ACCOUNT_SIZE 13

void key_id_make(struct ids *ids, const char *prefix, const char *account,
                 char ret_id[KEY_ID_SIZE]);
/* The account in the id; false: it is not made like this. Whether the key exists does not matter.
 */
bool key_id_account(const char *id, char ret_account[KEY_ID_ACCOUNT_SIZE]);

#endif
