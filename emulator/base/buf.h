/* A growing byte buffer with a ceiling. Appending past the ceiling does nothing and marks the
 * buffer `overflow`; test it once, at the end. `data` is always NUL-terminated once anything was
 * appended. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/alloc.h"

#include <stdbool.h>

struct buf {
    char *data; /* NULL while empty and never written */
    size_t len;
    size_t capacity;
    size_t ceiling; /* bytes, without the NUL */
    bool overflow;
};

void buf_init(struct buf *b, size_t ceiling);
void buf_done(struct buf *b);  /* frees; the buffer may be initialised again */
void buf_clear(struct buf *b); /* keeps memory and ceiling */
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_add_str(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Room for `len` more bytes, or NULL past the ceiling; then set the length with buf_grow. */
char *buf_reserve(struct buf *b, size_t len);
void buf_grow(struct buf *b, size_t len);
void buf_drop_front(struct buf *b, size_t len); /* forgets the first `len` bytes */
char *buf_take(
    struct buf *b); /* the caller owns the string (never NULL); the buffer is as after init */
const char *buf_text(const struct buf *b); /* "" while empty */

#endif
