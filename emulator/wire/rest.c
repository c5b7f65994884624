/* rest-json: where each member of a request or an answer stands is said by its location. */
#include "wire/rest.h"

#include "base/encode.h"
#include "base/text.h"
#include "wire/form.h"
#include "wire/reply.h"
#include "wire/scalar.h"
#include "wire/shape_io.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reader {
    const struct wire_route *route;
    const struct wire_request *request;
    struct arena *arena;
    struct err *fault;
    json_t *input;
};

static int fault_member(struct reader *r, const struct spec_member *member)
{
    return err_set(r->fault, "SerializationException", "%.100s must be %s", member->name,
                   scalar_expected(member->shape));
}

static int scalar_put(struct reader *r, const struct spec_member *member, const char *text)
{
    if (!utf8_valid(text, strlen(text)))
        return fault_member(r, member);
    json_t *value = scalar_parse(member->shape, text);
    if (value == NULL)
        return fault_member(r, member);
    json_set_new(r->input, member->name, value);
    return 0;
}

static int element_append(struct reader *r, const struct spec_member *member, json_t *array,
                          const char *text)
{
    json_t *value =
        utf8_valid(text, strlen(text)) ? scalar_parse(member->shape->members[0].shape, text) : NULL;
    if (value == NULL)
        return fault_member(r, member);
    json_append_new(array, value);
    return 0;
}

static int uri_read(struct reader *r, const struct spec_member *member)
{
    for (size_t i = 0; i < r->route->label_count; i++) {
        if (strcmp(r->route->labels[i].name, member_wire_name(member)) == 0)
            return scalar_put(r, member, r->route->labels[i].value);
    }
    return 0;
}

static bool is_named_elsewhere(const struct spec_shape *shape, const char *key)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct spec_member *member = &shape->members[i];
        if (member->location == SPEC_IN_QUERYSTRING && member->shape->type != SPEC_MAP &&
            strcmp(member_wire_name(member), key) == 0)
            return true;
    }
    return false;
}

/* One pair of the query string for `member`: a scalar's first, each of a list's, and all that no
 * other member has for a map. */
static int pair_take(struct reader *r, const struct spec_member *member, const char *key,
                     const char *value)
{
    json_t *so_far = json_object_get(r->input, member->name);
    unsigned type = member->shape->type;
    bool is_ours = type == SPEC_MAP ? !is_named_elsewhere(r->route->operation->input, key)
                                    : strcmp(member_wire_name(member), key) == 0;
    if (!is_ours || (shape_is_scalar(member->shape) && so_far != NULL))
        return 0;
    if (shape_is_scalar(member->shape))
        return scalar_put(r, member, value);
    if (so_far == NULL) {
        so_far = type == SPEC_MAP ? json_object() : json_array();
        json_set_new(r->input, member->name, so_far);
    }
    if (type == SPEC_LIST)
        return element_append(r, member, so_far, value);
    json_set_new(so_far, key, json_text_new(value));
    return 0;
}

static int querystring_read(struct reader *r, const struct spec_member *member)
{
    struct form_text rest = {.bytes = r->request->query, .len = strlen(r->request->query)};
    const char *key, *value;
    int more;
    while ((more = form_next(&rest, r->arena, &key, &value)) > 0) {
        if (pair_take(r, member, key, value) != 0)
            return -1;
    }
    return more == 0 ? 0
                     : err_set(r->fault, "SerializationException",
                               "The query string contains a syntax error.");
}

/* One element of a comma-separated header, quoted or bare, into the arena; *at moves behind its
 * comma. */
static const char *header_element(const char **at, struct arena *a)
{
    const char *from = *at + strspn(*at, " \t");
    char *out = arena_alloc(a, strlen(from) + 1);
    size_t len = 0;
    bool is_quoted = *from == '"';
    for (from += is_quoted; *from != '\0' && *from != (is_quoted ? '"' : ','); from++) {
        if (is_quoted && *from == '\\' && from[1] != '\0')
            from++;
        out[len++] = *from;
    }
    while (!is_quoted && len > 0 && (out[len - 1] == ' ' || out[len - 1] == '\t'))
        len--;
    out[len] = '\0';
    from += strcspn(from, ",");
    *at = *from == ',' ? from + 1 : NULL;
    return out;
}

static int header_read(struct reader *r, const struct spec_member *member)
{
    const char *text = wire_header_find(r->request, member_wire_name(member));
    if (text == NULL)
        return 0;
    if (shape_is_scalar(member->shape))
        return scalar_put(r, member, text);
    json_t *array = json_array();
    json_set_new(r->input, member->name, array);
    for (const char *at = text; at != NULL;) {
        if (element_append(r, member, array, header_element(&at, r->arena)) != 0)
            return -1;
    }
    return 0;
}

static int headers_read(struct reader *r, const struct spec_member *member)
{
    const char *prefix = member_wire_name(member);
    json_t *map = json_object();
    json_set_new(r->input, member->name, map);
    for (size_t i = 0; i < r->request->header_count; i++) {
        const struct wire_header *h = &r->request->headers[i];
        if (strncasecmp(h->name, prefix, strlen(prefix)) != 0)
            continue;
        if (!utf8_valid(h->value, strlen(h->value)) || !utf8_valid(h->name, strlen(h->name)))
            return fault_member(r, member);
        json_set_new(map, h->name + strlen(prefix), json_text_new(h->value));
    }
    return 0;
}

static int payload_read(struct reader *r, const struct spec_member *member)
{
    const char *body = r->request->body;
    size_t len = r->request->body_len;
    json_t *value = NULL;
    if (len == 0 && member->shape->type != SPEC_BLOB)
        return 0;
    if (member->shape->type == SPEC_BLOB) {
        char *text = base64_encode(body, len);
        value = json_string_nocheck(text);
        free(text);
    } else if (member->shape->type == SPEC_STRING) {
        if (memchr(body, '\0', len) != NULL || !utf8_valid(body, len))
            return fault_member(r, member);
        value = json_stringn_nocheck(body, len);
    } else if (json_read(member->shape, body, len, &value, r->fault) != 0) {
        return -1;
    }
    if (value != NULL)
        json_set_new(r->input, member->name, value);
    return 0;
}

static int member_read(struct reader *r, const struct spec_shape *shape, size_t i)
{
    const struct spec_member *member = &shape->members[i];
    switch ((enum spec_location)member->location) {
    case SPEC_IN_URI:
        return uri_read(r, member);
    case SPEC_IN_QUERYSTRING:
        return querystring_read(r, member);
    case SPEC_IN_HEADER:
        return header_read(r, member);
    case SPEC_IN_HEADERS:
        return headers_read(r, member);
    case SPEC_IN_BODY:
        return (int)i == shape->payload ? payload_read(r, member) : 0;
    case SPEC_IN_STATUS:
        break;
    }
    return 0;
}

int rest_read(const struct wire_route *route, const struct wire_request *q, struct arena *a,
              json_t **ret_input, struct err *fault)
{
    const struct spec_shape *shape = route->operation->input;
    struct reader r = {.route = route, .request = q, .arena = a, .fault = fault};
    json_t *body = NULL;

    if (shape != NULL && shape->payload < 0 && q->body_len > 0 &&
        json_read(shape, q->body, q->body_len, &body, fault) != 0)
        return -1;
    r.input = body != NULL ? body : json_object();
    for (size_t i = 0; shape != NULL && i < shape->member_count; i++) {
        if (member_read(&r, shape, i) != 0) {
            json_decref(r.input);
            return -1;
        }
    }
    *ret_input = r.input;
    return 0;
}

/* --- writing --- */

static void element_write(struct buf *out, const char *text)
{
    if (text[strcspn(text, ",\"")] == '\0') {
        buf_add_str(out, text);
        return;
    }
    buf_add_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *text);
    }
    buf_add_char(out, '"');
}

/* A header cannot hold line ends or other control characters: they become spaces. */
static const char *header_text(const char *text, struct arena *a)
{
    char *copy = arena_strdup(a, text);
    for (char *at = copy; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    }
    return copy;
}

static void header_write(struct wire_reply *reply, const struct spec_member *member,
                         const json_t *value, struct arena *a)
{
    const struct spec_shape *shape = member->shape;
    char room[SCALAR_SIZE];
    if (shape_is_scalar(shape)) {
        const char *text = scalar_text(shape, scalar_time(member, SPEC_TIME_RFC822), value, room);
        reply_header(reply, a, member_wire_name(member), header_text(text, a));
        return;
    }
    struct buf joined;
    buf_init(&joined, WIRE_REPLY_CEILING);
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (i > 0)
            buf_add_str(&joined, ", ");
        const struct spec_member *element = &shape->members[0];
        element_write(&joined, scalar_text(element->shape, scalar_time(element, SPEC_TIME_RFC822),
                                           json_array_get(value, i), room));
    }
    reply_header(reply, a, member_wire_name(member), header_text(buf_text(&joined), a));
    buf_done(&joined);
}

static void headers_write(struct wire_reply *reply, const struct spec_member *member,
                          const json_t *value, struct arena *a)
{
    json_t *map = (json_t *)(uintptr_t)value;
    for (void *at = json_object_iter(map); at != NULL; at = json_object_iter_next(map, at))
        reply_header(reply, a,
                     arena_printf(a, "%s%s", member_wire_name(member), json_object_iter_key(at)),
                     header_text(json_string_value(json_object_iter_value(at)), a));
}

static void payload_write(struct wire_reply *reply, const struct spec_member *member,
                          const json_t *value, struct arena *a)
{
    if (value == NULL)
        return;
    if (member->shape->type == SPEC_BLOB) {
        size_t len = 0;
        uint8_t *bytes = base64_decode(json_string_value(value), json_string_length(value), &len);
        if (len > 0)
            buf_add(&reply->body, bytes, len);
        free(bytes);
        reply_header(reply, a, "Content-Type", "application/octet-stream");
    } else if (member->shape->type == SPEC_STRING) {
        buf_add_str(&reply->body, json_string_value(value));
        reply_header(reply, a, "Content-Type", "text/plain");
    } else {
        json_write(&reply->body, member->shape, value);
        reply_header(reply, a, "Content-Type", "application/json");
    }
}

void rest_write(struct wire_reply *reply, const struct spec_shape *shape, const json_t *value,
                struct arena *a)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct spec_member *member = &shape->members[i];
        const json_t *child = json_object_get(value, member->name);
        if (child == NULL)
            continue;
        if (member->location == SPEC_IN_HEADER)
            header_write(reply, member, child, a);
        else if (member->location == SPEC_IN_HEADERS)
            headers_write(reply, member, child, a);
        else if (member->location == SPEC_IN_STATUS)
            reply->status = (int)json_integer_value(child);
    }
    if (shape->payload >= 0) {
        const struct spec_member *payload = &shape->members[shape->payload];
        payload_write(reply, payload, json_object_get(value, payload->name), a);
        return;
    }
    json_write(&reply->body, shape, value);
    reply_header(reply, a, "Content-Type", "application/json");
}
