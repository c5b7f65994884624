/* XML answers: any output an operation could have becomes a well-formed document of characters that
 * XML 1.0 allows. Input: three bytes that choose the operation, its output as JSON in the canonical
 * names. */
#include "wire_fuzz.h"

#include "base/encode.h"
#include "wire/scalar.h"
#include "wire/serialize.h"

#include <string.h>

#define DEPTH_MAX 256

/* Does the value have the shape's type throughout? Members that no shape knows are never written.
 */
static bool fits(const struct spec_shape *shape, const json_t *value)
{
    json_t *object = (json_t *)(uintptr_t)value;
    switch ((enum spec_type)shape->type) {
    case SPEC_STRUCTURE:
        for (size_t i = 0; json_is_object(value) && i < shape->member_count; i++) {
            const json_t *child = json_object_get(value, shape->members[i].name);
            if (child != NULL && !fits(shape->members[i].shape, child))
                return false;
        }
        return json_is_object(value);
    case SPEC_LIST:
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (!fits(shape->members[0].shape, json_array_get(value, i)))
                return false;
        }
        return json_is_array(value);
    case SPEC_MAP:
        for (void *at = json_object_iter(object); at != NULL;
             at = json_object_iter_next(object, at)) {
            if (!fits(shape->members[1].shape, json_object_iter_value(at)))
                return false;
        }
        return json_is_object(value);
    case SPEC_STRING:
    case SPEC_BLOB:
        return json_is_string(value);
    case SPEC_INTEGER:
    case SPEC_LONG:
    case SPEC_TIMESTAMP:
        return json_is_integer(value);
    case SPEC_FLOAT:
    case SPEC_DOUBLE:
        return json_is_number(value);
    case SPEC_BOOLEAN:
        return json_is_boolean(value);
    }
    return false;
}

/* Every tag is closed by its own name, and no character is one that XML forbids. */
static bool is_well_formed(const char *text, size_t len)
{
    const char *open[DEPTH_MAX];
    size_t open_len[DEPTH_MAX], depth = 0;
    if (!utf8_valid(text, len) || memchr(text, '\0', len) != NULL)
        return false;
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < 0x20 && c != '\n' && c != '\t')
            return false;
        if (c != '<' || at[1] == '?')
            continue;
        bool is_end = at[1] == '/';
        const char *name = at + 1 + is_end;
        size_t name_len = strcspn(name, " />");
        const char *stop = strchr(name, '>');
        if (stop == NULL || name_len == 0)
            return false;
        if (is_end && (depth == 0 || open_len[depth - 1] != name_len ||
                       memcmp(open[depth - 1], name, name_len) != 0))
            return false;
        if (!is_end && stop[-1] != '/' && depth < DEPTH_MAX) {
            open[depth] = name;
            open_len[depth] = name_len;
        }
        depth += stop[-1] == '/' ? 0 : is_end ? (size_t)-1 : 1;
        if (depth >= DEPTH_MAX)
            return true; /* deeper than we look */
        at = stop;
    }
    return depth == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    struct choice choice = operation_choose(data, SPEC_EC2 | SPEC_QUERY);
    json_t *output = json_parse((const char *)data + 3, size - 3, NULL);
    const struct spec_shape *shape = choice.operation->output;
    if (output != NULL && shape != NULL && fits(shape, output)) {
        struct arena *a = arena_new();
        struct wire_route route = {.service = choice.service,
                                   .operation = choice.operation,
                                   .protocol = choice.service->protocols & (SPEC_EC2 | SPEC_QUERY)};
        struct wire_reply reply;
        MUST_HOLD(wire_serialize(&route, output, "id", a, &reply) == 0);
        MUST_HOLD(is_well_formed(buf_text(&reply.body), reply.body.len));
        buf_done(&reply.body);
        arena_free(a);
    }
    json_decref(output);
    return 0;
}
