/* Host keys as sshd's files hold them: see ssh_host_key.h. */
#include "services/ec2/ssh_host_key.h"

#include "base/encode.h"
#include "services/ssh_key.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#define CURVE      "nistp256" /* OpenSSH's word for P-256 */
#define ALGORITHM  "ecdsa-sha2-" CURVE
#define POINT_SIZE 65 /* 0x04, x, y */

/* RFC 5656 section 3.1: algorithm, curve, point. */
static char *ecdsa_public_line(const EVP_PKEY *key)
{
    unsigned char point[POINT_SIZE];
    size_t len = 0;
    struct buf wire;

    if (EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof(point), &len) != 1)
        return NULL;
    buf_init(&wire, SSH_KEY_SIZE_MAX);
    ssh_put_string(&wire, ALGORITHM, strlen(ALGORITHM));
    ssh_put_string(&wire, CURVE, strlen(CURVE));
    ssh_put_string(&wire, point, len);
    char *text = base64_encode(wire.data, wire.len);
    char *line = xasprintf(ALGORITHM " %s", text);
    free(text);
    buf_done(&wire);
    return line;
}

/* SEC 1's form, which OpenSSH reads. */
static char *ecdsa_private_pem(const EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *data, *text = NULL;

    if (bio != NULL &&
        PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
        long len = BIO_get_mem_data(bio, &data);
        text = xstrndup(data, (size_t)len);
    }
    BIO_free(bio);
    return text;
}

/* Takes the key and the texts. */
static bool add_key(json_t *keys, const char *type, char *private, char *public)
{
    bool made = private != NULL && public != NULL;

    if (made) {
        char *line = xasprintf("%s\n", public);
        json_t *key = json_object();
        json_set_str(key, "type", type);
        json_set_str(key, "private", private);
        json_set_str(key, "public", line);
        json_append_new(keys, key);
        free(line);
    }
    ssh_key_forget(private);
    free(public);
    return made;
}

json_t *ssh_host_keys_make(void)
{
    EVP_PKEY *edwards = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_PKEY *ecdsa = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    json_t *keys = json_array();
    bool made =
        edwards != NULL && ecdsa != NULL &&
        add_key(keys, "ed25519", ssh_key_private_pem(edwards, ""), ssh_key_line(edwards, "")) &&
        add_key(keys, "ecdsa", ecdsa_private_pem(ecdsa), ecdsa_public_line(ecdsa));

    EVP_PKEY_free(edwards);
    EVP_PKEY_free(ecdsa);
    if (made)
        return keys;
    json_decref(keys);
    return NULL;
}
