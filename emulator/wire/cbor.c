/* CBOR by shape (RFC 8949, as Smithy's RPC v2 uses it). libcbor decodes one data item's head at a
 * time into a token; the structure around it is ours, so that depth and sizes have ceilings and
 * nothing is allocated for what a head merely promises. Unknown members are skipped, null and
 * undefined are absent. */
#include "wire/parse.h"
#include "wire/scalar.h"
#include "wire/shape_io.h"

#include "base/encode.h"

#include <cbor.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAG_EPOCH 1

enum token_kind {
    TOKEN_UINT,
    TOKEN_NEGATIVE, /* the value is -1 - number */
    TOKEN_BYTES,
    TOKEN_TEXT,
    TOKEN_ARRAY,
    TOKEN_MAP,
    TOKEN_TAG,
    TOKEN_REAL,
    TOKEN_BOOLEAN,
    TOKEN_NULL,
    TOKEN_BREAK,
};

struct token {
    enum token_kind kind;
    bool is_indefinite;
    uint64_t number; /* also a count and a boolean */
    double real;
    const char *bytes;
    size_t len;
};

struct reader {
    const unsigned char *at, *end;
    struct err *fault;
    int depth;
};

/* --- tokens --- */

static void token_set(void *context, enum token_kind kind, uint64_t number)
{
    *(struct token *)context = (struct token){.kind = kind, .number = number};
}

static void on_uint8(void *context, uint8_t value)
{
    token_set(context, TOKEN_UINT, value);
}

static void on_uint16(void *context, uint16_t value)
{
    token_set(context, TOKEN_UINT, value);
}

static void on_uint32(void *context, uint32_t value)
{
    token_set(context, TOKEN_UINT, value);
}

static void on_uint64(void *context, uint64_t value)
{
    token_set(context, TOKEN_UINT, value);
}

static void on_negative8(void *context, uint8_t value)
{
    token_set(context, TOKEN_NEGATIVE, value);
}

static void on_negative16(void *context, uint16_t value)
{
    token_set(context, TOKEN_NEGATIVE, value);
}

static void on_negative32(void *context, uint32_t value)
{
    token_set(context, TOKEN_NEGATIVE, value);
}

static void on_negative64(void *context, uint64_t value)
{
    token_set(context, TOKEN_NEGATIVE, value);
}

static void string_set(void *context, enum token_kind kind, cbor_data bytes, size_t len)
{
    *(struct token *)context =
        (struct token){.kind = kind, .bytes = (const char *)bytes, .len = len};
}

static void on_bytes(void *context, cbor_data bytes, size_t len)
{
    string_set(context, TOKEN_BYTES, bytes, len);
}

static void on_text(void *context, cbor_data bytes, size_t len)
{
    string_set(context, TOKEN_TEXT, bytes, len);
}

static void indefinite_set(void *context, enum token_kind kind)
{
    *(struct token *)context = (struct token){.kind = kind, .is_indefinite = true};
}

static void on_bytes_start(void *context)
{
    indefinite_set(context, TOKEN_BYTES);
}

static void on_text_start(void *context)
{
    indefinite_set(context, TOKEN_TEXT);
}

static void on_array_start(void *context)
{
    indefinite_set(context, TOKEN_ARRAY);
}

static void on_map_start(void *context)
{
    indefinite_set(context, TOKEN_MAP);
}

static void on_array(void *context, size_t count)
{
    token_set(context, TOKEN_ARRAY, count);
}

static void on_map(void *context, size_t count)
{
    token_set(context, TOKEN_MAP, count);
}

static void on_tag(void *context, uint64_t tag)
{
    token_set(context, TOKEN_TAG, tag);
}

static void on_double(void *context, double value)
{
    *(struct token *)context = (struct token){.kind = TOKEN_REAL, .real = value};
}

static void on_float(void *context, float value)
{
    on_double(context, (double)value);
}

static void on_boolean(void *context, bool value)
{
    token_set(context, TOKEN_BOOLEAN, value);
}

static void on_null(void *context)
{
    token_set(context, TOKEN_NULL, 0);
}

static void on_break(void *context)
{
    token_set(context, TOKEN_BREAK, 0);
}

static const struct cbor_callbacks token_callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_negative8,
    .negint16 = on_negative16,
    .negint32 = on_negative32,
    .negint64 = on_negative64,
    .byte_string = on_bytes,
    .byte_string_start = on_bytes_start,
    .string = on_text,
    .string_start = on_text_start,
    .array_start = on_array,
    .indef_array_start = on_array_start,
    .map_start = on_map,
    .indef_map_start = on_map_start,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .boolean = on_boolean,
    .null = on_null,
    .undefined = on_null,
    .indef_break = on_break,
};

static int fault_malformed(struct reader *r)
{
    return err_set(r->fault, "SerializationException", "The request body is not valid CBOR.");
}

static int fault_type(struct reader *r, const struct spec_shape *shape)
{
    return err_set(r->fault, "SerializationException", "Expected %s for %s.",
                   scalar_expected(shape), shape->name);
}

static int token_next(struct reader *r, struct token *ret)
{
    struct cbor_decoder_result result =
        cbor_stream_decode(r->at, (size_t)(r->end - r->at), &token_callbacks, ret);
    if (result.status != CBOR_DECODER_FINISHED)
        return fault_malformed(r);
    r->at += result.read;
    return 0;
}

/* The items of an array or the pairs of a map, one a call: 1 with its first token, 0 at the end, -1
 * on a fault. */
static int item_next(struct reader *r, struct token *container, struct token *ret)
{
    if (!container->is_indefinite && container->number-- == 0)
        return 0;
    if (token_next(r, ret) != 0)
        return -1;
    if (ret->kind != TOKEN_BREAK)
        return 1;
    return container->is_indefinite ? 0 : fault_malformed(r);
}

static int depth_enter(struct reader *r)
{
    return ++r->depth > WIRE_CBOR_DEPTH_MAX ? fault_malformed(r) : 0;
}

/* A string token with all its chunks joined; `room` is the caller's to free. */
static int string_join(struct reader *r, struct token *string, struct buf *room)
{
    struct token chunk;
    if (!string->is_indefinite)
        return 0;
    for (;;) {
        if (token_next(r, &chunk) != 0)
            return -1;
        if (chunk.kind == TOKEN_BREAK)
            break;
        if (chunk.kind != string->kind || chunk.is_indefinite)
            return fault_malformed(r);
        buf_add(room, chunk.bytes, chunk.len);
    }
    string->bytes = buf_text(room);
    string->len = room->len;
    return room->overflow ? fault_malformed(r) : 0;
}

static bool text_is_sound(const struct token *text)
{
    return text->len == 0 ||
           (memchr(text->bytes, '\0', text->len) == NULL && utf8_valid(text->bytes, text->len));
}

/* Passes over an item whose first token is `token`. */
static int item_skip(struct reader *r, struct token token)
{
    struct token inner;
    struct buf room;
    int result = 0, more;

    if (token.kind == TOKEN_BREAK)
        return fault_malformed(r);
    if (token.kind == TOKEN_BYTES || token.kind == TOKEN_TEXT) {
        buf_init(&room, WIRE_BODY_CEILING);
        result = string_join(r, &token, &room);
        buf_done(&room);
        return result;
    }
    if (depth_enter(r) != 0)
        return -1;
    if (token.kind == TOKEN_TAG)
        result = token_next(r, &inner) != 0 ? -1 : item_skip(r, inner);
    if (token.kind == TOKEN_ARRAY || token.kind == TOKEN_MAP) {
        while ((more = item_next(r, &token, &inner)) > 0) {
            if (item_skip(r, inner) != 0)
                return -1;
            if (token.kind == TOKEN_MAP && (token_next(r, &inner) != 0 || item_skip(r, inner) != 0))
                return -1;
        }
        result = more;
    }
    r->depth--;
    return result;
}

/* --- reading by shape --- */

static int value_read(struct reader *r, const struct spec_shape *shape, struct token token,
                      json_t **ret);

static const struct spec_member *member_named(const struct spec_shape *shape,
                                              const struct token *name)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const char *candidate = shape->members[i].name;
        if (strlen(candidate) == name->len && memcmp(candidate, name->bytes, name->len) == 0)
            return &shape->members[i];
    }
    return NULL;
}

/* One pair of a map, whose key is read already, into `object`. */
static int pair_read(struct reader *r, const struct spec_shape *shape, const struct token *key,
                     json_t *object)
{
    struct token token;
    json_t *value = NULL;
    const struct spec_member *member =
        shape->type == SPEC_MAP ? &shape->members[1] : member_named(shape, key);
    if (token_next(r, &token) != 0)
        return -1;
    if (member == NULL)
        return item_skip(r, token);
    if (value_read(r, member->shape, token, &value) != 0)
        return -1;
    if (value == NULL)
        return 0;
    if (shape->type == SPEC_MAP)
        json_object_setn_new_nocheck(object, key->bytes, key->len, value);
    else
        json_set_new(object, member->name, value);
    return 0;
}

/* A structure or a map. */
static int object_read(struct reader *r, const struct spec_shape *shape, struct token token,
                       json_t **ret)
{
    json_t *object = json_object();
    struct token key;
    int more;
    while ((more = item_next(r, &token, &key)) > 0) {
        struct buf room;
        buf_init(&room, WIRE_BODY_CEILING);
        int result = key.kind != TOKEN_TEXT ? fault_malformed(r) : string_join(r, &key, &room);
        if (result == 0)
            result = text_is_sound(&key) ? pair_read(r, shape, &key, object) : fault_malformed(r);
        buf_done(&room);
        if (result != 0) {
            more = -1;
            break;
        }
    }
    if (more != 0) {
        json_decref(object);
        return -1;
    }
    *ret = object;
    return 0;
}

static int list_read(struct reader *r, const struct spec_shape *shape, struct token token,
                     json_t **ret)
{
    const struct spec_shape *element = shape->members[0].shape;
    json_t *array = json_array();
    struct token item;
    int more;
    while ((more = item_next(r, &token, &item)) > 0) {
        json_t *value = NULL;
        int result = value_read(r, element, item, &value);
        if (result == 0 && value == NULL)
            result = fault_type(r, element); /* null is no element */
        if (result != 0) {
            more = -1;
            break;
        }
        json_append_new(array, value);
    }
    if (more != 0) {
        json_decref(array);
        return -1;
    }
    *ret = array;
    return 0;
}

static bool token_integer(const struct token *token, int64_t *ret)
{
    if (token->kind == TOKEN_REAL) {
        if (!(fabs(token->real) < 9e15) || floor(token->real) < token->real)
            return false;
        *ret = (int64_t)token->real;
        return true;
    }
    if ((token->kind != TOKEN_UINT && token->kind != TOKEN_NEGATIVE) || token->number > INT64_MAX)
        return false;
    *ret = token->kind == TOKEN_UINT ? (int64_t)token->number : -1 - (int64_t)token->number;
    return true;
}

static bool token_real(const struct token *token, double *ret)
{
    if (token->kind == TOKEN_REAL)
        *ret = token->real;
    else if (token->kind == TOKEN_UINT)
        *ret = (double)token->number;
    else if (token->kind == TOKEN_NEGATIVE)
        *ret = -1.0 - (double)token->number;
    else
        return false;
    return true;
}

static json_t *blob_new(const struct token *token)
{
    char *text = base64_encode(token->bytes != NULL ? token->bytes : "", token->len);
    json_t *value = json_string_nocheck(text);
    free(text);
    return value;
}

/* A scalar from a token whose string is joined, or NULL when the shape is of another type. */
static json_t *scalar_new(const struct spec_shape *shape, const struct token *token)
{
    int64_t integer;
    double real;
    switch ((enum spec_type)shape->type) {
    case SPEC_STRING:
        return token->kind == TOKEN_TEXT && text_is_sound(token)
                   ? json_stringn_nocheck(token->bytes != NULL ? token->bytes : "", token->len)
                   : NULL;
    case SPEC_BLOB:
        return token->kind == TOKEN_BYTES ? blob_new(token) : NULL;
    case SPEC_INTEGER:
    case SPEC_LONG:
        return token_integer(token, &integer) && scalar_integer_fits(shape, integer)
                   ? json_integer(integer)
                   : NULL;
    case SPEC_FLOAT:
    case SPEC_DOUBLE:
        return token_real(token, &real) ? scalar_real_new(real) : NULL;
    case SPEC_BOOLEAN:
        return token->kind == TOKEN_BOOLEAN ? json_boolean(token->number != 0) : NULL;
    case SPEC_TIMESTAMP:
        return token_real(token, &real) && scalar_seconds_to_ms(real, &integer)
                   ? json_integer(integer)
                   : NULL;
    case SPEC_STRUCTURE:
    case SPEC_LIST:
    case SPEC_MAP:
        break;
    }
    return NULL;
}

static int scalar_read(struct reader *r, const struct spec_shape *shape, struct token token,
                       json_t **ret)
{
    struct buf room;
    buf_init(&room, WIRE_BODY_CEILING);
    int result = 0;
    if (token.kind == TOKEN_TEXT || token.kind == TOKEN_BYTES)
        result = string_join(r, &token, &room);
    if (result == 0) {
        *ret = scalar_new(shape, &token);
        result = *ret != NULL ? 0 : fault_type(r, shape);
    }
    buf_done(&room);
    return result;
}

static int value_read(struct reader *r, const struct spec_shape *shape, struct token token,
                      json_t **ret)
{
    int result;
    while (token.kind == TOKEN_TAG) { /* of a time, or one that says nothing to us */
        if (token_next(r, &token) != 0)
            return -1;
    }
    if (token.kind == TOKEN_NULL) {
        *ret = NULL;
        return 0;
    }
    if (shape_is_scalar(shape))
        return scalar_read(r, shape, token, ret);
    if (token.kind != (shape->type == SPEC_LIST ? TOKEN_ARRAY : TOKEN_MAP))
        return fault_type(r, shape);
    if (depth_enter(r) != 0)
        return -1;
    result = shape->type == SPEC_LIST ? list_read(r, shape, token, ret)
                                      : object_read(r, shape, token, ret);
    r->depth--;
    return result;
}

int cbor_read(const struct spec_shape *shape, const char *bytes, size_t len, json_t **ret_input,
              struct err *fault)
{
    struct reader r = {.at = (const unsigned char *)bytes, .fault = fault};
    struct token token;
    json_t *value = NULL;
    r.end = r.at + len;
    if (token_next(&r, &token) != 0 || value_read(&r, shape, token, &value) != 0)
        return -1;
    if (r.at != r.end) {
        json_decref(value);
        return fault_malformed(&r);
    }
    *ret_input = value;
    return 0;
}

/* --- writing --- */

#define HEAD_SIZE 9 /* the longest head: a byte and eight of its number */

typedef size_t (*head_fn)(size_t number, unsigned char *room, size_t size);

static void head_write(struct buf *out, head_fn encode, size_t number)
{
    char *room = buf_reserve(out, HEAD_SIZE);
    if (room != NULL)
        buf_grow(out, encode(number, (unsigned char *)room, HEAD_SIZE));
}

void cbor_write_map(struct buf *out, size_t count)
{
    head_write(out, cbor_encode_map_start, count);
}

static void text_write(struct buf *out, const char *text, size_t len)
{
    head_write(out, cbor_encode_string_start, len);
    buf_add(out, text, len);
}

void cbor_write_text(struct buf *out, const char *text)
{
    text_write(out, text, strlen(text));
}

static void integer_write(struct buf *out, int64_t value)
{
    if (value >= 0)
        head_write(out, cbor_encode_uint, (size_t)value);
    else
        head_write(out, cbor_encode_negint, (size_t)(-1 - value));
}

static void real_write(struct buf *out, double value)
{
    char *room = buf_reserve(out, HEAD_SIZE);
    if (room != NULL)
        buf_grow(out, cbor_encode_double(value, (unsigned char *)room, HEAD_SIZE));
}

static void boolean_write(struct buf *out, bool value)
{
    char *room = buf_reserve(out, HEAD_SIZE);
    if (room != NULL)
        buf_grow(out, cbor_encode_bool(value, (unsigned char *)room, HEAD_SIZE));
}

static void blob_write(struct buf *out, const json_t *value)
{
    size_t len = 0;
    uint8_t *bytes = base64_decode(json_string_value(value), json_string_length(value), &len);
    head_write(out, cbor_encode_bytestring_start, len);
    if (len > 0)
        buf_add(out, bytes, len);
    free(bytes);
}

static void time_write(struct buf *out, int64_t ms)
{
    head_write(out, cbor_encode_tag, TAG_EPOCH);
    if (ms % 1000 == 0)
        integer_write(out, ms / 1000);
    else
        real_write(out, (double)ms / 1000.0);
}

static void scalar_write(struct buf *out, const struct spec_shape *shape, const json_t *value)
{
    switch ((enum spec_type)shape->type) {
    case SPEC_STRING:
        text_write(out, json_string_value(value), json_string_length(value));
        break;
    case SPEC_BLOB:
        blob_write(out, value);
        break;
    case SPEC_INTEGER:
    case SPEC_LONG:
        integer_write(out, json_integer_value(value));
        break;
    case SPEC_FLOAT:
    case SPEC_DOUBLE:
        real_write(out, scalar_real(value));
        break;
    case SPEC_BOOLEAN:
        boolean_write(out, json_is_true(value));
        break;
    case SPEC_TIMESTAMP:
        time_write(out, json_integer_value(value));
        break;
    case SPEC_STRUCTURE:
    case SPEC_LIST:
    case SPEC_MAP:
        break;
    }
}

static void structure_write(struct buf *out, const struct spec_shape *shape, const json_t *value)
{
    size_t count = 0;
    for (size_t i = 0; i < shape->member_count; i++)
        count += json_object_get(value, shape->members[i].name) != NULL;
    cbor_write_map(out, count);
    for (size_t i = 0; i < shape->member_count; i++) {
        const json_t *child = json_object_get(value, shape->members[i].name);
        if (child == NULL)
            continue;
        cbor_write_text(out, shape->members[i].name);
        cbor_write(out, shape->members[i].shape, child);
    }
}

static void map_write(struct buf *out, const struct spec_shape *shape, const json_t *value)
{
    json_t *object = (json_t *)(uintptr_t)value;
    cbor_write_map(out, json_object_size(value));
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        cbor_write_text(out, json_object_iter_key(at));
        cbor_write(out, shape->members[1].shape, json_object_iter_value(at));
    }
}

void cbor_write(struct buf *out, const struct spec_shape *shape, const json_t *value)
{
    if (shape->type == SPEC_STRUCTURE) {
        structure_write(out, shape, value);
    } else if (shape->type == SPEC_MAP) {
        map_write(out, shape, value);
    } else if (shape->type == SPEC_LIST) {
        head_write(out, cbor_encode_array_start, json_array_size(value));
        for (size_t i = 0; i < json_array_size(value); i++)
            cbor_write(out, shape->members[0].shape, json_array_get(value, i));
    } else {
        scalar_write(out, shape, value);
    }
}
