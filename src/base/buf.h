// SPDX-License-Identifier: GPL-3.0-or-later
//
// A growing byte buffer that states its maximum when it is born. Once something did not fit it
// stays failed and takes nothing more, so that fifty appends need one check at the end.
#ifndef STEWARD_BASE_BUF_H
#define STEWARD_BASE_BUF_H

#include "base/str.h"

struct buf {
    const mem_ctx *ctx;
    char *data;  // NUL-terminated at data[len] once anything was asked of it
    size_t len;
    size_t capacity;
    size_t max;
    bool failed;
};

// No memory is taken until the first append.
void buf_init(struct buf *b, const mem_ctx *ctx, size_t max);
// Empties it, keeps the memory, forgets the failure.
void buf_reset(struct buf *b);
// Makes room for `more` bytes and returns where they go, NULL when over the maximum. Add what was
// written to b->len.
char *buf_reserve(struct buf *b, size_t more);

void buf_put(struct buf *b, struct str s);
void buf_put_c(struct buf *b, const char *text);
void buf_put_char(struct buf *b, char c);
void buf_put_i64(struct buf *b, int64_t value);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
// & < > " ' as character references: for text nodes and quoted attributes.
void buf_put_html_text(struct buf *b, struct str s);
// Everything but RFC 3986 unreserved characters as %XX.
void buf_put_percent(struct buf *b, struct str s);

// The content so far, NUL-terminated; borrowed until the next append.
struct str buf_str(struct buf *b);

#endif
