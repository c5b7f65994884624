/* The regular expressions of the models, which are Java's, judged by PCRE2. */
#ifndef SPEC_PATTERN_H
#define SPEC_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the whole text (UTF-8) matches. A pattern is compiled once and kept. The effort is
 * limited: a text that would take too long does not match. Aborts on a pattern PCRE2 does not take:
 * a test compiles them all. */
bool pattern_matches(const char *pattern, const char *text, size_t len);

#endif
