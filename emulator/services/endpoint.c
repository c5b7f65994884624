/* Host names of endpoints: "<service>.<region>.amazonaws.com", or "<service>.amazonaws.com" where a
 * service is global or has a global form. */
#include "services/endpoint.h"

#include "base/buf.h"
#include "base/text.h"
#include "services/ec2/region.h"
#include "spec/spec.h"

#include <string.h>

#define HOST_MAX  256
#define HOSTS_MAX 65536

#define DOMAIN ".amazonaws.com"

/* `host` without the domain, in lower case; false: it is not in it. */
static bool host_head(const char *host, char out[HOST_MAX])
{
    if (!str_copy(out, HOST_MAX, host))
        return false;
    for (char *c = out; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    if (!str_ends(out, DOMAIN))
        return false;
    out[strlen(out) - strlen(DOMAIN)] = '\0';
    return true;
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
    buf_addf(&out, "*%s ", DOMAIN);
    for (size_t r = 0; r < region_count(); r++) {
        const char *region = region_at(r)->name;
        buf_addf(&out, "*.%s%s ", region, DOMAIN);
        for (size_t i = 0; i < spec_service_count; i++)
            if (strchr(spec_services[i]->endpoint_prefix, '.') != NULL)
                buf_addf(&out, "%s.%s%s ", spec_services[i]->endpoint_prefix, region, DOMAIN);
    }
    return buf_take(&out);
}
