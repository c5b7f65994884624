/* Private SSH keys as files: PEM, OpenSSH's format, PuTTY's. Every buffer that held a secret is
 * wiped. */
#include "services/ssh_key.h"

#include "base/encode.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#define ED25519_SIZE 32

void ssh_key_forget(char *text)
{
    if (text != NULL)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}

static void wipe(struct buf *b)
{
    if (b->data != NULL)
        OPENSSL_cleanse(b->data, b->len);
    buf_done(b);
}

/* A buffer that never moves, so that no copy of a secret is left behind by its growth. */
static void secret_buf_init(struct buf *b)
{
    buf_init(b, SSH_KEY_SIZE_MAX);
    (void)buf_reserve(b, SSH_KEY_SIZE_MAX);
}

static void put_text(struct buf *out, const char *text)
{
    ssh_put_string(out, text, strlen(text));
}

/* Base64 in lines of `width`; returns how many. */
static size_t put_base64_lines(struct buf *out, const struct buf *bytes, size_t width)
{
    char *text = base64_encode(bytes->data, bytes->len);
    size_t len = strlen(text), lines = 0;

    for (size_t at = 0; at < len; at += width, lines++) {
        buf_add(out, text + at, len - at < width ? len - at : width);
        buf_add_char(out, '\n');
    }
    ssh_key_forget(text);
    return lines;
}

static char *finish(struct buf *out, bool ok)
{
    char *text = ok && !out->overflow ? xstrdup(buf_text(out)) : NULL;

    wipe(out);
    return text;
}

/* --- PEM and OpenSSH -------------------------------------------------------------------------- */

/* PKCS#1, and as EC2 gives it without a last line end. */
static char *rsa_pem(const EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *data, *text = NULL;

    if (bio != NULL &&
        PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
        long len = BIO_get_mem_data(bio, &data);
        while (len > 0 && data[len - 1] == '\n')
            len--;
        text = xstrndup(data, (size_t)len);
    }
    BIO_free(bio);
    return text;
}

/* The seed, then the public half: what OpenSSH calls an Ed25519 private key. */
static bool put_ed25519_pair(struct buf *out, const EVP_PKEY *key)
{
    unsigned char pair[2 * ED25519_SIZE];
    size_t seed_len = ED25519_SIZE, public_len = ED25519_SIZE;
    bool ok = EVP_PKEY_get_raw_private_key(key, pair, &seed_len) == 1 &&
              EVP_PKEY_get_raw_public_key(key, pair + ED25519_SIZE, &public_len) == 1;

    if (ok)
        ssh_put_string(out, pair, sizeof(pair));
    OPENSSL_cleanse(pair, sizeof(pair));
    return ok;
}

/* Two equal check words (of use only with a passphrase), the key, its comment, and padding 1,
 * 2, 3... to whole blocks of 8. */
static bool put_openssh_section(struct buf *out, const EVP_PKEY *key, const char *comment)
{
    static const unsigned char check[8] = {0};
    bool ok;

    buf_add(out, check, sizeof(check));
    put_text(out, "ssh-ed25519");
    ok = ssh_put_raw_public(out, key) && put_ed25519_pair(out, key);
    put_text(out, comment);
    for (char pad = 1; out->len % 8 != 0; pad++)
        buf_add_char(out, pad);
    return ok;
}

static char *openssh(const EVP_PKEY *key, const char *comment)
{
    static const unsigned char one_key[4] = {0, 0, 0, 1};
    struct buf wire, section, all, out;
    bool ok;

    buf_init(&wire, SSH_KEY_SIZE_MAX);
    secret_buf_init(&section);
    secret_buf_init(&all);
    secret_buf_init(&out);
    ok = ssh_key_wire(key, &wire) && put_openssh_section(&section, key, comment);
    buf_add(&all, "openssh-key-v1", sizeof("openssh-key-v1"));
    put_text(&all, "none"); /* cipher */
    put_text(&all, "none"); /* key derivation */
    put_text(&all, "");     /* its options */
    buf_add(&all, one_key, sizeof(one_key));
    ssh_put_string(&all, wire.data, wire.len);
    ssh_put_string(&all, section.data, section.len);
    buf_add_str(&out, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
    put_base64_lines(&out, &all, 70);
    buf_add_str(&out, "-----END OPENSSH PRIVATE KEY-----\n");
    buf_done(&wire);
    wipe(&section);
    wipe(&all);
    return finish(&out, ok);
}

char *ssh_key_private_pem(const EVP_PKEY *key, const char *comment)
{
    return EVP_PKEY_base_id(key) == EVP_PKEY_ED25519 ? openssh(key, comment) : rsa_pem(key);
}

/* --- PuTTY ------------------------------------------------------------------------------------ */

static bool put_ppk_private(struct buf *out, const EVP_PKEY *key)
{
    unsigned char seed[ED25519_SIZE];
    size_t len = sizeof(seed);

    if (EVP_PKEY_base_id(key) == EVP_PKEY_RSA)
        return ssh_put_number(out, key, OSSL_PKEY_PARAM_RSA_D) &&
               ssh_put_number(out, key, OSSL_PKEY_PARAM_RSA_FACTOR1) &&
               ssh_put_number(out, key, OSSL_PKEY_PARAM_RSA_FACTOR2) &&
               ssh_put_number(out, key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1);
    bool ok = EVP_PKEY_get_raw_private_key(key, seed, &len) == 1;
    if (ok)
        ssh_put_string(out, seed, len);
    OPENSSL_cleanse(seed, sizeof(seed));
    return ok;
}

struct ppk {
    const char *algorithm, *comment;
    struct buf wire, secret;
};

/* HMAC-SHA-1 over the whole key; without a passphrase its key is the digest of a fixed word. */
static bool put_ppk_mac(struct buf *out, const struct ppk *p)
{
    static const char word[] = "putty-private-key-file-mac-key";
    unsigned char key[EVP_MAX_MD_SIZE], mac[EVP_MAX_MD_SIZE];
    unsigned key_len = 0, mac_len = 0;
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    struct buf text;

    secret_buf_init(&text);
    put_text(&text, p->algorithm);
    put_text(&text, "none");
    put_text(&text, p->comment);
    ssh_put_string(&text, p->wire.data, p->wire.len);
    ssh_put_string(&text, p->secret.data, p->secret.len);
    bool ok = EVP_Digest(word, strlen(word), key, &key_len, EVP_sha1(), NULL) == 1 &&
              HMAC(EVP_sha1(), key, (int)key_len, (const unsigned char *)text.data, text.len, mac,
                   &mac_len) != NULL;
    wipe(&text);
    hex_encode(mac, mac_len, hex);
    buf_addf(out, "Private-MAC: %s\n", hex);
    return ok;
}

/* "Public-Lines: 6" and the lines themselves. */
static void put_ppk_part(struct buf *out, const char *name, const struct buf *bytes)
{
    struct buf lines;

    secret_buf_init(&lines);
    size_t count = put_base64_lines(&lines, bytes, 64);
    buf_addf(out, "%s-Lines: %zu\n", name, count);
    buf_add(out, lines.data, lines.len);
    wipe(&lines);
}

char *ssh_key_private_ppk(const EVP_PKEY *key, const char *comment)
{
    struct ppk p = {
        .algorithm = EVP_PKEY_base_id(key) == EVP_PKEY_ED25519 ? "ssh-ed25519" : "ssh-rsa",
        .comment = comment,
    };
    struct buf out;

    buf_init(&p.wire, SSH_KEY_SIZE_MAX);
    secret_buf_init(&p.secret);
    secret_buf_init(&out);
    bool ok = ssh_key_wire(key, &p.wire) && put_ppk_private(&p.secret, key);
    buf_addf(&out, "PuTTY-User-Key-File-2: %s\nEncryption: none\nComment: %s\n", p.algorithm,
             comment);
    put_ppk_part(&out, "Public", &p.wire);
    put_ppk_part(&out, "Private", &p.secret);
    ok = put_ppk_mac(&out, &p) && ok;
    buf_done(&p.wire);
    wipe(&p.secret);
    return finish(&out, ok);
}
