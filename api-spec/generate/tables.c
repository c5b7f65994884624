/* spec_<service>.c: the const tables of one service, in the words of emulator/spec/spec.h. Shapes
 * refer to their members and values by place in one array each; a forward declaration of the shapes
 * lets them refer to each other in circles. */
#include "generate/tables.h"

#include "generate/names.h"
#include "generate/output.h"

#include <stdlib.h>
#include <string.h>

struct word {
    const char *word; /* in the model */
    const char *name; /* in C */
};

static const struct word type_words[] = {
    {"structure", "SPEC_STRUCTURE"}, {"list", "SPEC_LIST"},       {"map", "SPEC_MAP"},
    {"string", "SPEC_STRING"},       {"integer", "SPEC_INTEGER"}, {"long", "SPEC_LONG"},
    {"float", "SPEC_FLOAT"},         {"double", "SPEC_DOUBLE"},   {"boolean", "SPEC_BOOLEAN"},
    {"timestamp", "SPEC_TIMESTAMP"}, {"blob", "SPEC_BLOB"},       {NULL, NULL},
};
static const struct word time_words[] = {
    {"iso8601", "SPEC_TIME_ISO8601"},
    {"unixTimestamp", "SPEC_TIME_UNIX"},
    {"rfc822", "SPEC_TIME_RFC822"},
    {NULL, NULL},
};
static const struct word location_words[] = {
    {"uri", "SPEC_IN_URI"},           {"querystring", "SPEC_IN_QUERYSTRING"},
    {"header", "SPEC_IN_HEADER"},     {"headers", "SPEC_IN_HEADERS"},
    {"statusCode", "SPEC_IN_STATUS"}, {NULL, NULL},
};
static const struct word protocol_words[] = {
    {"ec2", "SPEC_EC2"},
    {"query", "SPEC_QUERY"},
    {"json", "SPEC_JSON"},
    {"rest-json", "SPEC_REST_JSON"},
    {"smithy-rpc-v2-cbor", "SPEC_CBOR"},
    {NULL, NULL},
};
static const struct word shape_flags[] = {
    {"exception", "SPEC_EXCEPTION"}, {"fault", "SPEC_FAULT"},
    {"union", "SPEC_UNION"},         {"sensitive", "SPEC_SENSITIVE"},
    {"streaming", "SPEC_STREAMING"}, {"eventstream", "SPEC_EVENT_STREAM"},
    {"flattened", "SPEC_FLATTENED"}, {NULL, NULL},
};
static const struct word member_flags[] = {
    {"idempotencyToken", "SPEC_IDEMPOTENCY_TOKEN"},
    {"jsonvalue", "SPEC_JSON_VALUE"},
    {NULL, NULL},
};

struct tables {
    const struct service *service;
    FILE *out;
    size_t member_count, enum_count, error_count; /* written so far */
};

/* The C name of a word; `absent` when there is no word. */
static const char *word_name(const struct tables *t, const char *path, const struct word *words,
                             const char *word)
{
    for (; words->word != NULL; words++)
        if (strcmp(words->word, word) == 0)
            return words->name;
    source_refuse(&t->service->model, path, "unknown word '%s'", word);
}

static void write_flags(const struct tables *t, const struct word *flags, const json_t *object,
                        bool is_required)
{
    const char *between = "";

    if (is_required) {
        fputs("SPEC_REQUIRED", t->out);
        between = " | ";
    }
    for (; flags->word != NULL; flags++) {
        if (!json_is_true(json_object_get(object, flags->word)))
            continue;
        fprintf(t->out, "%s%s", between, flags->name);
        between = " | ";
    }
    if (*between == '\0')
        fputc('0', t->out);
}

static void write_member(struct tables *t, const char *path, const char *name, const json_t *member,
                         bool is_required)
{
    const char *location = json_string_value(json_object_get(member, "location"));
    const char *format = json_string_value(json_object_get(member, "timestampFormat"));
    const char *shape = json_string_value(json_object_get(member, "shape"));

    fputs("    {", t->out);
    name_literal(t->out, name);
    fputs(", ", t->out);
    name_literal(t->out, json_string_value(json_object_get(member, "locationName")));
    fputs(", ", t->out);
    name_literal(t->out, json_string_value(json_object_get(member, "queryName")));
    fprintf(t->out, ", &shapes[%d], ", service_shape(t->service, path, shape));
    write_flags(t, member_flags, member, is_required);
    fprintf(t->out, ", %s, %s},\n",
            location == NULL ? "SPEC_IN_BODY" : word_name(t, path, location_words, location),
            format == NULL ? "SPEC_TIME_DEFAULT" : word_name(t, path, time_words, format));
    t->member_count++;
}

/* Takes `name` off the list of required members; true when it was on it. */
static bool take_required(json_t *required, const char *name)
{
    size_t i;
    json_t *value;

    json_array_foreach (required, i, value) {
        if (strcmp(json_string_value(value), name) == 0)
            return json_array_remove(required, i) == 0;
    }
    return false;
}

static void write_structure_members(struct tables *t, const char *path, const json_t *shape)
{
    json_t *required = json_copy(json_object_get(shape, "required"));
    const char *name;
    json_t *member;

    json_object_foreach (json_object_get(shape, "members"), name, member) {
        write_member(t, text("%s.members.%s", path, name), name, member,
                     take_required(required, name));
    }
    if (json_array_size(required) != 0)
        source_refuse(&t->service->model, path, "a required member is not there");
    json_decref(required);
}

static void write_members(struct tables *t)
{
    static const char *const elements[] = {"member", "key", "value"};
    const char *name;
    json_t *shape;

    fputs("static const struct spec_member members[] = {\n", t->out);
    json_object_foreach (t->service->shapes, name, shape) {
        char *path = text("shapes.%s", name);
        write_structure_members(t, path, shape);
        for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
            const json_t *element = json_object_get(shape, elements[i]);
            if (element != NULL)
                write_member(t, text("%s.%s", path, elements[i]), elements[i], element, false);
        }
        free(path);
    }
    fputs("};\n\n", t->out);
}

/* An array of pointers is left out when it has no element: C knows no empty array. */
static void write_enums(struct tables *t)
{
    const char *name;
    json_t *shape, *value;
    size_t i;

    json_object_foreach (t->service->shapes, name, shape)
        json_array_foreach (service_enum(t->service, name), i, value) {
            if (t->enum_count++ == 0)
                fputs("static const char *const enums[] = {\n", t->out);
            fputs("    ", t->out);
            name_literal(t->out, json_string_value(value));
            fputs(",\n", t->out);
        }
    if (t->enum_count != 0)
        fputs("};\n\n", t->out);
}

static size_t shape_member_count(const json_t *shape)
{
    if (json_object_get(shape, "members") != NULL)
        return json_object_size(json_object_get(shape, "members"));
    if (json_object_get(shape, "member") != NULL)
        return 1;
    return json_object_get(shape, "key") != NULL ? 2 : 0;
}

static int payload_index(const struct tables *t, const char *path, const json_t *shape)
{
    const char *payload = json_string_value(json_object_get(shape, "payload"));
    int index = 0;
    const char *name;
    json_t *member;

    if (payload == NULL)
        return -1;
    json_object_foreach (json_object_get(shape, "members"), name, member) {
        if (strcmp(name, payload) == 0)
            return index;
        index++;
    }
    source_refuse(&t->service->model, path, "no member '%s'", payload);
}

static void write_limits(const struct tables *t, const json_t *shape)
{
    static const char *const limits[] = {"min", "max"};

    for (size_t i = 0; i < 2; i++) {
        const json_t *limit = json_object_get(shape, limits[i]);
        if (limit != NULL)
            fprintf(t->out, ", .has_%s = true, .%s = %.17g", limits[i], limits[i],
                    json_number_value(limit));
    }
}

static void write_error(const struct tables *t, const json_t *error)
{
    const char *code = json_string_value(json_object_get(error, "code"));

    if (code != NULL) {
        fputs(", .error_code = ", t->out);
        name_literal(t->out, code);
    }
    if (json_object_get(error, "httpStatusCode") != NULL)
        fprintf(t->out, ", .error_status = %d",
                (int)json_integer_value(json_object_get(error, "httpStatusCode")));
}

static void write_shape(struct tables *t, const char *name, const json_t *shape)
{
    char *path = text("shapes.%s", name);
    const char *type = json_string_value(json_object_get(shape, "type"));
    const char *format = json_string_value(json_object_get(shape, "timestampFormat"));
    const char *pattern = json_string_value(json_object_get(shape, "pattern"));
    size_t members = shape_member_count(shape);
    size_t enums = json_array_size(service_enum(t->service, name));

    fprintf(t->out, "    {.name = \"%s\", .type = %s, .flags = ", name,
            word_name(t, path, type_words, type));
    write_flags(t, shape_flags, shape, false);
    fprintf(t->out, ", .payload = %d", payload_index(t, path, shape));
    if (format != NULL)
        fprintf(t->out, ", .time = %s", word_name(t, path, time_words, format));
    if (members != 0)
        fprintf(t->out, ", .members = &members[%zu], .member_count = %zu", t->member_count,
                members);
    if (enums != 0)
        fprintf(t->out, ", .enums = &enums[%zu], .enum_count = %zu", t->enum_count, enums);
    if (pattern != NULL) {
        fputs(", .pattern = ", t->out);
        name_literal(t->out, pattern);
    }
    write_limits(t, shape);
    write_error(t, json_object_get(shape, "error"));
    fputs("},\n", t->out);
    t->member_count += members;
    t->enum_count += enums;
    free(path);
}

static void write_shapes(struct tables *t)
{
    const char *name;
    json_t *shape;

    t->member_count = t->enum_count = 0; /* counted again, in the same order */
    fprintf(t->out, "static const struct spec_shape shapes[%zu] = {\n",
            json_object_size(t->service->shapes));
    json_object_foreach (t->service->shapes, name, shape) {
        write_shape(t, name, shape);
    }
    fputs("};\n\n", t->out);
}

static void write_errors(struct tables *t)
{
    for (size_t n = 0; n < t->service->operation_count; n++) {
        const struct operation *op = &t->service->operations[n];
        size_t i;
        json_t *error;
        json_array_foreach (json_object_get(op->model, "errors"), i, error) {
            if (t->error_count++ == 0)
                fputs("static const struct spec_shape *const errors[] = {\n", t->out);
            fprintf(t->out, "    &shapes[%d],\n",
                    service_shape(t->service, text("operations.%s.errors", op->name),
                                  json_string_value(json_object_get(error, "shape"))));
        }
    }
    if (t->error_count != 0)
        fputs("};\n\n", t->out);
    t->error_count = 0;
}

static void write_body(const struct tables *t, const struct operation *op, const char *key)
{
    const json_t *body = json_object_get(op->model, key);

    if (body != NULL)
        fprintf(t->out, ", .%s = &shapes[%d]", key,
                service_shape(t->service, text("operations.%s.%s", op->name, key),
                              json_string_value(json_object_get(body, "shape"))));
}

static void write_signing(const struct tables *t, const struct operation *op)
{
    const char *type = json_string_value(json_object_get(op->model, "authtype"));

    if (type == NULL)
        return;
    if (strcmp(type, "none") == 0)
        fputs(", .unsigned_request = true", t->out);
    else if (strcmp(type, "v4-unsigned-body") == 0)
        fputs(", .unsigned_payload = true", t->out);
    else
        source_refuse(&t->service->model, text("operations.%s.authtype", op->name),
                      "unknown word '%s'", type);
}

static void write_operation(struct tables *t, const struct operation *op)
{
    const json_t *http = json_object_get(op->model, "http");
    const json_t *status = json_object_get(http, "responseCode");
    const json_t *output = json_object_get(op->model, "output");
    const char *wrapper = json_string_value(json_object_get(output, "resultWrapper"));
    size_t errors = json_array_size(json_object_get(op->model, "errors"));

    fprintf(t->out, "    {.name = \"%s\", .method = \"%s\", .uri = ", op->name,
            json_string_value(json_object_get(http, "method")));
    name_literal(t->out, json_string_value(json_object_get(http, "requestUri")));
    write_body(t, op, "input");
    write_body(t, op, "output");
    if (wrapper != NULL)
        fprintf(t->out, ", .result_wrapper = \"%s\"", wrapper);
    if (errors != 0)
        fprintf(t->out, ", .errors = &errors[%zu], .error_count = %zu", t->error_count, errors);
    fprintf(t->out, ", .response_code = %d",
            status == NULL ? 200 : (int)json_integer_value(status));
    write_signing(t, op);
    if (op->readonly)
        fputs(", .readonly = true", t->out);
    if (op->implemented)
        fputs(", .implemented = true", t->out);
    fprintf(t->out, ", .iam_action = \"%s\"},\n", op->iam_action);
    t->error_count += errors;
}

static void write_text(const struct tables *t, const char *field, const char *value)
{
    if (value == NULL)
        return;
    fprintf(t->out, "    .%s = ", field);
    name_literal(t->out, value);
    fputs(",\n", t->out);
}

static void write_service(const struct tables *t)
{
    static const struct word texts[] = {
        {"apiVersion", "api_version"},         {"jsonVersion", "json_version"},
        {"targetPrefix", "target_prefix"},     {"xmlNamespace", "xml_namespace"},
        {"serviceId", "service_id"},           {"serviceFullName", "full_name"},
        {"endpointPrefix", "endpoint_prefix"}, {NULL, NULL},
    };
    const struct service *s = t->service;
    const char *signing = json_string_value(json_object_get(s->metadata, "signingName"));
    size_t i;
    json_t *protocol;

    fprintf(t->out, "extern const struct spec_service spec_service_%s;\n", s->identifier);
    fprintf(t->out, "const struct spec_service spec_service_%s = {\n", s->identifier);
    write_text(t, "name", s->name);
    write_text(t, "iam_prefix", s->iam_prefix);
    if (signing == NULL)
        signing = json_string_value(json_object_get(s->metadata, "endpointPrefix"));
    write_text(t, "signing_name", signing);
    for (const struct word *w = texts; w->word != NULL; w++)
        write_text(t, w->name, json_string_value(json_object_get(s->metadata, w->word)));
    fputs("    .protocols = 0", t->out);
    json_array_foreach (json_object_get(s->metadata, "protocols"), i, protocol)
        fprintf(t->out, " | %s",
                word_name(t, "metadata.protocols", protocol_words, json_string_value(protocol)));
    fprintf(t->out, ",\n    .query_compatible = %s,\n",
            json_object_get(s->metadata, "awsQueryCompatible") == NULL ? "false" : "true");
    fprintf(t->out, "    .operations = operations,\n    .operation_count = %zu,\n",
            s->operation_count);
    fprintf(t->out, "    .faults = faults,\n    .fault_count = %zu,\n};\n", s->fault_count);
}

void tables_write(const char *dir, const struct service *s)
{
    struct output o;
    struct tables t = {.service = s};

    output_open(&o, dir, text("spec_%s.c", s->identifier));
    t.out = o.stream;
    fprintf(t.out, "/* Generated from api-spec/models/%s.json and api-spec/services/%s.json. */\n",
            s->name, s->name);
    fputs("#include \"spec/spec.h\"\n\n", t.out);
    fprintf(t.out, "static const struct spec_shape shapes[%zu];\n\n", json_object_size(s->shapes));
    write_members(&t);
    write_enums(&t);
    write_shapes(&t);
    write_errors(&t);
    fputs("static const struct spec_operation operations[] = {\n", t.out);
    for (size_t i = 0; i < s->operation_count; i++)
        write_operation(&t, &s->operations[i]);
    fputs("};\n\nstatic const struct spec_fault faults[] = {\n", t.out);
    for (size_t i = 0; i < s->fault_count; i++)
        fprintf(t.out, "    {\"%s\", %d},\n", s->faults[i].code, s->faults[i].status);
    fputs("};\n\n", t.out);
    write_service(&t);
    output_close(&o);
}
