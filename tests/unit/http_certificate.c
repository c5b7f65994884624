/* Certificates that an authority signs, and a server that speaks TLS with one. */
#include "base/clock.h"
#include "base/text.h"
#include "http/certificate.h"
#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES  "*.example.org *.eu.example.org"
#define YEAR_S (365L * 86400)

static char folder[32];
static X509 *authority;

/* --- an authority ------------------------------------------------------------------------------
 */

static void write_part(const char *name, EVP_PKEY *key)
{
    char path[64];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    if (key != NULL)
        assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    else
        assert_int_equal(PEM_write_X509(file, authority), 1);
    fclose(file);
}

static void add_extension(int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, authority, authority, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);

    assert_int_equal(X509_add_ext(authority, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static int make_authority(void **state)
{
    static const unsigned char name[] = "Authority";
    EVP_PKEY *key = EVP_EC_gen("P-256");

    (void)state;
    str_copy(folder, sizeof(folder), "/tmp/authority-XXXXXX");
    assert_non_null(mkdtemp(folder));
    authority = X509_new();
    X509_set_version(authority, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(authority), 1);
    X509_gmtime_adj(X509_getm_notBefore(authority), 0);
    X509_gmtime_adj(X509_getm_notAfter(authority), YEAR_S);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(authority), "CN", MBSTRING_UTF8, name, -1, -1,
                               0);
    X509_set_issuer_name(authority, X509_get_subject_name(authority));
    X509_set_pubkey(authority, key);
    add_extension(NID_basic_constraints, "critical,CA:TRUE");
    add_extension(NID_subject_key_identifier, "hash");
    add_extension(NID_name_constraints, "critical,permitted;DNS:example.org");
    assert_true(X509_sign(authority, key, EVP_sha256()) > 0);
    write_part("key.pem", key);
    write_part("certificate.pem", NULL);
    EVP_PKEY_free(key);
    return 0;
}

static int remove_authority(void **state)
{
    char path[64];

    (void)state;
    snprintf(path, sizeof(path), "%s/key.pem", folder);
    unlink(path);
    snprintf(path, sizeof(path), "%s/certificate.pem", folder);
    unlink(path);
    X509_free(authority);
    return rmdir(folder);
}

/* --- the certificate ---------------------------------------------------------------------------
 */

/* It names the hosts it was made for, and those alone. */
static void names_its_hosts(void **state)
{
    struct certificate c;
    struct err err;

    (void)state;
    assert_int_equal(certificate_issue(folder, NAMES, clock_now_ms(&(struct clock){0}), &c, &err),
                     0);
    BIO *in = BIO_new_mem_buf(c.chain, -1);
    X509 *x = PEM_read_bio_X509(in, NULL, NULL, NULL);
    assert_int_equal(X509_check_host(x, "a.example.org", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x, "a.eu.example.org", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x, "a.us.example.org", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ca(x), 0);
    assert_int_equal(X509_check_issued(authority, x), X509_V_OK);
    X509_free(x);
    BIO_free(in);
    certificate_done(&c);
}

/* Where there is no authority, the error says so. */
static void wants_an_authority(void **state)
{
    struct certificate c;
    struct err err;

    (void)state;
    assert_int_equal(certificate_issue("/nowhere", NAMES, 0, &c, &err), -1);
    assert_string_equal(err.code, "NoAuthority");
}

/* --- the server --------------------------------------------------------------------------------
 */

static void handle(struct http_request *r, void *arg)
{
    char *text = xasprintf("%s|%s|%s", r->path, r->channel, r->secure ? "secure" : "plain");
    const struct http_reply reply = {
        .status = 200, .body = text, .body_len = strlen(text), .body_owned = true};

    (void)arg;
    http_answer(r->exchange, &reply);
}

/* Both ends run in this thread: the loop turns whenever the client wants to wait. */
static int settle(struct loop *loop, SSL *ssl, int rc)
{
    int why = SSL_get_error(ssl, rc);

    if (rc > 0 || (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE))
        return rc;
    (void)loop_step(loop, 10);
    return 0;
}

static SSL *dial(struct loop *loop, SSL_CTX *ctx, int fd, const char *host)
{
    SSL *ssl = SSL_new(ctx);
    int rc = 0;

    SSL_set_fd(ssl, fd);
    SSL_set1_host(ssl, host);
    SSL_set_tlsext_host_name(ssl, host);
    for (int i = 0; i < 500 && rc == 0; i++)
        rc = settle(loop, ssl, SSL_connect(ssl));
    if (rc == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

static const char *ask(struct loop *loop, SSL *ssl, char *out, int size)
{
    static const char request[] = "GET /x HTTP/1.1\r\nHost: a.example.org\r\n\r\n";
    int len = 0;

    assert_int_equal(SSL_write(ssl, request, sizeof(request) - 1), sizeof(request) - 1);
    for (int i = 0; i < 500 && len < size - 1; i++) {
        int rc = settle(loop, ssl, SSL_read(ssl, out + len, size - 1 - len));
        if (rc > 0)
            len += rc;
        out[len] = '\0';
        if (rc < 0 || strstr(out, "secure") != NULL)
            break;
    }
    return out;
}

static void note(void *arg)
{
    *(bool *)arg = true;
}

struct bench {
    struct loop *loop;
    struct http_server *server;
    SSL_CTX *ctx;
    struct certificate certificate;
};

static void bench_open(struct bench *b)
{
    struct http_config config = {.body_ceiling = 1000, .connection_limit = 10, .handler = handle};
    struct err err;

    assert_int_equal(
        certificate_issue(folder, NAMES, clock_now_ms(&(struct clock){0}), &b->certificate, &err),
        0);
    config.tls_key = b->certificate.key;
    config.tls_chain = b->certificate.chain;
    b->loop = loop_new();
    b->server = http_server_open(b->loop, &config, &err);
    assert_non_null(b->server);
    b->ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(b->ctx, SSL_VERIFY_PEER, NULL);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(b->ctx), authority);
}

static void bench_close(struct bench *b)
{
    bool closed = false;

    http_server_close(b->server, note, &closed);
    for (int i = 0; i < 200 && !closed; i++)
        (void)loop_step(b->loop, 10);
    assert_true(closed);
    loop_free(b->loop);
    SSL_CTX_free(b->ctx);
    certificate_done(&b->certificate);
}

/* The client's end of a connection that was handed to the server; it does not block. */
static int connect_to(struct bench *b)
{
    int ends[2];
    struct err err;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(http_add_connection(b->server, ends[1], "api:eni-1", &err), 0);
    return ends[0];
}

/* A client that trusts the authority asks over TLS, and the request says so. */
static void serves_tls(void **state)
{
    struct bench b;
    char text[2000];

    (void)state;
    bench_open(&b);
    int fd = connect_to(&b);
    SSL *ssl = dial(b.loop, b.ctx, fd, "a.eu.example.org");
    assert_non_null(ssl);
    assert_non_null(strstr(ask(b.loop, ssl, text, sizeof(text)), "/x|api:eni-1|secure"));
    SSL_free(ssl);
    close(fd);
    bench_close(&b);
}

/* A client that asks for another host does not get through. */
static void other_hosts_are_refused(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    int fd = connect_to(&b);
    assert_null(dial(b.loop, b.ctx, fd, "example.net"));
    close(fd);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_its_hosts),
        cmocka_unit_test(wants_an_authority),
        cmocka_unit_test(serves_tls),
        cmocka_unit_test(other_hosts_are_refused),
    };
    return cmocka_run_group_tests(tests, make_authority, remove_authority);
}
