/* The ssh host keys of an instance, made here: a guest without KVM takes half a second for them. */
#ifndef SERVICES_EC2_SSH_HOST_KEY_H
#define SERVICES_EC2_SSH_HOST_KEY_H

#include "base/json.h"

/* A fresh Ed25519 and a fresh ECDSA (P-256) key: [{"type", "private", "public"}] as in sshd's
 * files; a new reference. NULL: OpenSSL failed. They are kept nowhere else. */
json_t *ssh_host_keys_make(void);

#endif
