/* See authorization_message.h, and DecodeAuthorizationMessage. A message is JSON, deflated, sealed
 * with AES-256-GCM, as base64 for URLs. The caller's account is sealed in as additional data, so
 * another account's message does not open. */
#include "services/sts/authorization_message.h"

#include "base/encode.h"
#include "call/secret.h"
#include "operations.h"

#include <openssl/evp.h>
#include <string.h>
#include <zlib.h>

#define KEY_NAME    "authorization-message"
#define KEY_SIZE    32
#define NONCE_SIZE  12
#define TAG_SIZE    16
#define MESSAGE_MAX ((size_t)512 * 1024) /* of the JSON text */

/* What stands in the sealed text, one behind the other: nonce, tag, the deflated message. */
#define HEAD_SIZE (NONCE_SIZE + TAG_SIZE)

struct sealing {
    uint8_t key[KEY_SIZE];
    const char *account;
    uint8_t *nonce, *tag, *body;
    int body_len;
};

/* Encrypts or decrypts the body in place; false when what was sealed is not what is there. */
static bool run_cipher(struct sealing *s, bool seal)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len = 0, account_len = (int)strlen(s->account);
    const unsigned char *account = (const unsigned char *)s->account;
    bool ok =
        ctx != NULL && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, s->key, s->nonce, seal) == 1;
    ok = ok && EVP_CipherUpdate(ctx, NULL, &len, account, account_len) == 1;
    ok = ok && EVP_CipherUpdate(ctx, s->body, &len, s->body, s->body_len) == 1;
    if (ok && !seal)
        ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, s->tag) == 1;
    ok = ok && EVP_CipherFinal_ex(ctx, s->body + len, &len) == 1;
    if (ok && seal)
        ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, s->tag) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

static struct sealing sealing_over(struct call *c, uint8_t *bytes, size_t body_len)
{
    struct sealing s = {
        .account = c->account,
        .nonce = bytes,
        .tag = bytes + NONCE_SIZE,
        .body = bytes + HEAD_SIZE,
        .body_len = (int)body_len,
    };
    secret_random(c->db, c->ids, KEY_NAME, s.key, KEY_SIZE);
    return s;
}

/* base64 and its form for URLs, which has no padding. */
static void swap_letters(char *text, const char *from, const char *to)
{
    for (; *text != '\0'; text++)
        for (size_t i = 0; from[i] != '\0'; i++)
            if (*text == from[i]) {
                *text = to[i];
                break;
            }
}

const char *authorization_message_seal(struct call *c, const json_t *message)
{
    char *text = json_to_text(message);
    uLong text_len = (uLong)strlen(text), body_len = compressBound(text_len);
    uint8_t *bytes = arena_alloc(c->arena, HEAD_SIZE + body_len);
    (void)compress2(bytes + HEAD_SIZE, &body_len, (const Bytef *)text, text_len,
                    Z_BEST_COMPRESSION);
    free(text);
    random_bytes(c->ids, bytes, NONCE_SIZE);
    struct sealing s = sealing_over(c, bytes, body_len);
    bool sealed = run_cipher(&s, true);
    OPENSSL_cleanse(s.key, sizeof(s.key));
    if (!sealed)
        return "";
    char *encoded = base64_encode(bytes, HEAD_SIZE + body_len);
    encoded[strcspn(encoded, "=")] = '\0';
    swap_letters(encoded, "+/", "-_");
    const char *kept = arena_strdup(c->arena, encoded);
    free(encoded);
    return kept;
}

static uint8_t *decode(struct call *c, const char *encoded, size_t *ret_len)
{
    static const char *const padding[] = {"", "===", "==", "="};
    char *text = call_printf(c, "%s%s", encoded, padding[strlen(encoded) % 4]);
    swap_letters(text, "-_", "+/");
    return base64_decode(text, strlen(text), ret_len);
}

const char *authorization_message_open(struct call *c, const char *encoded)
{
    size_t len;
    uint8_t *bytes = decode(c, encoded, &len);
    if (bytes == NULL || len <= HEAD_SIZE) {
        free(bytes);
        return NULL;
    }
    struct sealing s = sealing_over(c, bytes, len - HEAD_SIZE);
    bool ours = run_cipher(&s, false);
    OPENSSL_cleanse(s.key, sizeof(s.key));
    char *text = arena_alloc(c->arena, MESSAGE_MAX + 1);
    uLong text_len = MESSAGE_MAX;
    ours = ours && uncompress((Bytef *)text, &text_len, s.body, (uLong)s.body_len) == Z_OK;
    free(bytes);
    return ours ? text : NULL;
}

int sts_decode_authorization_message(struct call *c)
{
    const char *text = authorization_message_open(c, arg_str(c, "EncodedMessage"));
    if (text == NULL)
        return call_fail(c, "InvalidAuthorizationMessageException", "Message is not valid");
    return call_reply(c, json_pack("{ss}", "DecodedMessage", text));
}
