/* QR codes as PNG images (libqrencode and libpng). */
#ifndef SERVICES_IAM_QR_CODE_H
#define SERVICES_IAM_QR_CODE_H

#include "base/buf.h"

#include <stdbool.h>

#define QR_CODE_PNG_MAX (256UL * 1024)

/* Appends the image; false: the text is too long for a code. `out` is initialised by the caller. */
bool qr_code_png(const char *text, struct buf *out);

#endif
