/* Work rows, the outbox between intent and machinery: committed with the intent, picked up by
 * converge, removed when done. A row survives a crash and is picked up again. */
#ifndef STORE_WORK_H
#define STORE_WORK_H

#include "store/store.h"

struct work { /* text owned by the work until work_done */
    int64_t id;
    char kind[64]; /* "ec2/instance" */
    char account[16];
    char region[32];
    char subject[64]; /* "i-..." */
};

extern const struct migration work_migrations[];
extern const size_t work_migration_count;

struct scope { /* whose rows: every query names both */
    const char *account;
    const char *region;
};
/* Adding the same kind and subject again while it waits adds nothing. */
void work_add(struct db *db, struct scope scope, const char *kind, const char *subject);
bool work_next(struct db *db, int64_t after_id,
               struct work *ret_work); /* the oldest with id > after_id */
void work_done(struct db *db, int64_t id);

#endif
