/* What the tests of machines share: a scratch folder, turning a loop until something is true, a
 * disk with a tiny program in its boot sector. Included by one test program each. */
#ifndef PLANT_SUPPORT_H
#define PLANT_SUPPORT_H

#include "base/clock.h"
#include "base/text.h"
#include "loop/loop.h"
#include "plant/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define QEMU     "qemu-system-x86_64"
#define QEMU_IMG "qemu-img"

/* Turns the loop until cond holds; fails the test after `ms`. */
#define TURN_UNTIL(l, cond, ms)                                                                    \
    do {                                                                                           \
        int64_t until_us = clock_monotonic_us() + (ms)*INT64_C(1000);                              \
        while (!(cond) && clock_monotonic_us() < until_us)                                         \
            loop_step((l), 10);                                                                    \
        assert_true(cond);                                                                         \
    } while (0)

/* Turns the loop for `ms`. */
static inline void turn_for(struct loop *l, int64_t ms)
{
    int64_t until_us = clock_monotonic_us() + ms * 1000;

    while (clock_monotonic_us() < until_us)
        loop_step(l, 10);
}

static inline void run_command(const char *command)
{
    assert_int_equal(system(command), 0);
}

static inline char *scratch_make(void)
{
    char *folder = xstrdup("/tmp/groundschool-test-XXXXXX");

    assert_non_null(mkdtemp(folder));
    return folder;
}

static inline void scratch_remove(char *folder)
{
    char *command = xasprintf("rm -rf '%s'", folder);

    run_command(command);
    free(command);
    free(folder);
}

static inline bool program_installed(const char *name)
{
    char *command = xasprintf("command -v %s >/dev/null 2>&1", name);
    bool found = system(command) == 0;

    free(command);
    return found;
}

#endif
