/* Small questions about strings. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool str_equal(const char *a, const char *b); /* NULL equals only NULL */
bool str_equal_ci(const char *a, const char *b);
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);
/* `*` any run, `?` any one character, `\` takes the next one literally. Linear in practice, never
 * exponential. */
bool glob_match(const char *pattern, const char *text);
bool parse_int64(const char *text, int64_t *ret_value); /* whole text, decimal, optional sign */
bool parse_double(const char *text, double *ret_value);
/* Copies and NUL-terminates; false when it had to be cut. */
bool str_copy(char *out, size_t size, const char *text);

#endif
