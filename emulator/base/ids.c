/* Ids, tokens and random bytes, from the kernel or from a seeded sequence (splitmix64). */
#include "base/ids.h"

#include "base/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static uint64_t next_word(struct ids *ids)
{
    ids->seed += 0x9e3779b97f4a7c15U;
    if (ids->seed == 0) /* zero means the system's source: step over it */
        ids->seed = 0x9e3779b97f4a7c15U;
    uint64_t z = ids->seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static void system_bytes(unsigned char *out, size_t len)
{
    while (len > 0) {
        ssize_t got = getrandom(out, len < 256 ? len : 256, 0);
        if (got <= 0)
            abort(); /* up to 256 bytes are never cut short nor refused */
        out += got;
        len -= (size_t)got;
    }
}

void random_bytes(struct ids *ids, void *out, size_t len)
{
    unsigned char *p = out;

    if (ids->seed == 0) {
        system_bytes(p, len);
        return;
    }
    while (len > 0) {
        uint64_t word = next_word(ids);
        size_t part = len < sizeof(word) ? len : sizeof(word);
        memcpy(p, &word, part);
        p += part;
        len -= part;
    }
}

/* Every new-style id of AWS begins with a zero: 16 random digits follow it. */
void id_make(struct ids *ids, const char *prefix, char ret_id[ID_SIZE])
{
    unsigned char bytes[8];
    char hex[2 * sizeof(bytes) + 1];

    random_bytes(ids, bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), hex);
    snprintf(ret_id, ID_SIZE, "%.40s-0%s", prefix, hex);
}

/* A version 4 UUID. */
void uuid_make(struct ids *ids, char ret_uuid[UUID_SIZE])
{
    unsigned char bytes[16];
    char hex[2 * sizeof(bytes) + 1];

    random_bytes(ids, bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    hex_encode(bytes, sizeof(bytes), hex);
    snprintf(ret_uuid, UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
}

/* A byte past the last whole multiple of the alphabet's size is drawn again: every letter is as
 * likely. */
void random_text(struct ids *ids, const char *alphabet, char *out, size_t len)
{
    size_t letters = strlen(alphabet), limit = 256 - 256 % letters, done = 0;

    while (done < len) {
        unsigned char bytes[64];
        random_bytes(ids, bytes, sizeof(bytes));
        for (size_t i = 0; i < sizeof(bytes) && done < len; i++) {
            if (bytes[i] < limit)
                out[done++] = alphabet[bytes[i] % letters];
        }
    }
    out[len] = '\0';
}
