/* JSON bodies: any bytes as an operation's input. What is read must be written and read again as
 * the same. Input: three bytes that choose the operation, the body. */
#include "wire_fuzz.h"

#include "base/alloc.h"
#include "wire/parse.h"
#include "wire/serialize.h"
#include "wire/shape_io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    const struct spec_shape *shape =
        operation_choose(data, SPEC_JSON | SPEC_REST_JSON).operation->input;
    struct err err = {.code = ""};
    json_t *first = NULL, *second = NULL;
    struct buf out;
    if (shape == NULL)
        return 0;
    if (json_read(shape, (const char *)data + 3, size - 3, &first, &err) != 0) {
        MUST_HOLD(err.code[0] != '\0');
        return 0;
    }
    if (first == NULL) /* null: an absent body */
        return 0;
    buf_init(&out, WIRE_REPLY_CEILING);
    json_write(&out, shape, first);
    MUST_HOLD(json_read(shape, buf_text(&out), out.len, &second, &err) == 0);
    MUST_HOLD(json_equal(first, second));
    buf_done(&out);
    json_decref(first);
    json_decref(second);
    return 0;
}
