/* Small questions about strings. */
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool str_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool str_equal_ci(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcasecmp(a, b) == 0;
}

bool str_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix)
{
    size_t len = strlen(text), suffix_len = strlen(suffix);
    return len >= suffix_len && strcmp(text + len - suffix_len, suffix) == 0;
}

/* Characters are Unicode's: `?` takes a whole UTF-8 sequence. */
static const char *next_character(const char *text)
{
    do
        text++;
    while (((unsigned char)*text & 0xc0) == 0x80);
    return text;
}

/* When a match fails it is tried again from the last `*`, which takes one character more: no
 * earlier star need ever be looked at again. */
bool glob_match(const char *pattern, const char *text)
{
    const char *star = NULL, *star_text = NULL;

    for (;;) {
        if (*pattern == '*') {
            star = ++pattern;
            star_text = text;
        } else if (*text == '\0' && *pattern == '\0') {
            return true;
        } else if (*pattern == '?' && *text != '\0') {
            pattern++;
            text = next_character(text);
        } else {
            const char *literal = *pattern == '\\' && pattern[1] != '\0' ? pattern + 1 : pattern;
            if (*text != '\0' && *literal == *text) {
                pattern = literal + 1;
                text++;
                continue;
            }
            if (star == NULL || *star_text == '\0')
                return false;
            text = star_text = next_character(star_text);
            pattern = star;
        }
    }
}

bool parse_int64(const char *text, int64_t *ret_value)
{
    const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
    char *end;

    if (*digits < '0' || *digits > '9')
        return false;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*end != '\0' || errno == ERANGE)
        return false;
    *ret_value = value;
    return true;
}

/* strtod also knows hexadecimal, infinity, "nan" and leading space: none of them is a number here.
 */
bool parse_double(const char *text, double *ret_value)
{
    char *end;

    if (*text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    double value = strtod(text, &end);
    if (*end != '\0' || end == text || !isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

bool str_copy(char *out, size_t size, const char *text)
{
    size_t len = strnlen(text, size);
    bool whole = len < size;

    if (size == 0)
        return false;
    if (!whole)
        len = size - 1;
    memcpy(out, text, len);
    out[len] = '\0';
    return whole;
}
