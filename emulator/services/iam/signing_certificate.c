/* Certificates that users sign SOAP requests with: UploadSigningCertificate,
 * ListSigningCertificates, UpdateSigningCertificate, DeleteSigningCertificate. */
#include "operations.h"
#include "services/iam/certificate.h"
#include "services/iam/credential.h"
#include "services/iam/user.h"

static const struct credential_kind kind = {
    .member = "CertificateId",
    .title = "Certificate",
    .quota = "SigningCertificatesPerUser",
    .limit = SIGNING_CERTIFICATES_PER_USER,
    CREDENTIAL_SQL("iam_signing_certificate"),
};

static int certificate_check(struct call *c, const char *body, const char **ret_digest)
{
    X509 *certificate = certificate_parse(c, body);

    if (certificate == NULL)
        return -1;
    int64_t expires_ms = certificate_expires_ms(certificate);
    *ret_digest = certificate_digest(c, certificate);
    X509_free(certificate);
    if (expires_ms <= call_now_ms(c))
        return call_fail(c, "InvalidCertificate", "The certificate has expired.");
    if (db_exists(c->db, "SELECT 1 FROM iam_signing_certificate WHERE account = ? AND digest = ?",
                  "ss", c->account, *ret_digest))
        return call_fail(c, "DuplicateCertificate",
                         "The certificate is already associated with a user of this account.");
    return 0;
}

int iam_upload_signing_certificate(struct call *c)
{
    const char *body = arg_str(c, "CertificateBody"), *id = iam_id_new(c, "", 32), *digest;
    int64_t now_ms = iam_now_ms(c);
    struct iam_entity user = {.id = NULL};

    if (iam_user_of_call(c, &user) != 0 || credential_check_room(c, &kind, &user) != 0 ||
        certificate_check(c, body, &digest) != 0)
        return -1;
    db_exec(c->db,
            "INSERT INTO iam_signing_certificate (id, account, user_id, body, digest, active,"
            " created_ms) VALUES (?, ?, ?, ?, ?, 1, ?)",
            "sssssi", id, c->account, user.id, body, digest, now_ms);

    json_t *shown = json_object();
    json_set_str(shown, "UserName", user.name);
    json_set_str(shown, "CertificateId", id);
    json_set_str(shown, "CertificateBody", body);
    json_set_str(shown, "Status", credential_status(true));
    json_set_int(shown, "UploadDate", now_ms);
    return call_reply(c, json_pack("{so}", "Certificate", shown));
}

static json_t *certificate_render(struct call *c, struct rows *row)
{
    json_t *out = json_object();

    (void)c;
    json_set_str(out, "CertificateId", rows_text(row, 0));
    json_set_str(out, "UserName", rows_text(row, 1));
    json_set_str(out, "Status", credential_status(rows_int(row, 2) != 0));
    json_set_int(out, "UploadDate", rows_int(row, 3));
    json_set_str(out, "CertificateBody", rows_text(row, 4));
    return out;
}

static const struct describe certificates = {
    IAM_PAGING,
    .sql = "SELECT k.id, coalesce((SELECT name FROM iam_entity e WHERE e.id = k.user_id),"
           " 'root'), k.active, k.created_ms, k.body FROM iam_signing_certificate k"
           " WHERE k.account = ?1 AND k.user_id = ?4",
    .key_column = "k.id",
    .render = certificate_render,
};

int iam_list_signing_certificates(struct call *c)
{
    return credential_list(c, &certificates, "Certificates");
}

int iam_update_signing_certificate(struct call *c)
{
    return credential_update_status(c, &kind);
}

int iam_delete_signing_certificate(struct call *c)
{
    return credential_delete(c, &kind);
}
