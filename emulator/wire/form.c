/* The pairs are decoded in one copy of the text, sorted by the parts of their keys (numbers as
 * numbers), and laid into the tree in that order: each pair then shares the longest possible path
 * with the one before it, so that building is linear and lists come out ordered whatever order they
 * came in. */
#include "wire/form.h"

#include "base/encode.h"
#include "wire/parse.h"

#include <stdlib.h>
#include <string.h>

struct pair {
    const char *key;
    size_t key_len;
    const char *value;
    size_t place; /* as received: the first of equal keys stands */
};

struct part {
    const char *name;
    size_t len;
};

/* The part of a key that starts at `at`. */
static struct part part_at(const char *key, size_t key_len, size_t at)
{
    const char *dot = memchr(key + at, '.', key_len - at);
    size_t end = dot != NULL ? (size_t)(dot - key) : key_len;
    return (struct part){.name = key + at, .len = end - at};
}

static bool part_is_number(struct part p)
{
    for (size_t i = 0; i < p.len; i++) {
        if (p.name[i] < '0' || p.name[i] > '9')
            return false;
    }
    return p.len > 0;
}

static struct part part_without_zeros(struct part p)
{
    while (p.len > 1 && p.name[0] == '0') {
        p.name++;
        p.len--;
    }
    return p;
}

static int part_compare(struct part a, struct part b)
{
    bool a_number = part_is_number(a), b_number = part_is_number(b);
    if (a_number != b_number)
        return a_number ? -1 : 1;
    if (a_number) {
        a = part_without_zeros(a);
        b = part_without_zeros(b);
        if (a.len != b.len)
            return a.len < b.len ? -1 : 1;
    }
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.name, b.name, shorter);
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

static int pair_compare(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    size_t at_a = 0, at_b = 0;
    while (at_a <= a->key_len && at_b <= b->key_len) {
        struct part pa = part_at(a->key, a->key_len, at_a);
        struct part pb = part_at(b->key, b->key_len, at_b);
        int order = part_compare(pa, pb);
        if (order != 0)
            return order;
        at_a += pa.len + 1;
        at_b += pb.len + 1;
    }
    if (at_a <= a->key_len || at_b <= b->key_len)
        return at_a <= a->key_len ? 1 : -1;
    return (a->place > b->place) - (a->place < b->place);
}

/* Decodes in place; NULL when it is not urlencoded UTF-8 text. */
static const char *text_decode(char *text, size_t len, size_t *ret_len)
{
    long decoded = percent_decode(text, len, true);
    if (decoded < 0 || memchr(text, '\0', (size_t)decoded) != NULL ||
        !utf8_valid(text, (size_t)decoded))
        return NULL;
    text[decoded] = '\0';
    *ret_len = (size_t)decoded;
    return text;
}

static size_t key_depth(const char *key, size_t len)
{
    size_t depth = 1;
    for (size_t i = 0; i < len; i++)
        depth += key[i] == '.';
    return depth;
}

/* One "key=value" of `len` bytes; the byte after it may be overwritten. */
static int pair_parse(struct pair *pair, char *text, size_t len, struct err *err)
{
    size_t value_len;
    char *equals = memchr(text, '=', len);
    size_t key_len = equals != NULL ? (size_t)(equals - text) : len;

    pair->value = "";
    if (equals != NULL)
        pair->value = text_decode(equals + 1, len - key_len - 1, &value_len);
    pair->key = text_decode(text, key_len, &pair->key_len);
    if (pair->key == NULL || pair->value == NULL)
        return err_set(err, "Malformed", "The query string contains a syntax error.");
    if (key_depth(pair->key, pair->key_len) > WIRE_FORM_DEPTH_MAX)
        return err_set(err, "TooLarge", "A parameter name has more than %d parts.",
                       WIRE_FORM_DEPTH_MAX);
    return 0;
}

static size_t pairs_count(const struct form_text *texts, size_t count)
{
    size_t pairs = 0;
    for (size_t i = 0; i < count; i++) {
        pairs += texts[i].len > 0;
        for (const char *at = texts[i].bytes, *end = at + texts[i].len;
             at < end && (at = memchr(at, '&', (size_t)(end - at))) != NULL; at++)
            pairs++;
    }
    return pairs;
}

/* Appends the pairs of one text to `pairs` and moves *at on. */
static int pairs_parse(struct pair *pairs, size_t *at, struct form_text text, struct arena *a,
                       struct err *err)
{
    char *copy = arena_memdup(a, text.bytes, text.len);
    for (char *start = copy, *end = copy + text.len; start < end;) {
        char *stop = memchr(start, '&', (size_t)(end - start));
        if (stop == NULL)
            stop = end;
        if (stop > start) {
            if (pair_parse(&pairs[*at], start, (size_t)(stop - start), err) != 0)
                return -1;
            pairs[*at].place = *at;
            (*at)++;
        }
        start = stop + 1;
    }
    return 0;
}

static struct form_node *node_add(struct form_node *parent, struct part part, struct arena *a)
{
    struct form_node *node = arena_alloc(a, sizeof(*node));
    node->name = part.name;
    node->name_len = part.len;
    node->parent = parent;
    if (parent->last != NULL)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
    return node;
}

/* The pairs come sorted: a part is either the last child so far or new. */
static void tree_add(struct form_node *root, const struct pair *pair, struct arena *a)
{
    struct form_node *node = root;
    for (size_t at = 0; at <= pair->key_len;) {
        struct part part = part_at(pair->key, pair->key_len, at);
        struct form_node *last = node->last;
        if (last != NULL &&
            part_compare((struct part){.name = last->name, .len = last->name_len}, part) == 0)
            node = last;
        else
            node = node_add(node, part, a);
        at += part.len + 1;
    }
    if (node->value == NULL)
        node->value = pair->value;
}

struct form_node *form_parse(const struct form_text *texts, size_t count, struct arena *a,
                             struct err *err)
{
    size_t room = pairs_count(texts, count), used = 0;
    if (room > WIRE_FORM_KEYS_MAX) {
        err_set(err, "TooLarge", "The request has more than %d parameters.", WIRE_FORM_KEYS_MAX);
        return NULL;
    }
    struct pair *pairs = arena_alloc(a, (room + 1) * sizeof(*pairs));
    for (size_t i = 0; i < count; i++) {
        if (pairs_parse(pairs, &used, texts[i], a, err) != 0)
            return NULL;
    }
    qsort(pairs, used, sizeof(*pairs), pair_compare);

    struct form_node *root = arena_alloc(a, sizeof(*root));
    root->name = "";
    for (size_t i = 0; i < used; i++)
        tree_add(root, &pairs[i], a);
    return root;
}

struct form_node *form_child(const struct form_node *node, const char *name)
{
    size_t len = strlen(name);
    for (struct form_node *child = node->first; child != NULL; child = child->next) {
        if (child->name_len == len && memcmp(child->name, name, len) == 0)
            return child;
    }
    return NULL;
}

bool form_is_index(const struct form_node *node)
{
    return part_is_number((struct part){.name = node->name, .len = node->name_len});
}

const char *form_key(const struct form_node *node, struct arena *a)
{
    const char *key = arena_strndup(a, node->name, node->name_len);
    for (const struct form_node *up = node->parent; up != NULL && up->parent != NULL;
         up = up->parent)
        key = arena_printf(a, "%.*s.%s", (int)up->name_len, up->name, key);
    return key;
}

int form_next(struct form_text *text, struct arena *a, const char **ret_key, const char **ret_value)
{
    struct pair pair;
    while (text->len > 0 && text->bytes[0] == '&') {
        text->bytes++;
        text->len--;
    }
    if (text->len == 0)
        return 0;
    const char *stop = memchr(text->bytes, '&', text->len);
    size_t len = stop != NULL ? (size_t)(stop - text->bytes) : text->len;
    if (pair_parse(&pair, arena_memdup(a, text->bytes, len), len, NULL) != 0)
        return -1;
    text->bytes += len;
    text->len -= len;
    *ret_key = pair.key;
    *ret_value = pair.value;
    return 1;
}

const char *form_peek(struct form_text text, const char *name, struct arena *a)
{
    size_t name_len = strlen(name), len;
    for (const char *at = text.bytes, *end = at + text.len; at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        if ((size_t)(stop - at) > name_len && memcmp(at, name, name_len) == 0 &&
            at[name_len] == '=') {
            at += name_len + 1;
            return text_decode(arena_memdup(a, at, (size_t)(stop - at)), (size_t)(stop - at), &len);
        }
        at = stop + 1;
    }
    return NULL;
}
