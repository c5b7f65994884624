/* Drawing QR codes: see qr_code.h. */
#include "services/iam/qr_code.h"

#include <png.h>
#include <qrencode.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DOT    4UL /* pixels of a module's side */
#define MARGIN 4UL /* modules: ISO/IEC 18004's quiet zone */

/* One byte a pixel: white is 255. */
static uint8_t *draw(const QRcode *code, size_t side)
{
    uint8_t *pixels = xmalloc(side * side);
    size_t width = (size_t)code->width;

    memset(pixels, 255, side * side);
    for (size_t i = 0; i < width * width; i++) {
        if ((code->data[i] & 1) == 0)
            continue;
        size_t left = (MARGIN + i % width) * DOT, top = (MARGIN + i / width) * DOT;
        for (size_t y = top; y < top + DOT; y++)
            memset(pixels + y * side + left, 0, DOT);
    }
    return pixels;
}

bool qr_code_png(const char *text, struct buf *out)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

    if (code == NULL)
        return false;
    size_t side = ((size_t)code->width + 2 * MARGIN) * DOT;
    png_image image = {
        .version = PNG_IMAGE_VERSION,
        .width = (png_uint_32)side,
        .height = (png_uint_32)side,
        .format = PNG_FORMAT_GRAY,
    };
    uint8_t *pixels = draw(code, side);
    png_alloc_size_t len = PNG_IMAGE_PNG_SIZE_MAX(image);
    char *room = buf_reserve(out, len);
    bool done = room != NULL && png_image_write_to_memory(&image, room, &len, 0, pixels, 0, NULL);

    if (done)
        buf_grow(out, len);
    png_image_free(&image);
    free(pixels);
    QRcode_free(code);
    return done;
}
