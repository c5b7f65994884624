/* An error is a value: no allocation, no ownership question. A `code` is a short word for programs,
 * the `text` a phrase for people, without a newline or a full stop of its own unless AWS has one
 * there. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/alloc.h"

struct err {
    char code[64];
    char text[2048];
};

/* Always returns -1, so that `return err_set(...)` reads well. `err` may be NULL. Too long a text
 * is cut. */
int err_set(struct err *err, const char *code, const char *fmt, ...) PRINTF_LIKE(3, 4);
int err_set_errno(struct err *err, int errnum, const char *fmt, ...)
    PRINTF_LIKE(3, 4); /* code "System", text "...: strerror" */

#endif
