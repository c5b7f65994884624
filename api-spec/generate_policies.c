/* Turns api-spec/data/managed-policies.json into C: `generate-policies <api-spec> <out>`.
 *
 * <out>/managed_policies.c holds a row of services/iam/managed_policy_table.h for every policy that
 * AWS manages, by path and name. Documents are written the way AWS shows its own: four spaces deep,
 * the version first, and a statement's elements in the order people write them. */
#include "generate/output.h"
#include "generate/source.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ID_RANDOM 17

static const char *const statement_order[] = {
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition",
};

/* --- documents -------------------------------------------------------------------------------- */

static json_t *order_statement(const struct source *s, const char *name, json_t *statement)
{
    json_t *ordered = json_object();

    for (size_t i = 0; i < sizeof(statement_order) / sizeof(statement_order[0]); i++) {
        json_t *value = json_object_get(statement, statement_order[i]);
        if (value != NULL)
            json_object_set(ordered, statement_order[i], value);
    }
    if (json_object_size(ordered) != json_object_size(statement))
        source_refuse(s, name, "a statement has an element that has no place in the order");
    return ordered;
}

static char *document_text(const struct source *s, const char *name, const json_t *policy)
{
    const json_t *document = source_object(s, name, policy, "document");
    json_t *ordered = json_object(), *statements = json_array(), *statement;
    size_t i;

    json_object_set_new(ordered, "Version", json_string(source_text(s, name, document, "Version")));
    json_array_foreach (source_array(s, name, document, "Statement"), i, statement)
        json_array_append_new(statements, order_statement(s, name, statement));
    json_object_set_new(ordered, "Statement", statements);
    char *out = json_dumps(ordered, JSON_INDENT(4));
    json_decref(ordered);
    return out;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* "2015-02-06T18:41:18+00:00" in seconds. */
static long long seconds(const struct source *s, const char *name, const json_t *policy,
                         const char *key)
{
    const char *when = source_text(s, name, policy, key);
    struct tm tm = {.tm_sec = 0};
    const char *rest = when != NULL ? strptime(when, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

    if (rest == NULL || strcmp(rest, "+00:00") != 0)
        source_refuse(s, name, "%s is no time in UTC", key);
    return (long long)timegm(&tm);
}

static long version_number(const struct source *s, const char *name, const json_t *policy)
{
    const char *version = source_text(s, name, policy, "version");
    char *end = NULL;
    long number = version != NULL && version[0] == 'v' ? strtol(version + 1, &end, 10) : 0;

    if (number < 1 || *end != '\0')
        source_refuse(s, name, "version is not v and a number");
    return number;
}

/* An id that the policy keeps: drawn from its name. */
static void policy_id(const char *name, char id[4 + ID_RANDOM + 1])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    SHA256((const unsigned char *)name, strlen(name), digest);
    memcpy(id, "ANPA", 4);
    for (size_t i = 0; i < ID_RANDOM; i++)
        id[4 + i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[digest[i] % 32];
    id[4 + ID_RANDOM] = '\0';
}

static void print_literal(FILE *out, const char *bytes)
{
    fputs("\n     \"", out);
    for (const char *p = bytes; *p != '\0'; p++) {
        if (*p == '\n') {
            fputs("\\n\"\n     \"", out);
            continue;
        }
        if (*p == '"' || *p == '\\')
            fputc('\\', out);
        fputc(*p, out);
    }
    fputc('"', out);
}

static void print_row(FILE *out, const struct source *s, const char *name, const json_t *policy)
{
    const char *path = source_text(s, name, policy, "path");
    char id[4 + ID_RANDOM + 1];
    char *document = document_text(s, name, policy);

    if (path == NULL)
        source_refuse(s, name, "no path");
    policy_id(name, id);
    fprintf(out, "    {.name = \"%s\", .path = \"%s\", .resource = \"%s%s\", .id = \"%s\",\n", name,
            path, path, name, id);
    fprintf(out, "     .version = %ld, .created_ms = %lld000, .updated_ms = %lld000,\n",
            version_number(s, name, policy), seconds(s, name, policy, "created"),
            seconds(s, name, policy, "updated"));
    fputs("     .document =", out);
    print_literal(out, document);
    fputs("},\n", out);
    free(document);
}

/* --- the file --------------------------------------------------------------------------------- */

struct entry {
    char *resource; /* path and name */
    const char *name;
    json_t *policy;
};

static int by_resource(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;

    return strcmp(one->resource, other->resource);
}

int main(int argc, char **argv)
{
    struct output o;
    size_t count = 0;
    const char *name;
    json_t *policy;

    if (argc != 3) {
        fputs("usage: generate-policies <api-spec> <out>\n", stderr);
        return 2;
    }
    struct source s = source_load(argv[1], "data/managed-policies.json");
    struct entry *entries = calloc(json_object_size(s.root), sizeof(*entries));
    if (entries == NULL)
        abort();
    json_object_foreach (s.root, name, policy) {
        const char *path = source_text(&s, name, policy, "path");
        entries[count++] =
            (struct entry){text("%s%s", path != NULL ? path : "", name), name, policy};
    }
    qsort(entries, count, sizeof(*entries), by_resource);

    output_open(&o, argv[2], "managed_policies.c");
    fputs("/* Made by api-spec/generate_policies.c from api-spec/data/managed-policies.json. */\n"
          "#include \"services/iam/managed_policy_table.h\"\n\n"
          "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\n"
          "const struct managed_policy managed_policies[] = {\n",
          o.stream);
    for (size_t i = 0; i < count; i++)
        print_row(o.stream, &s, entries[i].name, entries[i].policy);
    fprintf(o.stream, "};\nconst size_t managed_policies_count = %zu;\n", count);
    output_close(&o);
    free(entries);
    return 0;
}
