/* How the machine does at the moment, from /proc. */
#include "stats.h"

#include "file.h"
#include "listen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_int_t memory_of(const char *table, const char *name)
{
    const char *at = table == NULL ? NULL : strstr(table, name);

    return at == NULL ? 0 : strtoll(at + strlen(name), NULL, 10);
}

json_t *stats_read(void)
{
    size_t len;
    char *memory = file_read("/proc/meminfo", &len);
    char *uptime = file_read("/proc/uptime", &len);
    char *load = file_read("/proc/loadavg", &len);
    double loads[3] = {0};
    struct listening listening;
    json_t *stats;

    if (load == NULL || sscanf(load, "%lf %lf %lf", &loads[0], &loads[1], &loads[2]) != 3)
        memset(loads, 0, sizeof(loads));
    listening_read(&listening);
    stats = json_pack("{s:{s:I, s:I}, s:f, s:[f, f, f], s:o}", "memory", "total_kib",
                      memory_of(memory, "MemTotal:"), "available_kib",
                      memory_of(memory, "MemAvailable:"), "uptime_s",
                      uptime == NULL ? 0 : strtod(uptime, NULL), "load", loads[0], loads[1],
                      loads[2], "listen", listening_to_json(&listening));
    free(memory);
    free(uptime);
    free(load);
    return stats;
}
