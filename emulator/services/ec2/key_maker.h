/* Makes RSA keys ahead of need: one takes some 50 to 500 ms, too long for the loop's thread. A
 * thread of its own keeps a few ready. It is the only thread of the services, touches nothing but
 * its pool, and ends with the program. */
#ifndef SERVICES_EC2_KEY_MAKER_H
#define SERVICES_EC2_KEY_MAKER_H

#include <openssl/evp.h>

/* Starts the thread, once; cheap to call again. */
void key_maker_start(void);
/* A fresh 2048-bit RSA key, the caller's to free: from the pool, or made at once when that is
 * empty. NULL: OpenSSL failed. */
EVP_PKEY *key_maker_take_rsa(void);

#endif
