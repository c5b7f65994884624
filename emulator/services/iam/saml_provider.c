/* SAML providers: rows of iam_saml_provider and iam_saml_key, and the operations on them. The texts
 * of faults are those of "Troubleshoot SAML federation with IAM", IAM User Guide. */
#include "services/iam/saml_provider.h"

#include "base/text.h"
#include "call/tag.h"
#include "operations.h"
#include "services/iam/entity.h"
#include "services/iam/provider.h"
#include "services/iam/saml_metadata.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#define KEYS_MAX    2
#define VALID_YEARS 100 /* when the document does not say */
#define YEAR_MS     INT64_C(31536000000)
#define ID_RANDOM   16

/* --- rows ------------------------------------------------------------------------------------- */

static const struct iam_provider_kind kind = {
    .word = "saml-provider/",
    .missing = "Manifest not found for arn",
    .quota = "SAMLProvidersPerAccount",
    .count = "SELECT count(*) FROM iam_saml_provider WHERE account = ?",
};

static bool find_name(struct call *c, const char *account, const char *name,
                      struct saml_provider *ret_provider)
{
    struct rows r;

    rows_open(&r, c->db,
              "SELECT name, id, issuer, certificates, valid_until_ms, encryption, created_ms"
              " FROM iam_saml_provider WHERE account = ? AND name = ?",
              "ss", account, name);
    if (!rows_next(&r))
        return false;
    *ret_provider = (struct saml_provider){
        .account = arena_strdup(c->arena, account),
        .arn = iam_provider_arn(c, &kind, account, rows_text(&r, 0)),
        .name = call_text(c, &r, 0),
        .id = call_text(c, &r, 1),
        .issuer = call_text(c, &r, 2),
        .certificates = call_keep(c, rows_json(&r, 3)),
        .valid_until_ms = rows_int(&r, 4),
        .encryption = call_text(c, &r, 5),
        .created_ms = rows_int(&r, 6),
    };
    rows_close(&r);
    return true;
}

/* Names are unique whatever their case, ARNs are compared with it. */
bool saml_provider_find(struct call *c, const char *arn, struct saml_provider *ret_provider)
{
    const char *account, *name = iam_provider_name(c, &kind, arn, &account);

    return name != NULL && find_name(c, account, name, ret_provider) &&
           str_equal(ret_provider->arn, arn);
}

int saml_provider_load(struct call *c, const char *arn, struct saml_provider *ret_provider)
{
    if (saml_provider_find(c, arn, ret_provider) && str_equal(ret_provider->account, c->account))
        return 0;
    (void)iam_provider_fail(c, &kind, arn);
    return -1;
}

const json_t *saml_provider_keys(struct call *c, const struct saml_provider *p)
{
    json_t *keys = json_array();
    struct rows r;

    rows_open(&r, c->db,
              "SELECT pem FROM iam_saml_key WHERE account = ? AND provider_id = ?"
              " ORDER BY added_ms DESC, id",
              "ss", p->account, p->id);
    while (rows_next(&r))
        json_append_new(keys, json_text_new(rows_text(&r, 0)));
    return call_keep(c, keys);
}

static int64_t key_count(struct call *c, const struct saml_provider *p)
{
    return db_int(c->db, 0,
                  "SELECT count(*) FROM iam_saml_key WHERE account = ? AND provider_id = ?", "ss",
                  p->account, p->id);
}

/* --- metadata --------------------------------------------------------------------------------- */

static int read_metadata(struct call *c, const char *text, struct saml_provider *p)
{
    struct saml_metadata m;

    if (saml_metadata_read(c->arena, text, &m) != 0)
        return call_fail(c, "InvalidInput", "Could not parse metadata.");
    p->issuer = m.issuer;
    p->certificates = m.certificates;
    p->valid_until_ms = m.valid_until_ms != 0 ? m.valid_until_ms / 1000 * 1000
                                              : iam_now_ms(c) + VALID_YEARS * YEAR_MS;
    return 0;
}

static void put_metadata(struct call *c, const struct saml_provider *p, const char *text)
{
    db_exec(c->db,
            "UPDATE iam_saml_provider SET metadata = ?, issuer = ?, certificates = ?,"
            " valid_until_ms = ? WHERE account = ? AND name = ?",
            "ssjiss", text, p->issuer, p->certificates, p->valid_until_ms, p->account, p->name);
}

/* --- encryption ------------------------------------------------------------------------------- */

/* Without a passphrase; nobody could answer for one. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static bool is_rsa_pem(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    bool rsa = key != NULL && EVP_PKEY_is_a(key, "RSA") == 1;

    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return rsa;
}

static int add_key(struct call *c, const struct saml_provider *p, const char *pem)
{
    if (!is_rsa_pem(pem))
        return call_fail(c, "InvalidInput", "Invalid private key.");
    if (key_count(c, p) >= KEYS_MAX)
        return call_fail(c, "LimitExceeded", "Private key limit of %d is reached.", KEYS_MAX);
    db_exec(c->db,
            "INSERT INTO iam_saml_key (account, id, provider_id, pem, added_ms)"
            " VALUES (?, ?, ?, ?, ?)",
            "ssssi", p->account, iam_id_new(c, "SAMLPK", ID_RANDOM), p->id, pem, iam_now_ms(c));
    return 0;
}

static int remove_key(struct call *c, const struct saml_provider *p, const char *id)
{
    db_exec(c->db, "DELETE FROM iam_saml_key WHERE account = ? AND provider_id = ? AND id = ?",
            "sss", p->account, p->id, id);
    if (db_changed(c->db) == 0)
        return call_fail(c, "InvalidInput",
                         "Failed to remove private key because the Key ID does not match a private "
                         "key.");
    if (str_equal(p->encryption, "Required") && key_count(c, p) == 0)
        return call_fail(c, "InvalidInput", "Failed to remove private key.");
    return 0;
}

static int set_mode(struct call *c, struct saml_provider *p, const char *mode)
{
    if (str_equal(mode, "Required") && key_count(c, p) == 0)
        return call_fail(c, "InvalidInput",
                         "Unable to set assertion encryption mode to Required because no private "
                         "key is provided.");
    p->encryption = mode;
    db_exec(c->db, "UPDATE iam_saml_provider SET encryption = ? WHERE account = ? AND name = ?",
            "sss", mode, p->account, p->name);
    return 0;
}

/* AddPrivateKey and AssertionEncryptionMode, which creating and updating have in common. */
static int set_encryption(struct call *c, struct saml_provider *p)
{
    const char *pem = arg_str(c, "AddPrivateKey"), *mode = arg_str(c, "AssertionEncryptionMode");

    if (pem != NULL && add_key(c, p, pem) != 0)
        return -1;
    return mode != NULL ? set_mode(c, p, mode) : 0;
}

/* --- CreateSAMLProvider, UpdateSAMLProvider --------------------------------------------------- */

static int check_new(struct call *c, const char *name)
{
    struct saml_provider there;

    if (find_name(c, c->account, name, &there))
        return call_fail(c, "EntityAlreadyExists", "SAMLProvider with name %s already exists.",
                         name);
    return iam_provider_check_room(c, &kind);
}

static void insert(struct call *c, const struct saml_provider *p, const char *metadata)
{
    db_exec(c->db,
            "INSERT INTO iam_saml_provider (account, name, id, metadata, issuer, certificates,"
            " valid_until_ms, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            "sssssjii", p->account, p->name, p->id, metadata, p->issuer, p->certificates,
            p->valid_until_ms, p->created_ms);
}

int iam_create_saml_provider(struct call *c)
{
    const char *name = arg_str(c, "Name"), *metadata = arg_str(c, "SAMLMetadataDocument");
    const json_t *tags = arg_get(c, "Tags");
    struct saml_provider p = {
        .account = c->account,
        .name = name,
        .arn = iam_provider_arn(c, &kind, c->account, name),
        .id = iam_id_new(c, "SAMLSP", ID_RANDOM),
        .created_ms = iam_now_ms(c),
    };

    if (read_metadata(c, metadata, &p) != 0 || check_new(c, name) != 0)
        return -1;
    insert(c, &p, metadata);
    if (set_encryption(c, &p) != 0 ||
        (tags != NULL && tag_put(c, "saml-provider", p.arn, tags) != 0))
        return -1;
    json_t *out = json_object();
    json_set_str(out, "SAMLProviderArn", p.arn);
    if (tags != NULL)
        json_set_new(out, "Tags", tag_list(c, p.arn));
    return call_reply(c, out);
}

static int check_update(struct call *c)
{
    bool adds = arg_has(c, "AddPrivateKey"), removes = arg_has(c, "RemovePrivateKey");

    if (adds && removes)
        return call_fail(c, "InvalidInput",
                         "Unable to add and remove private keys in the same request. Set a value "
                         "for only one of the two parameters.");
    if (!adds && !removes && !arg_has(c, "SAMLMetadataDocument") &&
        !arg_has(c, "AssertionEncryptionMode"))
        return call_fail(c, "InvalidInput",
                         "Unable to update identity provider. No updates are defined for metadata "
                         "or encryption assertion.");
    return 0;
}

int iam_update_saml_provider(struct call *c)
{
    const char *metadata = arg_str(c, "SAMLMetadataDocument"),
               *removed = arg_str(c, "RemovePrivateKey");
    struct saml_provider p;

    if (check_update(c) != 0 || saml_provider_load(c, arg_str(c, "SAMLProviderArn"), &p) != 0 ||
        (metadata != NULL && read_metadata(c, metadata, &p) != 0))
        return -1;
    if (metadata != NULL)
        put_metadata(c, &p, metadata);
    if (set_encryption(c, &p) != 0 || (removed != NULL && remove_key(c, &p, removed) != 0))
        return -1;
    json_t *out = json_object();
    json_set_str(out, "SAMLProviderArn", p.arn);
    return call_reply(c, out);
}

/* --- GetSAMLProvider, ListSAMLProviders, DeleteSAMLProvider ----------------------------------- */

static json_t *key_list(struct call *c, const struct saml_provider *p)
{
    json_t *list = json_array();
    struct rows r;

    rows_open(&r, c->db,
              "SELECT id, added_ms FROM iam_saml_key WHERE account = ? AND provider_id = ?"
              " ORDER BY added_ms, id",
              "ss", p->account, p->id);
    while (rows_next(&r)) {
        json_t *key = json_object();
        json_set_str(key, "KeyId", rows_text(&r, 0));
        json_set_int(key, "Timestamp", rows_int(&r, 1));
        json_append_new(list, key);
    }
    return list;
}

static const char *metadata_find(struct call *c, const struct saml_provider *p)
{
    struct rows r;
    const char *text = NULL;

    rows_open(&r, c->db, "SELECT metadata FROM iam_saml_provider WHERE account = ? AND name = ?",
              "ss", p->account, p->name);
    if (rows_next(&r))
        text = call_text(c, &r, 0);
    rows_close(&r);
    return text;
}

int iam_get_saml_provider(struct call *c)
{
    struct saml_provider p;

    if (saml_provider_load(c, arg_str(c, "SAMLProviderArn"), &p) != 0)
        return -1;
    json_t *out = json_object();
    json_set_str(out, "SAMLProviderUUID", p.id);
    json_set_str(out, "SAMLMetadataDocument", metadata_find(c, &p));
    json_set_int(out, "CreateDate", p.created_ms);
    json_set_int(out, "ValidUntil", p.valid_until_ms);
    json_set_new(out, "Tags", tag_list(c, p.arn));
    json_set_str(out, "AssertionEncryptionMode", p.encryption);
    json_set_new(out, "PrivateKeyList", key_list(c, &p));
    return call_reply(c, out);
}

static json_t *provider_render(struct call *c, struct rows *row)
{
    json_t *out = json_object();

    json_set_str(out, "Arn", iam_provider_arn(c, &kind, c->account, rows_text(row, 0)));
    json_set_int(out, "ValidUntil", rows_int(row, 1));
    json_set_int(out, "CreateDate", rows_int(row, 2));
    return out;
}

static const struct describe providers = {
    .sql = "SELECT name, valid_until_ms, created_ms FROM iam_saml_provider WHERE account = ?1",
    .key_column = "name",
    .render = provider_render,
};

int iam_list_saml_providers(struct call *c)
{
    return describe_reply(c, &providers, "SAMLProviderList");
}

int iam_delete_saml_provider(struct call *c)
{
    static const char *const statements[] = {
        "DELETE FROM iam_saml_provider WHERE account = ? AND id = ?",
        "DELETE FROM iam_saml_key WHERE account = ? AND provider_id = ?",
    };
    struct saml_provider p;

    if (saml_provider_load(c, arg_str(c, "SAMLProviderArn"), &p) != 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(statements); i++)
        db_exec(c->db, statements[i], "ss", p.account, p.id);
    tag_remove_all(c, p.arn);
    return call_reply(c, NULL);
}
