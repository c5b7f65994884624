/* Key pairs: CreateKeyPair, ImportKeyPair, DescribeKeyPairs, DeleteKeyPair. Only the public half is
 * kept; the private one is shown once, in the answer that made it. */
#include "services/ec2/key_pair.h"

#include "base/encode.h"
#include "base/text.h"
#include "call/describe.h"
#include "call/tag.h"
#include "operations.h"
#include "services/ec2/key_maker.h"
#include "services/ec2/resource.h"
#include "services/ssh_key.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LENGTH  255
#define PAIRS_PER_REGION 5000

struct key_pair { /* text in the call's arena */
    const char *id, *name, *type, *fingerprint, *public_key;
};

/* --- rows ------------------------------------------------------------------------------------- */

const char *key_pair_public_key(struct call *c, const char *name)
{
    struct rows r;
    const char *key = NULL;

    rows_open(&r, c->db,
              "SELECT public_key FROM ec2_key_pair WHERE account = ? AND region = ? AND name = ?",
              "sss", c->account, c->region, name);
    if (rows_next(&r))
        key = call_text(c, &r, 0);
    rows_close(&r);
    if (key == NULL)
        call_fail(c, "InvalidKeyPair.NotFound", "The key pair '%s' does not exist", name);
    return key;
}

static int check_name(struct call *c, const char *name)
{
    size_t len = strlen(name);

    if (len == 0)
        return call_fail(c, "MissingParameter", "The request must contain the parameter KeyName");
    if (len > NAME_MAX_LENGTH)
        return call_fail(
            c, "InvalidParameterValue",
            "Value (%s) for parameter KeyName is invalid. Key pair names may have up to"
            " %d characters.",
            name, NAME_MAX_LENGTH);
    for (const char *p = name; *p != '\0'; p++)
        if (*p < 0x20 || *p > 0x7e)
            return call_fail(c, "InvalidParameterValue",
                             "Value (%s) for parameter KeyName is invalid. Character sets beyond"
                             " ASCII are not supported.",
                             name);
    if (name[0] == ' ' || name[len - 1] == ' ')
        return call_fail(
            c, "InvalidParameterValue",
            "Value (%s) for parameter KeyName is invalid. It must not begin or end with"
            " a space.",
            name);
    return 0;
}

static int check_room(struct call *c, const char *name)
{
    if (db_exists(c->db, "SELECT 1 FROM ec2_key_pair WHERE account = ? AND region = ? AND name = ?",
                  "sss", c->account, c->region, name))
        return call_fail(c, "InvalidKeyPair.Duplicate", "The keypair already exists");
    if (db_int(c->db, 0, "SELECT count(*) FROM ec2_key_pair WHERE account = ? AND region = ?", "ss",
               c->account, c->region) >= PAIRS_PER_REGION)
        return call_fail(c, "KeyPairLimitExceeded",
                         "The maximum number of key pairs, %d, has been reached.",
                         PAIRS_PER_REGION);
    return 0;
}

/* What both ways of getting a key pair check before they look at a key. */
static int check_request(struct call *c)
{
    static const char *const tagged[] = {"key-pair", NULL};
    const char *name = arg_str_or(c, "KeyName", "");

    return check_name(c, name) != 0 || tag_check_specs(c, tagged) != 0 || check_room(c, name) != 0
               ? -1
               : 0;
}

/* `text` is on the heap and freed here. */
static const char *into_arena(struct call *c, char *text)
{
    const char *copy = text != NULL ? arena_strdup(c->arena, text) : NULL;

    free(text);
    return copy;
}

/* Writes the row and its tags, and begins the answer. */
static json_t *register_pair(struct call *c, const EVP_PKEY *key, const char *fingerprint)
{
    const char *id = call_new_id(c, "key"), *name = arg_str(c, "KeyName");
    const char *line = into_arena(c, ssh_key_line(key, name));

    db_exec(c->db,
            "INSERT INTO ec2_key_pair (account, region, id, name, type, fingerprint, public_key,"
            " created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            "sssssssi", c->account, c->region, id, name, ssh_key_type(key), fingerprint, line,
            call_now_ms(c));
    tag_put_specs(c, "key-pair", id);

    json_t *out = json_object();
    json_set_str(out, "KeyPairId", id);
    json_set_str(out, "KeyName", name);
    json_set_str(out, "KeyFingerprint", fingerprint);
    json_set_new(out, "Tags", tag_list(c, id));
    return out;
}

/* --- CreateKeyPair ---------------------------------------------------------------------------- */

static int reply_made(struct call *c, const EVP_PKEY *key)
{
    const char *name = arg_str(c, "KeyName");
    const char *fingerprint = into_arena(c, ssh_key_fingerprint_made(key));
    char *material = str_equal(arg_str_or(c, "KeyFormat", "pem"), "ppk")
                         ? ssh_key_private_ppk(key, name)
                         : ssh_key_private_pem(key, name);

    if (material == NULL || fingerprint == NULL) {
        ssh_key_forget(material);
        return call_fail_internal(c, "OpenSSL could not write a key");
    }
    json_t *out = register_pair(c, key, fingerprint);
    json_set_str(out, "KeyMaterial", material);
    ssh_key_forget(material);
    return call_reply(c, out);
}

int ec2_create_key_pair(struct call *c)
{
    if (check_request(c) != 0)
        return -1;

    bool rsa = str_equal(arg_str_or(c, "KeyType", "rsa"), "rsa");
    EVP_PKEY *key = rsa ? key_maker_take_rsa() : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (key == NULL)
        return call_fail_internal(c, "OpenSSL could not make a key");
    int rc = reply_made(c, key);
    EVP_PKEY_free(key);
    return rc;
}

/* --- ImportKeyPair ---------------------------------------------------------------------------- */

/* Blobs come as base64; some clients encode twice, which the key's own base64 form covers. */
static EVP_PKEY *read_material(const char *material)
{
    size_t len = 0;
    uint8_t *bytes = base64_decode(material, strlen(material), &len);
    EVP_PKEY *key = bytes != NULL ? ssh_key_parse((const char *)bytes, len) : NULL;

    free(bytes);
    return key;
}

int ec2_import_key_pair(struct call *c)
{
    if (check_request(c) != 0)
        return -1;
    const char *material = arg_str_or(c, "PublicKeyMaterial", "");
    if (*material == '\0')
        return call_fail(c, "MissingParameter",
                         "The request must contain the parameter PublicKeyMaterial");
    EVP_PKEY *key = read_material(material);
    if (key == NULL)
        return call_fail(c, "InvalidKey.Format", "Key is not in valid OpenSSH public key format");

    const char *fingerprint = into_arena(c, ssh_key_fingerprint_imported(key));
    int rc = fingerprint != NULL ? call_reply(c, register_pair(c, key, fingerprint))
                                 : call_fail_internal(c, "OpenSSL could not write a key");
    EVP_PKEY_free(key);
    return rc;
}

/* --- DescribeKeyPairs ------------------------------------------------------------------------- */

static json_t *pair_render(struct call *c, struct rows *row)
{
    const char *id = rows_text(row, 0);
    json_t *out = json_object();

    json_set_str(out, "KeyPairId", id);
    json_set_str(out, "KeyName", rows_text(row, 1));
    json_set_str(out, "KeyType", rows_text(row, 2));
    json_set_str(out, "KeyFingerprint", rows_text(row, 3));
    if (arg_bool_or(c, "IncludePublicKey", false))
        json_set_str(out, "PublicKey", rows_text(row, 4));
    json_set_int(out, "CreateTime", rows_int(row, 5));
    json_set_new(out, "Tags", tag_list(c, id));
    return out;
}

static int pair_missing(struct call *c, const json_t *names)
{
    return call_fail(c, "InvalidKeyPair.NotFound", "The key pair '%s' does not exist",
                     json_string_value(json_array_get(names, 0)));
}

static int pair_id_missing(struct call *c, const json_t *ids)
{
    return resource_missing(c, "key-pair", ids);
}

static const struct describe_filter pair_filters[] = {
    {"fingerprint", "KeyFingerprint", "fingerprint"},
    {"key-name", "KeyName", "name"},
    {"key-pair-id", "KeyPairId", "id"},
};

static const struct describe_ids pair_ids = {"KeyPairIds", "KeyPairId", "id", NULL,
                                             pair_id_missing};

static const struct describe pairs = {
    .ids_member = "KeyNames",
    .id_path = "KeyName",
    .id_column = "name",
    .id_missing = pair_missing,
    .more_ids = &pair_ids,
    .more_ids_count = 1,
    .tags_path = "Tags",
    .filters = pair_filters,
    .filter_count = ARRAY_LEN(pair_filters),
    .sql = "SELECT id, name, type, fingerprint, public_key, created_ms FROM ec2_key_pair"
           " WHERE account = ? AND region = ?",
    .key_column = "id",
    .render = pair_render,
};

int ec2_describe_key_pairs(struct call *c)
{
    return describe_reply(c, &pairs, "KeyPairs");
}

/* --- DeleteKeyPair ---------------------------------------------------------------------------- */

/* The id of the pair that the request names, or NULL. */
static const char *named_id(struct call *c)
{
    struct rows r;
    const char *id = NULL;

    rows_open(&r, c->db,
              "SELECT id FROM ec2_key_pair WHERE account = ?1 AND region = ?2"
              " AND (name = ?3 OR id = ?4)",
              "ssss", c->account, c->region, arg_str(c, "KeyName"), arg_str(c, "KeyPairId"));
    if (rows_next(&r))
        id = call_text(c, &r, 0);
    rows_close(&r);
    return id;
}

/* Deleting what does not exist succeeds, as on AWS. */
int ec2_delete_key_pair(struct call *c)
{
    json_t *out;

    if (arg_has(c, "KeyName") == arg_has(c, "KeyPairId"))
        return call_fail(
            c, arg_has(c, "KeyName") ? "InvalidParameterCombination" : "MissingParameter",
            arg_has(c, "KeyName")
                ? "The parameter 'keyName' may not be used in combination with 'keyPairId'"
                : "The request must contain the parameter keyName or keyPairId");
    const char *id = named_id(c);
    if (id != NULL) {
        db_exec(c->db, "DELETE FROM ec2_key_pair WHERE account = ? AND region = ? AND id = ?",
                "sss", c->account, c->region, id);
        tag_remove_all(c, id);
    }
    out = json_object();
    json_set_bool(out, "Return", true);
    json_set_str(out, "KeyPairId", id);
    return call_reply(c, out);
}
