/* Amazon resource names: arn:partition:service:region:account:resource. */
#ifndef BASE_ARN_H
#define BASE_ARN_H

#include "base/alloc.h"

#include <stdbool.h>

struct arn { /* each part borrowed from the arena copy made by arn_parse */
    const char *partition, *service, *region, *account, *resource;
};

bool arn_parse(struct arena *a, const char *text, struct arn *ret_arn);
char *arn_format(struct arena *a, const struct arn *arn);
const char *region_partition(const char *region); /* "aws", "aws-cn", "aws-us-gov" ... by prefix */

#endif
