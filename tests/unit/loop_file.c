/* Files and work on other threads. */
#include "base/text.h"
#include "loop/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct loop *loop;
static char folder[] = "/tmp/file-test-XXXXXX", path[100];
static char got[1000], got_code[64];
static int told;

static int start(void **state)
{
    (void)state;
    loop = loop_new();
    told = 0;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/file", folder);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    loop_free(loop);
    unlink(path);
    rmdir(folder);
    return 0;
}

static void put(const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void note_read(void *arg, const char *bytes, size_t len, struct err *err)
{
    told++;
    (void)arg;
    str_copy(got_code, sizeof(got_code), err != NULL ? err->code : "");
    assert_int_equal(bytes == NULL, err != NULL);
    str_copy(got, sizeof(got), bytes != NULL ? bytes : "");
    assert_true(err != NULL || len == strlen(got));
}

static const char *read_back(const char *name, size_t ceiling, bool tail)
{
    told = 0;
    file_read(loop, name, ceiling, tail, note_read, NULL);
    assert_int_equal(told, 0);
    for (int i = 0; i < 500 && told == 0; i++)
        loop_step(loop, 10);
    assert_int_equal(told, 1);
    return got;
}

/* A file is read to its ceiling, from the front or the end; what has no size is read all the same.
 */
static void files_are_read_to_a_ceiling(void **state)
{
    (void)state;
    put("0123456789");
    assert_string_equal(read_back(path, 100, false), "0123456789");
    assert_string_equal(read_back(path, 4, false), "0123");
    assert_string_equal(read_back(path, 4, true), "6789");
    assert_string_equal(read_back(path, 0, true), "");
    put("");
    assert_string_equal(read_back(path, 4, true), "");
    assert_string_equal(got_code, "");
    assert_non_null(strstr(read_back("/proc/self/status", 900, false), "Name:"));
}

/* A missing file and a folder are errors. */
static void missing_files_are_errors(void **state)
{
    (void)state;
    read_back("/nonexistent", 10, false);
    assert_string_equal(got_code, "System");
    read_back(folder, 10, false);
    assert_string_equal(got_code, "System");
}

static void note_removed(void *arg, struct err *err)
{
    told++;
    assert_int_equal(err != NULL, arg != NULL);
}

static void remove_and_wait(const char *name, void *fails)
{
    told = 0;
    folder_remove(loop, name, note_removed, fails);
    for (int i = 0; i < 500 && told == 0; i++)
        loop_step(loop, 10);
    assert_int_equal(told, 1);
}

/* A folder goes with all in it; a link goes and what it points at stays; a missing folder is no
 * error. */
static void folders_are_removed_whole(void **state)
{
    (void)state;
    char name[120], deep[130];

    put("stays");
    snprintf(name, sizeof(name), "%s/d", folder);
    assert_int_equal(mkdir(name, 0700), 0);
    snprintf(deep, sizeof(deep), "%s/link", name);
    assert_int_equal(symlink(folder, deep), 0);
    snprintf(deep, sizeof(deep), "%s/e", name);
    assert_int_equal(mkdir(deep, 0700), 0);
    snprintf(deep, sizeof(deep), "%s/e/f", name);
    close(open(deep, O_WRONLY | O_CREAT, 0600));
    remove_and_wait(name, NULL);
    assert_int_equal(access(name, F_OK), -1);
    assert_int_equal(access(path, F_OK), 0);
    remove_and_wait(name, NULL);
    remove_and_wait("/proc/self", "this fails");
}

/* A removal need not be told to anybody. */
static void a_removal_may_be_untold(void **state)
{
    (void)state;
    char name[120];

    snprintf(name, sizeof(name), "%s/untold", folder);
    assert_int_equal(mkdir(name, 0700), 0);
    folder_remove(loop, name, NULL, NULL);
    for (int i = 0; i < 500 && access(name, F_OK) == 0; i++)
        loop_step(loop, 10);
    assert_int_equal(access(name, F_OK), -1);
    loop_free(loop); /* runs what is left of it */
    loop = loop_new();
}

static pthread_t worked_on;

static void work(void *arg)
{
    worked_on = pthread_self();
    *(int *)arg += 1;
}

static void worked(void *arg)
{
    *(int *)arg += 10;
    told++;
}

/* Work runs on another thread and its end is told on the loop's; what still runs when the loop goes
 * is waited for. */
static void work_runs_elsewhere(void **state)
{
    (void)state;
    int count = 0;

    told = 0;
    loop_work(loop, work, worked, &count);
    assert_int_equal(told, 0);
    while (told == 0)
        loop_step(loop, 100);
    assert_int_equal(count, 11);
    assert_false(pthread_equal(worked_on, pthread_self()));
    loop_work(loop, work, worked, &count);
    loop_free(loop);
    assert_int_equal(count, 22);
    loop = loop_new();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_are_read_to_a_ceiling), TEST(missing_files_are_errors),
        TEST(folders_are_removed_whole),   TEST(a_removal_may_be_untold),
        TEST(work_runs_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
