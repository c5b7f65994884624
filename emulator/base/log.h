/* The log: one line an event on standard error, `2026-11-24T05:22:58.123Z level text`. Secrets
 * never come here. Layers below services do not log above debug. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/alloc.h"

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
bool log_level_parse(const char *word, enum log_level *ret_level); /* error, warn, info, debug */
bool log_enabled(enum log_level level);
void log_write(enum log_level level, const char *fmt, ...)
    PRINTF_LIKE(2, 3); /* adds the newline; control characters become '?' */

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...)                                                                             \
    do {                                                                                           \
        if (log_enabled(LOG_DEBUG))                                                                \
            log_write(LOG_DEBUG, __VA_ARGS__);                                                     \
    } while (0)

#endif
