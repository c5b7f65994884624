/* What a machine's process has used, from /proc: QEMU names its vCPU threads "CPU <n>/TCG" or "CPU
 * <n>/KVM". */
#include "plant/usage.h"

#include "base/text.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_line(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "re");
    bool whole = f != NULL && fgets(out, (int)size, f) != NULL;

    if (f != NULL)
        fclose(f);
    return whole;
}

/* utime and stime, fields 14 and 15, of a thread that is a vCPU; 0 for any other. */
static int64_t vcpu_ticks(pid_t pid, const char *thread)
{
    char path[320];
    char stat[512];
    const char *after_name;
    unsigned long user;
    unsigned long system;

    snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", (int)pid, thread);
    if (!read_line(path, stat, sizeof(stat)) || strstr(stat, "(CPU ") == NULL)
        return 0;
    after_name = strrchr(stat, ')');
    if (after_name == NULL ||
        sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
               &system) != 2)
        return 0;
    return (int64_t)(user + system);
}

static int64_t vcpus_us(pid_t pid)
{
    char path[64];
    int64_t ticks = 0;
    const struct dirent *entry;
    DIR *tasks;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    tasks = opendir(path);
    if (tasks == NULL)
        return 0;
    while ((entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] != '.')
            ticks += vcpu_ticks(pid, entry->d_name);
    }
    closedir(tasks);
    return ticks * (1000000 / sysconf(_SC_CLK_TCK));
}

void usage_read(pid_t pid, struct machine_usage *ret_usage)
{
    char path[64];
    char line[256];
    int64_t pages = 0;

    snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    if (!read_line(path, line, sizeof(line)) || sscanf(line, "%*d %" SCNd64, &pages) != 1)
        pages = 0;
    ret_usage->resident_bytes = pages * sysconf(_SC_PAGESIZE);
    ret_usage->cpu_us = vcpus_us(pid);
}
