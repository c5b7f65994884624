/* Host names of endpoints: "<service>.<region>.<domain>", or "<service>.<domain>" where a service
 * is global or has a global form. */
#include "services/endpoint.h"

#include "base/arn.h"
#include "base/buf.h"
#include "base/text.h"
#include "services/ec2/region.h"
#include "spec/spec.h"

#include <string.h>

#define HOST_MAX  256
#define HOSTS_MAX 65536

static const char *const domains[] = {"amazonaws.com", "amazonaws.com.cn"};

static const char *domain_of(const char *region)
{
    return str_equal(region_partition(region), "aws-cn") ? domains[1] : domains[0];
}

/* `host` without its domain, in lower case; false: it is in none. */
static bool host_head(const char *host, char out[HOST_MAX])
{
    if (!str_copy(out, HOST_MAX, host))
        return false;
    for (char *c = out; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    for (size_t i = 0; i < ARRAY_LEN(domains); i++) {
        size_t len = strlen(out), tail = strlen(domains[i]);
        if (len > tail && str_ends(out, domains[i]) && out[len - tail - 1] == '.') {
            out[len - tail - 1] = '\0';
            return true;
        }
    }
    return false;
}

bool endpoint_is(const char *host)
{
    char head[HOST_MAX];

    if (!host_head(host, head))
        return false;
    for (size_t i = 0; i < spec_service_count; i++) {
        const char *prefix = spec_services[i]->endpoint_prefix;
        size_t len = strlen(prefix);
        if (strncmp(head, prefix, len) != 0)
            continue;
        if (head[len] == '\0' || (head[len] == '.' && region_find(head + len + 1) != NULL))
            return true;
    }
    return false;
}

/* A wildcard stands for one label, so services with a dot in their names are named. */
char *endpoint_hosts(void)
{
    struct buf out;

    buf_init(&out, HOSTS_MAX);
    for (size_t i = 0; i < ARRAY_LEN(domains); i++)
        buf_addf(&out, "*.%s ", domains[i]);
    for (size_t r = 0; r < region_count(); r++) {
        const char *region = region_at(r)->name;
        buf_addf(&out, "*.%s.%s ", region, domain_of(region));
        for (size_t i = 0; i < spec_service_count; i++)
            if (strchr(spec_services[i]->endpoint_prefix, '.') != NULL)
                buf_addf(&out, "%s.%s.%s ", spec_services[i]->endpoint_prefix, region,
                         domain_of(region));
    }
    return buf_take(&out);
}
