/* Which accelerator this host offers. */
#include "base/text.h"
#include "plant/machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The words of the first "flags" line of /proc/cpuinfo. */
static bool cpu_virtualizes(void)
{
    char line[16384];
    FILE *f = fopen("/proc/cpuinfo", "re");
    bool found = false;

    if (f == NULL)
        return false;
    while (fgets(line, sizeof(line), f) != NULL) {
        char *state;
        if (!str_starts(line, "flags"))
            continue;
        for (char *word = strtok_r(line, " \t\n", &state); word != NULL;
             word = strtok_r(NULL, " \t\n", &state))
            found = found || str_equal(word, "vmx") || str_equal(word, "svm");
        break;
    }
    fclose(f);
    return found;
}

static bool kvm_opens(void)
{
    int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return false;
    close(fd);
    return true;
}

enum machine_accel plant_accel(enum machine_accel wanted)
{
    if (wanted != ACCEL_AUTO)
        return wanted;
    return cpu_virtualizes() && kvm_opens() ? ACCEL_KVM : ACCEL_TCG;
}
