/* Ids of access keys: see key_id.h. */
#include "services/iam/key_id.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX_LEN  4
#define HALF_LEN    8 /* characters of 40 bits */
#define HALF_TOP    (UINT64_C(1) << 39)
#define ACCOUNT_END UINT64_C(1000000000000)

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static void half_encode(uint64_t bits, char out[HALF_LEN])
{
    for (size_t i = 0; i < HALF_LEN; i++)
        out[i] = base32[(bits >> (35 - 5 * i)) & 31];
}

static bool half_decode(const char *text, uint64_t *ret_bits)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < HALF_LEN; i++) {
        const char *at = strchr(base32, text[i]);
        if (at == NULL)
            return false;
        bits = bits << 5 | (uint64_t)(at - base32);
    }
    *ret_bits = bits;
    return true;
}

void key_id_make(struct ids *ids, const char *prefix, const char *account, char ret_id[KEY_ID_SIZE])
{
    uint64_t number = strtoull(account, NULL, 10), random;
    random_bytes(ids, &random, sizeof(random));
    memcpy(ret_id, prefix, PREFIX_LEN);
    half_encode(HALF_TOP | number >> 1, ret_id + PREFIX_LEN);
    half_encode((number & 1) << 39 | random % HALF_TOP, ret_id + PREFIX_LEN + HALF_LEN);
    ret_id[KEY_ID_SIZE - 1] = '\0';
}

bool key_id_account(const char *id, char ret_account[KEY_ID_ACCOUNT_SIZE])
{
    uint64_t high, low;
    if (strlen(id) != KEY_ID_SIZE - 1 || (!str_starts(id, "AKIA") && !str_starts(id, "ASIA")) ||
        !half_decode(id + PREFIX_LEN, &high) || !half_decode(id + PREFIX_LEN + HALF_LEN, &low))
        return false;
    uint64_t number = (high & (HALF_TOP - 1)) << 1 | low >> 39;
    if ((high & HALF_TOP) == 0 || number >= ACCOUNT_END)
        return false;
    snprintf(ret_account, KEY_ID_ACCOUNT_SIZE, "%012" PRIu64, number);
    return true;
}
