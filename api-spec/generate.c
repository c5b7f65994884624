/* Turns api-spec into C: `generate <api-spec> <out> <coverage.md>`.
 *
 * For every models/<service>.json, which needs a services/<service>.json beside it, it writes
 * <out>/spec_<service>.c; for all of them spec_services.c, handlers.c and the coverage page; and
 * spec_actions.c of all that is in iam/. A file is touched only when its content changes. What is
 * not understood is refused with file and path.
 */
#include "generate/names.h"
#include "generate/tables.h"
#include "generate/traits.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_json(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

/* The names in a folder without their ".json", sorted. */
static size_t list_names(const char *dir, const char *folder, char ***ret_names)
{
    char *path = text("%s/%s", dir, folder);
    struct dirent **entries;
    int count = scandir(path, &entries, is_json, NULL);
    char **names;

    if (count < 0) {
        perror(path);
        exit(1);
    }
    names = calloc((size_t)count + 1, sizeof(*names));
    if (names == NULL)
        abort();
    for (int i = 0; i < count; i++) {
        names[i] = text("%.*s", (int)strlen(entries[i]->d_name) - 5, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    free(path);
    *ret_names = names;
    return (size_t)count;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void write_actions(const char *api_spec, const char *dir)
{
    char **prefixes;
    size_t count = list_names(api_spec, "iam", &prefixes);
    struct facts *files = calloc(count + 1, sizeof(*files));

    if (files == NULL)
        abort();
    qsort(prefixes, count, sizeof(*prefixes), by_text);
    for (size_t i = 0; i < count; i++)
        files[i] = (struct facts){
            .prefix = prefixes[i],
            .identifier = name_identifier(prefixes[i]),
            .source = source_load(api_spec, text("iam/%s.json", prefixes[i])),
        };
    actions_write(dir, files, count);
    free(files);
}

int main(int argc, char **argv)
{
    char **names;
    struct service *all;
    struct source common;
    size_t count;

    if (argc != 4) {
        fputs("usage: generate <api-spec> <out> <coverage.md>\n", stderr);
        return 2;
    }
    count = list_names(argv[1], "models", &names);
    qsort(names, count, sizeof(*names), by_text);
    common = source_load(argv[1], "faults.json");
    all = calloc(count + 1, sizeof(*all));
    if (all == NULL)
        abort();
    for (size_t i = 0; i < count; i++) {
        service_load(&all[i], argv[1], names[i], &common);
        traits_check(&all[i].model);
    }
    for (size_t i = 0; i < count; i++)
        tables_write(argv[2], &all[i]);
    write_actions(argv[1], argv[2]);
    services_write(argv[2], all, count);
    handlers_write(argv[2], all, count);
    coverage_write(argv[3], all, count);
    free(all);
    return 0;
}
