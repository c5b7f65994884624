/* Form trees read by shape: the input of the query and ec2 protocols. They differ in the names of
 * members, in how lists are spelt (ec2: always flat) and in what an empty value means; EC2 also
 * names parameters it does not know. */
#include "base/text.h"
#include "wire/parse.h"
#include "wire/quote.h"
#include "wire/scalar.h"
#include "wire/shape_io.h"

#include <string.h>
#include <strings.h>

struct reader {
    bool is_ec2;
    struct arena *arena;
    struct err *fault;
};

static int value_read(struct reader *r, const struct spec_shape *shape, struct form_node *node,
                      json_t **ret);

const char *member_wire_name(const struct spec_member *member)
{
    return member->wire_name != NULL ? member->wire_name : member->name;
}

static int fault_value(struct reader *r, const struct spec_shape *shape,
                       const struct form_node *node)
{
    bool is_hidden = node->value == NULL || (shape->flags & SPEC_SENSITIVE) != 0;
    const char *shown = is_hidden ? "" : quote(node->value, QUOTE_MAX, r->arena);
    const char *key = quote(form_key(node, r->arena), QUOTE_MAX, r->arena);
    if (r->is_ec2)
        return err_set(r->fault, "InvalidParameterValue",
                       "Value (%s) for parameter %s is invalid. Expected %s.", shown, key,
                       scalar_expected(shape));
    return err_set(r->fault, "MalformedInput", "Invalid value '%s' for %s: expected %s", shown, key,
                   scalar_expected(shape));
}

/* EC2 writes a locationName with its first letter in upper case, and never the plain member name in
 * its place. */
static bool ec2_name_matches(const struct spec_member *member, const struct form_node *node)
{
    const char *name = member->query_name != NULL ? member->query_name : member_wire_name(member);
    char first = name[0];
    if (member->query_name == NULL && member->wire_name != NULL && first >= 'a' && first <= 'z')
        first = (char)(first - 'a' + 'A');
    return strlen(name) == node->name_len && node->name_len > 0 && node->name[0] == first &&
           memcmp(node->name + 1, name + 1, node->name_len - 1) == 0;
}

static struct form_node *member_find(struct reader *r, const struct spec_member *member,
                                     const struct form_node *node)
{
    if (!r->is_ec2) {
        bool is_renamed = (member->shape->flags & SPEC_FLATTENED) != 0 &&
                          member->shape->type == SPEC_LIST &&
                          member->shape->members[0].wire_name != NULL;
        return form_child(node, is_renamed ? member->shape->members[0].wire_name
                                           : member_wire_name(member));
    }
    for (struct form_node *child = node->first; child != NULL; child = child->next) {
        if (ec2_name_matches(member, child))
            return child;
    }
    return NULL;
}

static int structure_read(struct reader *r, const struct spec_shape *shape, struct form_node *node,
                          json_t **ret)
{
    json_t *object = json_object();
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct spec_member *member = &shape->members[i];
        struct form_node *child = member_find(r, member, node);
        json_t *value = NULL;
        if (child == NULL)
            continue;
        if (value_read(r, member->shape, child, &value) != 0) {
            json_decref(object);
            return -1;
        }
        if (value != NULL)
            json_set_new(object, member->name, value);
    }
    if (r->is_ec2 &&
        json_object_size(object) == 0) { /* a structure without members cannot be seen */
        json_decref(object);
        object = NULL;
    }
    *ret = object;
    return 0;
}

/* The node whose children are the numbered elements of a list or map, or NULL. */
static struct form_node *elements_find(struct reader *r, const struct spec_shape *shape,
                                       struct form_node *node)
{
    const char *name = "entry";
    if (r->is_ec2 || (shape->flags & SPEC_FLATTENED) != 0)
        return node;
    if (shape->type == SPEC_LIST)
        name = shape->members[0].wire_name != NULL ? shape->members[0].wire_name : "member";
    struct form_node *elements = form_child(node, name);
    if (elements != NULL)
        elements->is_read = true;
    return elements;
}

static int list_read(struct reader *r, const struct spec_shape *shape, struct form_node *node,
                     json_t **ret)
{
    const struct spec_shape *element = shape->members[0].shape;
    const struct form_node *elements = elements_find(r, shape, node);
    json_t *array = json_array();
    for (struct form_node *child = elements != NULL ? elements->first : NULL; child != NULL;
         child = child->next) {
        json_t *value = NULL;
        if (!form_is_index(child))
            continue;
        if (value_read(r, element, child, &value) != 0) {
            json_decref(array);
            return -1;
        }
        if (value != NULL)
            json_append_new(array, value);
    }
    if (r->is_ec2 && json_array_size(array) == 0) { /* [] and absent look the same */
        json_decref(array);
        array = NULL;
    }
    *ret = array;
    return 0;
}

static int entry_read(struct reader *r, const struct spec_shape *shape, struct form_node *entry,
                      json_t *object)
{
    const struct spec_member *key = &shape->members[0], *value = &shape->members[1];
    struct form_node *key_node = form_child(entry, key->wire_name != NULL ? key->wire_name : "key");
    struct form_node *value_node =
        form_child(entry, value->wire_name != NULL ? value->wire_name : "value");
    json_t *read = NULL;
    if (key_node == NULL || key_node->value == NULL)
        return fault_value(r, shape, entry);
    if (value_node == NULL) /* a structure without members */
        return 0;
    if (value_read(r, value->shape, value_node, &read) != 0)
        return -1;
    json_set_new(object, key_node->value, read);
    return 0;
}

static int map_read(struct reader *r, const struct spec_shape *shape, struct form_node *node,
                    json_t **ret)
{
    struct form_node *entries = elements_find(r, shape, node);
    json_t *object = json_object();
    for (struct form_node *entry = entries != NULL ? entries->first : NULL; entry != NULL;
         entry = entry->next) {
        if (form_is_index(entry) && entry_read(r, shape, entry, object) != 0) {
            json_decref(object);
            return -1;
        }
    }
    *ret = object;
    return 0;
}

static int scalar_read(struct reader *r, const struct spec_shape *shape,
                       const struct form_node *node, json_t **ret)
{
    *ret = node->value != NULL ? scalar_parse(shape, node->value) : NULL;
    return *ret != NULL ? 0 : fault_value(r, shape, node);
}

static int value_read(struct reader *r, const struct spec_shape *shape, struct form_node *node,
                      json_t **ret)
{
    node->is_read = true;
    if (shape_is_scalar(shape))
        return scalar_read(r, shape, node, ret);
    if (node->value != NULL && node->value[0] != '\0')
        return fault_value(r, shape, node);
    if (shape->type == SPEC_STRUCTURE)
        return structure_read(r, shape, node, ret);
    return shape->type == SPEC_LIST ? list_read(r, shape, node, ret)
                                    : map_read(r, shape, node, ret);
}

static int root_read(struct reader *r, const struct spec_shape *shape, struct form_node *root,
                     json_t **ret_input)
{
    json_t *input = NULL;
    if (shape != NULL && structure_read(r, shape, root, &input) != 0)
        return -1;
    *ret_input = input != NULL ? input : json_object();
    return 0;
}

int query_read(const struct spec_shape *shape, struct form_node *root, struct arena *a,
               json_t **ret_input, struct err *fault)
{
    struct reader r = {.is_ec2 = false, .arena = a, .fault = fault};
    return root_read(&r, shape, root, ret_input);
}

/* Parameters of every request: the operation and how it is signed. */
static bool is_common(const struct form_node *node)
{
    static const char *const names[] = {"Action",           "Version",   "AWSAccessKeyId",
                                        "Expires",          "Timestamp", "SignatureMethod",
                                        "SignatureVersion", "Signature", "SecurityToken"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strlen(names[i]) == node->name_len && memcmp(names[i], node->name, node->name_len) == 0)
            return true;
    }
    return node->name_len > 6 && strncasecmp(node->name, "X-Amz-", 6) == 0;
}

/* The first node that no shape asked for, depth first. Nested depth is bounded by the form's
 * ceiling. */
static const struct form_node *unknown_find(const struct form_node *parent)
{
    for (const struct form_node *node = parent->first; node != NULL; node = node->next) {
        if (!node->is_read)
            return node;
        const struct form_node *below = unknown_find(node);
        if (below != NULL)
            return below;
    }
    return NULL;
}

int ec2_read(const struct spec_shape *shape, struct form_node *root, struct arena *a,
             json_t **ret_input, struct err *fault)
{
    struct reader r = {.is_ec2 = true, .arena = a, .fault = fault};
    json_t *input;
    if (root_read(&r, shape, root, &input) != 0)
        return -1;
    for (struct form_node *node = root->first; node != NULL; node = node->next)
        node->is_read = node->is_read || is_common(node);
    const struct form_node *unknown = unknown_find(root);
    if (unknown != NULL) {
        json_decref(input);
        return err_set(fault, "UnknownParameter", "The parameter %s is not recognized",
                       quote(form_key(unknown, a), 2 * QUOTE_MAX, a));
    }
    *ret_input = input;
    return 0;
}
