/* One row an option: its name, what it is for, its default, and the function that reads its value.
 * The variable of --memory-budget is GROUNDSCHOOL_MEMORY_BUDGET; its line in the configuration file
 * `memory-budget = 8192`. */
#include "options.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_LEN 32
#define DISTANCE_MAX 3

struct option {
    const char *name;
    const char *value; /* what its value is called in --help; NULL: a switch */
    const char *fallback;
    const char *help;
    int (*read)(struct options *o, const char *value, struct err *err);
};

/* --- readers --- */

static int wrong(struct err *err, const char *name, const char *value, const char *wanted)
{
    return err_set(err, "InvalidOption", "--%s '%.80s' is not understood: %s", name, value, wanted);
}

static void keep(char **slot, const char *value)
{
    free(*slot);
    *slot = value[0] != '\0' ? xstrdup(value) : NULL;
}

static int read_listen(struct options *o, const char *value, struct err *err)
{
    char host[64] = "127.0.0.1";
    const char *colon = strrchr(value, ':');
    int64_t port;
    if (!parse_int64(colon != NULL ? colon + 1 : value, &port) || port < 0 || port > UINT16_MAX)
        return wrong(err, "listen", value, "it is ADDRESS:PORT, as 127.0.0.1:4566");
    if (colon != NULL)
        snprintf(host, sizeof(host), "%.*s", (int)(colon - value), value);
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&o->listen;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&o->listen;
    memset(&o->listen, 0, sizeof(o->listen));
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        o->listen_len = sizeof(*v4);
    } else if (host[0] == '[' && str_ends(host, "]")) {
        host[strlen(host) - 1] = '\0';
        if (inet_pton(AF_INET6, host + 1, &v6->sin6_addr) != 1)
            return wrong(err, "listen", value, "the address in brackets is no IPv6 address");
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        o->listen_len = sizeof(*v6);
    } else {
        return wrong(err, "listen", value, "the address is no IPv4 address (IPv6: in brackets)");
    }
    keep(&o->listen_text, value);
    return 0;
}

static int read_state(struct options *o, const char *value, struct err *err)
{
    (void)err;
    keep(&o->state, value);
    return 0;
}

static int read_images(struct options *o, const char *value, struct err *err)
{
    (void)err;
    keep(&o->images, value);
    return 0;
}

static int read_account(struct options *o, const char *value, struct err *err)
{
    if (value[0] != '\0' && (strlen(value) != 12 || strspn(value, "0123456789") != 12))
        return wrong(err, "account", value, "an account id has 12 digits");
    keep(&o->account, value);
    return 0;
}

static int read_root_key(struct options *o, const char *value, struct err *err)
{
    const char *colon = strchr(value, ':');
    if (value[0] == '\0')
        return 0;
    if (colon == NULL || colon == value || colon[1] == '\0')
        return err_set(err, "InvalidOption", "--root-key is ACCESS_KEY_ID:SECRET_ACCESS_KEY");
    free(o->root_key_id);
    o->root_key_id = xstrndup(value, (size_t)(colon - value));
    keep(&o->root_key_secret, colon + 1);
    return 0;
}

static int read_admin_token(struct options *o, const char *value, struct err *err)
{
    if (value[0] != '\0' && strlen(value) < 16)
        return err_set(err, "InvalidOption", "--admin-token needs at least 16 characters");
    keep(&o->admin_token, value);
    return 0;
}

static int read_region(struct options *o, const char *value, struct err *err)
{
    if (value[0] == '\0' || strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(value))
        return wrong(err, "region", value, "it is a region's name, as ap-northeast-2");
    keep(&o->region, value);
    return 0;
}

static int read_guests(struct options *o, const char *value, struct err *err)
{
    o->guests = str_equal(value, "qemu");
    if (!o->guests && !str_equal(value, "none"))
        return wrong(err, "guests", value, "it is qemu or none");
    return 0;
}

static int read_accel(struct options *o, const char *value, struct err *err)
{
    static const char *const words[] = {
        [ACCEL_AUTO] = "auto", [ACCEL_KVM] = "kvm", [ACCEL_TCG] = "tcg"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (str_equal(words[i], value)) {
            o->accel = (enum machine_accel)i;
            return 0;
        }
    }
    return wrong(err, "accel", value, "it is auto, kvm or tcg");
}

/* MiB, or with a unit: 8G, 8GiB, 8192M. */
static int read_memory_budget(struct options *o, const char *value, struct err *err)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    bool gib = str_equal_ci(end, "g") || str_equal_ci(end, "gib");
    bool mib = end[0] == '\0' || str_equal_ci(end, "m") || str_equal_ci(end, "mib");
    if (str_equal(value, "auto")) {
        o->memory_budget_mib = 0;
        return 0;
    }
    if (errno != 0 || end == value || !(gib || mib) || number < 1 || number > (1LL << 30))
        return wrong(err, "memory-budget", value, "it is a number of MiB, a size as 8G, or auto");
    o->memory_budget_mib = gib ? number * 1024 : number;
    return 0;
}

static int read_public_pool(struct options *o, const char *value, struct err *err)
{
    if (!cidr_parse(value, &o->public_pool) || o->public_pool.prefix > 30 ||
        o->public_pool.prefix < 8)
        return wrong(err, "public-pool", value,
                     "it is an IPv4 block of 4 to 16 million addresses, as 127.43.0.0/16");
    return 0;
}

static int read_allow_internet(struct options *o, const char *value, struct err *err)
{
    o->allow_internet = str_equal_ci(value, "true") || str_equal(value, "1");
    if (!o->allow_internet && !str_equal_ci(value, "false") && !str_equal(value, "0"))
        return wrong(err, "allow-internet", value, "it is true or false");
    return 0;
}

static int read_request_rate(struct options *o, const char *value, struct err *err)
{
    if (!parse_double(value, &o->request_rate) || o->request_rate < 0)
        return wrong(err, "request-rate", value,
                     "it is a number of requests a second, or 0 for no limit");
    return 0;
}

static int read_warm(struct options *o, const char *value, struct err *err)
{
    if (!str_equal(value, "on") && !str_equal(value, "off"))
        return wrong(err, "warm", value, "it is on or off");
    o->warm = str_equal(value, "on");
    return 0;
}

static int read_log_level(struct options *o, const char *value, struct err *err)
{
    if (!log_level_parse(value, &o->log_level))
        return wrong(err, "log-level", value, "it is error, warn, info or debug");
    return 0;
}

static const struct option options[] = {
    {"listen", "ADDR:PORT", "127.0.0.1:4566", "where the API is served", read_listen},
    {"state", "DIR", "/var/lib/groundschool", "where everything is kept", read_state},
    {"images", "DIR", "", "machine images and packages (default: images in the state folder)",
     read_images},
    {"account", "12DIGITS", "", "id of the first account (default: drawn at first start)",
     read_account},
    {"root-key", "AKID:SECRET", "",
     "root access key of the first account (default: generated once)", read_root_key},
    {"admin-token", "TOKEN", "",
     "for /_groundschool/ (default: generated once, kept in the state folder)", read_admin_token},
    {"region", "NAME", "us-east-1", "region of the printed export lines", read_region},
    {"guests", "qemu|none", "qemu", "none: a control plane only, instances have no machine",
     read_guests},
    {"accel", "auto|kvm|tcg", "auto", "how machines run; auto: KVM where the CPU has it",
     read_accel},
    {"warm", "on|off", "on",
     "new instances go on from a prepared machine whose memory they share; off: each boots by "
     "itself",
     read_warm},
    {"memory-budget", "MIB", "auto", "memory of all guests together, also as 8G",
     read_memory_budget},
    {"public-pool", "CIDR", "127.43.0.0/16",
     "public addresses; any block that this host routes to itself", read_public_pool},
    {"allow-internet", NULL, "false", "guests may reach the internet through this host",
     read_allow_internet},
    {"request-rate", "N", "10000",
     "requests a second that an account may send to one operation; 0: any", read_request_rate},
    {"log-level", "LEVEL", "info", "error, warn, info or debug", read_log_level},
};

/* --- help and hints --- */

static void print_help(void)
{
    puts("Usage: groundschool serve [OPTIONS]\n\n"
         "Serves the AWS API, with real machines behind it.\n\nOptions:");
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        char left[64];
        snprintf(left, sizeof(left), "--%s%s%s", options[i].name,
                 options[i].value != NULL ? " " : "",
                 options[i].value != NULL ? options[i].value : "");
        printf("  %-28s %s%s%s%s\n", left, options[i].help,
               options[i].fallback[0] != '\0' ? " [" : "", options[i].fallback,
               options[i].fallback[0] != '\0' ? "]" : "");
    }
    puts("  --config FILE                lines of `option = value` [/etc/groundschool.conf if it "
         "exists]\n"
         "  --help                       this text\n\n"
         "Each option is also read from a variable (GROUNDSCHOOL_MEMORY_BUDGET for "
         "--memory-budget)\n"
         "and from the configuration file; the command line ranks first, then variables, then the "
         "file.");
}

/* Levenshtein's distance, on words of a few letters. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_LEN + 1], len = strlen(b);
    if (len > NAME_MAX_LEN)
        return len;
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t add = row[j] + 1, drop = row[j - 1] + 1;
            row[j] = change < add ? change : add;
            row[j] = row[j] < drop ? row[j] : drop;
        }
    }
    return row[len];
}

const char *options_nearest(const char *word, const char *const *words)
{
    const char *best = NULL;
    size_t best_distance = DISTANCE_MAX + 1;
    for (size_t i = 0; words[i] != NULL; i++) {
        size_t d = distance(word, words[i]);
        if (d < best_distance) {
            best = words[i];
            best_distance = d;
        }
    }
    return best;
}

static int unknown_option(struct err *err, const char *name)
{
    const char *names[ARRAY_LEN(options) + 3] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        names[i] = options[i].name;
    names[ARRAY_LEN(options)] = "config";
    names[ARRAY_LEN(options) + 1] = "help";
    const char *meant = options_nearest(name, names);
    if (meant != NULL)
        return err_set(err, "UnknownOption",
                       "there is no option --%.40s. Did you mean --%s? (--help lists them all)",
                       name, meant);
    return err_set(err, "UnknownOption", "there is no option --%.40s (--help lists them all)",
                   name);
}

/* --- where values come from --- */

static const struct option *option_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (str_equal(options[i].name, name))
            return &options[i];
    return NULL;
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    for (size_t len = strlen(text); len > 0 && isspace((unsigned char)text[len - 1]); len--)
        text[len - 1] = '\0';
    return text;
}

static int read_line(struct options *o, char *line, struct err *err)
{
    char *name = trim(line), *equals = strchr(name, '=');
    if (name[0] == '\0' || name[0] == '#')
        return 0;
    if (equals == NULL)
        return err_set(err, "InvalidConfig",
                       "the configuration file's line '%.80s' is no `option = value`", name);
    *equals = '\0';
    name = trim(name);
    const struct option *option = option_find(name);
    return option != NULL ? option->read(o, trim(equals + 1), err) : unknown_option(err, name);
}

static int read_file(struct options *o, const char *path, bool asked_for, struct err *err)
{
    FILE *file = fopen(path, "re");
    char line[1024];
    int rc = 0;
    if (file == NULL && (asked_for || errno != ENOENT))
        return err_set_errno(err, errno, "cannot read the configuration file %s", path);
    while (file != NULL && rc == 0 && fgets(line, sizeof(line), file) != NULL)
        rc = read_line(o, line, err);
    if (file != NULL)
        fclose(file);
    return rc;
}

static int read_environment(struct options *o, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        char name[64];
        snprintf(name, sizeof(name), "GROUNDSCHOOL_%s", options[i].name);
        for (char *p = name; *p != '\0'; p++)
            *p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
        const char *value = getenv(name);
        if (value != NULL && options[i].read(o, value, err) != 0)
            return -1;
    }
    return 0;
}

/* One argument, with its value from `=` or the next argument. Returns how many were used, 0 for
 * --help, -1 on error. */
static int read_argument(struct options *o, int left, char **argv, struct err *err)
{
    char name[NAME_MAX_LEN + 1];
    const char *arg = argv[0], *equals = strchr(arg, '=');
    if (!str_starts(arg, "--"))
        return err_set(err, "UnknownOption",
                       "'%.40s' is not understood: options begin with -- (--help lists them)", arg);
    snprintf(name, sizeof(name), "%.*s",
             (int)(equals != NULL ? equals - arg - 2 : (long)strlen(arg) - 2), arg + 2);
    if (str_equal(name, "help"))
        return 0;
    const struct option *option = option_find(name);
    bool config = str_equal(name, "config");
    if (option == NULL && !config)
        return unknown_option(err, name);
    bool is_switch = !config && option->value == NULL;
    if (equals == NULL && !is_switch && left < 2)
        return err_set(err, "InvalidOption", "--%s needs a value", name);
    const char *value = equals != NULL ? equals + 1 : is_switch ? "true" : argv[1];
    if (!config && option->read(o, value, err) != 0)
        return -1;
    return equals != NULL || is_switch ? 1 : 2;
}

static const char *config_path(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (str_starts(argv[i], "--config="))
            return argv[i] + strlen("--config=");
        if (str_equal(argv[i], "--config") && i + 1 < argc)
            return argv[i + 1];
    }
    return getenv("GROUNDSCHOOL_CONFIG");
}

int options_read(struct options *o, int argc, char **argv, struct err *err)
{
    *o = (struct options){.guests = true};
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (options[i].read(o, options[i].fallback, err) != 0)
            return -1;
    const char *path = config_path(argc, argv);
    if (read_file(o, path != NULL ? path : "/etc/groundschool.conf", path != NULL, err) != 0 ||
        read_environment(o, err) != 0)
        return -1;
    for (int i = 0; i < argc;) {
        int used = read_argument(o, argc - i, argv + i, err);
        if (used == 0)
            print_help();
        if (used <= 0)
            return used == 0 ? 1 : -1;
        i += used;
    }
    if (o->state == NULL)
        return err_set(err, "InvalidOption", "--state needs a folder");
    if (o->images == NULL)
        o->images = xasprintf("%s/images", o->state);
    return 0;
}

void options_done(struct options *o)
{
    char *all[] = {o->listen_text, o->state,           o->images,      o->account,
                   o->root_key_id, o->root_key_secret, o->admin_token, o->region};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        free(all[i]);
}
