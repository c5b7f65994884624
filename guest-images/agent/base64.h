/* Base64 as it stands in requests. */
#ifndef AGENT_BASE64_H
#define AGENT_BASE64_H

#include <stddef.h>

/* Decodes RFC 4648 text; white space is skipped. The caller frees the bytes, which have a NUL
 * added; NULL if it is no base64. */
char *base64_decode(const char *text, size_t len, size_t *ret_len);

#endif
