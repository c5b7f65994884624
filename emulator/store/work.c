/* Work rows: see work.h. */
#include "store/work.h"

#include "base/text.h"

const struct migration work_migrations[] = {
    {"work", "CREATE TABLE work (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
             " account TEXT NOT NULL, region TEXT NOT NULL, subject TEXT NOT NULL);"
             "CREATE UNIQUE INDEX work_kind_subject ON work (kind, subject);"},
};
const size_t work_migration_count = ARRAY_LEN(work_migrations);

/* A row that waits already is replaced, so that it gets a new id: whoever works on the old one
 * sees, when done, that its id is gone and that there is more to do. */
void work_add(struct db *db, struct scope scope, const char *kind, const char *subject)
{
    db_exec(db, "INSERT OR REPLACE INTO work (kind, account, region, subject) VALUES (?, ?, ?, ?)",
            "ssss", kind, scope.account, scope.region, subject);
}

bool work_next(struct db *db, int64_t after_id, struct work *ret_work)
{
    struct rows r;
    rows_open(
        &r, db,
        "SELECT id, kind, account, region, subject FROM work WHERE id > ? ORDER BY id LIMIT 1", "i",
        after_id);
    if (!rows_next(&r))
        return false;
    ret_work->id = rows_int(&r, 0);
    str_copy(ret_work->kind, sizeof(ret_work->kind), rows_text(&r, 1));
    str_copy(ret_work->account, sizeof(ret_work->account), rows_text(&r, 2));
    str_copy(ret_work->region, sizeof(ret_work->region), rows_text(&r, 3));
    str_copy(ret_work->subject, sizeof(ret_work->subject), rows_text(&r, 4));
    rows_close(&r);
    return true;
}

void work_done(struct db *db, int64_t id)
{
    db_exec(db, "DELETE FROM work WHERE id = ?", "i", id);
}
