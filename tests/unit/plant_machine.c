/* Machines with a real QEMU. The guest is a boot sector: it writes to the serial console, waits a
 * third of a second, and does one thing. */
#include "loop/child.h"
#include "plant_support.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

struct seen {
    int connected, reset, exited, replies;
    enum machine_exit how;
    struct machine *machine;
    struct err err;
    bool failed;
    bool free_when_connected;
    char status[32];
};

static struct loop *loop;
static struct plant plant;
static char *folder;
static char *disk_path;
static struct machine_disk disk;
static struct machine_nic nic = {
    .id = "eni-0123456789abcdef0", .mac = "02:00:00:00:00:01", .slot = 5};
static struct machine_spec spec;

/* --- the guest --- */

static const uint8_t sector_start[] = {
    0x31, 0xc0,                                     /* xor ax, ax */
    0x8e, 0xd8,                                     /* mov ds, ax */
    0xbe, 0x26, 0x7c,                               /* mov si, message */
    0xba, 0xf8, 0x03,                               /* mov dx, 0x3f8: the serial port */
    0xac,                                           /* next: lodsb */
    0x84, 0xc0,                                     /* test al, al */
    0x74, 0x03,                                     /* jz wait */
    0xee,                                           /* out dx, al */
    0xeb, 0xf8,                                     /* jmp next */
    0xb4, 0x86,                                     /* wait: mov ah, 0x86 */
    0xb9, 0x05, 0x00,                               /* mov cx, 5: 5 * 65,536 microseconds */
    0x31, 0xd2,                                     /* xor dx, dx */
    0xcd, 0x15,                                     /* int 0x15 */
    0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, /* what the guest does comes here */
    0xf4,                                           /* rest: hlt */
    0xeb, 0xfd,                                     /* jmp rest */
    'h',  'e',  'l',  'l',  'o',  '\n', 0,
};
#define ACTION_AT 27

struct action {
    uint8_t code[8];
    size_t len;
};
static const struct action idle = {.len = 0};
static const struct action power_off = {.code = {0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef},
                                        .len = 7}; /* ACPI S5 */
static const struct action reboot = {.code = {0xb0, 0xfe, 0xe6, 0x64},
                                     .len = 4}; /* the keyboard controller's reset line */
static const struct action panic = {.code = {0xba, 0x05, 0x05, 0xb0, 0x01, 0xee},
                                    .len = 6}; /* pvpanic */

static void disk_write(const struct action *action)
{
    uint8_t sector[512] = {0};
    char *raw = xasprintf("%s/disk.raw", folder);
    char *command = xasprintf("qemu-img convert -q -f raw -O qcow2 %s %s", raw, disk_path);
    FILE *f = fopen(raw, "w");

    assert_non_null(f);
    memcpy(sector, sector_start, sizeof(sector_start));
    memcpy(sector + ACTION_AT, action->code, action->len);
    sector[510] = 0x55;
    sector[511] = 0xaa;
    assert_int_equal(fwrite(sector, 1, sizeof(sector), f), sizeof(sector));
    fclose(f);
    assert_int_equal(truncate(raw, 1 << 20), 0);
    run_command(command);
    free(command);
    free(raw);
}

/* --- what the tests share --- */

static void on_connected(void *arg)
{
    struct seen *s = arg;

    s->connected++;
    if (s->free_when_connected)
        machine_free(s->machine);
}

static void on_agent_connected(void *arg)
{
    (void)arg;
    fail_msg("there is no agent in a boot sector");
}

static void on_agent_event(void *arg, const json_t *event)
{
    (void)event;
    on_agent_connected(arg);
}

static void on_reset(void *arg)
{
    struct seen *s = arg;

    s->reset++;
}

static void on_exited(void *arg, enum machine_exit how)
{
    struct seen *s = arg;

    s->exited++;
    s->how = how;
}

static const struct machine_events events = {
    .connected = on_connected,
    .agent_connected = on_agent_connected,
    .agent_event = on_agent_event,
    .reset = on_reset,
    .exited = on_exited,
};

static void on_reply(void *arg, const json_t *result, struct err *err)
{
    struct seen *s = arg;

    s->replies++;
    s->failed = err != NULL;
    if (err != NULL)
        s->err = *err;
    str_copy(s->status, sizeof(s->status), json_str_or(result, "status", ""));
}

static int setup(void **state)
{
    (void)state;
    loop = loop_new();
    plant = (struct plant){.loop = loop, .accel = ACCEL_TCG, .qemu = QEMU, .qemu_img = QEMU_IMG};
    folder = scratch_make();
    disk_path = xasprintf("%s/disk.qcow2", folder);
    disk = (struct machine_disk){.id = "vol-0123456789abcdef0",
                                 .path = disk_path,
                                 .serial = "vol0123456789abcdef0",
                                 .slot = 4};
    spec = (struct machine_spec){
        .id = "i-0123456789abcdef0",
        .folder = xasprintf("%s/machine", folder),
        .vcpus = 1,
        .memory_mib = 64,
        .boot = BOOT_BIOS,
        .has_agent = true,
        .disks = &disk,
        .disk_count = 1,
        .nics = &nic,
        .nic_count = 1,
    };
    return 0;
}

static bool is_machine(const char *pid)
{
    char *path = xasprintf("/proc/%s/cwd", pid);
    char cwd[4096];
    ssize_t len = readlink(path, cwd, sizeof(cwd) - 1);
    size_t folder_len = strlen(folder);

    free(path);
    return len > (ssize_t)folder_len && memcmp(cwd, folder, folder_len) == 0;
}

/* How many processes run in a folder of this test; each gets `signum` (0: none). */
static int machines_count(int signum)
{
    DIR *proc = opendir("/proc");
    int count = 0;

    assert_non_null(proc);
    for (const struct dirent *entry; (entry = readdir(proc)) != NULL;) {
        int64_t pid;
        if (!parse_int64(entry->d_name, &pid) || !is_machine(entry->d_name))
            continue;
        count++;
        kill((pid_t)pid, signum);
    }
    closedir(proc);
    return count;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < 500 && machines_count(SIGKILL) > 0; i++)
        usleep(10000);
    loop_step(loop, 10);
    loop_free(loop);
    scratch_remove(folder);
    free(disk_path);
    free((void *)(uintptr_t)spec.folder);
    return 0;
}

static struct machine *start(struct seen *s)
{
    struct err err = {0};

    s->machine = machine_start(&plant, &spec, &events, s, &err);
    if (s->machine == NULL)
        fail_msg("%s: %s", err.code, err.text);
    return s->machine;
}

static struct machine *boot(struct seen *s, const struct action *action)
{
    disk_write(action);
    return start(s);
}

/* An idle guest whose monitor answers. */
static struct machine *boot_connected(struct seen *s)
{
    struct machine *m = boot(s, &idle);

    TURN_UNTIL(loop, s->connected == 1, 20000);
    return m;
}

/* Waits for the end of a machine, which must be of that kind, and frees it. */
static void ends_as(struct seen *s, enum machine_exit how)
{
    TURN_UNTIL(loop, s->exited == 1, 20000);
    assert_int_equal(s->how, how);
    machine_free(s->machine);
}

static void kill_and_wait(struct seen *s)
{
    machine_kill(s->machine);
    ends_as(s, MACHINE_EXIT_KILLED);
}

/* Changes machine.json by a sed expression. */
static void edit_record(const char *expression)
{
    char *command = xasprintf("sed -i '%s' '%s/machine.json'", expression, spec.folder);

    run_command(command);
    free(command);
}

static void adopt_fails_with(const char *code)
{
    struct seen s = {0};
    struct err err;

    assert_null(machine_adopt(&plant, spec.folder, &events, &s, &err));
    assert_string_equal(err.code, code);
    assert_false(machine_alive(spec.folder));
}

static bool holds(const char *command)
{
    return system(command) == 0;
}

static bool in_folder(const char *name)
{
    char *path = xasprintf("%s/%s", spec.folder, name);
    bool found = access(path, F_OK) == 0;

    free(path);
    return found;
}

static bool file_holds(const char *name, const char *text)
{
    char *command = xasprintf("grep -qs '%s' '%s/%s'", text, spec.folder, name);
    bool found = holds(command);

    free(command);
    return found;
}

/* --- life and death --- */

/* A started machine runs its guest, answers its monitor, shows its screen and its console, is
 * counted, and ends when killed. */
static void a_machine_runs(void **state)
{
    (void)state;
    struct seen s = {0};
    struct machine_usage usage;
    char png[8] = {0};
    struct stat st;

    struct machine *m = boot(&s, &idle);
    assert_int_equal(s.connected, 0); /* never from inside the call */
    TURN_UNTIL(loop, s.connected == 1, 20000);
    machine_qmp(m, "query-status", NULL, on_reply, &s);
    assert_int_equal(s.replies, 0);
    TURN_UNTIL(loop, s.replies == 1, 5000);
    assert_string_equal(s.status, "running");
    TURN_UNTIL(loop, file_holds("console.log", "hello"), 20000);

    machine_screenshot(m, "screen.png", on_reply, &s);
    TURN_UNTIL(loop, s.replies == 2, 5000);
    assert_false(s.failed);
    char *path = xasprintf("%s/screen.png", spec.folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fread(png, 1, sizeof(png), f), sizeof(png));
    assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
    fclose(f);
    free(path);

    machine_usage(m, &usage);
    assert_true(usage.cpu_us > 0);
    assert_true(usage.resident_bytes > 1 << 20);
    assert_int_equal(stat(spec.folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_true(machine_alive(spec.folder));
    assert_false(machine_agent_ready(m));

    machine_kill(m);
    TURN_UNTIL(loop, s.exited == 1, 5000);
    assert_int_equal(s.how, MACHINE_EXIT_KILLED);
    assert_int_equal(machine_pid(m), 0);
    machine_usage(m, &usage);
    assert_int_equal(usage.resident_bytes, 0);
    machine_free(m);
    adopt_fails_with("Killed");
}

/* A command that QEMU refuses answers "Failed" with QEMU's text. */
static void a_refused_command_says_why(void **state)
{
    (void)state;
    struct seen s = {0};

    struct machine *m = boot_connected(&s);
    machine_qmp(m, "device_del", json_pack("{s:s}", "id", "nothing"), on_reply, &s);
    TURN_UNTIL(loop, s.replies == 1, 5000);
    assert_true(s.failed);
    assert_string_equal(s.err.code, "Failed");
    assert_non_null(strstr(s.err.text, "nothing"));
    machine_free(m);
}

/* A guest that switches itself off ends as MACHINE_EXIT_POWEROFF. */
static void a_guest_powers_itself_off(void **state)
{
    (void)state;
    struct seen s = {0};

    struct machine *m = boot(&s, &power_off);
    TURN_UNTIL(loop, s.exited == 1, 20000);
    assert_int_equal(s.how, MACHINE_EXIT_POWEROFF);
    assert_true(strlen(machine_exit_text(m)) > 0);
    machine_free(m);
    adopt_fails_with("PoweredOff");
}

/* A guest that reboots is told as `reset`, keeps its process and its console; our own reset is not
 * told. */
static void a_guest_reboots(void **state)
{
    (void)state;
    struct seen s = {0};

    struct machine *m = boot(&s, &reboot);
    pid_t pid = machine_pid(m);
    TURN_UNTIL(loop, s.reset >= 2, 20000);
    assert_int_equal(s.exited, 0);
    assert_int_equal(machine_pid(m), pid);
    machine_free(m);
}

/* The reset button resets the guest, which is not the guest's own wish. */
static void the_reset_button_is_no_reboot(void **state)
{
    (void)state;
    struct seen s = {0};

    struct machine *m = boot(&s, &idle);
    TURN_UNTIL(loop, s.connected == 1 && file_holds("console.log", "hello"), 20000);
    machine_reset(m);
    char *command = xasprintf("test $(grep -c hello '%s/console.log') = 2", spec.folder);
    TURN_UNTIL(loop, holds(command), 20000);
    assert_int_equal(s.reset, 0);
    free(command);
    machine_free(m);
}

/* A guest's panic is a crash. */
static void a_guest_panics(void **state)
{
    (void)state;
    struct seen s = {0};

    boot(&s, &panic);
    ends_as(&s, MACHINE_EXIT_CRASH);
    adopt_fails_with("Crashed");
}

/* A process killed from outside is a crash; requests under way are answered before. */
static void a_killed_process_is_a_crash(void **state)
{
    (void)state;
    struct seen s = {0};

    struct machine *m = boot_connected(&s);
    kill(machine_pid(m), SIGSTOP);
    machine_qmp(m, "query-status", NULL, on_reply, &s);
    kill(machine_pid(m), SIGKILL);
    TURN_UNTIL(loop, s.exited == 1, 5000);
    assert_int_equal(s.how, MACHINE_EXIT_CRASH);
    assert_int_equal(s.replies, 1);
    assert_string_equal(s.err.code, "NotConnected");
    machine_free(m);
    adopt_fails_with("Crashed");
}

/* A process that does not listen any more is killed all the same, two seconds later. */
static void a_hanging_machine_is_killed(void **state)
{
    (void)state;
    struct seen s = {0};

    struct machine *m = boot_connected(&s);
    kill(machine_pid(m), SIGSTOP);
    machine_kill(m);
    turn_for(loop, 1000);
    assert_int_equal(s.exited, 0);
    ends_as(&s, MACHINE_EXIT_KILLED);
}

/* A machine can be killed right after its start, before its monitor answers; requests until then
 * say so. */
static void a_starting_machine_is_killed(void **state)
{
    (void)state;
    struct seen s = {0};

    struct machine *m = boot(&s, &idle);
    machine_qmp(m, "query-status", NULL, on_reply, &s);
    assert_int_equal(s.replies, 0);
    machine_kill(m);
    TURN_UNTIL(loop, s.exited == 1, 5000);
    assert_int_equal(s.how, MACHINE_EXIT_KILLED);
    assert_int_equal(s.replies, 1);
    assert_string_equal(s.err.code, "NotConnected");
    machine_free(m);
}

/* A machine may be freed in a callback of its own; its process lives on. */
static void a_callback_frees_its_machine(void **state)
{
    (void)state;
    struct seen s = {.free_when_connected = true};

    disk_write(&idle);
    start(&s);
    TURN_UNTIL(loop, s.connected == 1, 20000);
    turn_for(loop, 50);
    assert_int_equal(machines_count(0), 1);
    assert_int_equal(s.exited, 0);
}

/* Whoever asks for no events gets none, and the machine runs and ends all the same. */
static void a_machine_may_have_no_audience(void **state)
{
    static const struct machine_events none = {.exited = NULL};

    (void)state;
    struct err err;

    disk_write(&power_off);
    struct machine *m = machine_start(&plant, &spec, &none, NULL, &err);
    assert_non_null(m);
    TURN_UNTIL(loop, machine_pid(m) == 0, 20000);
    machine_free(m);
}

/* --- what cannot start --- */

/* A spec that no QEMU could run is refused at once. */
static void a_bad_spec_is_refused(void **state)
{
    (void)state;
    struct seen s = {0};
    struct err err;
    struct machine_spec good = spec;

    spec.vcpus = 256;
    assert_null(machine_start(&plant, &spec, &events, &s, &err));
    assert_string_equal(err.code, "InvalidSpec");
    spec = good;
    spec.id = "i,daemonize";
    assert_null(machine_start(&plant, &spec, &events, &s, &err));
    assert_string_equal(err.code, "InvalidSpec");
    spec = good;
    spec.boot = BOOT_KERNEL;
    assert_null(machine_start(&plant, &spec, &events, &s, &err));
    assert_string_equal(err.code, "InvalidSpec");
    spec = good;
    disk.serial = "vol0123456789abcdef01";
    assert_null(machine_start(&plant, &spec, &events, &s, &err));
    assert_string_equal(err.code, "InvalidSpec");
    adopt_fails_with("NoMachine");
}

/* Without QEMU the start fails and nothing is recorded. */
static void a_missing_qemu_is_an_error(void **state)
{
    (void)state;
    struct seen s = {0};
    struct err err;

    plant.qemu = "/nonexistent/qemu";
    assert_null(machine_start(&plant, &spec, &events, &s, &err));
    assert_non_null(strstr(err.text, "/nonexistent/qemu"));
    adopt_fails_with("NoMachine");
}

/* What QEMU itself refuses ends as a crash that says what it said. */
static void a_missing_disk_is_a_crash_with_a_reason(void **state)
{
    (void)state;
    struct seen s = {0};
    struct err err;

    struct machine *m = start(&s);
    TURN_UNTIL(loop, s.exited == 1, 10000);
    assert_int_equal(s.how, MACHINE_EXIT_CRASH);
    assert_non_null(strstr(machine_exit_text(m), "disk.qcow2"));
    machine_free(m);
    assert_null(machine_adopt(&plant, spec.folder, &events, &s, &err));
    assert_string_equal(err.code, "Crashed");
    assert_non_null(strstr(err.text, "disk.qcow2"));
}

/* A folder where nothing was started has no machine, nor has one that is not there. */
static void an_empty_folder_has_no_machine(void **state)
{
    (void)state;
    adopt_fails_with("NoMachine");
    assert_int_equal(mkdir(spec.folder, 0700), 0);
    adopt_fails_with("NoMachine");
}

/* --- adoption --- */

/* Starting what runs already takes hold of it, and starts nothing. */
static void starting_twice_adopts(void **state)
{
    (void)state;
    struct seen s = {0};
    struct seen again = {0};

    struct machine *m = boot(&s, &idle);
    pid_t pid = machine_pid(m);
    TURN_UNTIL(loop, s.connected == 1, 20000);
    machine_free(m);
    m = start(&again);
    assert_int_equal(machine_pid(m), pid);
    TURN_UNTIL(loop, again.connected == 1, 5000);
    assert_int_equal(machines_count(0), 1);
    kill_and_wait(&again);
}

/* An emulator that is killed `after_us` microseconds into the start of a machine. */
static void emulator_killed_after(useconds_t after_us)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        struct seen s = {0};
        struct err err;
        struct plant own = plant;
        own.loop = loop_new();
        machine_start(&own, &spec, &events, &s, &err);
        for (;;)
            loop_step(own.loop, 1000);
    }
    usleep(after_us);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* However early an emulator is killed, the next one finds the machine that was started, if any, and
 * there is exactly one. */
static void a_killed_emulator_neither_orphans_nor_doubles(void **state)
{
    (void)state;
    disk_write(&idle);
    for (useconds_t after_us = 0; after_us < 24000; after_us += 1500) {
        struct seen s = {0};
        emulator_killed_after(after_us);
        start(&s);
        TURN_UNTIL(loop, s.connected + s.exited > 0, 20000);
        assert_int_equal(s.exited, 0);
        assert_int_equal(machines_count(0), 1);
        kill_and_wait(&s);
        assert_int_equal(machines_count(0), 0);
    }
}

/* An emulator that died after the start but before it noted the pid: the process is found by its
 * folder and its log. */
static void a_process_is_found_without_its_pid(void **state)
{
    (void)state;
    struct seen s = {0};
    struct seen again = {0};

    struct machine *m = boot(&s, &idle);
    pid_t pid = machine_pid(m);
    TURN_UNTIL(loop, s.connected == 1, 20000);
    machine_free(m);
    edit_record("s/\"pid\":[0-9]*/\"pid\":0/");
    assert_true(machine_alive(spec.folder));
    m = start(&again);
    assert_int_equal(machine_pid(m), pid);
    kill_and_wait(&again);
}

/* A record whose pid now belongs to another process names no machine, and that process is left
 * alone. */
static void a_reused_pid_is_not_adopted(void **state)
{
    (void)state;
    struct seen s = {0};

    struct machine *m = boot(&s, &power_off);
    TURN_UNTIL(loop, s.exited == 1, 20000);
    machine_free(m);
    char *expression = xasprintf("s/\"pid\":[0-9]*/\"pid\":%d/", (int)getpid());
    edit_record(expression);
    free(expression);
    adopt_fails_with("PoweredOff");
}

/* A restarted host has none of the machines that ran before, whatever pids say. */
static void a_restarted_host_has_no_machine(void **state)
{
    (void)state;
    struct seen s = {0};

    struct machine *m = boot_connected(&s);
    machine_free(m);
    edit_record("s/\"boot_id\":\"[^\"]*/\"boot_id\":\"another/");
    adopt_fails_with("HostRestarted");
}

/* A guest that ended while no emulator ran is known to have switched itself off. */
static void an_end_that_nobody_watched_is_known(void **state)
{
    (void)state;
    disk_write(&power_off);
    emulator_killed_after(100000);
    TURN_UNTIL(loop, !machine_alive(spec.folder), 20000);
    adopt_fails_with("PoweredOff");
}

/* --- sizes and shapes --- */

/* A machine that was saved goes on in others: they run at once, say nothing on their console that
 * the first has said, and what one writes into its memory neither the file nor another sees. */
static void a_saved_machine_goes_on_in_others(void **state)
{
    (void)state;
    struct seen s = {0}, first = {0}, second = {0};
    char *memory = xasprintf("%s/memory", folder), *saved = xasprintf("%s/saved", folder);
    char *move = xasprintf("mv '%s' '%s'", spec.folder, saved);
    char *state_path = xasprintf("%s/" MACHINE_STATE, saved);
    char *sum = xasprintf("cksum < '%s' > '%s/sum'", memory, folder);
    char *same = xasprintf("cksum < '%s' | cmp -s - '%s/sum'", memory, folder);
    const char *once = spec.folder;
    struct err err;

    spec.template_memory = memory;
    spec.template = TEMPLATE_MAKE;
    struct machine *m = boot_connected(&s);
    TURN_UNTIL(loop, file_holds("console.log", "hello"), 20000);
    machine_save(m, on_reply, &s);
    TURN_UNTIL(loop, s.replies == 1, 20000);
    assert_false(s.failed);
    kill_and_wait(&s);
    run_command(move);
    run_command(sum);

    spec.template = TEMPLATE_RESUME;
    spec.template_state = state_path;
    first.machine = start(&first);
    TURN_UNTIL(loop, first.connected == 1, 20000);
    /* the second runs elsewhere, without a disk */
    spec.disk_count = 0;
    spec.folder = xasprintf("%s/second", folder);
    second.machine = machine_start(&plant, &spec, &events, &second, &err);
    assert_non_null(second.machine);
    TURN_UNTIL(loop, second.connected + second.exited == 1, 20000);
    assert_int_equal(second.exited, 1); /* a machine of another shape is refused */
    machine_free(second.machine);
    free((void *)(uintptr_t)spec.folder);
    spec.folder = once;
    spec.disk_count = 1;
    machine_qmp(first.machine, "query-status", NULL, on_reply, &first);
    TURN_UNTIL(loop, first.replies == 1, 5000);
    assert_string_equal(first.status, "running");
    assert_false(file_holds("console.log", "hello"));
    machine_reset(first.machine);
    TURN_UNTIL(loop, file_holds("console.log", "hello"), 20000);
    kill_and_wait(&first);
    assert_true(holds(same));
    free(same);
    free(sum);
    free(state_path);
    free(move);
    free(saved);
    free(memory);
}

/* A machine far larger than this host starts: memory is paid for when it is touched. */
static void a_large_machine_starts(void **state)
{
    (void)state;
    struct seen s = {0};

    disk_write(&idle);
    spec.vcpus = 64;
    spec.memory_mib = INT64_C(2) << 20;
    struct machine *m = start(&s);
    TURN_UNTIL(loop, s.connected == 1 && file_holds("console.log", "hello"), 60000);
    machine_free(m);
}

/* A state folder's path may be longer than a socket's address can hold; special characters in it
 * are plain ones. */
static void a_folder_may_have_a_long_and_odd_name(void **state)
{
    (void)state;
    struct seen s = {0};
    char name[160];
    char path[MACHINE_PATH_SIZE];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    free((void *)(uintptr_t)spec.folder);
    spec.folder = xasprintf("%s/a,b=c %s", folder, name);
    disk_write(&idle);
    char *odd = xasprintf("%s/d,i=s k.qcow2", folder);
    assert_int_equal(rename(disk_path, odd), 0);
    disk.path = odd;
    struct machine *m = start(&s);
    TURN_UNTIL(loop, s.connected == 1, 20000);
    machine_nic_path(m, 0, path);
    assert_int_equal(access(path, F_OK), 0);
    machine_free(m);
    free(odd);
}

/* A console that a guest floods keeps its newest text and gives the space of the rest back. */
static void a_long_console_is_trimmed(void **state)
{
    enum { FLOOD_MIB = 12 };

    (void)state;
    struct seen s = {0};
    struct stat st;

    struct machine *m = boot(&s, &idle);
    TURN_UNTIL(loop, s.connected == 1 && file_holds("console.log", "hello"), 20000);
    char *command = xasprintf("head -c %dM /dev/zero | tr '\\0' 'y' >>'%s/console.log'", FLOOD_MIB,
                              spec.folder);
    run_command(command);
    free(command);
    char *path = xasprintf("%s/console.log", spec.folder);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_blocks * 512 > 8 << 20);
    machine_trim_logs(m);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size > FLOOD_MIB << 20);
    assert_true(st.st_blocks * 512 < 2 << 20);
    assert_true(file_holds("console.log", "yyyy"));
    free(path);
    machine_free(m);
}

/* UEFI boots with its own copy of the variables where the firmware is installed, and says what is
 * missing where not. */
static void uefi_boots_or_names_the_package(void **state)
{
    (void)state;
    struct seen s = {0};
    struct err err;

    disk_write(&idle);
    spec.boot = BOOT_UEFI;
    spec.memory_mib = 128;
    s.machine = machine_start(&plant, &spec, &events, &s, &err);
    if (s.machine == NULL) {
        assert_string_equal(err.code, "NoFirmware");
        assert_non_null(strstr(err.text, "ovmf"));
        return;
    }
    TURN_UNTIL(loop, s.connected + s.exited > 0, 20000);
    assert_int_equal(s.exited, 0);
    assert_true(in_folder("uefi-vars.fd"));
    machine_free(s.machine);
}

/* What is asked for by name is taken; only ACCEL_AUTO looks at the host, and never answers itself.
 */
static void an_accelerator_is_chosen(void **state)
{
    (void)state;
    assert_int_equal(plant_accel(ACCEL_TCG), ACCEL_TCG);
    assert_int_equal(plant_accel(ACCEL_KVM), ACCEL_KVM);
    if (access("/dev/kvm", R_OK | W_OK) != 0)
        assert_int_equal(plant_accel(ACCEL_AUTO), ACCEL_TCG);
    assert_int_not_equal(plant_accel(ACCEL_AUTO), ACCEL_AUTO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_machine_runs),
        TEST(a_refused_command_says_why),
        TEST(a_guest_powers_itself_off),
        TEST(a_guest_reboots),
        TEST(the_reset_button_is_no_reboot),
        TEST(a_guest_panics),
        TEST(a_killed_process_is_a_crash),
        TEST(a_hanging_machine_is_killed),
        TEST(a_starting_machine_is_killed),
        TEST(a_callback_frees_its_machine),
        TEST(a_machine_may_have_no_audience),
        TEST(a_bad_spec_is_refused),
        TEST(a_saved_machine_goes_on_in_others),
        TEST(a_missing_qemu_is_an_error),
        TEST(a_missing_disk_is_a_crash_with_a_reason),
        TEST(an_empty_folder_has_no_machine),
        TEST(starting_twice_adopts),
        TEST(a_killed_emulator_neither_orphans_nor_doubles),
        TEST(a_process_is_found_without_its_pid),
        TEST(a_reused_pid_is_not_adopted),
        TEST(a_restarted_host_has_no_machine),
        TEST(an_end_that_nobody_watched_is_known),
        TEST(a_large_machine_starts),
        TEST(a_folder_may_have_a_long_and_odd_name),
        TEST(a_long_console_is_trimmed),
        TEST(uefi_boots_or_names_the_package),
        TEST(an_accelerator_is_chosen),
    };

    if (!program_installed(QEMU) || !program_installed(QEMU_IMG)) {
        printf("SKIP: no %s\n", QEMU);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
