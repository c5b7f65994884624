/* What the host may ask for: a table of words, each a function that fills the answer. */
#include "request.h"

#include "account.h"
#include "child.h"
#include "file.h"
#include "machine.h"
#include "stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    struct daemon *daemon;
    json_t *in;
    json_t *out;
};

typedef int (*request_fn)(struct request *request, struct err *err);

static int do_hello(struct request *request, struct err *err)
{
    static const char *const states[] = {
        [DAEMON_WAITING] = "waiting",
        [DAEMON_CONFIGURED] = "configured",
        [DAEMON_READY] = "ready",
    };
    const struct daemon *daemon = request->daemon;
    size_t len = 0;
    char *boot_id = file_read("/proc/sys/kernel/random/boot_id", &len);

    if (boot_id == NULL || len < 36) {
        free(boot_id);
        return err_set(err, "this boot has no id");
    }
    json_object_set_new(request->out, "agent", json_integer(AGENT_VERSION));
    json_object_set_new(request->out, "boot_id", json_stringn(boot_id, 36));
    json_object_set_new(request->out, "state", json_string(states[daemon->state]));
    if (daemon->identity.document != NULL)
        json_object_set_new(request->out, "instance_id", json_string(daemon->identity.instance_id));
    free(boot_id);
    return 0;
}

static int do_identity(struct request *request, struct err *err)
{
    return daemon_configure(request->daemon, request->in, err);
}

static int do_rest(struct request *request, struct err *err)
{
    const char *const words[] = {
        "sh",
        "/usr/lib/groundschool/rest",
        request->daemon->identity.user,
        NULL,
    };

    if (request->daemon->state != DAEMON_READY)
        return err_set(err, "this machine is not ready yet");
    return child_run(words, err);
}

static int do_time(struct request *request, struct err *err)
{
    return machine_set_clock(json_integer_value(json_object_get(request->in, "time_ms")), err);
}

static int do_poweroff(struct request *request, struct err *err)
{
    static const char *const words[] = {"systemctl", "--no-block", "poweroff", NULL};

    (void)request;
    return child_run(words, err);
}

static int do_reboot(struct request *request, struct err *err)
{
    static const char *const words[] = {"systemctl", "--no-block", "reboot", NULL};

    (void)request;
    return child_run(words, err);
}

static int do_keys(struct request *request, struct err *err)
{
    const char *user = json_string_value(json_object_get(request->in, "user"));

    if (user == NULL || !identity_user_is_sound(user))
        return err_set(err, "user is missing or malformed");
    return account_add_keys(user, json_object_get(request->in, "authorized_keys"), err);
}

static int do_grow(struct request *request, struct err *err)
{
    pid_t pid = machine_start_grow(err);

    if (pid < 0)
        return -1;
    json_object_set_new(request->out, "growing", json_boolean(pid > 0));
    return 0;
}

static int do_stats(struct request *request, struct err *err)
{
    json_t *stats = stats_read();

    if (stats == NULL || json_object_update(request->out, stats) != 0) {
        json_decref(stats);
        return err_set(err, "cannot read the statistics");
    }
    json_decref(stats);
    return 0;
}

static const struct {
    const char *word;
    request_fn fn;
} words[] = {
    {"hello", do_hello},       {"identity", do_identity}, {"time", do_time},
    {"poweroff", do_poweroff}, {"reboot", do_reboot},     {"keys", do_keys},
    {"grow", do_grow},         {"rest", do_rest},         {"stats", do_stats},
};

static int dispatch(struct request *request, const char *word, struct err *err)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].fn(request, err);
    return err_set(err, "unknown request: %.64s", word);
}

void request_handle(struct daemon *daemon, const char *line, size_t len)
{
    json_error_t why;
    struct err err = {.text = ""};
    struct request request = {
        .daemon = daemon, .in = json_loadb(line, len, 0, &why), .out = json_object()};
    const char *word = json_string_value(json_object_get(request.in, "do"));
    json_t *id = json_object_get(request.in, "id");

    if (id != NULL)
        json_object_set(request.out, "id", id);
    if (request.in == NULL)
        (void)err_set(&err, "no JSON: %s", why.text);
    else if (word == NULL)
        (void)err_set(&err, "a request names what to do");
    else if (dispatch(&request, word, &err) == 0)
        err.text[0] = '\0';
    if (err.text[0] == '\0')
        json_object_set_new(request.out, "ok", json_true());
    else
        json_object_set_new(request.out, "error", json_string(err.text));
    port_send_new(&daemon->port, request.out);
    if (word != NULL && strcmp(word, "hello") == 0)
        daemon_restate(daemon);
    json_decref(request.in);
}
