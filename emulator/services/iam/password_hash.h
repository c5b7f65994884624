/* Passwords as they are kept: scrypt (RFC 7914) with N = 2^14, r = 8, p = 1 and a random salt, as
 * text "scrypt$14$8$1$<salt>$<digest>". One hash takes some 30 ms of a core and 16 MiB for that
 * time. A person's passwords share one salt, so that a new one is compared with all former ones at
 * the cost of one hash. */
#ifndef SERVICES_IAM_PASSWORD_HASH_H
#define SERVICES_IAM_PASSWORD_HASH_H

#include "base/ids.h"

#include <stdbool.h>

#define PASSWORD_HASH_SIZE 96

/* With a salt of its own. False: OpenSSL failed. */
bool password_hash_make(struct ids *ids, const char *password, char ret_hash[PASSWORD_HASH_SIZE]);
/* With the salt of `like`; false: that is no hash, or OpenSSL failed. */
bool password_hash_like(const char *like, const char *password, char ret_hash[PASSWORD_HASH_SIZE]);
/* In a time that does not depend on where they differ. */
bool password_hash_equal(const char *a, const char *b);
bool password_hash_matches(const char *hash, const char *password);
/* Takes the time of a comparison where there is nothing to compare with, so that this does not
 * show. */
void password_hash_waste(const char *password);

#endif
