/* The database: SQLite behind a handful of words. One writer: the loop's thread. Writes are sticky:
 * after the first failing statement of a transaction the others do nothing, and db_commit rolls
 * back and says why. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"
#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

struct db;
struct migration {     /* numbered by its place in the service's array, from 1; never edited once
                          released */
    const char *owner; /* "ec2": tables are ec2_... */
    const char *sql;
};

struct db *db_open(const char *path,
                   struct err *err); /* ":memory:" for tests; file mode 0600; WAL */
void db_close(struct db *db);        /* takes NULL */
int db_migrate(struct db *db, const struct migration *migrations, size_t count,
               struct err *err) MUST_CHECK;

int db_begin(struct db *db, struct err *err) MUST_CHECK; /* BEGIN IMMEDIATE */
int db_commit(struct db *db,
              struct err *err) MUST_CHECK; /* rolls back and returns -1 when a statement failed */
void db_rollback(struct db *db);
bool db_in_transaction(const struct db *db);
bool db_failed(const struct db *db); /* a statement of this transaction failed */

/* Statements are prepared once and cached by their text's address and content. `types` says the
 * arguments: s text (NULL: SQL NULL), i int64_t, d double, b blob (const void *, size_t), j json
 * (stored as compact text, NULL: SQL NULL). The macros add an end mark, so that a statement called
 * with too many or too few arguments aborts the first time it runs. */
extern const char db_end[];
#define db_exec(db, ...)          db_exec_until(db, __VA_ARGS__, db_end)
#define rows_open(r, db, ...)     rows_open_until(r, db, __VA_ARGS__, db_end)
#define db_int(db, fallback, ...) db_int_until(db, fallback, __VA_ARGS__, db_end)
#define db_exists(db, ...)        db_exists_until(db, __VA_ARGS__, db_end)
void db_exec_until(struct db *db, const char *sql, const char *types, ...);
int64_t db_changed(const struct db *db); /* rows touched by the last db_exec */
int64_t db_last_rowid(const struct db *db);

struct rows { /* a running query; on the caller's stack */
    struct db *db;
    struct statement *statement;
};
/* `struct rows r; rows_open(&r, db, sql, "ss", a, b); while (rows_next(&r)) ...;` the loop's end
 * closes it; rows_close when left early. */
void rows_open_until(struct rows *r, struct db *db, const char *sql, const char *types, ...);
bool rows_next(struct rows *r);
void rows_close(struct rows *r);                   /* harmless after the end */
const char *rows_text(struct rows *r, int column); /* NULL for SQL NULL; valid until the next row */
int64_t rows_int(struct rows *r, int column);
double rows_double(struct rows *r, int column);
bool rows_null(struct rows *r, int column);
const void *rows_blob(struct rows *r, int column, size_t *ret_len);
json_t *rows_json(struct rows *r, int column); /* new reference, NULL for SQL NULL */
int64_t db_int_until(struct db *db, int64_t fallback, const char *sql, const char *types,
                     ...); /* first column of the first row */
bool db_exists_until(struct db *db, const char *sql, const char *types, ...);
/* Empties every table of every migration: back to just after first start. One transaction of its
 * own. */
int db_reset(struct db *db, struct err *err) MUST_CHECK;

#endif
