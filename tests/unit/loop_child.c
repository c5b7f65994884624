/* Processes: children, detached ones, and watching by pid. */
#include "base/text.h"
#include "loop/child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct loop *loop;
static int ended_status, ended_count;
static char ended_output[200000];

static int start(void **state)
{
    (void)state;
    loop = loop_new();
    ended_count = 0;
    ended_status = -1;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void note_end(void *arg, int status, const char *output)
{
    (void)arg;
    ended_count++;
    ended_status = status;
    str_copy(ended_output, sizeof(ended_output), output);
}

static void wait_for_end(void)
{
    for (int i = 0; i < 1000 && ended_count == 0; i++)
        loop_step(loop, 10);
    assert_int_equal(ended_count, 1);
}

static struct child *shell(const char *script, struct child_spec spec)
{
    struct err err;
    const char *argv[] = {"sh", "-c", script, NULL};

    spec.argv = argv;
    struct child *c = child_start(loop, &spec, note_end, NULL, &err);
    assert_non_null(c);
    return c;
}

/* A file may be a child's input; without one it reads nothing; one that is missing is told. */
static void input_comes_from_a_file(void **state)
{
    (void)state;
    struct child_spec spec = {.input_path = "/proc/self/comm"};
    struct err err;
    const char *argv[] = {"true", NULL};

    (void)shell("cat", spec);
    wait_for_end();
    assert_true(strlen(ended_output) > 0);
    ended_count = 0;
    (void)shell("cat", (struct child_spec){0});
    wait_for_end();
    assert_string_equal(ended_output, "");
    spec = (struct child_spec){.argv = argv, .input_path = "/nonexistent/input"};
    assert_null(child_start(loop, &spec, note_end, NULL, &err));
    assert_non_null(strstr(err.text, "/nonexistent/input"));
}

/* A child's end is told once, never inside child_start, with its exit code and all it wrote, both
 * streams in order. */
static void ends_are_told_with_output(void **state)
{
    (void)state;
    struct child *c = shell("echo one; echo two >&2; echo three; exit 7", (struct child_spec){0});

    assert_true(child_pid(c) > 0);
    assert_int_equal(ended_count, 0);
    wait_for_end();
    assert_int_equal(ended_status, 7);
    assert_string_equal(ended_output, "one\ntwo\nthree\n");
}

/* Output past the ceiling is dropped and does not block the child. */
static void output_has_a_ceiling(void **state)
{
    (void)state;
    shell("head -c 1000000 /dev/zero | tr '\\0' x", (struct child_spec){.output_ceiling = 1000});
    wait_for_end();
    assert_int_equal(ended_status, 0);
    assert_int_equal(strlen(ended_output), 1000);
}

/* A program that is not there is an error at once; nothing is told later and nothing leaks. */
static void missing_programs_are_an_error(void **state)
{
    (void)state;
    struct err err;
    const char *argv[] = {"/nonexistent/program", NULL};
    const struct child_spec spec = {.argv = argv};
    const struct child_spec bad_log = {.argv = argv, .log_path = "/nonexistent/log"};

    assert_null(child_start(loop, &spec, note_end, NULL, &err));
    assert_non_null(strstr(err.text, "no such file or directory"));
    assert_null(child_start(loop, &bad_log, note_end, NULL, &err));
    loop_step(loop, 10);
    assert_int_equal(ended_count, 0);
}

/* A signal's death is 128 and the signal; a child that takes too long is killed. */
static void deaths_and_deadlines(void **state)
{
    (void)state;
    child_kill(shell("sleep 100", (struct child_spec){0}), SIGTERM);
    wait_for_end();
    assert_int_equal(ended_status, 128 + SIGTERM);
    ended_count = 0;
    shell("exec sleep 100", (struct child_spec){.timeout_ms = 20});
    wait_for_end();
    assert_int_equal(ended_status, 128 + SIGKILL);
}

/* A child gets the environment and folder given, standard input from nothing, default signals, an
 * empty mask and no descriptor of ours beyond the three. */
static void children_start_clean(void **state)
{
    (void)state;
    const char *env[] = {"PATH=/usr/bin:/bin", "COLOUR=blue", NULL};
    int leak = open("/dev/null", O_RDONLY);
    sigset_t all, before;
    unsigned long blocked = 1, ignored = 1;

    assert_true(leak > 2);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    shell("pwd; echo $COLOUR$HOME; wc -c; ls /proc/self/fd | wc -l;"
          "grep -E 'SigBlk|SigIgn' /proc/self/status",
          (struct child_spec){.env = env, .cwd = "/usr"});
    sigprocmask(SIG_SETMASK, &before, NULL);
    wait_for_end();
    assert_int_equal(
        sscanf(ended_output, "/usr blue 0 4 SigBlk: %lx SigIgn: %lx", &blocked, &ignored),
        2); /* four: ls has its folder open too */
    assert_int_equal(blocked, 0);
    assert_int_equal(ignored & 0x7fffffff, 0); /* the C library keeps the two above to itself */
    close(leak);
}

/* A forgotten child ends and is collected without a word. */
static void forgotten_children_are_collected(void **state)
{
    (void)state;
    struct child *c = shell("sleep 100", (struct child_spec){0});
    pid_t pid = child_pid(c);

    child_forget(c);
    for (int i = 0; i < 500 && kill(pid, 0) == 0; i++) {
        loop_step(loop, 1);
        usleep(1000);
    }
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(ended_count, 0);
}

static void wait_for_file(const char *path, const char *text)
{
    char got[200] = "";

    for (int i = 0; i < 500 && !str_equal(got, text); i++) {
        loop_step(loop, 1);
        usleep(5000);
        int fd = open(path, O_RDONLY);
        ssize_t len = fd >= 0 ? read(fd, got, sizeof(got) - 1) : 0;
        got[len > 0 ? len : 0] = '\0';
        if (fd >= 0)
            close(fd);
    }
    assert_string_equal(got, text);
}

/* A detached process leads its own session, appends to its log, and lives on when it is forgotten
 * and the loop has gone; its end can then be watched by pid. */
static void detached_processes_live_on(void **state)
{
    (void)state;
    char path[] = "/tmp/child-test-XXXXXX";
    int fd = mkstemp(path);

    assert_int_equal(write(fd, "kept\n", 5), 5);
    close(fd);
    struct child *c = shell("echo out; echo err >&2; exec sleep 1000",
                            (struct child_spec){.detached = true, .log_path = path});
    pid_t pid = child_pid(c);
    assert_int_equal(getsid(pid), pid);
    wait_for_file(path, "kept\nout\nerr\n");
    child_forget(c);
    loop_free(loop);
    loop = loop_new();
    assert_int_equal(kill(pid, 0), 0);
    assert_int_equal(ended_count, 0);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    unlink(path);
}

static int watched;

static void note_watch(void *arg)
{
    (void)arg;
    watched++;
}

/* The end of a process is told once to who watches it; a pid that is nobody's is an error. */
static void watches_tell_the_end(void **state)
{
    (void)state;
    struct err err;
    struct child *c = shell("exec sleep 100", (struct child_spec){0});
    pid_t pid = child_pid(c);
    struct watch *w = watch_pid(loop, pid, note_watch, NULL, &err);

    watched = 0;
    assert_non_null(w);
    loop_step(loop, 5);
    assert_int_equal(watched, 0);
    child_kill(c, SIGKILL);
    wait_for_end();
    for (int i = 0; i < 100 && watched == 0; i++)
        loop_step(loop, 10);
    loop_step(loop, 5);
    assert_int_equal(watched, 1);
    watch_free(w);
    watch_free(NULL);
    assert_null(watch_pid(loop, pid, note_watch, NULL, &err));
    assert_string_equal(err.code, "NoProcess");
}

/* A process has one start time as long as it lives, and none when it is no more. */
static void start_ticks_name_a_process(void **state)
{
    (void)state;
    uint64_t ticks = process_start_ticks(getpid());

    assert_true(ticks > 0);
    assert_true(ticks == process_start_ticks(getpid()));
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    assert_true(process_start_ticks(pid) == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(input_comes_from_a_file),
        TEST(ends_are_told_with_output),
        TEST(output_has_a_ceiling),
        TEST(missing_programs_are_an_error),
        TEST(deaths_and_deadlines),
        TEST(children_start_clean),
        TEST(forgotten_children_are_collected),
        TEST(detached_processes_live_on),
        TEST(watches_tell_the_end),
        TEST(start_ticks_name_a_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
