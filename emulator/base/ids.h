/* The one source of ids, tokens and random bytes. Tests seed it, so that they repeat exactly. */
#ifndef BASE_IDS_H
#define BASE_IDS_H

#include <stddef.h>
#include <stdint.h>

#define ID_SIZE   64 /* enough for any resource id with its NUL */
#define UUID_SIZE 37

struct ids {
    uint64_t seed; /* 0: the system's random source; else a repeatable sequence */
};

void id_make(struct ids *ids, const char *prefix,
             char ret_id[ID_SIZE]); /* "i" -> "i-0123456789abcdef0" (17 hex) */
void uuid_make(struct ids *ids, char ret_uuid[UUID_SIZE]);
void random_bytes(struct ids *ids, void *out, size_t len);
void random_text(struct ids *ids, const char *alphabet, char *out,
                 size_t len); /* len characters, then NUL */

#endif
