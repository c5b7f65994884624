/* Amazon resource names. */
#include "base/arn.h"

#include "base/text.h"

#include <string.h>

bool arn_parse(struct arena *a, const char *text, struct arn *ret_arn)
{
    const char *parts[6];

    if (!str_starts(text, "arn:"))
        return false;
    char *at = arena_strdup(a, text);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        parts[i] = at;
        if (i == ARRAY_LEN(parts) - 1)
            break; /* the resource keeps its colons */
        at = strchr(at, ':');
        if (at == NULL)
            return false;
        *at++ = '\0';
    }
    if (*parts[1] == '\0' || *parts[2] == '\0' || *parts[5] == '\0')
        return false;
    *ret_arn = (struct arn){.partition = parts[1],
                            .service = parts[2],
                            .region = parts[3],
                            .account = parts[4],
                            .resource = parts[5]};
    return true;
}

char *arn_format(struct arena *a, const struct arn *arn)
{
    return arena_printf(a, "arn:%s:%s:%s:%s:%s", arn->partition, arn->service, arn->region,
                        arn->account, arn->resource);
}

const char *region_partition(const char *region)
{
    static const struct {
        const char *prefix, *partition;
    } partitions[] = {
        {"cn-", "aws-cn"},         {"us-gov-", "aws-us-gov"}, {"us-iso-", "aws-iso"},
        {"us-isob-", "aws-iso-b"}, {"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"},
        {"eusc-", "aws-eusc"},
    };

    for (size_t i = 0; i < ARRAY_LEN(partitions); i++) {
        if (str_starts(region, partitions[i].prefix))
            return partitions[i].partition;
    }
    return "aws";
}
