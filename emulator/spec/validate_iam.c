/* IAM says of a name, a path or a document with a wrong character what may stand in it, where other
 * services show the pattern; and so of an account alias, whose length counts as well. The sentences
 * are those that its callers have met. */
#include "spec/validate_iam.h"

#include "base/text.h"

static const struct {
    const char *pattern;
    const char *words;
} patterns[] = {
    {"[\\w+=,.@-]+", "It must contain only alphanumeric characters and/or the following: +=,.@_-"},
    {"[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+", "It must contain only printable ASCII characters."},
};
#define PATH_WORDS                                                                                 \
    "It must begin and end with / and contain only alphanumeric characters and/or / characters."
static const struct {
    const char *member;
    bool lengths; /* said of a wrong length as well */
    const char *words;
} members[] = {
    {"AccountAlias", true,
     "It must be a minimum length of 3 characters and maximum length of 63 characters, contain "
     "only digits, lowercase letters, and hyphens (-), but cannot begin or end with a hyphen."},
    {"NewPath", false, PATH_WORDS},
    {"Path", false, PATH_WORDS},
    {"PathPrefix", false,
     "It must begin with the / character and contain only alphanumeric characters and/or / "
     "characters."},
};

const char *validate_iam_words(const struct check_violation *v)
{
    bool pattern = v->kind == CHECK_PATTERN;

    if ((!pattern && v->kind != CHECK_MIN && v->kind != CHECK_MAX) || v->path->up != NULL ||
        v->path->member == NULL)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (str_equal(v->path->member->name, members[i].member))
            return pattern || members[i].lengths ? members[i].words : NULL;
    for (size_t i = 0; pattern && i < ARRAY_LEN(patterns); i++)
        if (str_equal(v->shape->pattern, patterns[i].pattern))
            return patterns[i].words;
    return NULL;
}
