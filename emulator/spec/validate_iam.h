/* IAM's own words for names, paths and documents. Inside spec/ only. */
#ifndef SPEC_VALIDATE_IAM_H
#define SPEC_VALIDATE_IAM_H

#include "spec/check.h"

/* What IAM says of a value that breaks its pattern (or its length, for an alias), after "The
 * specified value for roleName is invalid. "; NULL: it has no words of its own for that. */
const char *validate_iam_words(const struct check_violation *v);

#endif
