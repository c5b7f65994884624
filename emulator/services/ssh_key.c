/* Public SSH keys and fingerprints: see ssh_key.h. */
#include "services/ssh_key.h"

#include "base/encode.h"
#include "base/text.h"

#include <ctype.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define ED25519_SIZE 32

const char *ssh_key_type(const EVP_PKEY *key)
{
    return EVP_PKEY_base_id(key) == EVP_PKEY_ED25519 ? "ed25519" : "rsa";
}

static const char *algorithm_of(const EVP_PKEY *key)
{
    return EVP_PKEY_base_id(key) == EVP_PKEY_ED25519 ? "ssh-ed25519" : "ssh-rsa";
}

/* --- writing the wire form -------------------------------------------------------------------- */

void ssh_put_string(struct buf *out, const void *bytes, size_t len)
{
    const unsigned char head[] = {(unsigned char)(len >> 24), (unsigned char)(len >> 16),
                                  (unsigned char)(len >> 8), (unsigned char)len};

    buf_add(out, head, sizeof(head));
    buf_add(out, bytes, len);
}

bool ssh_put_number(struct buf *out, const EVP_PKEY *key, const char *name)
{
    unsigned char bytes[1 + 4096 / 8] = {0};
    BIGNUM *number = NULL;

    if (EVP_PKEY_get_bn_param(key, name, &number) != 1)
        return false;
    int len = BN_num_bytes(number);
    bool fits = len > 0 && (size_t)len < sizeof(bytes);
    if (fits) {
        BN_bn2bin(number, bytes + 1);
        bool sign =
            (bytes[1] & 0x80) != 0; /* an mpint is signed: a zero goes before a set top bit */
        ssh_put_string(out, sign ? bytes : bytes + 1, (size_t)len + sign);
    }
    BN_clear_free(number);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return fits;
}

bool ssh_put_raw_public(struct buf *out, const EVP_PKEY *key)
{
    unsigned char raw[ED25519_SIZE];
    size_t len = sizeof(raw);

    if (EVP_PKEY_get_raw_public_key(key, raw, &len) != 1)
        return false;
    ssh_put_string(out, raw, len);
    return true;
}

bool ssh_key_wire(const EVP_PKEY *key, struct buf *out)
{
    const char *algorithm = algorithm_of(key);

    ssh_put_string(out, algorithm, strlen(algorithm));
    if (EVP_PKEY_base_id(key) == EVP_PKEY_ED25519)
        return ssh_put_raw_public(out, key);
    return ssh_put_number(out, key, OSSL_PKEY_PARAM_RSA_E) &&
           ssh_put_number(out, key, OSSL_PKEY_PARAM_RSA_N);
}

/* The wire form in base64; heap. */
static char *wire_base64(const EVP_PKEY *key)
{
    struct buf wire;
    char *text = NULL;

    buf_init(&wire, SSH_KEY_SIZE_MAX);
    if (ssh_key_wire(key, &wire))
        text = base64_encode(wire.data, wire.len);
    buf_done(&wire);
    return text;
}

char *ssh_key_line(const EVP_PKEY *key, const char *comment)
{
    char *wire = wire_base64(key), *line = NULL;

    if (wire != NULL)
        line = xasprintf("%s %s %s", algorithm_of(key), wire, comment);
    free(wire);
    return line;
}

/* --- reading the wire form -------------------------------------------------------------------- */

struct reader {
    const unsigned char *at;
    size_t left;
};

static bool take_string(struct reader *r, const unsigned char **ret_bytes, size_t *ret_len)
{
    if (r->left < 4)
        return false;
    size_t len = (size_t)r->at[0] << 24 | (size_t)r->at[1] << 16 | (size_t)r->at[2] << 8 | r->at[3];
    if (len > r->left - 4)
        return false;
    *ret_bytes = r->at + 4;
    *ret_len = len;
    r->at += 4 + len;
    r->left -= 4 + len;
    return true;
}

static EVP_PKEY *rsa_from_numbers(BIGNUM *n, BIGNUM *e)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;

    if (builder != NULL && ctx != NULL &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        params = OSSL_PARAM_BLD_to_param(builder);
    if (params != NULL && (EVP_PKEY_fromdata_init(ctx) <= 0 ||
                           EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0))
        key = NULL;
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

static EVP_PKEY *parse_rsa(struct reader *r)
{
    const unsigned char *e_bytes, *n_bytes;
    size_t e_len, n_len;

    if (!take_string(r, &e_bytes, &e_len) || !take_string(r, &n_bytes, &n_len) || r->left != 0)
        return NULL;
    BIGNUM *e = BN_bin2bn(e_bytes, (int)e_len, NULL), *n = BN_bin2bn(n_bytes, (int)n_len, NULL);
    EVP_PKEY *key = e != NULL && n != NULL ? rsa_from_numbers(n, e) : NULL;
    BN_free(e);
    BN_free(n);
    return key;
}

static EVP_PKEY *parse_ed25519(struct reader *r)
{
    const unsigned char *raw;
    size_t len;

    if (!take_string(r, &raw, &len) || len != ED25519_SIZE || r->left != 0)
        return NULL;
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, len);
}

static EVP_PKEY *parse_wire(const unsigned char *bytes, size_t len)
{
    struct reader r = {bytes, len};
    const unsigned char *name;
    size_t name_len;

    if (!take_string(&r, &name, &name_len))
        return NULL;
    if (name_len == strlen("ssh-rsa") && memcmp(name, "ssh-rsa", name_len) == 0)
        return parse_rsa(&r);
    if (name_len == strlen("ssh-ed25519") && memcmp(name, "ssh-ed25519", name_len) == 0)
        return parse_ed25519(&r);
    return NULL;
}

/* --- the forms of a public key ---------------------------------------------------------------- */

/* Base64, spaces and line ends allowed, of a wire form or of a DER public key. */
static EVP_PKEY *parse_base64(const char *text, size_t len)
{
    char *packed = xmalloc(len + 1);
    size_t packed_len = 0, bytes_len = 0;
    EVP_PKEY *key = NULL;

    for (size_t i = 0; i < len; i++)
        if (!isspace((unsigned char)text[i]))
            packed[packed_len++] = text[i];
    uint8_t *bytes = base64_decode(packed, packed_len, &bytes_len);
    if (bytes != NULL) {
        const unsigned char *der = bytes;
        key = parse_wire(bytes, bytes_len);
        if (key == NULL)
            key = d2i_PUBKEY(NULL, &der, (long)bytes_len);
    }
    free(bytes);
    free(packed);
    return key;
}

static EVP_PKEY *parse_pem(const char *text, size_t len)
{
    BIO *bio = BIO_new_mem_buf(text, (int)len);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

    BIO_free(bio);
    return key;
}

/* "ssh-rsa AAAA... comment": the name in front must be the key's own. */
static EVP_PKEY *parse_line(const char *text, size_t len)
{
    const char *end = text + len, *blob = memchr(text, ' ', len);

    if (blob == NULL)
        return NULL;
    size_t name_len = (size_t)(blob - text);
    while (blob < end && *blob == ' ')
        blob++;
    const char *stop = blob;
    while (stop < end && !isspace((unsigned char)*stop))
        stop++;
    EVP_PKEY *key = parse_base64(blob, (size_t)(stop - blob));
    if (key != NULL &&
        (strlen(algorithm_of(key)) != name_len || memcmp(algorithm_of(key), text, name_len) != 0)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

/* RFC 4716: marker lines, headers ("Comment: ..."; a backslash continues them), then base64. */
static EVP_PKEY *parse_rfc4716(const char *text, size_t len)
{
    char *body = xmalloc(len + 1);
    size_t body_len = 0;
    bool in_header = false;
    const char *end = text + len;

    for (const char *line = text, *next; line < end; line = next) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        next = stop != NULL ? stop + 1 : end;
        size_t line_len = (size_t)(next - line);
        while (line_len > 0 && isspace((unsigned char)line[line_len - 1]))
            line_len--;
        bool continues = line_len > 0 && line[line_len - 1] == '\\';
        bool is_header = in_header || memchr(line, ':', line_len) != NULL;
        in_header = is_header && continues;
        if (is_header || str_starts(line, "---- "))
            continue;
        memcpy(body + body_len, line, line_len);
        body_len += line_len;
    }
    EVP_PKEY *key = parse_base64(body, body_len);
    free(body);
    return key;
}

static bool is_accepted(const EVP_PKEY *key)
{
    int bits = EVP_PKEY_bits(key);

    if (EVP_PKEY_base_id(key) == EVP_PKEY_ED25519)
        return true;
    return EVP_PKEY_base_id(key) == EVP_PKEY_RSA && (bits == 1024 || bits == 2048 || bits == 4096);
}

EVP_PKEY *ssh_key_parse(const char *text, size_t len)
{
    char *copy;
    EVP_PKEY *key;

    while (len > 0 && isspace((unsigned char)*text)) {
        text++;
        len--;
    }
    if (len > SSH_KEY_SIZE_MAX || memchr(text, '\0', len) != NULL)
        return NULL;
    copy = xstrndup(text, len);
    if (str_starts(copy, "ssh-"))
        key = parse_line(copy, len);
    else if (str_starts(copy, "---- BEGIN SSH2 PUBLIC KEY"))
        key = parse_rfc4716(copy, len);
    else if (str_starts(copy, "-----BEGIN "))
        key = parse_pem(copy, len);
    else
        key = parse_base64(copy, len);
    free(copy);
    if (key != NULL && !is_accepted(key)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

/* --- fingerprints ----------------------------------------------------------------------------- */

static char *colon_hex(const unsigned char *bytes, size_t len)
{
    char *text = xmalloc(3 * len + 1);

    for (size_t i = 0; i < len; i++) {
        hex_encode(&bytes[i], 1, text + 3 * i);
        text[3 * i + 2] = ':';
    }
    text[3 * len - 1] = '\0';
    return text;
}

static char *digest_text(const EVP_MD *algorithm, unsigned char *der, int der_len)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char *text = NULL;

    if (der_len > 0 && EVP_Digest(der, (size_t)der_len, digest, &len, algorithm, NULL) == 1)
        text = colon_hex(digest, len);
    if (der_len > 0)
        OPENSSL_clear_free(der, (size_t)der_len);
    return text;
}

static char *wire_fingerprint(const EVP_PKEY *key)
{
    struct buf wire;
    uint8_t digest[SHA256_SIZE];
    char *text = NULL;

    buf_init(&wire, SSH_KEY_SIZE_MAX);
    if (ssh_key_wire(key, &wire)) {
        sha256(wire.data, wire.len, digest);
        text = base64_encode(digest, sizeof(digest));
    }
    buf_done(&wire);
    return text;
}

char *ssh_key_fingerprint_made(const EVP_PKEY *key)
{
    unsigned char *der = NULL;

    if (EVP_PKEY_base_id(key) == EVP_PKEY_ED25519)
        return wire_fingerprint(key);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    int len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
    PKCS8_PRIV_KEY_INFO_free(info);
    return digest_text(EVP_sha1(), der, len);
}

char *ssh_key_fingerprint_imported(const EVP_PKEY *key)
{
    unsigned char *der = NULL;

    if (EVP_PKEY_base_id(key) == EVP_PKEY_ED25519)
        return wire_fingerprint(key);
    int len = i2d_PUBKEY(key, &der);
    return digest_text(EVP_md5(), der, len);
}
