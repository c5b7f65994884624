/* CreateTags, DeleteTags and DescribeTags, over every kind of resource that EC2 has. */
#include "base/text.h"
#include "call/describe.h"
#include "call/tag.h"
#include "operations.h"
#include "services/ec2/resource.h"

/* All resources must exist before the first is touched. */
static int check_resources(struct call *c)
{
    size_t count = arg_count(c, "Resources");

    if (count == 0)
        return call_fail(c, "MissingParameter",
                         "The request must contain the parameter resourceIdSet");
    if (resource_count_check(c, count) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *id = arg_at(c, "Resources", i);
        const struct resource_kind *kind = resource_kind_of_id(id);
        if (kind == NULL)
            return call_fail(c, "InvalidID", "The ID '%s' is not valid", id);
        if (!resource_load(c, kind->type, id))
            return -1;
    }
    return 0;
}

int ec2_create_tags(struct call *c)
{
    const json_t *tags = arg_get(c, "Tags");

    if (check_resources(c) != 0)
        return -1;
    if (json_array_size(tags) == 0)
        return call_fail(c, "MissingParameter", "The request must contain the parameter tagSet");
    for (size_t i = 0; i < arg_count(c, "Resources"); i++) {
        const char *id = arg_at(c, "Resources", i);
        if (tag_put(c, resource_kind_of_id(id)->type, id, tags) != 0)
            return -1;
    }
    return call_reply(c, NULL);
}

/* Without Tags all go but AWS's own. A Value of "" removes only an empty one, an absent Value any.
 */
int ec2_delete_tags(struct call *c)
{
    const json_t *tags = arg_get(c, "Tags");

    if (check_resources(c) != 0)
        return -1;
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *key = json_str_or(json_array_get(tags, i), "Key", "");
        if (tag_key_check(c, key) != 0)
            return -1;
    }
    for (size_t i = 0; i < arg_count(c, "Resources"); i++)
        tag_remove(c, arg_at(c, "Resources", i), json_array_size(tags) > 0 ? tags : NULL);
    return call_reply(c, NULL);
}

/* --- DescribeTags ----------------------------------------------------------------------------- */

static json_t *tag_render(struct call *c, struct rows *row)
{
    json_t *out = json_object(), *own = json_object(), *hidden = json_object();

    (void)c;
    json_set_str(out, "ResourceId", rows_text(row, 1));
    json_set_str(out, "ResourceType", rows_text(row, 2));
    json_set_str(out, "Key", rows_text(row, 3));
    json_set_str(out, "Value", rows_text(row, 4));
    /* `tag:Name` asks about the tag itself, so the record is its own list of tags. */
    json_set_str(own, "Key", rows_text(row, 3));
    json_set_str(own, "Value", rows_text(row, 4));
    json_set_new(hidden, "Tags", json_pack("[o]", own));
    json_set_new(out, DESCRIBE_HIDDEN, hidden);
    return out;
}

static const struct describe_filter tag_filters[] = {
    {"key", "Key", "key"},
    {"resource-id", "ResourceId", "resource"},
    {"resource-type", "ResourceType", "type"},
    {"value", "Value", "value"},
};

/* Other services name their resources by ARN: those tags are not EC2's to show. */
static const struct describe tags_of_all = {
    .tags_path = DESCRIBE_HIDDEN ".Tags",
    .filters = tag_filters,
    .filter_count = ARRAY_LEN(tag_filters),
    .page_min = 5,
    .page_max = 1000,
    .page_with_ids = true,
    .sql = "SELECT resource || ' ' || key, resource, type, key, value FROM tag"
           " WHERE account = ? AND region = ? AND resource NOT LIKE 'arn:%'",
    .key_column = "resource || ' ' || key",
    .render = tag_render,
};

int ec2_describe_tags(struct call *c)
{
    return describe_reply(c, &tags_of_all, "Tags");
}
