/* RFC 4226's truncated HMAC over RFC 6238's steps: see totp.h. */
#include "services/iam/totp.h"

#include "base/encode.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

void totp_code(const uint8_t *seed, size_t len, int64_t step, char ret_code[TOTP_CODE_SIZE])
{
    uint8_t counter[8], mac[EVP_MAX_MD_SIZE] = {0};
    unsigned mac_len = sizeof(mac);

    for (size_t i = 0; i < sizeof(counter); i++)
        counter[i] = (uint8_t)((uint64_t)step >> (8 * (sizeof(counter) - 1 - i)));
    HMAC(EVP_sha1(), seed, (int)len, counter, sizeof(counter), mac, &mac_len);
    size_t at = mac[19] & 15U; /* RFC 4226 section 5.3 */
    uint32_t number = ((uint32_t)mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 |
                      (uint32_t)mac[at + 2] << 8 | mac[at + 3];
    snprintf(ret_code, TOTP_CODE_SIZE, "%06" PRIu32, number % 1000000);
}

bool totp_code_is(const uint8_t *seed, size_t len, int64_t step, const char *code)
{
    char wanted[TOTP_CODE_SIZE];

    totp_code(seed, len, step, wanted);
    return strlen(code) == TOTP_CODE_SIZE - 1 &&
           constant_time_equal(wanted, code, TOTP_CODE_SIZE - 1);
}

void totp_base32(const uint8_t *bytes, size_t len, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    size_t count = len * 8 / 5;

    for (size_t i = 0; i < count; i++) {
        unsigned pair = (unsigned)bytes[i * 5 / 8] << 8;
        if (i * 5 / 8 + 1 < len)
            pair |= bytes[i * 5 / 8 + 1];
        out[i] = digits[pair >> (11 - i * 5 % 8) & 31];
    }
    out[count] = '\0';
}
