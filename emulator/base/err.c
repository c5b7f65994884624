/* Errors as values. */
#include "base/err.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static void fill(struct err *err, const char *code, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

/* A text that was cut must not end inside a UTF-8 character: it goes into JSON and logs. */
static void drop_half_character(char *text)
{
    size_t len = strlen(text), at = len;

    while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
        at--;
    if (at == 0)
        return;
    unsigned char lead = (unsigned char)text[at - 1];
    size_t wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (at - 1 + wanted > len)
        text[at - 1] = '\0';
}

static void fill(struct err *err, const char *code, const char *fmt, va_list ap)
{
    char text[sizeof(err->text)]; /* the arguments may point into err itself */

    if (vsnprintf(text, sizeof(text), fmt, ap) >= (int)sizeof(text))
        drop_half_character(text);
    memmove(err->code, code, strnlen(code, sizeof(err->code) - 1) + 1);
    err->code[sizeof(err->code) - 1] = '\0';
    memcpy(err->text, text, sizeof(text));
}

int err_set(struct err *err, const char *code, const char *fmt, ...)
{
    va_list ap;

    if (err == NULL)
        return -1;
    va_start(ap, fmt);
    fill(err, code, fmt, ap);
    va_end(ap);
    return -1;
}

int err_set_errno(struct err *err, int errnum, const char *fmt, ...)
{
    va_list ap;
    char reason[128];

    if (err == NULL)
        return -1;
    va_start(ap, fmt);
    fill(err, "System", fmt, ap);
    va_end(ap);
    size_t len = strlen(err->text);
    snprintf(err->text + len, sizeof(err->text) - len, ": %s",
             strerror_r(errnum, reason, sizeof(reason)));
    return -1;
}
