/* Secrets are rows of call_secret; see secret.h. */
#include "call/secret.h"

#include <string.h>

bool secret_find(struct db *db, const char *name, struct buf *out)
{
    struct rows r;
    rows_open(&r, db, "SELECT bytes FROM call_secret WHERE name = ?", "s", name);
    if (!rows_next(&r))
        return false;
    size_t len = 0;
    const void *bytes = rows_blob(&r, 0, &len);
    buf_add(out, bytes, len);
    rows_close(&r);
    return true;
}

void secret_put(struct db *db, const char *name, const void *bytes, size_t len)
{
    db_exec(db, "INSERT OR REPLACE INTO call_secret (name, bytes) VALUES (?, ?)", "sb", name, bytes,
            len);
}

void secret_random(struct db *db, struct ids *ids, const char *name, uint8_t *out, size_t len)
{
    struct buf kept;
    buf_init(&kept, len);
    bool found = secret_find(db, name, &kept) && kept.len == len;
    if (found) {
        memcpy(out, kept.data, len);
        memset(kept.data, 0, len);
    } else {
        random_bytes(ids, out, len);
        secret_put(db, name, out, len);
    }
    buf_done(&kept);
}
