/* Saving a machine's devices: migrate into a file -> asked until it is done. The memory is no part
 * of it: it is the template's file already (x-ignore-shared). The machine runs on until QEMU stops
 * it for the last step, so that its state says "running", and who resumes from it runs at once. */
#include "plant/save.h"

#include "base/text.h"

enum { ASK_EVERY_MS = 50 };

void save_done(struct save *s)
{
    timer_free(s->timer);
    s->timer = NULL;
}

static void save_end(struct save *s, struct err *err)
{
    save_done(s);
    s->fn(s->arg, NULL, err);
}

static void on_progress(void *arg, const json_t *result, struct err *err)
{
    struct save *s = arg;
    const char *status = json_str_or(result, "status", "");
    struct err failed;

    if (err != NULL) {
        save_end(s, err);
    } else if (str_equal(status, "completed")) {
        save_end(s, NULL);
    } else if (str_equal(status, "failed") || str_equal(status, "cancelled")) {
        err_set(&failed, "Failed", "the machine's state could not be written: %s",
                json_str_or(result, "error-desc", status));
        save_end(s, &failed);
    } else {
        timer_start(s->timer, ASK_EVERY_MS, 0);
    }
}

static void ask(void *arg)
{
    struct save *s = arg;

    machine_qmp(s->machine, "query-migrate", NULL, on_progress, s);
}

static void on_begun(void *arg, const json_t *result, struct err *err)
{
    struct save *s = arg;

    (void)result;
    if (err != NULL)
        save_end(s, err);
    else
        ask(s);
}

void machine_ignore_shared(struct machine *m)
{
    machine_qmp(
        m, "migrate-set-capabilities",
        json_pack("{s:[{s:s, s:b}]}", "capabilities", "capability", "x-ignore-shared", "state", 1),
        NULL, NULL);
}

void machine_save(struct machine *m, machine_reply_fn fn, void *arg)
{
    struct save *s = machine_saving(m);

    *s = (struct save){.machine = m, .fn = fn, .arg = arg};
    s->timer = timer_new(machine_loop(m), ask, s);
    machine_ignore_shared(m);
    /* QEMU's working directory is the machine's folder */
    machine_qmp(m, "migrate", json_pack("{s:s}", "uri", "exec:cat >" MACHINE_STATE), on_begun, s);
}
