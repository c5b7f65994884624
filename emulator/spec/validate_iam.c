/* IAM says of a name or path with a wrong character what may stand in it, where other services show
 * the pattern. The sentences are those that its callers have recorded. */
#include "spec/validate_iam.h"

#include "base/text.h"

#define NAME_PATTERN "[\\w+=,.@-]+"

static const struct {
    const char *member;
    const char *words;
} paths[] = {
    {"NewPath", "It must begin and end with / and contain only alphanumeric characters and/or / "
                "characters."},
    {"Path", "It must begin and end with / and contain only alphanumeric characters and/or / "
             "characters."},
    {"PathPrefix", "It must begin with the / character and contain only alphanumeric characters "
                   "and/or / characters."},
};

const char *validate_iam_words(const struct check_violation *v)
{
    if (v->kind != CHECK_PATTERN || v->path->up != NULL || v->path->member == NULL)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        if (str_equal(v->path->member->name, paths[i].member))
            return paths[i].words;
    return str_equal(v->shape->pattern, NAME_PATTERN)
               ? "It must contain only alphanumeric characters and/or the following: +=,.@_-"
               : NULL;
}
