/* Memory: allocators that abort when memory is out, and the arena that a call owns.
 * Anything an outsider sizes must have passed a ceiling before it reaches these. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stdarg.h>
#include <stddef.h>

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(fmt, args)          __attribute__((format(printf, fmt, args)))
#define MUST_CHECK                      __attribute__((warn_unused_result))

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size); /* zeroed */
void *xrealloc(void *ptr, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* An arena gives memory that lives until the arena is freed or cleared; nothing is freed singly. */
struct arena;
struct arena *arena_new(void);
void arena_free(struct arena *a);  /* takes NULL */
void arena_clear(struct arena *a); /* everything given out is gone; the first block is kept */
void *arena_alloc(struct arena *a, size_t size); /* zeroed, aligned for any type */
char *arena_strdup(struct arena *a, const char *text);
char *arena_strndup(struct arena *a, const char *text, size_t len);
/* A copy of `len` bytes of any value, with a NUL behind them. */
char *arena_memdup(struct arena *a, const void *bytes, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Runs fn(ptr) when the arena is freed or cleared, latest first: for a json_t that must live as
 * long. */
void arena_defer(struct arena *a, void (*fn)(void *ptr), void *ptr);

#endif
