/* Key pairs: the public halves that the account has registered. */
#ifndef SERVICES_EC2_KEY_PAIR_H
#define SERVICES_EC2_KEY_PAIR_H

#include "call/call.h"

/* The OpenSSH line ("ssh-rsa AAAA... name") of a key pair, in the call's arena; NULL with
 * InvalidKeyPair.NotFound. */
const char *key_pair_public_key(struct call *c, const char *name);

#endif
