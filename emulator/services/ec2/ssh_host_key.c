/* Host keys as sshd's files hold them: see ssh_host_key.h. */
#include "services/ec2/ssh_host_key.h"

#include "base/encode.h"
#include "services/ssh_key.h"

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

/* Takes the key and the texts. */
static bool add_key(json_t *keys, const char *type, char *private, char *public)
{
    bool made = private != NULL && public != NULL;

    if (made) {
        char *line = xasprintf("%s\n", public), *file = xasprintf("%s\n", private);
        json_t *key = json_object();
        json_set_str(key, "type", type);
        json_set_str(key, "private", file);
        json_set_str(key, "public", line);
        json_append_new(keys, key);
        free(line);
        ssh_key_forget(file);
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
        add_key(keys, "ecdsa", ssh_key_private_pem(ecdsa, ""), ecdsa_public_line(ecdsa));

    EVP_PKEY_free(edwards);
    EVP_PKEY_free(ecdsa);
    if (made)
        return keys;
    json_decref(keys);
    return NULL;
}
