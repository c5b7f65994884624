/* IAM says of a name, a path or a document with a wrong character what may stand in it, where other
 * services show the pattern; and so of an account alias, whose length counts as well. The sentences
 * are those that its callers have met. */
#include "spec/validate_iam.h"

#include "base/text.h"

#define NAME_PATTERN "[\\w+=,.@-]+"

static const struct {
    const char *member;
    bool lengths; /* said of a wrong length as well */
    const char *words;
} texts[] = {
    {"AccountAlias", true,
     "It must be a minimum length of 3 characters and maximum length of 63 characters, contain "
     "only "
     "digits, lowercase letters, and hyphens (-), but cannot begin or end with a hyphen."},
    {"AssumeRolePolicyDocument", false, "It must contain only printable ASCII characters."},
    {"NewPath", false,
     "It must begin and end with / and contain only alphanumeric characters and/or / characters."},
    {"Path", false,
     "It must begin and end with / and contain only alphanumeric characters and/or / characters."},
    {"PathPrefix", false,
     "It must begin with the / character and contain only alphanumeric characters and/or / "
     "characters."},
    {"PolicyDocument", false, "It must contain only printable ASCII characters."},
};

const char *validate_iam_words(const struct check_violation *v)
{
    bool pattern = v->kind == CHECK_PATTERN;

    if ((!pattern && v->kind != CHECK_MIN && v->kind != CHECK_MAX) || v->path->up != NULL ||
        v->path->member == NULL)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (str_equal(v->path->member->name, texts[i].member))
            return pattern || texts[i].lengths ? texts[i].words : NULL;
    return pattern && str_equal(v->shape->pattern, NAME_PATTERN)
               ? "It must contain only alphanumeric characters and/or the following: +=,.@_-"
               : NULL;
}
