// SPDX-License-Identifier: GPL-3.0-or-later
//
// What of directories needs no directory.
#include "base/buf.h"
#include "desk/sso/directory.h"

#define FILTER_MOST 16384

static void put_escaped(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c < ' ' || c >= 0x7f || c == '*' || c == '(' || c == ')' || c == '\\') {
            buf_printf(out, "\\%02x", c);
        } else {
            buf_put_char(out, (char)c);
        }
    }
}

struct str directory_filter(mem_ctx *ctx, struct str filter, struct str login)
{
    struct buf out;
    struct str place = STR("{login}");
    buf_init(&out, ctx, FILTER_MOST);
    while (filter.len > 0) {
        if (str_starts(filter, place)) {
            put_escaped(&out, login);
            filter = str_from(filter, place.len);
        } else {
            buf_put_char(&out, filter.ptr[0]);
            filter = str_from(filter, 1);
        }
    }
    return out.failed ? STR("") : buf_str(&out);
}
