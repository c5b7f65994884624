/* The database handle: opening, transactions, statements and their cache. A transaction's first
 * failing statement is remembered; what follows does nothing and the commit fails, so that
 * operations need not test every write. */
#include "store/store.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define SLOW_US        20000 /* a statement over this is worth a line in the log */
#define STATEMENTS_MAX 512   /* kept prepared; filters of describe operations make many texts */

const char db_end[] = "";

struct statement {
    sqlite3_stmt *handle;
    struct db *db;
    const char *sql; /* our copy, also the key of the cache */
    bool busy;       /* a struct rows walks it */
    bool cached;
    bool ok; /* prepared and bound */
};

struct db {
    sqlite3 *handle;
    struct hash *statements; /* by SQL text */
    struct err failure;      /* of the current transaction */
    bool in_transaction;
};

static void remember_failure(struct db *db, const char *sql)
{
    if (db->failure.code[0] == '\0')
        err_set(&db->failure, "Store", "%s in: %.200s", sqlite3_errmsg(db->handle), sql);
}

static int run_plain(struct db *db, const char *sql, struct err *err)
{
    char *text = NULL;
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, &text);
    if (rc != SQLITE_OK)
        err_set(err, "Store", "%s in: %.200s", text != NULL ? text : sqlite3_errstr(rc), sql);
    sqlite3_free(text);
    return rc == SQLITE_OK ? 0 : -1;
}

static int file_make_private(const char *path, struct err *err)
{
    if (strcmp(path, ":memory:") == 0)
        return 0;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, errno, "cannot open database %s", path);
    close(fd);
    return 0;
}

struct db *db_open(const char *path, struct err *err)
{
    if (file_make_private(path, err) != 0)
        return NULL;
    struct db *db = xcalloc(1, sizeof(*db));
    db->statements = hash_new();
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK) {
        err_set(err, "Store", "cannot open database %s: %s", path, sqlite3_errmsg(db->handle));
        db_close(db);
        return NULL;
    }
    /* synchronous=NORMAL in WAL mode: a commit is in the operating system's hands when it is
     * acknowledged, so it survives kill -9; only a power cut may take the last ones, never the
     * order or the integrity. */
    if (run_plain(db, "PRAGMA locking_mode = EXCLUSIVE", err) != 0 ||
        run_plain(db, "PRAGMA journal_mode = WAL", err) != 0 ||
        run_plain(db, "PRAGMA synchronous = NORMAL", err) != 0 ||
        run_plain(db, "PRAGMA cache_size = -4096", err) != 0 ||
        run_plain(db, "PRAGMA trusted_schema = OFF", err) != 0 ||
        run_plain(db, "PRAGMA foreign_keys = ON", err) != 0 ||
        run_plain(db, "PRAGMA temp_store = MEMORY", err) != 0) {
        db_close(db);
        return NULL;
    }
    sqlite3_busy_timeout(db->handle, 2000);
    return db;
}

static void statement_free(void *value)
{
    struct statement *s = value;
    sqlite3_finalize(s->handle);
    free((void *)(uintptr_t)s->sql);
    free(s);
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    hash_free(db->statements, statement_free);
    sqlite3_close(db->handle);
    free(db);
}

/* --- transactions --- */

int db_begin(struct db *db, struct err *err)
{
    db->failure = (struct err){0};
    if (run_plain(db, "BEGIN IMMEDIATE", err) != 0)
        return -1;
    db->in_transaction = true;
    return 0;
}

int db_commit(struct db *db, struct err *err)
{
    if (db->failure.code[0] != '\0') {
        struct err failure = db->failure;
        db_rollback(db);
        return err_set(err, failure.code, "%s", failure.text);
    }
    if (run_plain(db, "COMMIT", err) != 0) {
        db_rollback(db);
        return -1;
    }
    db->in_transaction = false;
    return 0;
}

void db_rollback(struct db *db)
{
    struct err ignored;
    if (!sqlite3_get_autocommit(db->handle))
        (void)run_plain(db, "ROLLBACK", &ignored);
    db->in_transaction = false;
    db->failure = (struct err){0};
}

bool db_in_transaction(const struct db *db)
{
    return db->in_transaction;
}

bool db_failed(const struct db *db)
{
    return db->failure.code[0] != '\0';
}

/* --- statements --- */

static struct statement *statement_prepare(struct db *db, const char *sql)
{
    struct statement *s = xcalloc(1, sizeof(*s));
    s->db = db;
    s->sql = xstrdup(sql);
    if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->handle, NULL) !=
        SQLITE_OK) {
        remember_failure(db, sql);
        s->handle = NULL;
    }
    return s;
}

/* The cached statement, or one of its own when the cached one is being walked (a query inside the
 * same query). */
static struct statement *statement_get(struct db *db, const char *sql)
{
    struct statement *s = hash_get(db->statements, sql);
    if (s != NULL && !s->busy)
        return s;
    struct statement *fresh = statement_prepare(db, sql);
    if (s == NULL && fresh->handle != NULL && hash_count(db->statements) < STATEMENTS_MAX) {
        fresh->cached = true;
        hash_put(db->statements, sql, fresh);
    }
    return fresh;
}

static void statement_release(struct statement *s)
{
    s->busy = false;
    if (s->handle != NULL) {
        sqlite3_reset(s->handle);
        sqlite3_clear_bindings(s->handle);
    }
    if (!s->cached)
        statement_free(s);
}

static void bind_json(sqlite3_stmt *handle, int index, const json_t *value)
{
    if (value == NULL)
        sqlite3_bind_null(handle, index);
    else
        sqlite3_bind_text(handle, index, json_to_text(value), -1, free);
}

static void statement_bind(struct statement *s, const char *types, va_list ap)
{
    int index = 1;
    for (const char *t = types; *t != '\0'; t++, index++) {
        if (*t == 's') {
            sqlite3_bind_text(s->handle, index, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
        } else if (*t == 'i') {
            sqlite3_bind_int64(s->handle, index, va_arg(ap, int64_t));
        } else if (*t == 'd') {
            sqlite3_bind_double(s->handle, index, va_arg(ap, double));
        } else if (*t == 'j') {
            bind_json(s->handle, index, va_arg(ap, const json_t *));
        } else if (*t == 'b') {
            const void *bytes = va_arg(ap, const void *);
            sqlite3_bind_blob64(s->handle, index, bytes, va_arg(ap, size_t), SQLITE_TRANSIENT);
        } else {
            abort(); /* our own mistake: an unknown type letter */
        }
    }
    if (va_arg(ap, const char *) != db_end)
        abort(); /* our own mistake: arguments and type letters do not agree */
}

static struct statement *statement_open(struct db *db, const char *sql, const char *types,
                                        va_list ap)
{
    struct statement *s = statement_get(db, sql);
    s->busy = true;
    s->ok = s->handle != NULL;
    if (s->ok)
        statement_bind(s, types, ap);
    return s;
}

static int statement_step(struct statement *s)
{
    int64_t before = clock_monotonic_us();
    int rc = sqlite3_step(s->handle);
    int64_t took = clock_monotonic_us() - before;
    if (took > SLOW_US)
        log_warn("slow statement, %lld ms: %.120s", (long long)(took / 1000), s->sql);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        remember_failure(s->db, s->sql);
    return rc;
}

void db_exec_until(struct db *db, const char *sql, const char *types, ...)
{
    if (db_failed(db))
        return;
    va_list ap;
    va_start(ap, types);
    struct statement *s = statement_open(db, sql, types, ap);
    va_end(ap);
    if (s->ok)
        while (statement_step(s) == SQLITE_ROW)
            continue;
    statement_release(s);
}

int64_t db_changed(const struct db *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t db_last_rowid(const struct db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

static void rows_vopen(struct rows *r, struct db *db, const char *sql, const char *types,
                       va_list ap)
{
    r->db = db;
    r->statement = statement_open(db, sql, types, ap);
}

void rows_open_until(struct rows *r, struct db *db, const char *sql, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    rows_vopen(r, db, sql, types, ap);
    va_end(ap);
}

bool rows_next(struct rows *r)
{
    if (r->statement == NULL)
        return false;
    if (r->statement->ok && statement_step(r->statement) == SQLITE_ROW)
        return true;
    rows_close(r);
    return false;
}

void rows_close(struct rows *r)
{
    if (r->statement != NULL)
        statement_release(r->statement);
    r->statement = NULL;
}

const char *rows_text(struct rows *r, int column)
{
    return (const char *)sqlite3_column_text(r->statement->handle, column);
}

int64_t rows_int(struct rows *r, int column)
{
    return sqlite3_column_int64(r->statement->handle, column);
}

double rows_double(struct rows *r, int column)
{
    return sqlite3_column_double(r->statement->handle, column);
}

bool rows_null(struct rows *r, int column)
{
    return sqlite3_column_type(r->statement->handle, column) == SQLITE_NULL;
}

const void *rows_blob(struct rows *r, int column, size_t *ret_len)
{
    const void *bytes = sqlite3_column_blob(r->statement->handle, column);
    *ret_len = (size_t)sqlite3_column_bytes(r->statement->handle, column);
    return bytes;
}

json_t *rows_json(struct rows *r, int column)
{
    const char *text = rows_text(r, column);
    if (text == NULL)
        return NULL;
    struct err err = {0};
    json_t *value = json_parse(text, strlen(text), &err);
    if (value == NULL && r->db->failure.code[0] == '\0')
        err_set(&r->db->failure, "Store", "stored JSON is broken: %s", err.text);
    return value;
}

int64_t db_int_until(struct db *db, int64_t fallback, const char *sql, const char *types, ...)
{
    struct rows r;
    va_list ap;
    va_start(ap, types);
    rows_vopen(&r, db, sql, types, ap);
    va_end(ap);
    if (!rows_next(&r))
        return fallback;
    int64_t value = rows_null(&r, 0) ? fallback : rows_int(&r, 0);
    rows_close(&r);
    return value;
}

bool db_exists_until(struct db *db, const char *sql, const char *types, ...)
{
    struct rows r;
    va_list ap;
    va_start(ap, types);
    rows_vopen(&r, db, sql, types, ap);
    va_end(ap);
    bool found = rows_next(&r);
    rows_close(&r);
    return found;
}

/* --- schema --- */

/* Each owner counts its own migrations, so that services grow without a common number. */
static int migrate_one(struct db *db, const char *owner, int64_t number, const char *sql,
                       struct err *err)
{
    int64_t done = db_int(db, 0, "SELECT number FROM schema_version WHERE owner = ?", "s", owner);
    if (number <= done)
        return 0;
    if (db_begin(db, err) != 0)
        return -1;
    if (run_plain(db, sql, err) != 0) {
        db_rollback(db);
        return -1;
    }
    db_exec(db,
            "INSERT INTO schema_version (owner, number) VALUES (?, ?)"
            " ON CONFLICT (owner) DO UPDATE SET number = excluded.number",
            "si", owner, number);
    return db_commit(db, err);
}

int db_migrate(struct db *db, const struct migration *migrations, size_t count, struct err *err)
{
    if (run_plain(db,
                  "CREATE TABLE IF NOT EXISTS schema_version"
                  " (owner TEXT NOT NULL PRIMARY KEY, number INTEGER NOT NULL)",
                  err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        int64_t number = 1;
        for (size_t j = 0; j < i; j++)
            number += strcmp(migrations[j].owner, migrations[i].owner) == 0;
        if (migrate_one(db, migrations[i].owner, number, migrations[i].sql, err) != 0)
            return -1;
    }
    return 0;
}

int db_reset(struct db *db, struct err *err)
{
    if (db_begin(db, err) != 0)
        return -1;
    struct rows r;
    rows_open(&r, db,
              "SELECT 'DELETE FROM \"' || name || '\"' FROM sqlite_master"
              " WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_version'",
              "");
    while (rows_next(&r))
        db_exec(db, rows_text(&r, 0), "");
    return db_commit(db, err);
}
