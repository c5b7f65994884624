/* The pump: after each commit it walks the new work rows, oldest first, and hands each to its
 * kind's function. An instance's row only says "look again": what has to be done stands in its
 * state, so a row may be removed at once and a crash in between loses nothing. A reboot or a forced
 * stop stands nowhere else; its row goes when it has been passed on. */
#include "converge/internal.h"

#include "base/encode.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* --- transactions --- */

struct call *converge_begin(struct converge *cv, struct scope scope)
{
    struct arena *arena = arena_new();
    struct call *c = arena_alloc(arena, sizeof(*c));
    *c = (struct call){
        .db = cv->config.db,
        .clock = cv->config.clock,
        .ids = cv->config.ids,
        .arena = arena,
        .site = cv->config.site,
        .account = arena_strdup(arena, scope.account),
        .region = arena_strdup(arena, scope.region),
        .request_id = "converge",
        .in = json_object(),
    };
    struct err err;
    if (db_begin(c->db, &err) != 0)
        (void)call_fail_internal(c, "%s", err.text);
    return c;
}

bool converge_end(struct call *c)
{
    struct err err = c->err;
    bool ok = !call_failed(c) && db_commit(c->db, &err) == 0;
    if (!ok) {
        log_error("converge: %s: %s", err.code, err.text);
        if (db_in_transaction(c->db))
            db_rollback(c->db);
    }
    json_decref(c->in);
    arena_free(c->arena);
    return ok;
}

/* --- work rows --- */

static void work_instance(struct converge *cv, const struct work *w)
{
    guest_tick(guest_get(cv, (struct scope){w->account, w->region}, w->subject));
}

static void work_force(struct converge *cv, const struct work *w)
{
    guest_force(guest_get(cv, (struct scope){w->account, w->region}, w->subject));
}

static void work_reboot(struct converge *cv, const struct work *w)
{
    guest_reboot(guest_get(cv, (struct scope){w->account, w->region}, w->subject));
}

static void work_firewall(struct converge *cv, const struct work *w)
{
    network_group_set(cv, w->subject);
}

static void work_interface(struct converge *cv, const struct work *w)
{
    network_port_refresh(cv, (struct scope){w->account, w->region}, w->subject);
}

static const struct {
    const char *kind;
    void (*run)(struct converge *cv, const struct work *w);
} kinds[] = {
    {"ec2/instance", work_instance},      {"ec2/instance-force", work_force},
    {"ec2/instance-reboot", work_reboot}, {"ec2/firewall", work_firewall},
    {"ec2/interface", work_interface},
};

static void work_run(struct converge *cv, const struct work *w)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!str_equal(kinds[i].kind, w->kind))
            continue;
        kinds[i].run(cv, w);
        return;
    }
    log_warn("work of unknown kind %s for %s is dropped", w->kind, w->subject);
}

static void pump(void *arg)
{
    struct converge *cv = arg;
    struct work w;
    int64_t first = cv->work_seen;
    while (work_next(cv->config.db, cv->work_seen, &w)) {
        cv->work_seen = w.id;
        work_run(cv, &w);
    }
    if (cv->work_seen == first)
        return;
    struct err err;
    if (db_begin(cv->config.db, &err) != 0)
        return;
    db_exec(cv->config.db, "DELETE FROM work WHERE id <= ?", "i", cv->work_seen);
    if (db_commit(cv->config.db, &err) != 0)
        log_error("converge: %s", err.text);
}

void converge_wake(struct converge *cv)
{
    if (!timer_active(cv->pump))
        timer_start(cv->pump, 0, 0);
}

/* --- the whole --- */

static int folder_make(const char *path, struct err *err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    return err_set_errno(err, errno, "cannot make %s", path);
}

/* Machines that should be there, of all accounts: adopted, ended or booted as their state says. */
static void adopt_all(struct converge *cv)
{
    struct rows r;
    rows_open(
        &r, cv->config.db,
        "SELECT account, region, id FROM ec2_instance"
        " WHERE state IN ('pending', 'stopping', 'shutting-down') OR (state = 'running' AND ?)"
        " ORDER BY launched_ms, id",
        "i", (int64_t)(cv->config.plant != NULL));
    while (rows_next(&r))
        (void)guest_get(cv, (struct scope){rows_text(&r, 0), rows_text(&r, 1)}, rows_text(&r, 2));
    size_t at = 0;
    const char *id;
    void *guest;
    while (hash_next(cv->guests, &at, &id, &guest))
        guest_adopt(guest);
}

/* Emulators that share the images have templates in common, and each makes its own in a place that
 * its state folder's name tells. */
static void open_templates(struct converge *cv)
{
    char hex[SHA256_HEX_SIZE];
    sha256_hex(cv->config.state_folder, strlen(cv->config.state_folder), hex);
    hex[12] = '\0';
    cv->templates = templates_new(cv, cv->config.templates_folder, hex);
}

struct converge *converge_new(const struct converge_config *config, struct err *err)
{
    struct converge *cv = xcalloc(1, sizeof(*cv));
    cv->config = *config;
    cv->guests = hash_new();
    cv->pump = timer_new(config->loop, pump, cv);
    list_init(&cv->queue);
    list_init(&cv->quiesces);
    cv->instances_folder = xasprintf("%s/instances", config->state_folder);
    cv->volumes_folder = xasprintf("%s/volumes", config->state_folder);
    cv->services_folder = xasprintf("%s/services", config->state_folder);
    if (folder_make(cv->instances_folder, err) != 0 || folder_make(cv->volumes_folder, err) != 0 ||
        folder_make(cv->services_folder, err) != 0 ||
        (config->site->guests && network_open(cv, err) != 0)) {
        converge_close(cv);
        converge_free(cv);
        return NULL;
    }
    cv->issuers = issuers_new(cv);
    open_templates(cv);
    adopt_all(cv);
    sweep_start(cv);
    converge_wake(cv);
    return cv;
}

void converge_close(struct converge *cv)
{
    if (cv == NULL)
        return;
    size_t at = 0;
    const char *id;
    void *guest;
    while (hash_next(cv->guests, &at, &id, &guest))
        guest_let_go(guest);
    templates_close(cv->templates);
    issuers_free(cv->issuers);
    cv->issuers = NULL;
    timer_free(cv->pump);
    timer_free(cv->sweep);
    cv->sweep = NULL;
    net_free(cv->net);
    cv->net = NULL;
}

void converge_free(struct converge *cv)
{
    if (cv == NULL)
        return;
    templates_free(cv->templates);
    hash_free(cv->guests, free);
    free(cv->instances_folder);
    free(cv->volumes_folder);
    free(cv->services_folder);
    free(cv);
}
