/* Base64 as it stands in requests. */
#include "base64.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int digit_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)(at - digits);
}

char *base64_decode(const char *text, size_t len, size_t *ret_len)
{
    char *bytes = malloc(len / 4 * 3 + 4);
    size_t out = 0, digits = 0, pads = 0;
    unsigned bits = 0;

    if (bytes == NULL)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        int value = digit_value(text[i]);

        if (isspace((unsigned char)text[i]))
            continue;
        if (text[i] == '=' && ++pads <= 2)
            continue;
        if (value < 0 || pads > 0) {
            free(bytes);
            return NULL;
        }
        bits = (bits << 6) | (unsigned)value;
        if (++digits % 4 != 1)
            bytes[out++] = (char)(bits >> ((4 - (digits - 1) % 4 - 1) * 2) & 0xff);
    }
    if (digits % 4 == 1 || (pads > 0 && (digits + pads) % 4 != 0)) {
        free(bytes);
        return NULL;
    }
    bytes[out] = '\0';
    *ret_len = out;
    return bytes;
}
