/* Answers that only a machine can give: its console's log, and a picture of its screen. What an
 * identity provider says is issuer.c's. */
#include "converge/internal.h"

#include "base/encode.h"
#include "base/text.h"
#include "loop/file.h"

#define CONSOLE_CEILING    (64UL * 1024) /* AWS keeps the last 64 KB */
#define SCREENSHOT_CEILING (8UL * 1024 * 1024)
#define SCREENSHOT_FILE    "screen.png"

struct answer {
    struct converge *cv;
    void (*fn)(void *arg, const char *text, const struct err *err);
    void *arg;
    char *path;
};

static void answer_give(struct answer *a, const char *text, const struct err *err)
{
    a->fn(a->arg, text, err);
    free(a->path);
    free(a);
}

static void answer_give_bytes(struct answer *a, const char *bytes, size_t len)
{
    char *text = base64_encode(bytes, len);
    answer_give(a, text, NULL);
    free(text);
}

static void console_read(void *arg, const char *bytes, size_t len, struct err *err)
{
    /* A console that nothing has been written to yet is an empty one. */
    answer_give_bytes(arg, bytes != NULL ? bytes : "", err == NULL ? len : 0);
}

static void screen_read(void *arg, const char *bytes, size_t len, struct err *err)
{
    static const struct err broken = {"InternalError", "The screenshot could not be read"};
    if (err != NULL)
        answer_give(arg, NULL, &broken);
    else
        answer_give_bytes(arg, bytes, len);
}

static void screen_taken(void *arg, const json_t *result, struct err *err)
{
    static const struct err busy = {"IncorrectInstanceState",
                                    "The instance's screen cannot be read now. Try again."};
    struct answer *a = arg;
    (void)result;
    if (err != NULL)
        answer_give(a, NULL, &busy);
    else
        file_read(a->cv->config.loop, a->path, SCREENSHOT_CEILING, false, screen_read, a);
}

static void answer_late(void *arg)
{
    static const struct err gone = {"IncorrectInstanceState",
                                    "The instance has no machine now. Try again."};
    answer_give(arg, NULL, &gone);
}

static void await_machine(struct converge *cv, const struct await *what, await_fn fn, void *arg)
{
    bool screen = str_equal(what->kind, "ec2/console-screenshot");
    struct guest *g = hash_get(cv->guests, what->subject);
    struct answer *a = xcalloc(1, sizeof(*a));
    *a = (struct answer){.cv = cv, .fn = fn, .arg = arg};
    a->path = xasprintf("%s/%s/%s", cv->instances_folder, what->subject,
                        screen ? SCREENSHOT_FILE : "console.log");
    if (!screen)
        file_read(cv->config.loop, a->path, CONSOLE_CEILING, true, console_read, a);
    else if (g != NULL && g->machine != NULL)
        machine_screenshot(g->machine, SCREENSHOT_FILE, screen_taken, a);
    else
        loop_defer(cv->config.loop, answer_late, a);
}

void converge_await(struct converge *cv, const struct await *what,
                    void (*fn)(void *arg, const char *text, const struct err *err), void *arg)
{
    if (str_starts(what->kind, "iam/"))
        issuers_await(cv->issuers, what, fn, arg);
    else
        await_machine(cv, what, fn, arg);
}
