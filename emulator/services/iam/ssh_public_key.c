/* SSH keys that users have for CodeCommit: UploadSSHPublicKey, GetSSHPublicKey, ListSSHPublicKeys,
 * UpdateSSHPublicKey, DeleteSSHPublicKey. */
#include "base/encode.h"
#include "base/text.h"
#include "operations.h"
#include "services/iam/credential.h"
#include "services/ssh_key.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#define BITS_MIN 2048 /* UploadSSHPublicKey, IAM API Reference */
#define MD5_SIZE 16

static const struct credential_kind kind = {
    .member = "SSHPublicKeyId",
    .title = "SSH Public Key",
    .quota = "SSHPublicKeysPerUser",
    .limit = 5,
    CREDENTIAL_SQL("iam_ssh_key"),
};

/* --- keys ------------------------------------------------------------------------------------- */

/* "7a:1d:...": of the wire form, as `ssh-keygen -E md5 -l` shows it; NULL: OpenSSL failed. */
static const char *fingerprint_of(struct call *c, const EVP_PKEY *key)
{
    uint8_t md5[MD5_SIZE];
    char hex[2 * MD5_SIZE + 1], *text = call_printf(c, "%*s", 3 * MD5_SIZE - 1, "");
    struct buf wire;
    bool done;

    buf_init(&wire, SSH_KEY_SIZE_MAX);
    done = ssh_key_wire(key, &wire) &&
           EVP_Digest(wire.data, wire.len, md5, NULL, EVP_md5(), NULL) == 1;
    buf_done(&wire);
    if (!done)
        return NULL;
    hex_encode(md5, sizeof(md5), hex);
    for (size_t i = 0; i < MD5_SIZE; i++) {
        memcpy(text + 3 * i, hex + 2 * i, 2);
        if (i + 1 < MD5_SIZE)
            text[3 * i + 2] = ':';
    }
    return text;
}

static const char *line_of(struct call *c, const EVP_PKEY *key)
{
    char *line = ssh_key_line(key, "");
    const char *copy = NULL;

    if (line != NULL)
        copy = call_printf(c, "%.*s", (int)strlen(line) - 1, line); /* without the comment */
    free(line);
    return copy;
}

static const char *pem_of(struct call *c, const EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const char *text = NULL;
    char *bytes;

    if (bio != NULL && PEM_write_bio_PUBKEY(bio, (EVP_PKEY *)(uintptr_t)key) == 1) {
        long len = BIO_get_mem_data(bio, &bytes);
        text = call_printf(c, "%.*s", (int)len, bytes);
    }
    BIO_free(bio);
    return text;
}

static json_t *key_to_json(const char *user, const char *id, bool active, int64_t uploaded_ms)
{
    json_t *out = json_object();

    json_set_str(out, "UserName", user);
    json_set_str(out, "SSHPublicKeyId", id);
    json_set_str(out, "Status", credential_status(active));
    json_set_int(out, "UploadDate", uploaded_ms);
    return out;
}

/* --- UploadSSHPublicKey ----------------------------------------------------------------------- */

static int key_insert(struct call *c, const struct iam_entity *user, const EVP_PKEY *key)
{
    const char *body = arg_str(c, "SSHPublicKeyBody"), *id = iam_id_new(c, "APKA", 17);
    const char *fingerprint = fingerprint_of(c, key), *line = line_of(c, key);
    int64_t now_ms = iam_now_ms(c);

    if (fingerprint == NULL || line == NULL)
        return call_fail_internal(c, "OpenSSL could not write a key");
    if (db_exists(c->db,
                  "SELECT 1 FROM iam_ssh_key WHERE account = ? AND user_id = ? AND fingerprint = ?",
                  "sss", c->account, user->id, fingerprint))
        return call_fail(c, "DuplicateSSHPublicKey",
                         "The SSH public key is already associated with the user %s.", user->name);
    db_exec(c->db,
            "INSERT INTO iam_ssh_key (id, account, user_id, body, fingerprint, active, created_ms)"
            " VALUES (?, ?, ?, ?, ?, 1, ?)",
            "sssssi", id, c->account, user->id, line, fingerprint, now_ms);

    json_t *shown = key_to_json(user->name, id, true, now_ms);
    json_set_str(shown, "Fingerprint", fingerprint);
    json_set_str(shown, "SSHPublicKeyBody", body);
    return call_reply(c, json_pack("{so}", "SSHPublicKey", shown));
}

int iam_upload_ssh_public_key(struct call *c)
{
    const char *body = arg_str(c, "SSHPublicKeyBody");
    struct iam_entity user;
    EVP_PKEY *key;
    int rc;

    if (iam_entity_load(c, &iam_user, arg_str(c, "UserName"), &user) != 0 ||
        credential_check_room(c, &kind, &user) != 0)
        return -1;
    key = ssh_key_parse(body, strlen(body));
    if (key == NULL)
        return call_fail(c, "UnrecognizedPublicKeyEncoding",
                         "The public key encoding format is unsupported or unrecognized.");
    if (!str_equal(ssh_key_type(key), "rsa") || EVP_PKEY_bits(key) < BITS_MIN)
        rc = call_fail(c, "InvalidPublicKey",
                       "The public key must be an RSA key of at least %d bits.", BITS_MIN);
    else
        rc = key_insert(c, &user, key);
    EVP_PKEY_free(key);
    return rc;
}

/* --- GetSSHPublicKey -------------------------------------------------------------------------- */

static const char *body_in(struct call *c, const char *line, const char *encoding)
{
    const char *text = line;

    if (str_equal(encoding, "PEM")) {
        EVP_PKEY *key = ssh_key_parse(line, strlen(line));
        text = key != NULL ? pem_of(c, key) : NULL;
        EVP_PKEY_free(key);
    }
    return text;
}

int iam_get_ssh_public_key(struct call *c)
{
    const char *id = arg_str(c, "SSHPublicKeyId"), *body = NULL;
    struct iam_entity user;
    struct rows r;
    json_t *shown = NULL;

    if (credential_load(c, &kind, &user) != 0)
        return -1;
    rows_open(&r, c->db,
              "SELECT active, created_ms, fingerprint, body FROM iam_ssh_key WHERE id = ?", "s",
              id);
    while (rows_next(&r)) {
        shown = key_to_json(user.name, id, rows_int(&r, 0) != 0, rows_int(&r, 1));
        json_set_str(shown, "Fingerprint", rows_text(&r, 2));
        body = body_in(c, rows_text(&r, 3), arg_str(c, "Encoding"));
        json_set_str(shown, "SSHPublicKeyBody", body != NULL ? arena_strdup(c->arena, body) : NULL);
    }
    if (body == NULL) {
        json_decref(shown);
        return call_fail_internal(c, "OpenSSL could not write a key");
    }
    return call_reply(c, json_pack("{so}", "SSHPublicKey", shown));
}

/* --- ListSSHPublicKeys, UpdateSSHPublicKey, DeleteSSHPublicKey -------------------------------- */

static json_t *key_render(struct call *c, struct rows *row)
{
    (void)c;
    return key_to_json(rows_text(row, 1), rows_text(row, 0), rows_int(row, 2) != 0,
                       rows_int(row, 3));
}

static const struct describe keys = {
    IAM_PAGING,
    .sql = "SELECT k.id, e.name, k.active, k.created_ms FROM iam_ssh_key"
           " k JOIN iam_entity e ON e.id = k.user_id"
           " WHERE k.account = ?1 AND k.user_id = ?4",
    .key_column = "k.id",
    .render = key_render,
};

int iam_list_ssh_public_keys(struct call *c)
{
    return credential_list(c, &keys, "SSHPublicKeys");
}

int iam_update_ssh_public_key(struct call *c)
{
    return credential_update_status(c, &kind);
}

int iam_delete_ssh_public_key(struct call *c)
{
    return credential_delete(c, &kind);
}
