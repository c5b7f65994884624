/* The catalog of images against a folder that changes below it. */
#include "base/alloc.h"
#include "base/text.h"
#include "services/ec2/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ONE   "ami-00000000000000001"
#define TWO   "ami-00000000000000002"
#define ALIAS "ami-00000000000000003"

static char folder[64];
static struct image_catalog *catalog;

static char *path_of(const char *image, const char *file)
{
    return xasprintf("%s/%s%s%s", folder, image, file[0] != '\0' ? "/" : "", file);
}

/* Written beside and renamed, as a build does it. */
static void write_manifest(const char *image, const char *text)
{
    char *dir = path_of(image, ""), *path = path_of(image, "manifest.json");
    char *beside = path_of(image, "new");
    (void)mkdir(dir, 0700);
    FILE *file = fopen(beside, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(rename(beside, path), 0);
    free(dir);
    free(path);
    free(beside);
}

static void remove_image(const char *image)
{
    char *dir = path_of(image, ""), *path = path_of(image, "manifest.json");
    (void)unlink(path);
    (void)rmdir(dir);
    free(dir);
    free(path);
}

#define MANIFEST(id, rest)                                                                         \
    "{\"format\":1,\"image_id\":\"" id "\",\"name\":\"one\",\"boot\":\"bios\","                    \
    "\"disk\":\"disk.qcow2\",\"disk_size_gib\":8,\"owner_id\":\"137112412989\","                   \
    "\"owner_alias\":\"amazon\",\"creation_date\":\"2026-01-01T00:00:00.000Z\"" rest "}"

static int setup(void **state)
{
    (void)state;
    (void)str_copy(folder, sizeof(folder), "/tmp/image-catalog-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    write_manifest("a", MANIFEST(ONE, ""));
    catalog = image_catalog_new(folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    image_catalog_free(catalog);
    remove_image("a");
    remove_image("b");
    return rmdir(folder);
}

/* An image says what its manifest says, files with their full paths. */
static void test_read(void **state)
{
    (void)state;
    const struct image *i = image_find(catalog, ONE);
    assert_non_null(i);
    assert_string_equal(i->name, "one");
    assert_string_equal(i->user, "ec2-user");
    assert_string_equal(i->architecture, "x86_64");
    assert_true(str_starts(i->disk, folder));
    assert_true(str_ends(i->disk, "/a/disk.qcow2"));
    assert_true(str_starts(i->snapshot_id, "snap-"));
    assert_int_equal(strlen(i->snapshot_id), 5 + 17);
    assert_null(i->kernel);
}

/* What comes into the folder while the program runs is found, what goes is gone, and what a call
 * still holds stays readable. */
static void test_refresh(void **state)
{
    (void)state;
    const struct image *old = image_find(catalog, ONE);
    write_manifest("b", MANIFEST(TWO, ",\"user\":\"admin\""));
    write_manifest("a", MANIFEST(ONE, ",\"description\":\"changed\""));
    image_catalog_refresh(catalog);
    assert_int_equal(image_count(catalog), 2);
    assert_string_equal(image_at(catalog, 1)->user, "admin");
    assert_null(image_at(catalog, 2));
    assert_string_equal(image_find(catalog, ONE)->description, "changed");
    assert_string_equal(old->description, "");
    remove_image("a");
    image_catalog_refresh(catalog);
    assert_null(image_find(catalog, ONE));
    assert_int_equal(image_count(catalog), 1);
}

/* An alias has its own id, name and owner, and the disk of its manifest. Another owner does not
 * inherit the alias of the first. */
static void test_alias(void **state)
{
    (void)state;
    write_manifest(
        "a", MANIFEST(ONE, ",\"ssm_parameters\":[\"/one\"],\"aliases\":[{\"image_id\":\"" ALIAS
                           "\",\"name\":\"two\",\"user\":\"ubuntu\",\"owner_id\":"
                           "\"099720109477\",\"ssm_parameters\":[\"/two\"]}]"));
    image_catalog_refresh(catalog);
    const struct image *alias = image_find(catalog, ALIAS), *own = image_find(catalog, ONE);
    assert_non_null(alias);
    assert_string_equal(alias->disk, own->disk);
    assert_string_equal(alias->user, "ubuntu");
    assert_null(alias->owner_alias);
    assert_string_equal(own->owner_alias, "amazon");
    assert_string_not_equal(alias->snapshot_id, own->snapshot_id);
    assert_string_equal(image_of_ssm_parameter(catalog, "/two"), ALIAS);
    assert_string_equal(image_of_ssm_parameter(catalog, "/one"), ONE);
    assert_null(image_of_ssm_parameter(catalog, "/three"));
}

/* A manifest that cannot be used is passed over, and does not take others with it. */
static void test_broken(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",
        "[]",
        "{\"format\":2}",
        "{\"format\":1,\"image_id\":\"" TWO "\"}",
        MANIFEST("ami-1", ""),
        MANIFEST(TWO, ",\"disk\":\"../a/disk.qcow2\""),
        MANIFEST(TWO, ",\"disk\":\"/etc/passwd\""),
        MANIFEST(TWO, ",\"boot\":\"kernel\""),
        MANIFEST(TWO, ",\"architecture\":\"z80\""),
        MANIFEST(TWO, ",\"aliases\":[{\"name\":\"no id\"}]"),
    };
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        write_manifest("b", broken[i]);
        image_catalog_refresh(catalog);
        assert_int_equal(image_count(catalog), 1);
        assert_null(image_find(catalog, TWO));
    }
    write_manifest("b", MANIFEST(TWO, ""));
    image_catalog_refresh(catalog);
    assert_non_null(image_find(catalog, TWO));
}

/* A folder that is not there yet is an empty one. */
static void test_no_folder(void **state)
{
    (void)state;
    struct image_catalog *none = image_catalog_new("/nonexistent/images");
    assert_int_equal(image_count(none), 0);
    assert_null(image_find(none, ONE));
    image_catalog_free(none);
    image_catalog_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_read),   TEST(test_refresh),   TEST(test_alias),
        TEST(test_broken), TEST(test_no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
