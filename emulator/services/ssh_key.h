/* SSH keys in the forms that EC2 and IAM take and give: public keys as OpenSSH, RFC 4716, DER or
 * PEM; private keys as PEM, OpenSSH's own format, or PuTTY's. OpenSSL holds the keys. */
#ifndef SERVICES_SSH_KEY_H
#define SERVICES_SSH_KEY_H

#include "base/buf.h"

#include <openssl/evp.h>
#include <stdbool.h>

#define SSH_KEY_SIZE_MAX 16384 /* bytes of any form */

/* "rsa" or "ed25519". */
const char *ssh_key_type(const EVP_PKEY *key);
/* The key in SSH's wire form (RFC 4253 section 6.6). `out` is initialised by the caller. */
bool ssh_key_wire(const EVP_PKEY *key, struct buf *out);
/* A public key in any of the forms; NULL: none of them, or neither RSA of 1024, 2048 or 4096 bits
 * nor Ed25519. */
EVP_PKEY *ssh_key_parse(const char *text, size_t len);
/* "ssh-rsa AAAA... comment"; heap. */
char *ssh_key_line(const EVP_PKEY *key, const char *comment);

/* Fingerprints as EC2 computes them; heap. Ed25519: base64 of the wire form's SHA-256. RSA: colons
 * between hex digits of the PKCS#8 private key's SHA-1 where EC2 made the key, of the DER public
 * key's MD5 where it was imported. */
char *ssh_key_fingerprint_made(const EVP_PKEY *key);
char *ssh_key_fingerprint_imported(const EVP_PKEY *key);

/* Private keys, unencrypted; heap, to be wiped and freed with ssh_key_forget. NULL: OpenSSL failed.
 */
char *ssh_key_private_pem(
    const EVP_PKEY *key,
    const char *comment); /* RSA: PKCS#1; ECDSA: SEC 1; Ed25519: OpenSSH's format */
char *ssh_key_private_ppk(const EVP_PKEY *key, const char *comment); /* PuTTY's, version 2 */
void ssh_key_forget(char *text);                                     /* takes NULL */

/* For both files: SSH's length-prefixed strings. */
void ssh_put_string(struct buf *out, const void *bytes, size_t len);
bool ssh_put_number(struct buf *out, const EVP_PKEY *key,
                    const char *name); /* an RSA key's OpenSSL parameter as mpint */
bool ssh_put_raw_public(struct buf *out, const EVP_PKEY *key);

#endif
