// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/door/qr.h"

#include <qrencode.h>

#include "base/buf.h"

#define QUIET 4  // light squares around the code that readers need
#define PATH_MAX_BYTES ((size_t)256 << 10)

bool qr_path(mem_ctx *ctx, struct str text, struct str *ret, int *ret_size, struct error *err)
{
    QRcode *code =
        QRcode_encodeData((int)text.len, (const unsigned char *)text.ptr, 0, QR_ECLEVEL_M);
    if (code == NULL) {
        return error_set(err, ERR_TOO_LARGE, "This is too long for a QR code.");
    }
    struct buf path;
    buf_init(&path, ctx, PATH_MAX_BYTES);
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            if ((code->data[y * code->width + x] & 1) != 0) {
                buf_printf(&path, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
            }
        }
    }
    *ret_size = code->width + 2 * QUIET;
    *ret = buf_str(&path);
    QRcode_free(code);
    return true;
}
