/* Filters over rendered records: a path is walked, lists on the way are flattened, and every value
 * found is compared as AWS would write it. */
#include "call/filter.h"

#include "base/text.h"
#include "base/timefmt.h"

#include <stdio.h>
#include <string.h>

#define FILTER_VALUES_MAX 200 /* of one call, all filters together */

/* --- reading ------------------------------------------------------------------------------------
 */

static const struct describe_filter *find_spec(const struct describe *d, const char *name)
{
    for (size_t i = 0; i < d->filter_count; i++)
        if (str_equal(d->filters[i].name, name))
            return &d->filters[i];
    return NULL;
}

static bool all_literal(const json_t *values)
{
    size_t i;
    json_t *value;

    json_array_foreach (values, i, value) {
        const char *text = json_string_value(value);
        if (text == NULL || strpbrk(text, "*?\\") != NULL)
            return false;
    }
    return true;
}

static bool classify(const struct describe *d, const char *name, struct filter *f)
{
    f->spec = find_spec(d, name);
    if (f->spec != NULL) {
        f->kind = FILTER_PATH;
        return true;
    }
    if (d->tags_path == NULL)
        return false;
    if (str_starts(name, "tag:") && name[4] != '\0') {
        f->kind = FILTER_TAG;
        f->tag_key = name + 4;
        return true;
    }
    f->kind = str_equal(name, "tag-key") ? FILTER_TAG_KEY : FILTER_TAG_VALUE;
    return str_equal(name, "tag-key") || str_equal(name, "tag-value");
}

static int read_one(struct call *c, const struct describe *d, const json_t *given, struct filter *f)
{
    const char *name = json_str(given, "Name");

    if (name == NULL || !classify(d, name, f))
        return call_fail(c, "InvalidParameterValue", "The filter '%s' is invalid",
                         name != NULL ? name : "null");
    f->values = json_get(given, "Values");
    if (json_array_size(f->values) == 0)
        return call_fail(c, "MissingParameter", "The filter '%s' must contain at least one value",
                         name);
    f->literal = all_literal(f->values);
    return 0;
}

int filter_read(struct call *c, const struct describe *d, struct filter **ret_filters,
                size_t *ret_count)
{
    const json_t *given = call_accepts(c, "Filters") ? arg_get(c, "Filters") : NULL;
    size_t count = json_array_size(given), values = 0;
    struct filter *filters = arena_alloc(c->arena, (count + 1) * sizeof(*filters));

    for (size_t i = 0; i < count; i++) {
        if (read_one(c, d, json_array_get(given, i), &filters[i]) != 0)
            return -1;
        values += json_array_size(filters[i].values);
    }
    if (values > FILTER_VALUES_MAX)
        return call_fail(c, "FilterLimitExceeded",
                         "The maximum number of filter values specified on a single call is %d",
                         FILTER_VALUES_MAX);
    *ret_filters = filters;
    *ret_count = count;
    return 0;
}

/* --- matching -----------------------------------------------------------------------------------
 */

static bool text_matches(const json_t *patterns, const char *text)
{
    size_t i;
    json_t *pattern;

    json_array_foreach (patterns, i, pattern) {
        if (glob_match(json_string_value(pattern), text))
            return true;
    }
    return false;
}

/* 10 and 10.0 are the same number. */
static bool real_matches(const json_t *patterns, double number)
{
    char text[64];

    snprintf(text, sizeof(text), "%.12g", number);
    if (text_matches(patterns, text))
        return true;
    snprintf(text, sizeof(text), "%.12g.0", number);
    return text_matches(patterns, text);
}

static bool leaf_matches(const json_t *leaf, bool is_time, const json_t *patterns)
{
    char text[TIME_SIZE];

    if (json_is_string(leaf))
        return text_matches(patterns, json_string_value(leaf));
    if (json_is_boolean(leaf))
        return text_matches(patterns, json_is_true(leaf) ? "true" : "false");
    if (json_is_real(leaf))
        return real_matches(patterns, json_real_value(leaf));
    if (!json_is_integer(leaf))
        return false;
    if (is_time)
        time_format_iso8601_ms(json_integer_value(leaf), text);
    else
        snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(leaf));
    return text_matches(patterns, text);
}

static bool path_matches(const json_t *node, const char *path, bool is_time, const json_t *patterns)
{
    size_t i;
    json_t *element;

    if (json_is_array(node)) {
        json_array_foreach (node, i, element) {
            if (path_matches(element, path, is_time, patterns))
                return true;
        }
        return false;
    }
    if (*path == '\0')
        return leaf_matches(node, is_time, patterns);
    size_t len = strcspn(path, ".");
    const json_t *next = json_object_getn(node, path, len);
    path += len;
    return next != NULL && path_matches(next, *path == '.' ? path + 1 : path, is_time, patterns);
}

/* What stands at a path without lists on the way; NULL: nothing. */
static const json_t *record_at(const json_t *record, const char *path)
{
    while (record != NULL && *path != '\0') {
        size_t len = strcspn(path, ".");
        record = json_object_getn(record, path, len);
        path += path[len] == '.' ? len + 1 : len;
    }
    return record;
}

static bool tag_matches(const json_t *tag, const struct filter *f)
{
    const char *key = json_str_or(tag, "Key", ""), *value = json_str_or(tag, "Value", "");

    switch (f->kind) {
    case FILTER_TAG:
        return strcmp(key, f->tag_key) == 0 && text_matches(f->values, value);
    case FILTER_TAG_KEY:
        return text_matches(f->values, key);
    case FILTER_TAG_VALUE:
        return text_matches(f->values, value);
    case FILTER_PATH:
        break;
    }
    return false;
}

static bool any_tag_matches(const json_t *tags, const struct filter *f)
{
    size_t i;
    json_t *tag;

    json_array_foreach (tags, i, tag) {
        if (tag_matches(tag, f))
            return true;
    }
    return false;
}

bool filter_matches(const struct describe *d, const struct filter *filters, size_t count,
                    const json_t *record)
{
    for (size_t i = 0; i < count; i++) {
        const struct filter *f = &filters[i];
        bool passes = f->answered;
        if (!passes && f->kind == FILTER_PATH)
            passes =
                path_matches(record, f->spec->path, str_ends(f->spec->path, "Time"), f->values);
        else if (!passes)
            passes = any_tag_matches(record_at(record, d->tags_path), f);
        if (!passes)
            return false;
    }
    return true;
}

const char *record_text(const json_t *record, const char *path)
{
    return json_string_value(record_at(record, path));
}
