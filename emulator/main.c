/* Subcommands. */
#include "base/alloc.h"
#include "base/text.h"
#include "base/version.h"
#include "options.h"
#include "serve.h"
#include "state.h"

#include <stdio.h>

static int command_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("groundschool %s\n", GROUNDSCHOOL_VERSION);
    return 0;
}

static int command_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("Usage: groundschool [COMMAND] [OPTIONS]\n\n"
         "An AWS emulator for offline training: the official AWS CLI, real machines.\n\n"
         "Commands:\n"
         "  serve      serve the AWS API (what happens without a command); --help lists its "
         "options\n"
         "  env        print the export lines for your shell: eval \"$(groundschool env)\"\n"
         "  account    add, list, remove, reset accounts\n"
         "  image      build, list, import machine images\n"
         "  version    print the version\n"
         "  help       this text");
    return 0;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"serve", command_serve}, {"env", command_env},         {"account", command_account},
    {"image", command_image}, {"version", command_version}, {"help", command_help},
};

/* Prints the export lines again. */
int command_env(int argc, char **argv)
{
    struct options o;
    struct err err = {.code = ""};
    struct state_environment env;
    int rc = options_read(&o, argc, argv, &err);
    if (rc == 0)
        rc = state_read_environment(o.state, &env, &err);
    if (rc == 0)
        state_print_environment(&env);
    else if (rc < 0)
        fprintf(stderr, "groundschool: %s\n", err.text);
    options_done(&o);
    return rc < 0 ? 1 : 0;
}

static int unknown_command(const char *word)
{
    const char *names[ARRAY_LEN(commands) + 1] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        names[i] = commands[i].name;
    const char *meant = options_nearest(word, names);
    fprintf(stderr,
            "groundschool: there is no command '%s'.%s%s%s `groundschool help` lists them.\n", word,
            meant != NULL ? " Did you mean '" : "", meant != NULL ? meant : "",
            meant != NULL ? "'?" : "");
    return 2;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && (str_equal(argv[1], "--help") || str_equal(argv[1], "-h")))
        return command_help(0, NULL);
    if (argc >= 2 && str_equal(argv[1], "--version"))
        return command_version(0, NULL);
    if (argc < 2 || str_starts(argv[1], "--"))
        return command_serve(argc - 1, argv + 1);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (str_equal(commands[i].name, argv[1]))
            return commands[i].run(argc - 2, argv + 2);
    return unknown_command(argv[1]);
}
