/* What is written once for all services: the list of services, the table of handlers, the coverage
 * page. */
#include "generate/names.h"
#include "generate/output.h"
#include "generate/tables.h"

#include <string.h>

void services_write(const char *dir, const struct service *all, size_t count)
{
    struct output o;

    output_open(&o, dir, "spec_services.c");
    fputs("/* Generated from api-spec: every service, sorted by name. */\n"
          "#include \"spec/spec.h\"\n\n",
          o.stream);
    for (size_t i = 0; i < count; i++)
        fprintf(o.stream, "extern const struct spec_service spec_service_%s;\n", all[i].identifier);
    fputs("\nconst struct spec_service *const spec_services[] = {\n", o.stream);
    for (size_t i = 0; i < count; i++)
        fprintf(o.stream, "    &spec_service_%s,\n", all[i].identifier);
    fprintf(o.stream, "};\nconst size_t spec_service_count = %zu;\n", count);
    output_close(&o);
}

/* "ec2_run_instances" */
static char *handler_name(const struct service *s, const struct operation *op)
{
    return text("%s_%s", s->identifier, name_snake(op->name));
}

static void write_prototypes(FILE *out, const struct service *s)
{
    json_t *seen = json_object();

    for (size_t i = 0; i < s->operation_count; i++) {
        const struct operation *op = &s->operations[i];
        char *name = handler_name(s, op);
        if (json_object_get(seen, name) != NULL)
            source_refuse(&s->model, text("operations.%s", op->name),
                          "two operations would be called %s", name);
        json_object_set_new(seen, name, json_true());
        if (op->implemented)
            fprintf(out, "int %s(struct call *c);\n", name);
    }
    json_decref(seen);
}

static void write_handlers(FILE *out, const struct service *s)
{
    fprintf(out, "\nstatic const operation_fn %s_handlers[%zu] = {\n", s->identifier,
            s->operation_count);
    for (size_t i = 0; i < s->operation_count; i++)
        if (s->operations[i].implemented)
            fprintf(out, "    [%zu] = %s,\n", i, handler_name(s, &s->operations[i]));
    if (s->implemented_count == 0)
        fputs("    NULL,\n", out);
    fputs("};\n", out);
}

/* The files that define the operations include this too, so that each has its prototype. */
static void operations_write(const char *dir, const struct service *all, size_t count)
{
    struct output o;

    output_open(&o, dir, "operations.h");
    fputs("/* Generated from api-spec/services: the functions that carry out operations. */\n"
          "#ifndef OPERATIONS_H\n#define OPERATIONS_H\n\n"
          "#include \"call/handlers.h\"\n\n",
          o.stream);
    for (size_t i = 0; i < count; i++)
        write_prototypes(o.stream, &all[i]);
    fputs("\n#endif\n", o.stream);
    output_close(&o);
}

void handlers_write(const char *dir, const struct service *all, size_t count)
{
    struct output o;

    operations_write(dir, all, count);
    output_open(&o, dir, "handlers.c");
    fputs("/* Generated from api-spec/services: which function carries out which operation. */\n"
          "#include \"operations.h\"\n",
          o.stream);
    for (size_t i = 0; i < count; i++)
        write_handlers(o.stream, &all[i]);
    fputc('\n', o.stream);
    for (size_t i = 0; i < count; i++)
        fprintf(o.stream, "extern const struct spec_service spec_service_%s;\n", all[i].identifier);
    fputs("\nconst struct service_handlers service_handlers[] = {\n", o.stream);
    for (size_t i = 0; i < count; i++)
        fprintf(o.stream, "    {&spec_service_%s, %s_handlers},\n", all[i].identifier,
                all[i].identifier);
    fputs("};\n", o.stream);
    output_close(&o);
}

static void write_totals(FILE *out, const struct service *all, size_t count)
{
    size_t known = 0, implemented = 0;

    fputs("| service | implemented | known |\n|---|---:|---:|\n", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "| %s | %zu | %zu |\n", all[i].name, all[i].implemented_count,
                all[i].operation_count);
        known += all[i].operation_count;
        implemented += all[i].implemented_count;
    }
    fprintf(out, "| **all %zu** | **%zu** | **%zu** |\n", count, implemented, known);
}

void coverage_write(const char *file, const struct service *all, size_t count)
{
    const char *slash = strrchr(file, '/');
    struct output o;

    output_open(&o, slash == NULL ? "." : text("%.*s", (int)(slash - file), file),
                slash == NULL ? file : slash + 1);
    fputs("# Coverage of the API\n\n"
          "Generated from `api-spec` by every build. A known operation is parsed, authorized and "
          "validated; one\n"
          "that is not implemented is then refused with a fault of its protocol.\n\n",
          o.stream);
    write_totals(o.stream, all, count);
    for (size_t i = 0; i < count; i++) {
        if (all[i].implemented_count == 0)
            continue;
        fprintf(o.stream, "\n## %s\n\n", all[i].name);
        for (size_t n = 0; n < all[i].operation_count; n++)
            if (all[i].operations[n].implemented)
                fprintf(o.stream, "* %s\n", all[i].operations[n].name);
    }
    output_close(&o);
}
