// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void buf_init(struct buf *b, const mem_ctx *ctx, size_t max)
{
    *b = (struct buf){.ctx = ctx, .max = max};
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}

char *buf_reserve(struct buf *b, size_t more)
{
    if (b->failed || more > b->max || b->len > b->max - more) {
        b->failed = true;
        return NULL;
    }
    size_t need = b->len + more + 1;
    if (need > b->capacity) {
        size_t capacity = b->capacity < 128 ? 256 : b->capacity * 2;
        if (capacity < need) {
            capacity = need;
        }
        b->data = mem_check_(talloc_realloc_size(b->ctx, b->data, capacity));
        b->capacity = capacity;
    }
    return b->data + b->len;
}

void buf_put(struct buf *b, struct str s)
{
    if (s.len == 0) {
        return;
    }
    char *at = buf_reserve(b, s.len);
    if (at != NULL) {
        memcpy(at, s.ptr, s.len);
        b->len += s.len;
    }
}

void buf_put_c(struct buf *b, const char *text)
{
    buf_put(b, str_c(text));
}

void buf_put_char(struct buf *b, char c)
{
    buf_put(b, (struct str){&c, 1});
}

void buf_put_i64(struct buf *b, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    buf_put(b, (struct str){digits + at, sizeof digits - at});
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    va_list again;
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    assert(need >= 0);
    char *at = buf_reserve(b, (size_t)need);
    if (at != NULL) {
        (void)vsnprintf(at, (size_t)need + 1, fmt, again);
        b->len += (size_t)need;
    }
    va_end(again);
}

static struct str html_reference(char c)
{
    switch (c) {
    case '&':
        return STR("&amp;");
    case '<':
        return STR("&lt;");
    case '>':
        return STR("&gt;");
    case '"':
        return STR("&quot;");
    default:
        return STR("&#39;");
    }
}

// Most text has nothing to escape, so finding the next place is what counts.
static const bool ESCAPED[256] = {
    ['&'] = true, ['<'] = true, ['>'] = true, ['"'] = true, ['\''] = true};

void buf_put_html_text(struct buf *b, struct str s)
{
    size_t start = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (ESCAPED[(unsigned char)s.ptr[i]]) {
            buf_put(b, str_sub(s, start, i - start));
            buf_put(b, html_reference(s.ptr[i]));
            start = i + 1;
        }
    }
    buf_put(b, str_from(s, start));
}

static bool url_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void buf_put_percent(struct buf *b, struct str s)
{
    static const char HEX[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (url_unreserved(s.ptr[i])) {
            buf_put_char(b, s.ptr[i]);
        } else {
            buf_put(b, (struct str){(char[3]){'%', HEX[c >> 4], HEX[c & 15]}, 3});
        }
    }
}

struct str buf_str(struct buf *b)
{
    if (b->data == NULL) {
        return STR("");
    }
    b->data[b->len] = '\0';
    return (struct str){b->data, b->len};
}
