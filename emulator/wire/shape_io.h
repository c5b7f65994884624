/* The readers and writers of one shape in one format, behind wire/parse.h and wire/serialize.h.
 * Readers return 0 with *ret set (NULL: absent), or -1 with the protocol's fault; writers append.
 */
#ifndef WIRE_SHAPE_IO_H
#define WIRE_SHAPE_IO_H

#include "base/buf.h"
#include "base/json.h"
#include "spec/spec.h"
#include "wire/form.h"

struct arena;

const char *member_wire_name(const struct spec_member *member); /* locationName or name */

int query_read(const struct spec_shape *shape, struct form_node *root, struct arena *a,
               json_t **ret_input, struct err *fault) MUST_CHECK;
int ec2_read(const struct spec_shape *shape, struct form_node *root, struct arena *a,
             json_t **ret_input, struct err *fault) MUST_CHECK;

/* Bytes -> value. A structure's members outside the body (rest-json) are left alone. */
int json_read(const struct spec_shape *shape, const char *bytes, size_t len, json_t **ret_input,
              struct err *fault) MUST_CHECK;
void json_write(struct buf *out, const struct spec_shape *shape, const json_t *value);
void json_write_text(struct buf *out, const char *text); /* quoted and escaped */

int cbor_read(const struct spec_shape *shape, const char *bytes, size_t len, json_t **ret_input,
              struct err *fault) MUST_CHECK;
void cbor_write(struct buf *out, const struct spec_shape *shape, const json_t *value);
void cbor_write_map(struct buf *out, size_t count); /* the head of a map of `count` pairs */
void cbor_write_text(struct buf *out, const char *text);

/* The members of a structure as elements, for the ec2 or the query protocol. */
void xml_write_members(struct buf *out, unsigned protocol, const struct spec_shape *shape,
                       const json_t *value);
void xml_write_escaped(struct buf *out, const char *text);

#endif
