/* Patterns, translated from Java's dialect, compiled on first use and cached for the life of the
 * program. */
#include "spec/pattern.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Steps of matching before giving up: some ten milliseconds. */
#define MATCH_LIMIT 500000
#define REPEAT_MAX  65535 /* PCRE2's limit of a counted repeat */

static struct {
    struct hash *codes; /* pattern -> pcre2_code */
    pcre2_match_context *limits;
} cache;

/* ---- Java to PCRE2 ---- */

struct translation {
    const char *at;
    struct buf out;
    bool in_class;     /* between [ and ] */
    bool after_escape; /* in a class, just behind \w or \p{..}: a hyphen there stands for itself */
};

static bool read_unit(const char *at, unsigned *ret_unit)
{
    char digits[5] = {0};

    if (at[0] != '\\' || at[1] != 'u')
        return false;
    for (int i = 0; i < 4; i++) {
        if (!isxdigit((unsigned char)at[2 + i]))
            return false;
        digits[i] = at[2 + i];
    }
    *ret_unit = (unsigned)strtoul(digits, NULL, 16);
    return true;
}

/* \uXXXX, with a surrogate pair as the one character it means. */
static void translate_unit(struct translation *t, unsigned unit)
{
    unsigned low;

    t->at += 6;
    if (unit >= 0xd800 && unit < 0xdc00 && read_unit(t->at, &low) && low >= 0xdc00 &&
        low < 0xe000) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        t->at += 6;
    }
    buf_addf(&t->out, "\\x{%x}", unit);
}

static void translate_escape(struct translation *t)
{
    static const struct {
        const char *java, *in_class, *alone;
    } names[] = {
        {"\\p{Print}", "\\x20-\\x7e", "[\\x20-\\x7e]"},
        {"\\p{all}", "\\p{Any}", "\\p{Any}"},
    };
    unsigned unit;
    const char *end;

    if (read_unit(t->at, &unit)) {
        translate_unit(t, unit);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strncmp(t->at, names[i].java, strlen(names[i].java)) != 0)
            continue;
        buf_add_str(&t->out, t->in_class ? names[i].in_class : names[i].alone);
        t->at += strlen(names[i].java);
        return;
    }
    end = t->at + (t->at[1] == '\0' ? 1 : 2);
    if (strncmp(t->at, "\\p{", 3) == 0 && strchr(t->at, '}') != NULL)
        end = strchr(t->at, '}') + 1;
    t->after_escape = t->in_class && strchr("wWdDsSpP", t->at[1]) != NULL;
    buf_add(&t->out, t->at, (size_t)(end - t->at));
    t->at = end;
}

/* {m,n} with an n beyond PCRE2's limit has no upper end: the shape's own length limit holds it. */
static bool translate_repeat(struct translation *t)
{
    unsigned low, high;
    int len = 0;

    if (sscanf(t->at, "{%u,%u}%n", &low, &high, &len) != 2 || len == 0 || high <= REPEAT_MAX)
        return false;
    buf_addf(&t->out, "{%u,}", low);
    t->at += len;
    return true;
}

static void translate_plain(struct translation *t, bool after_escape)
{
    char c = *t->at;

    if (c == '{' && !t->in_class && translate_repeat(t))
        return;
    if (c == '-' && after_escape)
        buf_add_char(&t->out, '\\');
    if (c == '[')
        t->in_class = true;
    else if (c == ']')
        t->in_class = false;
    buf_add_char(&t->out, c);
    t->at++;
}

/* Heap. */
static char *translate(const char *pattern)
{
    struct translation t = {.at = pattern};

    buf_init(&t.out, 8 * strlen(pattern) + 16);
    while (*t.at != '\0') {
        bool after_escape = t.after_escape;
        t.after_escape = false;
        if (*t.at == '\\')
            translate_escape(&t);
        else
            translate_plain(&t, after_escape);
    }
    return buf_take(&t.out);
}

/* ---- compiling and matching ---- */

static pcre2_code *compile(const char *pattern)
{
    char *translated = translate(pattern);
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    int why;
    PCRE2_SIZE where;
    pcre2_code *code;

    if (context == NULL)
        abort();
    pcre2_set_newline(context, PCRE2_NEWLINE_ANY); /* what Java's dot does not match */
    code = pcre2_compile((PCRE2_SPTR)translated, PCRE2_ZERO_TERMINATED,
                         PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &why, &where, context);
    if (code == NULL) {
        fprintf(stderr, "pattern not understood at %zu: %s\n", (size_t)where, pattern);
        abort();
    }
    pcre2_compile_context_free(context);
    free(translated);
    return code;
}

static pcre2_code *find_code(const char *pattern)
{
    pcre2_code *code;

    if (cache.codes == NULL) {
        cache.codes = hash_new();
        cache.limits = pcre2_match_context_create(NULL);
        if (cache.limits == NULL)
            abort();
        pcre2_set_match_limit(cache.limits, MATCH_LIMIT);
        pcre2_set_depth_limit(cache.limits, MATCH_LIMIT);
    }
    code = hash_get(cache.codes, pattern);
    if (code == NULL) {
        code = compile(pattern);
        hash_put(cache.codes, pattern, code);
    }
    return code;
}

bool pattern_matches(const char *pattern, const char *text, size_t len)
{
    pcre2_code *code = find_code(pattern);
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    int found;

    if (match == NULL)
        abort();
    found = pcre2_match(code, (PCRE2_SPTR)text, len, 0, 0, match, cache.limits);
    pcre2_match_data_free(match);
    return found >= 0;
}
