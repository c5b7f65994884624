/* Memory that aborts when it runs out, and the arena: a chain of blocks that only ever grows, the
 * newest first. A request larger than a block gets a block of its own behind the newest one, so
 * that the room left there stays in use. */
#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)8192)
#define ALIGNMENT  (_Alignof(max_align_t))

static void *check(void *ptr)
{
    if (ptr == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return ptr;
}

void *xmalloc(size_t size)
{
    return check(malloc(size > 0 ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
    return check(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *xrealloc(void *ptr, size_t size)
{
    return check(realloc(ptr, size > 0 ? size : 1));
}

char *xstrdup(const char *text)
{
    return check(strdup(text));
}

char *xstrndup(const char *text, size_t len)
{
    return check(strndup(text, len));
}

char *xasprintf(const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    int len = vasprintf(&text, fmt, ap);
    va_end(ap);
    return check(len < 0 ? NULL : text);
}

struct block {
    struct block *next;
    size_t size, used;
    _Alignas(max_align_t) char bytes[];
};

struct deferred {
    struct deferred *next;
    void (*fn)(void *ptr);
    void *ptr;
};

struct arena {
    struct block *newest;
    struct deferred *deferred; /* the latest first; lives in the arena */
};

static struct block *block_new(size_t size)
{
    struct block *b = xmalloc(sizeof(*b) + size);
    b->next = NULL;
    b->size = size;
    b->used = 0;
    return b;
}

struct arena *arena_new(void)
{
    struct arena *a = xcalloc(1, sizeof(*a));
    a->newest = block_new(BLOCK_SIZE);
    return a;
}

static void run_deferred(struct arena *a)
{
    while (a->deferred != NULL) {
        struct deferred *d = a->deferred;
        a->deferred = d->next;
        d->fn(d->ptr);
    }
}

void arena_clear(struct arena *a)
{
    run_deferred(a);
    while (a->newest->next != NULL) { /* the oldest is the one arena_new made */
        struct block *b = a->newest;
        a->newest = b->next;
        free(b);
    }
    a->newest->used = 0;
}

void arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    arena_clear(a);
    free(a->newest);
    free(a);
}

static struct block *block_with_room(struct arena *a, size_t size)
{
    struct block *newest = a->newest;

    if (newest->size - newest->used >= size)
        return newest;
    if (size <= BLOCK_SIZE / 4) {
        struct block *b = block_new(BLOCK_SIZE);
        b->next = newest;
        a->newest = b;
        return b;
    }
    struct block *own = block_new(size);
    if (newest->next == NULL) { /* the oldest block stays last: arena_clear keeps it */
        own->next = newest;
        a->newest = own;
    } else {
        own->next = newest->next;
        newest->next = own;
    }
    return own;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        check(NULL);
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct block *b = block_with_room(a, size);
    void *ptr = b->bytes + b->used;
    b->used += size;
    return memset(ptr, 0, size);
}

char *arena_strndup(struct arena *a, const char *text, size_t len)
{
    len = strnlen(text, len);
    char *copy = arena_alloc(a, len + 1);
    memcpy(copy, text, len);
    return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return arena_strndup(a, text, strlen(text));
}

char *arena_memdup(struct arena *a, const void *bytes, size_t len)
{
    char *copy = arena_alloc(a, len + 1);
    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    va_list again;

    va_copy(again, ap);
    int len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (len < 0)
        check(NULL);
    char *text = arena_alloc(a, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, fmt, ap);
    return text;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return text;
}

void arena_defer(struct arena *a, void (*fn)(void *ptr), void *ptr)
{
    struct deferred *d = arena_alloc(a, sizeof(*d));
    d->fn = fn;
    d->ptr = ptr;
    d->next = a->deferred;
    a->deferred = d;
}
