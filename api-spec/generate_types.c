/* Turns api-spec/data/instance-types.json into C: `generate-types <api-spec> <out>`.
 *
 * A type is what all types have in common, changed by what its family says, changed by what it says
 * itself; each change is a JSON merge patch (RFC 7386: null takes a member away). The result goes
 * into <out>/instance_types.c as rows of services/ec2/instance_type.h, by name, each with the whole
 * type as JSON text. */
#include "generate/output.h"
#include "generate/source.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS 12 /* of real numbers: as they are written in the source */

static void merge(json_t *object, json_t *patch)
{
    const char *key;
    json_t *value;

    json_object_foreach (patch, key, value) {
        json_t *old = json_object_get(object, key);
        if (json_is_null(value))
            json_object_del(object, key);
        else if (json_is_object(value) && json_is_object(old))
            merge(old, value);
        else
            json_object_set_new(object, key, json_deep_copy(value));
    }
}

static json_t *build_type(const struct source *s, const char *name, json_t *own)
{
    const json_t *families = source_object(s, "", s->root, "families");
    char *path = text("types.%s", name);
    char *family_name = text("%.*s", (int)strcspn(name, "."), name);
    json_t *family = json_object_get(families, family_name);
    json_t *type = json_deep_copy(source_object(s, "", s->root, "common"));

    if (!json_is_object(family))
        source_refuse(s, path, "there is no family %s", family_name);
    merge(type, family);
    merge(type, own);
    json_object_set_new(type, "InstanceType", json_string(name));
    return type;
}

/* --- reading what the row holds
 * ----------------------------------------------------------------------- */

static const json_t *member(const struct source *s, const json_t *type, const char *path)
{
    const json_t *at = type;
    char word[64];

    for (const char *p = path; *p != '\0'; p += *p == '.') {
        size_t len = strcspn(p, ".");
        snprintf(word, sizeof(word), "%.*s", (int)len, p);
        at = json_object_get(at, word);
        p += len;
    }
    if (at == NULL)
        source_refuse(s, json_string_value(json_object_get(type, "InstanceType")), "no %s", path);
    return at;
}

static long long number(const struct source *s, const json_t *type, const char *path)
{
    const json_t *value = member(s, type, path);

    if (!json_is_integer(value))
        source_refuse(s, json_string_value(json_object_get(type, "InstanceType")),
                      "%s is no integer", path);
    return json_integer_value(value);
}

static const char *truth(const struct source *s, const json_t *type, const char *path)
{
    const json_t *value = member(s, type, path);

    if (!json_is_boolean(value))
        source_refuse(s, json_string_value(json_object_get(type, "InstanceType")),
                      "%s is no boolean", path);
    return json_is_true(value) ? "true" : "false";
}

static bool is_word(const struct source *s, const json_t *type, const char *path, const char *word)
{
    const char *value = json_string_value(member(s, type, path));

    return value != NULL && strcmp(value, word) == 0;
}

static const char *has_architecture(const struct source *s, const json_t *type, const char *word)
{
    const json_t *list = member(s, type, "ProcessorInfo.SupportedArchitectures");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), word) == 0)
            return "true";
    return "false";
}

/* --- writing
 * ------------------------------------------------------------------------------------------ */

static void print_literal(FILE *out, const char *bytes)
{
    fputc('"', out);
    for (const char *p = bytes; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            fputc('\\', out);
        fputc(*p, out);
    }
    fputc('"', out);
}

static void print_row(FILE *out, const struct source *s, const char *name, const json_t *type)
{
    /* Bare metal has no hypervisor; its devices are Nitro cards all the same. */
    bool nitro =
        json_object_get(type, "Hypervisor") == NULL || is_word(s, type, "Hypervisor", "nitro");
    char *doc = json_dumps(type, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(DIGITS));

    fprintf(out, "    {.name = \"%s\", .vcpus = %lld, .cores = %lld, .threads_per_core = %lld,\n",
            name, number(s, type, "VCpuInfo.DefaultVCpus"),
            number(s, type, "VCpuInfo.DefaultCores"),
            number(s, type, "VCpuInfo.DefaultThreadsPerCore"));
    fprintf(out, "     .memory_mib = %lld, .x86_64 = %s, .arm64 = %s, .i386 = %s,\n",
            number(s, type, "MemoryInfo.SizeInMiB"), has_architecture(s, type, "x86_64"),
            has_architecture(s, type, "arm64"), has_architecture(s, type, "i386"));
    fprintf(out, "     .burstable = %s, .free_tier = %s, .ebs_optimized = %s, .ena = %s,\n",
            truth(s, type, "BurstablePerformanceSupported"), truth(s, type, "FreeTierEligible"),
            is_word(s, type, "EbsInfo.EbsOptimizedSupport", "default") ? "true" : "false",
            is_word(s, type, "NetworkInfo.EnaSupport", "unsupported") ? "false" : "true");
    fprintf(out, "     .nitro = %s, .current_generation = %s, .max_interfaces = %lld,\n",
            nitro ? "true" : "false", truth(s, type, "CurrentGeneration"),
            number(s, type, "NetworkInfo.MaximumNetworkInterfaces"));
    fprintf(out, "     .addresses_per_interface = %lld,\n     .doc = ",
            number(s, type, "NetworkInfo.Ipv4AddressesPerInterface"));
    print_literal(out, doc);
    fputs("},\n", out);
    free(doc);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int main(int argc, char **argv)
{
    struct output o;
    size_t count = 0;
    const char *name;
    json_t *own;

    if (argc != 3) {
        fputs("usage: generate-types <api-spec> <out>\n", stderr);
        return 2;
    }
    struct source s = source_load(argv[1], "data/instance-types.json");
    json_t *types = source_object(&s, "", s.root, "types");
    const char **names = calloc(json_object_size(types), sizeof(*names));
    if (names == NULL)
        abort();
    json_object_foreach (types, name, own)
        names[count++] = name;
    qsort(names, count, sizeof(*names), by_text);

    output_open(&o, argv[2], "instance_types.c");
    fputs("/* Made by api-spec/generate_types.c from api-spec/data/instance-types.json. */\n"
          "#include \"services/ec2/instance_type_table.h\"\n\n"
          "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\n"
          "const struct instance_type instance_types[] = {\n",
          o.stream);
    for (size_t i = 0; i < count; i++) {
        json_t *type = build_type(&s, names[i], json_object_get(types, names[i]));
        print_row(o.stream, &s, names[i], type);
        json_decref(type);
    }
    fprintf(o.stream, "};\nconst size_t instance_types_count = %zu;\n", count);
    output_close(&o);
    free(names);
    return 0;
}
