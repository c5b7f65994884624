/* XML by shape: the answers of the query and ec2 protocols. An absent member has no element, a
 * present but empty one closes itself (clients tell the two apart). */
#include "wire/scalar.h"
#include "wire/shape_io.h"

#include "base/text.h"
#include "base/timefmt.h"

#include <string.h>

static void member_write(struct buf *out, unsigned protocol, const struct spec_member *member,
                         const json_t *value);

#define REPLACEMENT "\xEF\xBF\xBD"

/* What `c` becomes, or NULL: as it is. What XML 1.0 cannot carry even as a reference becomes
 * U+FFFD: the control characters, U+FFFE and U+FFFF (three bytes each). */
static const char *escape_of(const unsigned char *c, size_t *ret_len)
{
    *ret_len = 1;
    if (*c == '&')
        return "&amp;";
    if (*c == '<')
        return "&lt;";
    if (*c == '>')
        return "&gt;";
    if (*c == '\r')
        return "&#xD;";
    if (*c < ' ')
        return *c == '\n' || *c == '\t' ? NULL : REPLACEMENT;
    if (*c != 0xEF || c[1] != 0xBF || c[2] < 0xBE)
        return NULL;
    *ret_len = 3;
    return REPLACEMENT;
}

void xml_write_escaped(struct buf *out, const char *text)
{
    const char *start = text;
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        size_t len;
        if (c > '>' && c != 0xEF) /* most of any text */
            continue;
        const char *escape = escape_of((const unsigned char *)at, &len);
        if (escape == NULL)
            continue;
        buf_add(out, start, (size_t)(at - start));
        buf_add_str(out, escape);
        start = at + len;
        at = start - 1;
    }
    buf_add_str(out, start);
}

static void tag_write(struct buf *out, const char *before, const char *name, const char *after)
{
    buf_add_str(out, before);
    buf_add_str(out, name);
    buf_add_str(out, after);
}

static void tag_open(struct buf *out, const char *name)
{
    tag_write(out, "<", name, ">");
}

static void tag_close(struct buf *out, const char *name)
{
    tag_write(out, "</", name, ">");
}

static void tag_empty(struct buf *out, const char *name)
{
    tag_write(out, "<", name, "/>");
}

static void list_write(struct buf *out, unsigned protocol, const struct spec_shape *shape,
                       const json_t *value)
{
    struct spec_member element = shape->members[0];
    if (element.wire_name == NULL)
        element.wire_name = protocol == SPEC_EC2 ? "item" : "member";
    for (size_t i = 0; i < json_array_size(value); i++)
        member_write(out, protocol, &element, json_array_get(value, i));
}

static void map_write(struct buf *out, unsigned protocol, const struct spec_shape *shape,
                      const json_t *value)
{
    json_t *object = (json_t *)(uintptr_t)value;
    struct spec_member element = shape->members[1];
    const char *key = shape->members[0].wire_name != NULL ? shape->members[0].wire_name : "key";
    if (element.wire_name == NULL)
        element.wire_name = "value";
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        tag_open(out, "entry");
        tag_open(out, key);
        xml_write_escaped(out, json_object_iter_key(at));
        tag_close(out, key);
        member_write(out, protocol, &element, json_object_iter_value(at));
        tag_close(out, "entry");
    }
}

/* EC2 always writes thousandths of a second, the query services where there are any. */
static bool is_whole_second(unsigned protocol, const struct spec_member *member,
                            const json_t *value)
{
    return protocol == SPEC_QUERY && member->shape->type == SPEC_TIMESTAMP &&
           scalar_time(member, SPEC_TIME_ISO8601) == SPEC_TIME_ISO8601 && json_is_integer(value) &&
           json_integer_value(value) % 1000 == 0;
}

static void scalar_write(struct buf *out, unsigned protocol, const struct spec_member *member,
                         const json_t *value)
{
    char room[SCALAR_SIZE];
    const char *text = room;

    if (is_whole_second(protocol, member, value))
        time_format_iso8601(json_integer_value(value), room);
    else
        text = scalar_text(member->shape, scalar_time(member, SPEC_TIME_ISO8601), value, room);
    xml_write_escaped(out, text);
}

/* One element, closed at once when there is nothing in it. */
static void member_write(struct buf *out, unsigned protocol, const struct spec_member *member,
                         const json_t *value)
{
    const struct spec_shape *shape = member->shape;
    const char *name = member_wire_name(member);
    bool is_empty = json_is_string(value)  ? json_string_length(value) == 0
                    : json_is_array(value) ? json_array_size(value) == 0
                                           : json_is_object(value) && json_object_size(value) == 0;
    if (is_empty) {
        tag_empty(out, name);
        return;
    }
    tag_open(out, name);
    if (shape->type == SPEC_STRUCTURE)
        xml_write_members(out, protocol, shape, value);
    else if (shape->type == SPEC_LIST)
        list_write(out, protocol, shape, value);
    else if (shape->type == SPEC_MAP)
        map_write(out, protocol, shape, value);
    else
        scalar_write(out, protocol, member, value);
    tag_close(out, name);
}

void xml_write_members(struct buf *out, unsigned protocol, const struct spec_shape *shape,
                       const json_t *value)
{
    size_t left = json_object_size(value);
    for (size_t i = 0; i < shape->member_count && left > 0; i++) {
        const struct spec_member *member = &shape->members[i];
        const json_t *child = json_object_get(value, member->name);
        if (child == NULL)
            continue;
        left--;
        if (member->shape->type == SPEC_LIST && (member->shape->flags & SPEC_FLATTENED) != 0) {
            struct spec_member flat = {.wire_name = member->shape->members[0].wire_name != NULL
                                                        ? member->shape->members[0].wire_name
                                                        : member_wire_name(member),
                                       .shape = member->shape->members[0].shape};
            for (size_t j = 0; j < json_array_size(child); j++)
                member_write(out, protocol, &flat, json_array_get(child, j));
            continue;
        }
        member_write(out, protocol, member, child);
    }
}
