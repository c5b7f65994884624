/* The store: transactions, sticky failures, statements, migrations, work rows. */
#include "store/store.h"
#include "store/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct migration first[] = {
    {"pet",
     "CREATE TABLE pet (account TEXT NOT NULL, name TEXT NOT NULL UNIQUE, age INTEGER, doc TEXT)"},
};
static const struct migration second[] = {
    {"pet",
     "CREATE TABLE pet (account TEXT NOT NULL, name TEXT NOT NULL UNIQUE, age INTEGER, doc TEXT)"},
    {"pet", "ALTER TABLE pet ADD COLUMN colour TEXT"},
};

static int open_db(void **state)
{
    struct err err;
    struct db *db = db_open(":memory:", &err);
    assert_non_null(db);
    assert_int_equal(db_migrate(db, first, 1, &err), 0);
    assert_int_equal(db_migrate(db, work_migrations, work_migration_count, &err), 0);
    *state = db;
    return 0;
}

static int close_db(void **state)
{
    db_close(*state);
    return 0;
}

static void add_pet(struct db *db, const char *name, int64_t age)
{
    db_exec(db, "INSERT INTO pet (account, name, age) VALUES ('1', ?, ?)", "si", name, age);
}

/* What was committed is there; what was rolled back is not. */
static void test_transactions(void **state)
{
    struct db *db = *state;
    struct err err;
    assert_int_equal(db_begin(db, &err), 0);
    add_pet(db, "rex", 3);
    assert_int_equal(db_commit(db, &err), 0);
    assert_int_equal(db_begin(db, &err), 0);
    add_pet(db, "tom", 4);
    assert_true(db_in_transaction(db));
    db_rollback(db);
    assert_false(db_in_transaction(db));
    assert_int_equal(db_int(db, -1, "SELECT count(*) FROM pet", ""), 1);
}

/* The first failing statement is remembered: later ones do nothing, the commit fails and says why,
 * and nothing of the transaction stays. */
static void test_failures_are_sticky(void **state)
{
    struct db *db = *state;
    struct err err;
    assert_int_equal(db_begin(db, &err), 0);
    add_pet(db, "rex", 3);
    add_pet(db, "rex", 3);
    add_pet(db, "tom", 4);
    assert_true(db_failed(db));
    assert_int_equal(db_commit(db, &err), -1);
    assert_string_equal(err.code, "Store");
    assert_non_null(strstr(err.text, "UNIQUE"));
    assert_int_equal(db_int(db, -1, "SELECT count(*) FROM pet", ""), 0);
    assert_int_equal(db_begin(db, &err), 0);
    assert_false(db_failed(db));
    db_rollback(db);
}

/* Text, integers, reals, JSON, blobs and NULLs come back as they went in. */
static void test_values(void **state)
{
    struct db *db = *state;
    struct rows r;
    size_t len;
    json_t *doc = json_pack("{s[ii]}", "list", 1, 2);
    rows_open(&r, db, "SELECT ?, ?, ?, ?, ?, ?", "sidbjs", "text", (int64_t)1 << 40, 0.5, "a\0b",
              (size_t)3, doc, NULL);
    assert_true(rows_next(&r));
    assert_string_equal(rows_text(&r, 0), "text");
    assert_true(rows_int(&r, 1) == (int64_t)1 << 40);
    assert_true(rows_double(&r, 2) == 0.5);
    assert_memory_equal(rows_blob(&r, 3, &len), "a\0b", 3);
    assert_int_equal(len, 3);
    json_t *back = rows_json(&r, 4);
    assert_true(json_equal(back, doc));
    assert_true(rows_null(&r, 5));
    assert_null(rows_text(&r, 5));
    assert_false(rows_next(&r));
    rows_close(&r);
    json_decref(doc);
    json_decref(back);
}

/* A query may run inside the same query: each walk has its own statement. */
static void test_nested_walks(void **state)
{
    struct db *db = *state;
    struct rows outer, inner;
    int pairs = 0;
    add_pet(db, "rex", 3);
    add_pet(db, "tom", 4);
    rows_open(&outer, db, "SELECT name FROM pet ORDER BY name", "");
    while (rows_next(&outer)) {
        rows_open(&inner, db, "SELECT name FROM pet ORDER BY name", "");
        while (rows_next(&inner))
            pairs++;
    }
    assert_int_equal(pairs, 4);
}

/* A migration runs once; a later one is added on top and keeps the rows. */
static void test_migrations(void **state)
{
    struct db *db = *state;
    struct err err;
    add_pet(db, "rex", 3);
    assert_int_equal(db_migrate(db, first, 1, &err), 0);
    assert_int_equal(db_migrate(db, second, 2, &err), 0);
    assert_int_equal(db_migrate(db, second, 2, &err), 0);
    assert_int_equal(db_int(db, -1, "SELECT count(*) FROM pet WHERE colour IS NULL", ""), 1);
}

/* A reset empties every table and keeps the schema. */
static void test_reset(void **state)
{
    struct db *db = *state;
    struct err err;
    add_pet(db, "rex", 3);
    assert_int_equal(db_reset(db, &err), 0);
    assert_int_equal(db_int(db, -1, "SELECT count(*) FROM pet", ""), 0);
    assert_int_equal(db_migrate(db, first, 1, &err), 0);
}

/* Work comes back oldest first; asking again for what waits gives it a new number, so that whoever
 * works on the old one sees that there is more to do. */
static void test_work(void **state)
{
    struct db *db = *state;
    struct scope scope = {"123456789012", "us-east-1"};
    struct work w;
    work_add(db, scope, "ec2/instance", "i-1");
    work_add(db, scope, "ec2/instance", "i-2");
    work_add(db, scope, "ec2/instance", "i-1");
    assert_true(work_next(db, 0, &w));
    assert_string_equal(w.subject, "i-2");
    int64_t id = w.id;
    assert_true(work_next(db, id, &w));
    assert_string_equal(w.subject, "i-1");
    assert_string_equal(w.account, "123456789012");
    assert_string_equal(w.region, "us-east-1");
    work_done(db, id);
    work_done(db, w.id);
    assert_false(work_next(db, 0, &w));
}

static void child_commits_and_dies(const char *path)
{
    struct err err;
    struct db *db = db_open(path, &err);
    if (db == NULL || db_migrate(db, first, 1, &err) != 0 || db_begin(db, &err) != 0)
        _exit(1);
    add_pet(db, "rex", 3);
    if (db_commit(db, &err) != 0 || db_begin(db, &err) != 0)
        _exit(1);
    add_pet(db, "tom", 4);
    kill(getpid(), SIGKILL);
}

/* An acknowledged commit survives kill -9, an open transaction does not; the file is its owner's
 * alone. */
static void test_kill(void **state)
{
    char folder[] = "/tmp/store-XXXXXX", path[64], other[80];
    struct stat st;
    struct err err;
    int status;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/db", folder);
    pid_t pid = fork();
    if (pid == 0)
        child_commits_and_dies(path);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    struct db *db = db_open(path, &err);
    assert_non_null(db);
    assert_int_equal(db_int(db, -1, "SELECT count(*) FROM pet", ""), 1);
    assert_true(db_exists(db, "SELECT 1 FROM pet WHERE name = ?", "s", "rex"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    db_close(db);
    for (const char *const *end = (const char *const[]){"", "-wal", "-shm", NULL}; *end != NULL;
         end++) {
        snprintf(other, sizeof(other), "%s%s", path, *end);
        unlink(other);
    }
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_transactions, open_db, close_db),
        cmocka_unit_test_setup_teardown(test_failures_are_sticky, open_db, close_db),
        cmocka_unit_test_setup_teardown(test_values, open_db, close_db),
        cmocka_unit_test_setup_teardown(test_nested_walks, open_db, close_db),
        cmocka_unit_test_setup_teardown(test_migrations, open_db, close_db),
        cmocka_unit_test_setup_teardown(test_reset, open_db, close_db),
        cmocka_unit_test_setup_teardown(test_work, open_db, close_db),
        cmocka_unit_test(test_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
