/* Patterns: what a policy writes for an action, a resource or a value. A pattern is compiled to
 * text in which wildcards are marks (model.h) and to variables, so that a `*` that is meant
 * literally, or that a request's value holds, never becomes a wildcard.
 *
 * What `*` spans in a Resource (IAM User Guide, "IAM JSON policy elements: Resource", "Using
 * wildcards in resource ARNs"): wildcards stand within the segments between the colons; a `*` that
 * is the last character of its segment may go on beyond the colon; the sixth segment, the resource,
 * is one segment however many colons it has. In ArnLike each of the six components is compared by
 * itself ("Condition operators", ARN). */
#include "base/buf.h"
#include "policy/model.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A value longer than this is nobody's name: what holds it matches nothing. */
#define RESOLVED_MAX ((size_t)1 << 20)
#define ARN_COLONS   5

/* --- matching --- */

struct retry { /* where to go on when the rest does not match: `*` takes one character more */
    const char *glob, *text;
};

static const char *next_character(const char *text)
{
    do
        text++;
    while (((unsigned char)*text & 0xc0) == 0x80);
    return text;
}

static bool retry_take(struct retry *retry, bool narrow, struct retry *at)
{
    if (retry->glob == NULL || *retry->text == '\0' || (narrow && *retry->text == ':')) {
        retry->glob = NULL;
        return false;
    }
    retry->text = next_character(retry->text);
    *at = *retry;
    return true;
}

/* Behind a run, the first place where what follows can begin. False: nowhere. */
static bool run_skip(struct retry *at, bool folds)
{
    if (folds || *at->glob == '\0' || (unsigned char)*at->glob >= (unsigned char)MARK_FIRST)
        return true;
    const char *next = strchr(at->text, *at->glob);
    if (next != NULL)
        at->text = next;
    return next != NULL;
}

/* One character of the pattern against one of the text; both go on when they match. */
static bool step(struct retry *at, bool folds)
{
    char g = *at->glob, t = *at->text;

    if (t == '\0')
        return false;
    if (g == MARK_ONE || (g == MARK_ONE_NARROW && t != ':')) {
        at->glob++;
        at->text = next_character(at->text);
        return true;
    }
    if (g != (folds ? fold(t) : t))
        return false;
    at->glob++;
    at->text++;
    return true;
}

/* On from the last `*` of either sort; false: it can take no more. */
static bool retry_again(struct retry *wide, struct retry *narrow, struct retry *at, bool folds)
{
    if (retry_take(narrow, true, at))
        return true;
    if (!retry_take(wide, false, at) || !run_skip(at, folds))
        return false;
    wide->text = at->text;
    return true;
}

/* What was compared in vain since the `*` that is tried again. False: there was too much of it. */
static bool effort_spend(struct facts *facts, const char *from, const char *to)
{
    if (facts == NULL)
        return true;
    if (facts->effort <= EFFORT_MAX)
        facts->effort += from != NULL ? (size_t)(to - from) + 1 : 1;
    return facts->effort <= EFFORT_MAX;
}

/* Only the last `*` of each sort need be tried again: what an earlier one could yield besides, the
 * later one yields as well. */
static bool glob_matches(const char *glob, const char *text, bool folds, struct facts *facts)
{
    struct retry at = {glob, text}, wide = {NULL, NULL}, narrow = {NULL, NULL};

    for (;;) {
        if (*at.glob == MARK_RUN) {
            at.glob++;
            if (*at.glob == '\0')
                return true;
            if (!run_skip(&at, folds))
                return false;
            wide = at;
            narrow.glob = NULL;
        } else if (*at.glob == MARK_RUN_NARROW) {
            at.glob++;
            narrow = at;
        } else if (*at.glob == '\0' && *at.text == '\0') {
            return true;
        } else if (!step(&at, folds)) {
            const char *star = narrow.glob != NULL ? narrow.glob : wide.glob;
            if (!effort_spend(facts, star, at.glob) || !retry_again(&wide, &narrow, &at, folds))
                return false;
        }
    }
}

/* The text of a pattern with its variables filled in: short ones, nearly all, need no allocation.
 */
struct filled {
    char *text, *large;
    size_t len, capacity;
    char small[256];
};

static void filled_add(struct filled *f, const char *text, size_t len)
{
    if (f->len + len >= f->capacity) {
        f->capacity = 2 * (f->len + len + 1);
        f->large = xrealloc(f->large, f->capacity);
        if (f->text == f->small)
            memcpy(f->large, f->small, f->len);
        f->text = f->large;
    }
    memcpy(f->text + f->len, text, len);
    f->len += len;
}

/* A variable takes the one value of its key; a key with several cannot be one ("IAM policy
 * elements: Variables and tags"). */
static bool value_fill(struct filled *f, const struct part *part, bool folds, struct facts *facts)
{
    struct policy_values values;
    const char *text = part->fallback;
    size_t start = f->len;

    if (facts_get(facts, &part->key, &values) && values.count == 1)
        text = values.text[0];
    size_t len = text == NULL ? 0 : strlen(text);
    if (text == NULL || f->len + len > RESOLVED_MAX)
        return false;
    filled_add(f, text, len);
    for (char *at = f->text + start; at < f->text + f->len; at++) {
        if ((unsigned char)*at >= (unsigned char)MARK_FIRST)
            return false;
        if (folds)
            *at = fold(*at);
    }
    return true;
}

static enum match filled_match(const struct pattern *pattern, const char *text, struct facts *facts)
{
    struct filled f;
    enum match match = MATCH_UNRESOLVED;
    bool resolved = true;

    f.text = f.small;
    f.large = NULL;
    f.len = 0;
    f.capacity = sizeof(f.small);
    for (size_t i = 0; i < pattern->part_count && resolved; i++) {
        const struct part *part = &pattern->parts[i];
        if (part->glob != NULL)
            filled_add(&f, part->glob, strlen(part->glob));
        else
            resolved = value_fill(&f, part, pattern->folds, facts);
    }
    if (resolved) {
        filled_add(&f, "", 1);
        match = glob_matches(f.text, text, pattern->folds, facts) ? MATCH_YES : MATCH_NO;
    }
    free(f.large);
    return match;
}

enum match pattern_match(const struct pattern *pattern, const char *text, struct facts *facts)
{
    if (pattern->part_count > 1 || pattern->parts[0].glob == NULL)
        return filled_match(pattern, text, facts);
    return glob_matches(pattern->parts[0].glob, text, pattern->folds, facts) ? MATCH_YES : MATCH_NO;
}

/* --- compiling --- */

struct reader {
    struct compiler *compiler;
    const char *at;
    enum wildcards wildcards;
    int colons;
    struct buf glob; /* the text part being read */
    struct part *parts;
    size_t count;
};

static char mark_of(const struct reader *r, bool run)
{
    bool last = r->at[1] == ':' || r->at[1] == '\0';
    bool narrow = r->colons < ARN_COLONS;

    if (r->wildcards == WILDCARDS_TEXT)
        narrow = false;
    else if (run && r->wildcards == WILDCARDS_RESOURCE && last)
        narrow = false;
    else if (run && r->wildcards == WILDCARDS_ARN && r->at[1] == '\0')
        narrow = false; /* fewer than six components: it stands for those that are left out */
    if (run)
        return narrow ? MARK_RUN_NARROW : MARK_RUN;
    return narrow ? MARK_ONE_NARROW : MARK_ONE;
}

static void text_part_end(struct reader *r)
{
    if (r->glob.len == 0)
        return;
    r->parts[r->count++] = (struct part){
        .glob = arena_strdup(r->compiler->arena, buf_text(&r->glob)),
    };
    buf_clear(&r->glob);
}

static void trim(const char **start, const char **end)
{
    while (*start < *end && isspace((unsigned char)**start))
        ++*start;
    while (*start < *end && isspace((unsigned char)(*end)[-1]))
        --*end;
}

/* `${key}` or `${key, 'default'}`, from behind the brace up to `end`. */
static int variable_read(struct reader *r, const char *end)
{
    struct arena *arena = r->compiler->arena;
    const char *start = r->at, *comma = memchr(start, ',', (size_t)(end - start));
    const char *key_end = comma == NULL ? end : comma, *fallback = comma == NULL ? end : comma + 1;
    struct part part = {.fallback = NULL};

    trim(&start, &key_end);
    trim(&fallback, &end);
    part.key = key_make(arena, start, (size_t)(key_end - start));
    if (*part.key.name == '\0' || strpbrk(part.key.name, "${\"'") != NULL)
        return malformed_legacy(r->compiler);
    if (comma != NULL) {
        if (end - fallback < 2 || *fallback != '\'' || end[-1] != '\'')
            return malformed_legacy(r->compiler);
        part.fallback = arena_strndup(arena, fallback + 1, (size_t)(end - fallback) - 2);
    }
    text_part_end(r);
    r->parts[r->count++] = part;
    return 0;
}

/* Behind "${". The three that stand for a character are `${*}`, `${?}` and `${$}`. */
static int braces_read(struct reader *r)
{
    const char *end = strchr(r->at, '}');

    if (end == NULL)
        return malformed_legacy(r->compiler);
    if (end == r->at + 1 && strchr("*?$", *r->at) != NULL)
        buf_add_char(&r->glob, *r->at);
    else if (variable_read(r, end) != 0)
        return -1;
    r->at = end + 1;
    return 0;
}

static int pattern_read(struct reader *r)
{
    while (*r->at != '\0') {
        char c = *r->at;
        if (c == '$' && r->at[1] == '{' && r->compiler->variables) {
            r->at += 2;
            if (braces_read(r) != 0)
                return -1;
            continue;
        }
        if ((c == '*' || c == '?') && r->wildcards != WILDCARDS_NONE)
            c = mark_of(r, c == '*');
        r->colons += c == ':';
        buf_add_char(&r->glob, c);
        r->at++;
    }
    text_part_end(r);
    return 0;
}

int pattern_compile(struct compiler *c, const char *text, enum wildcards wildcards,
                    struct pattern *ret_pattern)
{
    size_t most = 1;
    struct reader r = {.compiler = c, .at = text, .wildcards = wildcards};

    for (const char *at = strstr(text, "${"); at != NULL; at = strstr(at + 2, "${"))
        most += 2;
    r.parts = arena_alloc(c->arena, most * sizeof(*r.parts));
    buf_init(&r.glob, POLICY_TEXT_MAX);
    int rc = pattern_read(&r);
    buf_done(&r.glob);
    if (rc != 0)
        return -1;
    if (r.count == 0)
        r.parts[r.count++].glob = "";
    *ret_pattern = (struct pattern){.parts = r.parts, .part_count = r.count};
    return 0;
}

void pattern_fold(struct compiler *c, struct pattern *pattern)
{
    struct part *parts = arena_alloc(c->arena, pattern->part_count * sizeof(*parts));

    for (size_t i = 0; i < pattern->part_count; i++) {
        parts[i] = pattern->parts[i];
        if (parts[i].glob == NULL)
            continue;
        char *text = arena_strdup(c->arena, parts[i].glob);
        for (char *at = text; *at != '\0'; at++)
            *at = fold(*at);
        parts[i].glob = text;
    }
    pattern->parts = parts;
    pattern->folds = true;
}

void pattern_keys(const struct pattern *pattern, void (*fn)(void *arg, const char *key), void *arg)
{
    for (size_t i = 0; i < pattern->part_count; i++)
        if (pattern->parts[i].glob == NULL)
            fn(arg, pattern->parts[i].key.name);
}
