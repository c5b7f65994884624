/* A growing byte buffer with a ceiling. */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY ((size_t)64)

void buf_init(struct buf *b, size_t ceiling)
{
    *b = (struct buf){.ceiling = ceiling < SIZE_MAX / 2 ? ceiling : SIZE_MAX / 2};
}

void buf_done(struct buf *b)
{
    free(b->data);
    buf_init(b, b->ceiling);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->data != NULL)
        b->data[0] = '\0';
}

char *buf_reserve(struct buf *b, size_t len)
{
    if (b->overflow || len > b->ceiling - b->len) {
        b->overflow = true;
        return NULL;
    }
    size_t needed = b->len + len + 1;
    if (b->data == NULL || needed > b->capacity) {
        size_t capacity = b->capacity > 0 ? b->capacity : FIRST_CAPACITY;
        while (capacity < needed)
            capacity *= 2;
        if (capacity > b->ceiling + 1)
            capacity = b->ceiling + 1;
        b->data = xrealloc(b->data, capacity);
        b->capacity = capacity;
        b->data[b->len] = '\0';
    }
    return b->data + b->len;
}

void buf_grow(struct buf *b, size_t len)
{
    if (len == 0)
        return;
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
    char *room = buf_reserve(b, len);

    if (room == NULL || len == 0)
        return;
    memcpy(room, bytes, len);
    buf_grow(b, len);
}

void buf_add_str(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_add_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *room = len < 0 ? NULL : buf_reserve(b, (size_t)len);
    if (room == NULL)
        return;
    va_start(ap, fmt);
    vsnprintf(room, (size_t)len + 1, fmt, ap);
    va_end(ap);
    buf_grow(b, (size_t)len);
}

void buf_drop_front(struct buf *b, size_t len)
{
    if (len == 0)
        return;
    b->len -= len;
    memmove(b->data, b->data + len, b->len + 1);
}

char *buf_take(struct buf *b)
{
    char *text = b->data != NULL ? b->data : xcalloc(1, 1);

    buf_init(b, b->ceiling);
    return text;
}

const char *buf_text(const struct buf *b)
{
    return b->data != NULL ? b->data : "";
}
