/* Keys that a database makes once and keeps: what it signs stays valid over a restart. The table is
 * describe_migrations'. */
#ifndef CALL_SECRET_H
#define CALL_SECRET_H

#include "base/buf.h"
#include "base/ids.h"
#include "store/store.h"

/* Appends the secret's bytes; false: there is none of that name. */
bool secret_find(struct db *db, const char *name, struct buf *out);
void secret_put(struct db *db, const char *name, const void *bytes, size_t len);
/* `len` random bytes, drawn when first asked for. */
void secret_random(struct db *db, struct ids *ids, const char *name, uint8_t *out, size_t len);

#endif
