/* The vocabulary of service models (botocore's service-2 format), with what becomes of each word. A
 * word that is not here stops the build: somebody has to decide what it means for us before it is
 * ignored. */
#include "generate/traits.h"

#include <string.h>

enum where {
    IN_MODEL = 1 << 0,
    IN_METADATA = 1 << 1,
    IN_OPERATION = 1 << 2,
    IN_HTTP = 1 << 3,
    IN_INPUT = 1 << 4,
    IN_OUTPUT = 1 << 5,
    IN_ERRORS = 1 << 6,
    IN_STRUCTURE = 1 << 7,
    IN_LIST = 1 << 8,
    IN_MAP = 1 << 9,
    IN_STRING = 1 << 10,
    IN_NUMBER = 1 << 11,
    IN_BOOLEAN = 1 << 12,
    IN_TIMESTAMP = 1 << 13,
    IN_BLOB = 1 << 14,
    IN_MEMBER = 1 << 15,
    IN_ELEMENT = 1 << 16, /* a list's member, a map's key and value */
    IN_ERROR = 1 << 17,   /* the error trait of an exception */
};

#define IN_SHAPE                                                                                   \
    (IN_STRUCTURE | IN_LIST | IN_MAP | IN_STRING | IN_NUMBER | IN_BOOLEAN | IN_TIMESTAMP | IN_BLOB)

enum value { TEXT, WHOLE, NUMBER, TRUTH, OBJECT, ARRAY };

struct trait {
    const char *key;
    enum value value;
    unsigned where;
};

static const struct trait traits[] = {
    /* The parts of a model. */
    {"metadata", OBJECT, IN_MODEL},
    {"operations", OBJECT, IN_MODEL},
    {"shapes", OBJECT, IN_MODEL},
    {"pagination", OBJECT, IN_MODEL}, /* for client libraries: unused here */
    {"waiters", OBJECT, IN_MODEL},    /* for client libraries: unused here */

    /* spec_service */
    {"apiVersion", TEXT, IN_METADATA},
    {"endpointPrefix", TEXT, IN_METADATA},
    {"jsonVersion", TEXT, IN_METADATA},
    {"protocols", ARRAY, IN_METADATA},
    {"serviceId", TEXT, IN_METADATA},
    {"signingName", TEXT, IN_METADATA}, /* absent: the endpoint prefix */
    {"targetPrefix", TEXT, IN_METADATA},
    {"xmlNamespace", TEXT, IN_METADATA},
    {"awsQueryCompatible", OBJECT, IN_METADATA},
    /* Known and of no consequence: every service is verified with SigV4, `protocols` says more than
     * `protocol`, and a service answers at any host name. */
    {"auth", ARRAY, IN_METADATA},
    {"signatureVersion", TEXT, IN_METADATA},
    {"protocol", TEXT, IN_METADATA},
    {"globalEndpoint", TEXT, IN_METADATA},
    {"serviceAbbreviation", TEXT, IN_METADATA},
    {"serviceFullName", TEXT, IN_METADATA},
    {"uid", TEXT, IN_METADATA},

    /* spec_operation */
    {"name", TEXT, IN_OPERATION},
    {"http", OBJECT, IN_OPERATION},
    {"input", OBJECT, IN_OPERATION},
    {"output", OBJECT, IN_OPERATION},
    {"errors", ARRAY, IN_OPERATION},
    {"authtype", TEXT, IN_OPERATION}, /* none, v4-unsigned-body */
    {"method", TEXT, IN_HTTP},
    {"requestUri", TEXT, IN_HTTP},
    {"responseCode", WHOLE, IN_HTTP},
    {"resultWrapper", TEXT, IN_OUTPUT},
    {"shape", TEXT, IN_INPUT | IN_OUTPUT | IN_ERRORS | IN_MEMBER | IN_ELEMENT},
    /* Known and of no consequence: `authtype` says what `auth` and `unsignedPayload` say, gzip
     * bodies are read for every operation, and what may write is decided by the access level in
     * api-spec/iam. */
    {"auth", ARRAY, IN_OPERATION},
    {"unsignedPayload", TRUTH, IN_OPERATION},
    {"requestcompression", OBJECT, IN_OPERATION},
    {"readonly", TRUTH, IN_OPERATION},
    {"idempotent", TRUTH, IN_OPERATION},

    /* spec_shape */
    {"type", TEXT, IN_SHAPE},
    {"members", OBJECT, IN_STRUCTURE},
    {"required", ARRAY, IN_STRUCTURE}, /* SPEC_REQUIRED of its members */
    {"payload", TEXT, IN_STRUCTURE},
    {"union", TRUTH, IN_STRUCTURE},
    {"exception", TRUTH, IN_STRUCTURE},
    {"fault", TRUTH, IN_STRUCTURE},
    {"error", OBJECT, IN_STRUCTURE},
    {"eventstream", TRUTH, IN_STRUCTURE},
    {"code", TEXT, IN_ERROR},
    {"httpStatusCode", WHOLE, IN_ERROR},
    {"member", OBJECT, IN_LIST},
    {"key", OBJECT, IN_MAP},
    {"value", OBJECT, IN_MAP},
    {"flattened", TRUTH, IN_LIST | IN_MAP},
    {"enum", ARRAY, IN_STRING},
    {"pattern", TEXT, IN_STRING},
    {"min", NUMBER, IN_LIST | IN_MAP | IN_STRING | IN_NUMBER | IN_BLOB},
    {"max", NUMBER, IN_LIST | IN_MAP | IN_STRING | IN_NUMBER | IN_BLOB},
    {"sensitive", TRUTH, IN_SHAPE},
    {"streaming", TRUTH, IN_BLOB},
    {"timestampFormat", TEXT, IN_TIMESTAMP | IN_MEMBER},
    /* Known and of no consequence: the status says whose fault it is, retries are the client's
     * business, an event is a structure, the order of members is the model's, and a list's own
     * locationName is never on the wire. */
    {"senderFault", TRUTH, IN_ERROR},
    {"retryable", OBJECT, IN_STRUCTURE},
    {"event", TRUTH, IN_STRUCTURE},
    {"xmlOrder", ARRAY, IN_STRUCTURE},
    {"locationName", TEXT, IN_LIST},

    /* spec_member */
    {"locationName", TEXT, IN_MEMBER | IN_ELEMENT},
    {"queryName", TEXT, IN_MEMBER},
    {"location", TEXT, IN_MEMBER},
    {"idempotencyToken", TRUTH, IN_MEMBER},
    {"jsonvalue", TRUTH, IN_MEMBER | IN_ELEMENT},

    /* Known and of no consequence anywhere: absence is always told from zero here. */
    {"box", TRUTH, IN_SHAPE | IN_MEMBER},
    {"deprecated", TRUTH, IN_OPERATION | IN_SHAPE | IN_MEMBER},
};

static const struct {
    const char *type;
    unsigned where;
} shape_types[] = {
    {"structure", IN_STRUCTURE}, {"list", IN_LIST},      {"map", IN_MAP},
    {"string", IN_STRING},       {"integer", IN_NUMBER}, {"long", IN_NUMBER},
    {"float", IN_NUMBER},        {"double", IN_NUMBER},  {"boolean", IN_BOOLEAN},
    {"timestamp", IN_TIMESTAMP}, {"blob", IN_BLOB},
};

static bool value_fits(enum value expected, const json_t *value)
{
    switch (expected) {
    case TEXT:
        return json_is_string(value);
    case WHOLE:
        return json_is_integer(value);
    case NUMBER:
        return json_is_number(value);
    case TRUTH:
        return json_is_boolean(value);
    case OBJECT:
        return json_is_object(value);
    case ARRAY:
        return json_is_array(value);
    }
    return false;
}

static const struct trait *trait_find(unsigned where, const char *key)
{
    for (size_t i = 0; i < sizeof(traits) / sizeof(traits[0]); i++)
        if ((traits[i].where & where) != 0 && strcmp(traits[i].key, key) == 0)
            return &traits[i];
    return NULL;
}

static void check_keys(const struct source *model, const char *path, json_t *object, unsigned where)
{
    const char *key;
    json_t *value;

    if (!json_is_object(object))
        source_refuse(model, path, "an object is expected");
    json_object_foreach (object, key, value) {
        const struct trait *trait = trait_find(where, key);
        if (trait == NULL)
            source_refuse(model, path, "unknown trait '%s'", key);
        if (!value_fits(trait->value, value))
            source_refuse(model, path, "trait '%s' has a value of an unknown type", key);
    }
}

static unsigned shape_where(const struct source *model, const char *path, const char *type)
{
    for (size_t i = 0; i < sizeof(shape_types) / sizeof(shape_types[0]); i++)
        if (type != NULL && strcmp(shape_types[i].type, type) == 0)
            return shape_types[i].where;
    source_refuse(model, path, "unknown shape type '%s'", type == NULL ? "" : type);
}

static void check_operation(const struct source *model, const char *name, json_t *operation)
{
    static const struct {
        const char *key;
        unsigned where;
    } parts[] = {{"http", IN_HTTP}, {"input", IN_INPUT}, {"output", IN_OUTPUT}};
    char *path = text("operations.%s", name);
    size_t i;
    json_t *value;

    check_keys(model, path, operation, IN_OPERATION);
    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if ((value = json_object_get(operation, parts[i].key)) != NULL)
            check_keys(model, text("%s.%s", path, parts[i].key), value, parts[i].where);
    json_array_foreach (json_object_get(operation, "errors"), i, value)
        check_keys(model, text("%s.errors[%zu]", path, i), value, IN_ERRORS);
}

static void check_shape(const struct source *model, const char *name, json_t *shape)
{
    static const char *const elements[] = {"member", "key", "value"};
    char *path = text("shapes.%s", name);
    const char *key;
    json_t *value;

    check_keys(model, path, shape,
               shape_where(model, path, json_string_value(json_object_get(shape, "type"))));
    json_object_foreach (json_object_get(shape, "members"), key, value)
        check_keys(model, text("%s.members.%s", path, key), value, IN_MEMBER);
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
        if ((value = json_object_get(shape, elements[i])) != NULL)
            check_keys(model, text("%s.%s", path, elements[i]), value, IN_ELEMENT);
    if ((value = json_object_get(shape, "error")) != NULL)
        check_keys(model, text("%s.error", path), value, IN_ERROR);
}

void traits_check(const struct source *model)
{
    const char *key;
    json_t *value;

    check_keys(model, "(root)", model->root, IN_MODEL);
    check_keys(model, "metadata", json_object_get(model->root, "metadata"), IN_METADATA);
    json_object_foreach (json_object_get(model->root, "operations"), key, value)
        check_operation(model, key, value);
    json_object_foreach (json_object_get(model->root, "shapes"), key, value)
        check_shape(model, key, value);
}
