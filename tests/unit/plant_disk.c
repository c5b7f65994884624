/* Disks made, looked at and removed by qemu-img. */
#include "plant/disk.h"

#include "plant_support.h"

static struct loop *loop;
static struct plant plant;
static char *folder;

struct answer {
    int count;
    bool failed;
    struct err err;
    struct disk_info info;
};

static void note(void *arg, struct err *err)
{
    struct answer *a = arg;

    a->count++;
    a->failed = err != NULL;
    if (err != NULL)
        a->err = *err;
}

static void note_info(void *arg, const struct disk_info *info, struct err *err)
{
    struct answer *a = arg;

    note(a, err);
    if (info != NULL)
        a->info = *info;
}

static int setup(void **state)
{
    (void)state;
    loop = loop_new();
    plant = (struct plant){.loop = loop, .qemu = QEMU, .qemu_img = QEMU_IMG};
    folder = scratch_make();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(folder);
    loop_free(loop);
    return 0;
}

static struct answer create(const char *path, const char *base, int64_t size_gib)
{
    struct answer a = {0};

    disk_create(&plant, path, base, size_gib, note, &a);
    assert_int_equal(a.count, 0); /* never answers from inside the call */
    TURN_UNTIL(loop, a.count == 1, 10000);
    return a;
}

static struct answer query(const char *path)
{
    struct answer a = {0};

    disk_query(&plant, path, note_info, &a);
    assert_int_equal(a.count, 0);
    TURN_UNTIL(loop, a.count == 1, 10000);
    return a;
}

static struct answer destroy(const char *path)
{
    struct answer a = {0};

    disk_remove(&plant, path, note, &a);
    TURN_UNTIL(loop, a.count == 1, 10000);
    return a;
}

/* A new disk is a thin qcow2 of exactly the size asked for, and nothing is left of its temporary
 * name. */
static void a_new_disk_has_its_size(void **state)
{
    (void)state;
    char *path = xasprintf("%s/a.qcow2", folder);
    char *temporary = xasprintf("%s.new", path);

    assert_false(create(path, NULL, 8).failed);
    struct answer a = query(path);
    assert_false(a.failed);
    assert_int_equal(a.info.virtual_bytes, INT64_C(8) << 30);
    assert_true(a.info.actual_bytes < 1 << 20);
    assert_string_equal(a.info.format, "qcow2");
    assert_int_not_equal(access(temporary, F_OK), 0);
    free(temporary);
    free(path);
}

/* A disk over a base keeps only the difference, may be larger than it, and finds it wherever we
 * run. */
static void an_overlay_refers_to_its_base(void **state)
{
    (void)state;
    char *base = xasprintf("%s/base.qcow2", folder);
    char *path = xasprintf("%s/overlay.qcow2", folder);
    char *command = xasprintf(
        "cd / && qemu-img info --output=json %s | grep -q '\"full-backing-filename\": \"%s\"'",
        path, base);

    assert_false(create(base, NULL, 1).failed);
    assert_int_equal(chdir(folder), 0);
    assert_false(create("overlay.qcow2", "base.qcow2", 3).failed);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(query(path).info.virtual_bytes, INT64_C(3) << 30);
    run_command(command);
    free(command);
    free(path);
    free(base);
}

/* Making a disk that is there already leaves it as it is: a plan may run twice. */
static void an_existing_disk_is_left_alone(void **state)
{
    (void)state;
    char *path = xasprintf("%s/a.qcow2", folder);

    assert_false(create(path, NULL, 1).failed);
    assert_false(create(path, NULL, 5).failed);
    assert_int_equal(query(path).info.virtual_bytes, INT64_C(1) << 30);
    free(path);
}

/* A disk that cannot be made says why in qemu-img's words, and leaves nothing behind. */
static void a_failed_disk_says_why(void **state)
{
    (void)state;
    char *path = xasprintf("%s/a.qcow2", folder);
    char *temporary = xasprintf("%s.new", path);
    struct answer a = create(path, "/nonexistent/base.qcow2", 1);

    assert_true(a.failed);
    assert_string_equal(a.err.code, "Failed");
    assert_non_null(strstr(a.err.text, "/nonexistent/base.qcow2"));
    assert_null(strstr(a.err.text, "qemu-img:"));
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_not_equal(access(temporary, F_OK), 0);
    free(temporary);
    free(path);
}

/* Without qemu-img every request still answers, with the reason. */
static void a_missing_qemu_img_is_an_error(void **state)
{
    (void)state;
    char *path = xasprintf("%s/a.qcow2", folder);

    plant.qemu_img = "/nonexistent/qemu-img";
    assert_true(create(path, NULL, 1).failed);
    assert_true(query(path).failed);
    free(path);
}

/* A removed disk is gone; removing it again is no error; looking at it is one. */
static void a_removed_disk_is_gone(void **state)
{
    (void)state;
    char *path = xasprintf("%s/a.qcow2", folder);

    assert_false(create(path, NULL, 1).failed);
    assert_false(destroy(path).failed);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_false(destroy(path).failed);
    assert_true(query(path).failed);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_disk_has_its_size, setup, teardown),
        cmocka_unit_test_setup_teardown(an_overlay_refers_to_its_base, setup, teardown),
        cmocka_unit_test_setup_teardown(an_existing_disk_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_disk_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(a_missing_qemu_img_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(a_removed_disk_is_gone, setup, teardown),
    };

    if (!program_installed(QEMU_IMG)) {
        printf("SKIP: no %s\n", QEMU_IMG);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
