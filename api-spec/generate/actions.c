/* spec_actions.c: what IAM knows of every action, from api-spec/iam: its resource types, their
 * ARNs, and the condition keys of both. Lists of keys that are alike are written once. */
#include "generate/names.h"
#include "generate/output.h"
#include "generate/tables.h"

#include <stdlib.h>
#include <string.h>

struct action {
    const struct facts *facts;
    const char *name; /* "ec2:RunInstances" */
    const json_t *fact;
};

struct actions {
    FILE *out;
    const struct facts *files;
    size_t file_count;
    struct action *all; /* sorted by name */
    size_t count;
    json_t *key_lists; /* the list as text -> its place in `keys` */
    size_t keys_written, resources_written;
};

static int by_action_name(const void *a, const void *b)
{
    return strcmp(((const struct action *)a)->name, ((const struct action *)b)->name);
}

static void collect(struct actions *a)
{
    size_t count = 0;
    const char *name;
    json_t *fact;

    for (size_t i = 0; i < a->file_count; i++)
        count += json_object_size(json_object_get(a->files[i].source.root, "actions"));
    a->all = calloc(count + 1, sizeof(*a->all));
    if (a->all == NULL)
        abort();
    for (size_t i = 0; i < a->file_count; i++) {
        const struct facts *f = &a->files[i];
        json_object_foreach (source_object(&f->source, "(root)", f->source.root, "actions"), name,
                             fact)
            a->all[a->count++] =
                (struct action){.facts = f, .name = text("%s:%s", f->prefix, name), .fact = fact};
    }
    qsort(a->all, a->count, sizeof(*a->all), by_action_name);
}

/* --- key lists ----------------------------------------------------------------------------------
 */

static void write_key_list(struct actions *a, const struct facts *f, const char *path, json_t *keys)
{
    char *list = json_dumps(keys, JSON_COMPACT);
    size_t i;
    json_t *key;

    if (json_array_size(keys) != 0 && json_object_get(a->key_lists, list) == NULL) {
        if (a->keys_written == 0)
            fputs("static const char *const keys[] = {\n", a->out);
        json_object_set_new(a->key_lists, list, json_integer((json_int_t)a->keys_written));
        json_array_foreach (keys, i, key) {
            if (!json_is_string(key))
                source_refuse(&f->source, path, "a condition key is no text");
            fputs("    ", a->out);
            name_literal(a->out, json_string_value(key));
            fputs(",\n", a->out);
        }
        a->keys_written += json_array_size(keys);
    }
    free(list);
}

static void write_keys(struct actions *a)
{
    size_t at;
    json_t *resource;
    const char *type;
    json_t *fact;

    for (size_t i = 0; i < a->count; i++) {
        const struct action *action = &a->all[i];
        const struct source *source = &action->facts->source;
        write_key_list(a, action->facts, action->name,
                       source_array(source, action->name, action->fact, "keys"));
        json_array_foreach (source_array(source, action->name, action->fact, "resources"), at,
                            resource)
            write_key_list(a, action->facts, action->name,
                           source_array(source, action->name, resource, "keys"));
    }
    for (size_t i = 0; i < a->file_count; i++) {
        const struct facts *f = &a->files[i];
        json_object_foreach (source_object(&f->source, "(root)", f->source.root, "resources"), type,
                             fact)
            write_key_list(a, f, type, source_array(&f->source, type, fact, "keys"));
    }
    if (a->keys_written > 0)
        fputs("};\n\n", a->out);
}

static void write_key_reference(const struct actions *a, const json_t *keys)
{
    if (json_array_size(keys) == 0)
        return;
    char *list = json_dumps(keys, JSON_COMPACT);
    fprintf(a->out, ", .keys = &keys[%lld], .key_count = %zu",
            (long long)json_integer_value(json_object_get(a->key_lists, list)),
            json_array_size(keys));
    free(list);
}

/* --- resource types -----------------------------------------------------------------------------
 */

static void write_types(struct actions *a, const struct facts *f)
{
    json_t *types = json_object_get(f->source.root, "resources"), *fact;
    const char *type;

    if (json_object_size(types) == 0)
        return;
    fprintf(a->out, "static const struct spec_resource_type %s_types[] = {\n", f->identifier);
    json_object_foreach (types, type, fact) {
        const char *arn = source_text(&f->source, type, fact, "arn");
        if (arn == NULL || strncmp(arn, "arn:", 4) != 0)
            source_refuse(&f->source, type, "'arn' is missing");
        fprintf(a->out, "    {.name = \"%s\", .arn = ", type);
        name_literal(a->out, arn);
        write_key_reference(a, json_object_get(fact, "keys"));
        fputs("},\n", a->out);
    }
    fputs("};\n\n", a->out);
}

static size_t type_place(const struct action *action, const char *type)
{
    json_t *types = json_object_get(action->facts->source.root, "resources"), *fact;
    const char *name;
    size_t place = 0;

    json_object_foreach (types, name, fact) {
        if (type != NULL && strcmp(name, type) == 0)
            return place;
        place++;
    }
    source_refuse(&action->facts->source, action->name, "no resource type '%s'",
                  type == NULL ? "" : type);
}

static void write_resource(struct actions *a, const struct action *action, const json_t *resource)
{
    const char *type = source_text(&action->facts->source, action->name, resource, "type");

    if (a->resources_written++ == 0)
        fputs("static const struct spec_action_resource resources[] = {\n", a->out);
    fprintf(a->out, "    {.type = &%s_types[%zu]", action->facts->identifier,
            type_place(action, type));
    write_key_reference(a, json_object_get(resource, "keys"));
    if (json_integer_value(json_object_get(resource, "required")) != 0)
        fputs(", .required = true", a->out);
    fputs("},\n", a->out);
}

static void write_resources(struct actions *a)
{
    size_t at;
    json_t *resource;

    for (size_t i = 0; i < a->count; i++)
        json_array_foreach (json_object_get(a->all[i].fact, "resources"), at, resource)
            write_resource(a, &a->all[i], resource);
    if (a->resources_written > 0)
        fputs("};\n\n", a->out);
    a->resources_written = 0; /* the actions refer to them one by one */
}

/* --- actions ------------------------------------------------------------------------------------
 */

static const struct {
    const char *word, *name;
} levels[] = {
    {"List", "SPEC_ACCESS_LIST"},
    {"Read", "SPEC_ACCESS_READ"},
    {"Write", "SPEC_ACCESS_WRITE"},
    {"Tagging", "SPEC_ACCESS_TAGGING"},
    {"Permissions management", "SPEC_ACCESS_PERMISSIONS"},
};

static const char *level_name(const struct action *action, const char *word, size_t len)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (strlen(levels[i].word) == len && strncmp(levels[i].word, word, len) == 0)
            return levels[i].name;
    source_refuse(&action->facts->source, action->name, "unknown access level '%s'", word);
}

/* "Tagging, Write": several levels are joined. */
static void write_level(struct actions *a, const struct action *action)
{
    const char *left = source_text(&action->facts->source, action->name, action->fact, "access");
    const char *between = "";

    if (left == NULL)
        source_refuse(&action->facts->source, action->name, "'access' is missing");
    while (*left != '\0') {
        size_t len = strcspn(left, ",");
        fprintf(a->out, "%s%s", between, level_name(action, left, len));
        between = " | ";
        left += len;
        left += strspn(left, ", ");
    }
}

static void write_action(struct actions *a, const struct action *action)
{
    size_t resources = json_array_size(json_object_get(action->fact, "resources"));

    fprintf(a->out, "    {.name = \"%s\", .access = ", action->name);
    write_level(a, action);
    write_key_reference(a, json_object_get(action->fact, "keys"));
    if (resources != 0)
        fprintf(a->out, ", .resources = &resources[%zu], .resource_count = %zu",
                a->resources_written, resources);
    fputs("},\n", a->out);
    a->resources_written += resources;
}

void actions_write(const char *dir, const struct facts *files, size_t count)
{
    struct actions a = {.files = files, .file_count = count, .key_lists = json_object()};
    struct output o;

    collect(&a);
    output_open(&o, dir, "spec_actions.c");
    a.out = o.stream;
    fputs("/* Generated from api-spec/iam: the actions of IAM, sorted by name. */\n"
          "#include \"spec/spec.h\"\n\n",
          a.out);
    write_keys(&a);
    for (size_t i = 0; i < count; i++)
        write_types(&a, &files[i]);
    write_resources(&a);
    fputs("const struct spec_action spec_actions[] = {\n", a.out);
    for (size_t i = 0; i < a.count; i++)
        write_action(&a, &a.all[i]);
    fprintf(a.out, "};\nconst size_t spec_action_count = %zu;\n", a.count);
    output_close(&o);
    json_decref(a.key_lists);
    free(a.all);
}
