/* Joins a model with our own file and the IAM facts, and checks that they agree. */
#include "generate/service.h"

#include "generate/names.h"

#include <stdlib.h>
#include <string.h>

static const char *const own_keys[] = {
    "iam_prefix",  /* the service in IAM's action names */
    "operations",  /* what is implemented: each needs a handler of its name */
    "iam_actions", /* operation -> action, where it is not prefix:Operation */
    "writes",      /* operations IAM calls reading in which ours has to write */
    "faults",      /* code -> HTTP status, beyond the model's exceptions and api-spec/faults.json */
    "enum_order",  /* shape -> its values in the order AWS's texts show them */
    "open_enums",  /* shapes whose values our own data decides, not the model */
};

static void check_own_keys(const struct source *own)
{
    const char *key;
    json_t *value;

    json_object_foreach (own->root, key, value) {
        size_t i = 0;
        while (i < sizeof(own_keys) / sizeof(own_keys[0]) && strcmp(own_keys[i], key) != 0)
            i++;
        if (i == sizeof(own_keys) / sizeof(own_keys[0]))
            source_refuse(own, "(root)", "unknown key '%s'", key);
    }
}

static bool array_has(const json_t *array, const char *word)
{
    size_t i;
    json_t *value;

    json_array_foreach (array, i, value)
        if (json_is_string(value) && strcmp(json_string_value(value), word) == 0)
            return true;
    return false;
}

/* Every name in one of our own lists must be an operation of the model, and stand there once. */
static void check_names(const struct service *s, const char *key)
{
    size_t i;
    json_t *value;
    json_t *seen = json_object();

    json_array_foreach (source_array(&s->own, "(root)", s->own.root, key), i, value) {
        const char *name = json_string_value(value);
        if (name == NULL ||
            json_object_get(json_object_get(s->model.root, "operations"), name) == NULL)
            source_refuse(&s->own, key, "'%s' is no operation of the model", name ? name : "?");
        if (json_object_get(seen, name) != NULL)
            source_refuse(&s->own, key, "'%s' stands there twice", name);
        json_object_set_new(seen, name, json_true());
    }
    json_decref(seen);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct operation *)a)->name, ((const struct operation *)b)->name);
}

static int by_code(const void *a, const void *b)
{
    return strcmp(((const struct fault *)a)->code, ((const struct fault *)b)->code);
}

/* The action IAM asks for, and whether it is one that only reads. */
static void set_access(const struct service *s, struct operation *op, const json_t *facts)
{
    json_t *overrides = source_object(&s->own, "(root)", s->own.root, "iam_actions");
    const char *action = source_text(&s->own, "iam_actions", overrides, op->name);
    const char *level;
    const json_t *fact;

    op->iam_action = action != NULL ? action : text("%s:%s", s->iam_prefix, op->name);
    fact = json_object_get(facts, strchr(op->iam_action, ':') + 1);
    if (fact == NULL && facts != NULL && action == NULL)
        source_refuse(&s->own, "iam_actions", "IAM knows no action '%s'", op->iam_action);
    level = json_string_value(json_object_get(fact, "access"));
    op->readonly = level != NULL && (strcmp(level, "List") == 0 || strcmp(level, "Read") == 0) &&
                   !array_has(json_object_get(s->own.root, "writes"), op->name);
}

static void load_operations(struct service *s, const char *dir)
{
    json_t *operations = json_object_get(s->model.root, "operations");
    json_t *implemented = json_object_get(s->own.root, "operations");
    char *facts_file = text("iam/%s.json", s->iam_prefix);
    json_t *facts = NULL;
    const char *name;
    json_t *model;

    if (source_exists(dir, facts_file))
        facts = json_object_get(source_load(dir, facts_file).root, "actions");
    check_names(s, "operations");
    check_names(s, "writes");
    s->operations = calloc(json_object_size(operations) + 1, sizeof(*s->operations));
    if (s->operations == NULL)
        abort();
    json_object_foreach (operations, name, model) {
        struct operation *op = &s->operations[s->operation_count++];
        const char *again = json_string_value(json_object_get(model, "name"));
        op->name = name;
        op->model = model;
        op->implemented = array_has(implemented, name);
        s->implemented_count += op->implemented ? 1 : 0;
        if (again == NULL || strcmp(again, name) != 0)
            source_refuse(&s->model, text("operations.%s", name), "has another name inside");
        set_access(s, op, facts);
    }
    qsort(s->operations, s->operation_count, sizeof(*s->operations), by_name);
}

/* Later entries give way: our own file, then the model, then what the protocol has in common. */
static void add_fault(json_t *faults, const char *code, json_int_t status)
{
    if (json_object_get(faults, code) == NULL)
        json_object_set_new(faults, code, json_integer(status));
}

static void add_listed_faults(json_t *faults, const struct source *from, const char *path,
                              json_t *listed)
{
    const char *code;
    json_t *status;

    json_object_foreach (listed, code, status) {
        if (!json_is_integer(status) || json_integer_value(status) < 400 ||
            json_integer_value(status) > 599)
            source_refuse(from, path, "'%s' has no HTTP status of an error", code);
        add_fault(faults, code, json_integer_value(status));
    }
}

static void add_modelled_fault(json_t *faults, const char *shape, const json_t *model)
{
    const json_t *error = json_object_get(model, "error");
    const json_t *status = json_object_get(error, "httpStatusCode");
    const char *code = json_string_value(json_object_get(error, "code"));
    json_int_t number = json_is_true(json_object_get(model, "fault")) ? 500 : 400;

    if (status != NULL)
        number = json_integer_value(status);
    add_fault(faults, shape, number);
    if (code != NULL)
        add_fault(faults, code, number);
}

static void load_faults(struct service *s, const struct source *common)
{
    json_t *faults = json_object();
    size_t i;
    const char *name;
    json_t *value;

    add_listed_faults(faults, &s->own, "faults",
                      source_object(&s->own, "(root)", s->own.root, "faults"));
    json_object_foreach (s->shapes, name, value)
        if (json_is_true(json_object_get(value, "exception")))
            add_modelled_fault(faults, name, value);
    json_array_foreach (json_object_get(s->metadata, "protocols"), i, value) {
        const char *protocol = json_string_value(value);
        add_listed_faults(faults, common, protocol,
                          source_object(common, "(root)", common->root, protocol));
    }
    if (json_object_size(faults) == 0)
        source_refuse(common, "(root)", "no faults for the protocols of %s", s->name);
    s->faults = calloc(json_object_size(faults), sizeof(*s->faults));
    if (s->faults == NULL)
        abort();
    json_object_foreach (faults, name, value) {
        s->faults[s->fault_count++] =
            (struct fault){.code = name, .status = (int)json_integer_value(value)};
    }
    qsort(s->faults, s->fault_count, sizeof(*s->faults), by_code);
}

/* What our own file says of enumerations must fit the model's. */
static void check_enums(const struct service *s)
{
    size_t i;
    const char *shape;
    json_t *own, *value;

    json_object_foreach (source_object(&s->own, "(root)", s->own.root, "enum_order"), shape, own) {
        const json_t *modelled = json_object_get(json_object_get(s->shapes, shape), "enum");
        if (json_array_size(own) == 0 || json_array_size(own) != json_array_size(modelled))
            source_refuse(&s->own, "enum_order", "'%s' has other values in the model", shape);
        json_array_foreach (own, i, value) {
            if (!json_is_string(value) || !array_has(modelled, json_string_value(value)))
                source_refuse(&s->own, "enum_order", "'%s' has other values in the model", shape);
        }
    }
    json_array_foreach (source_array(&s->own, "(root)", s->own.root, "open_enums"), i, value) {
        shape = json_is_string(value) ? json_string_value(value) : "?";
        if (json_object_get(json_object_get(s->shapes, shape), "enum") == NULL)
            source_refuse(&s->own, "open_enums", "'%s' is no enumeration of the model", shape);
    }
}

void service_load(struct service *s, const char *dir, const char *name, const struct source *common)
{
    const char *shape;
    json_t *model;

    s->name = name;
    s->identifier = name_identifier(name);
    s->model = source_load(dir, text("models/%s.json", name));
    s->own = source_load(dir, text("services/%s.json", name));
    s->metadata = source_object(&s->model, "(root)", s->model.root, "metadata");
    s->shapes = source_object(&s->model, "(root)", s->model.root, "shapes");
    s->iam_prefix = source_text(&s->own, "(root)", s->own.root, "iam_prefix");
    if (s->iam_prefix == NULL)
        source_refuse(&s->own, "(root)", "'iam_prefix' is missing");
    check_own_keys(&s->own);
    s->shape_index = json_object();
    json_object_foreach (s->shapes, shape, model) {
        json_object_set_new(s->shape_index, shape,
                            json_integer((json_int_t)json_object_size(s->shape_index)));
    }
    check_enums(s);
    load_operations(s, dir);
    load_faults(s, common);
}

int service_shape(const struct service *s, const char *path, const char *shape)
{
    const json_t *index = json_object_get(s->shape_index, shape == NULL ? "" : shape);

    if (index == NULL)
        source_refuse(&s->model, path, "no shape '%s'", shape == NULL ? "" : shape);
    return (int)json_integer_value(index);
}

const json_t *service_enum(const struct service *s, const char *shape)
{
    const json_t *modelled = json_object_get(json_object_get(s->shapes, shape), "enum");
    const json_t *ordered = json_object_get(json_object_get(s->own.root, "enum_order"), shape);

    if (array_has(json_object_get(s->own.root, "open_enums"), shape))
        return NULL;
    return ordered == NULL ? modelled : ordered;
}
