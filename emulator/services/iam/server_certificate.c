/* UploadServerCertificate, GetServerCertificate, ListServerCertificates, UpdateServerCertificate,
 * DeleteServerCertificate: see server_certificate.h. */
#include "services/iam/server_certificate.h"

#include "base/text.h"
#include "call/tag.h"
#include "operations.h"
#include "services/iam/certificate.h"
#include "services/iam/entity.h"

#include <string.h>

/* --- rows ------------------------------------------------------------------------------------- */

#define COLUMNS "name, id, path, body, chain, created_ms, expires_ms"

static void certificate_read(struct call *c, struct rows *r, struct server_certificate *ret)
{
    *ret = (struct server_certificate){
        .name = call_text(c, r, 0),
        .id = call_text(c, r, 1),
        .path = call_text(c, r, 2),
        .body = call_text(c, r, 3),
        .chain = call_text(c, r, 4),
        .uploaded_ms = rows_int(r, 5),
        .expires_ms = rows_int(r, 6),
    };
    ret->arn = iam_arn(c, "server-certificate", ret->path, ret->name);
}

bool server_certificate_find(struct call *c, const char *name,
                             struct server_certificate *ret_certificate)
{
    struct rows r;

    rows_open(&r, c->db,
              "SELECT " COLUMNS " FROM iam_server_certificate WHERE account = ? AND name = ?", "ss",
              c->account, name);
    if (!rows_next(&r))
        return false;
    certificate_read(c, &r, ret_certificate);
    rows_close(&r);
    return true;
}

int server_certificate_load(struct call *c, const char *name,
                            struct server_certificate *ret_certificate)
{
    if (!server_certificate_find(c, name, ret_certificate))
        return call_fail(c, "NoSuchEntity", "The Server Certificate with name %s cannot be found.",
                         name);
    return 0;
}

static json_t *metadata_of(const struct server_certificate *certificate)
{
    json_t *out = json_object();

    json_set_str(out, "Path", certificate->path);
    json_set_str(out, "ServerCertificateName", certificate->name);
    json_set_str(out, "ServerCertificateId", certificate->id);
    json_set_str(out, "Arn", certificate->arn);
    json_set_int(out, "UploadDate", certificate->uploaded_ms);
    json_set_int(out, "Expiration", certificate->expires_ms);
    return out;
}

static int check_name(struct call *c, const char *name)
{
    struct server_certificate other;

    if (server_certificate_find(c, name, &other))
        return call_fail(c, "EntityAlreadyExists",
                         "The Server Certificate with name %s already exists.", name);
    return 0;
}

/* --- UploadServerCertificate ------------------------------------------------------------------ */

static int check_room(struct call *c)
{
    if (db_int(c->db, 0, "SELECT count(*) FROM iam_server_certificate WHERE account = ?", "s",
               c->account) >= SERVER_CERTIFICATES_MAX)
        return call_fail(c, "LimitExceeded",
                         "Cannot exceed quota for ServerCertificatesPerAccount:"
                         " %d",
                         SERVER_CERTIFICATES_MAX);
    return 0;
}

/* The certificate, its key and its chain belong together. */
static int check_parts(struct call *c, const char *body, int64_t *ret_expires_ms)
{
    const char *chain = arg_str(c, "CertificateChain");
    X509 *certificate = certificate_parse(c, body);

    if (certificate == NULL)
        return -1;
    *ret_expires_ms = certificate_expires_ms(certificate);
    int rc = certificate_check_key(c, certificate, arg_str(c, "PrivateKey"));
    if (rc == 0 && chain != NULL)
        rc = certificate_check_chain(c, certificate, chain);
    X509_free(certificate);
    return rc;
}

/* As AWS keeps PEM: without the white space around it, which Terraform counts on. NULL: none. */
static const char *trimmed(struct call *c, const char *text)
{
    static const char white[] = " \t\r\n";
    if (text == NULL)
        return NULL;
    text += strspn(text, white);
    size_t len = strlen(text);
    while (len > 0 && strchr(white, text[len - 1]) != NULL)
        len--;
    return call_printf(c, "%.*s", (int)len, text);
}

int iam_upload_server_certificate(struct call *c)
{
    const json_t *tags = arg_get(c, "Tags");
    struct server_certificate new = {
        .id = iam_id_new(c, "ASCA", 17),
        .name = arg_str(c, "ServerCertificateName"),
        .path = arg_str_or(c, "Path", "/"),
        .body = trimmed(c, arg_str(c, "CertificateBody")),
        .chain = trimmed(c, arg_str(c, "CertificateChain")),
        .uploaded_ms = iam_now_ms(c),
    };

    new.arn = iam_arn(c, "server-certificate", new.path, new.name);
    if (check_name(c, new.name) != 0 || check_room(c) != 0 ||
        check_parts(c, new.body, &new.expires_ms) != 0)
        return -1;
    db_exec(c->db,
            "INSERT INTO iam_server_certificate (account, name, path, id, body, chain,"
            " private_key, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "sssssssii", c->account, new.name, new.path, new.id, new.body, new.chain,
            arg_str(c, "PrivateKey"), new.uploaded_ms, new.expires_ms);
    if (tags != NULL && tag_put(c, "server-certificate", new.id, tags) != 0)
        return -1;
    json_t *out = json_pack("{so}", "ServerCertificateMetadata", metadata_of(&new));
    if (tags != NULL)
        json_set_new(out, "Tags", tag_list(c, new.id));
    return call_reply(c, out);
}

/* --- GetServerCertificate, ListServerCertificates --------------------------------------------- */

int iam_get_server_certificate(struct call *c)
{
    struct server_certificate found = {.id = NULL};

    if (server_certificate_load(c, arg_str(c, "ServerCertificateName"), &found) != 0)
        return -1;
    json_t *shown = json_object(), *tags = tag_list(c, found.id);
    json_set_new(shown, "ServerCertificateMetadata", metadata_of(&found));
    json_set_str(shown, "CertificateBody", found.body);
    json_set_str(shown, "CertificateChain", found.chain);
    if (json_array_size(tags) > 0)
        json_set_new(shown, "Tags", json_incref(tags));
    json_decref(tags);
    return call_reply(c, json_pack("{so}", "ServerCertificate", shown));
}

static json_t *certificate_render(struct call *c, struct rows *row)
{
    struct server_certificate found = {.id = NULL};

    certificate_read(c, row, &found);
    return iam_path_wanted(c, found.path) ? metadata_of(&found) : NULL;
}

static const struct describe certificates = {
    IAM_PAGING,
    .sql = "SELECT " COLUMNS " FROM iam_server_certificate WHERE account = ?1",
    .key_column = "name",
    .render = certificate_render,
};

int iam_list_server_certificates(struct call *c)
{
    return describe_reply(c, &certificates, "ServerCertificateMetadataList");
}

/* --- UpdateServerCertificate, DeleteServerCertificate ----------------------------------------- */

int iam_update_server_certificate(struct call *c)
{
    const char *name = arg_str(c, "NewServerCertificateName");
    struct server_certificate found = {.id = NULL};

    if (server_certificate_load(c, arg_str(c, "ServerCertificateName"), &found) != 0 ||
        (name != NULL && !str_equal_ci(name, found.name) && check_name(c, name) != 0))
        return -1;
    db_exec(c->db,
            "UPDATE iam_server_certificate SET name = ?, path = ? WHERE account = ? AND name = ?",
            "ssss", name != NULL ? name : found.name, arg_str_or(c, "NewPath", found.path),
            c->account, found.name);
    return call_reply(c, NULL);
}

int iam_delete_server_certificate(struct call *c)
{
    struct server_certificate found = {.id = NULL};

    if (server_certificate_load(c, arg_str(c, "ServerCertificateName"), &found) != 0)
        return -1;
    db_exec(c->db, "DELETE FROM iam_server_certificate WHERE account = ? AND name = ?", "ss",
            c->account, found.name);
    tag_remove_all(c, found.id);
    return call_reply(c, NULL);
}
