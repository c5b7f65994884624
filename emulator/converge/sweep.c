/* What belongs to nobody goes: records of instances terminated an hour ago; folders, disks and
 * machines without a row, which a crash or a reset left. And ending many guests at once, for a
 * reset or an account's end. */
#include "converge/internal.h"

#include "base/log.h"
#include "base/text.h"
#include "loop/file.h"

#include <dirent.h>
#include <string.h>

#define SWEEP_MS      60000
#define REMEMBERED_MS 3600000 /* terminated instances stay visible about an hour */

/* --- files and machines without a row --- */

struct stray {
    struct machine *machine;
};

static void machine_of_nobody_exited(void *arg, enum machine_exit how)
{
    (void)how;
    struct stray *stray = arg;
    machine_free(stray->machine);
    free(stray);
}

static const struct machine_events nobody_events = {.exited = machine_of_nobody_exited};

/* A machine whose instance has no row is ended; its folder goes at the next sweep. */
static bool end_machine(struct converge *cv, const char *folder)
{
    struct stray *stray = xcalloc(1, sizeof(*stray));
    struct err err;
    if (machine_alive(folder))
        stray->machine = machine_adopt(cv->config.plant, folder, &nobody_events, stray, &err);
    if (stray->machine == NULL) {
        free(stray);
        return false;
    }
    log_warn("a machine without an instance is ended: %s", folder);
    machine_kill(stray->machine);
    return true;
}

static void sweep_instance(struct converge *cv, const char *name, const char *path)
{
    bool wanted =
        db_exists(cv->config.db,
                  "SELECT 1 FROM ec2_instance WHERE id = ? AND state <> 'terminated'", "s", name);
    if (wanted || hash_get(cv->guests, name) != NULL)
        return;
    if (cv->config.plant == NULL || !end_machine(cv, path))
        folder_remove(cv->config.loop, path, NULL, NULL);
}

static void sweep_volume(struct converge *cv, const char *name, const char *path)
{
    char id[ID_SIZE];
    str_copy(id, sizeof(id), name);
    id[strcspn(id, ".")] = '\0';
    if (db_exists(cv->config.db, "SELECT 1 FROM ec2_volume WHERE id = ?", "s", id))
        return;
    folder_remove(cv->config.loop, path, NULL, NULL);
}

static void sweep_folder(struct converge *cv, const char *folder,
                         void (*fn)(struct converge *cv, const char *name, const char *path))
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = xasprintf("%s/%s", folder, entry->d_name);
        fn(cv, entry->d_name, path);
        free(path);
    }
    if (dir != NULL)
        closedir(dir);
}

static void sweep(void *arg)
{
    struct converge *cv = arg;
    struct err err;
    if (db_begin(cv->config.db, &err) == 0) {
        instance_forget_terminated(cv->config.db, clock_now_ms(cv->config.clock) - REMEMBERED_MS);
        if (db_commit(cv->config.db, &err) != 0)
            log_error("sweep: %s", err.text);
    }
    sweep_folder(cv, cv->instances_folder, sweep_instance);
    sweep_folder(cv, cv->volumes_folder, sweep_volume);
}

void sweep_start(struct converge *cv)
{
    cv->sweep = timer_new(cv->config.loop, sweep, cv);
    sweep(cv);
    timer_start(cv->sweep, SWEEP_MS, SWEEP_MS);
}

/* --- ending many --- */

struct quiesce {
    struct list node;
    char account[16]; /* "": all */
    void (*fn)(void *arg);
    void *arg;
};

static bool concerns(const struct quiesce *q, const struct guest *g)
{
    return q->account[0] == '\0' || str_equal(q->account, g->account);
}

static bool quiesce_is_done(struct converge *cv, const struct quiesce *q)
{
    size_t at = 0;
    const char *id;
    void *guest;
    while (hash_next(cv->guests, &at, &id, &guest))
        if (concerns(q, guest))
            return false;
    return true;
}

void quiesce_check(struct converge *cv)
{
    list_foreach_safe (node, &cv->quiesces) {
        struct quiesce *q = list_entry(node, struct quiesce, node);
        if (!quiesce_is_done(cv, q))
            continue;
        list_remove(&q->node);
        q->fn(q->arg);
        free(q);
        if (cv->sweep != NULL)
            timer_start(cv->sweep, 0, SWEEP_MS); /* the rows are gone: so are the files, soon */
    }
}

void converge_quiesce(struct converge *cv, const char *account, void (*fn)(void *arg), void *arg)
{
    struct quiesce *q = xcalloc(1, sizeof(*q));
    *q = (struct quiesce){.fn = fn, .arg = arg};
    str_copy(q->account, sizeof(q->account), account != NULL ? account : "");
    size_t at = 0;
    const char *id;
    void *guest;
    while (hash_next(cv->guests, &at, &id, &guest))
        if (concerns(q, guest))
            guest_doom(guest);
    list_append(&cv->quiesces, &q->node);
    quiesce_check(cv);
}
