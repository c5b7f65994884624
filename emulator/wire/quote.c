/* A client's own words in an answer. */
#include "wire/quote.h"

#include "base/encode.h"

#include <string.h>

const char *quote(const char *text, size_t max, struct arena *a)
{
    size_t len = strlen(text);
    bool is_cut = len > max;
    if (is_cut) {
        len = max;
        while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
            len--;
    }
    if (utf8_valid(text, len))
        return is_cut ? arena_strndup(a, text, len) : text;
    char *copy = arena_strndup(a, text, len);
    for (char *at = copy; *at != '\0'; at++) {
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    }
    return copy;
}
