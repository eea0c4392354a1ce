// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/str.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct str str_dup(const mem_ctx *ctx, struct str s)
{
    return str_none(s) ? STR_NONE : (struct str){mem_text_n(ctx, s.ptr, s.len), s.len};
}

const char *str_cstr(const mem_ctx *ctx, struct str s)
{
    return mem_text_n(ctx, s.ptr, s.len);
}

struct str str_printf(const mem_ctx *ctx, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *text = mem_check_(talloc_vasprintf(ctx, fmt, args));
    va_end(args);
    return str_c(text);
}

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

struct str str_lower(const mem_ctx *ctx, struct str s)
{
    if (str_none(s)) {
        return s;
    }
    char *copy = mem_text_n(ctx, s.ptr, s.len);
    for (size_t i = 0; i < s.len; i++) {
        copy[i] = ascii_lower(copy[i]);
    }
    return (struct str){copy, s.len};
}

bool str_ieq(struct str a, struct str b)
{
    return a.len == b.len && str_istarts(a, b);
}

bool str_ieq_c(struct str a, const char *b)
{
    return str_ieq(a, str_c(b));
}

int str_cmp(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);
    if (order != 0) {
        return order;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_sub(s, 0, prefix.len), prefix);
}

bool str_istarts(struct str s, struct str prefix)
{
    if (s.len < prefix.len) {
        return false;
    }
    for (size_t i = 0; i < prefix.len; i++) {
        if (ascii_lower(s.ptr[i]) != ascii_lower(prefix.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_from(s, s.len - suffix.len), suffix);
}

ptrdiff_t str_find(struct str s, struct str needle)
{
    if (needle.len == 0) {
        return 0;
    }
    if (s.len < needle.len) {
        return -1;
    }
    const char *at = memmem(s.ptr, s.len, needle.ptr, needle.len);
    return at == NULL ? -1 : at - s.ptr;
}

ptrdiff_t str_ifind(struct str s, struct str needle)
{
    for (size_t i = 0; i + needle.len <= s.len; i++) {
        if (str_istarts(str_from(s, i), needle)) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

ptrdiff_t str_find_char(struct str s, char c)
{
    const char *at = s.len == 0 ? NULL : memchr(s.ptr, c, s.len);
    return at == NULL ? -1 : at - s.ptr;
}

static bool ascii_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && ascii_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && ascii_space(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

bool str_next(struct str *rest, char sep, struct str *ret_part)
{
    if (str_none(*rest)) {
        return false;
    }
    str_cut(*rest, sep, ret_part, rest);
    return true;
}

void str_cut(struct str s, char sep, struct str *ret_head, struct str *ret_tail)
{
    ptrdiff_t at = str_find_char(s, sep);
    if (at < 0) {
        *ret_head = s;
        *ret_tail = STR_NONE;
        return;
    }
    *ret_head = str_sub(s, 0, (size_t)at);
    *ret_tail = str_from(s, (size_t)at + 1);
}

bool str_to_i64(struct str s, int64_t *ret_value)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    struct str digits = negative ? str_from(s, 1) : s;
    if (digits.len == 0 || digits.len > 19) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.ptr[i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(c - '0');
    }
    if (value > (uint64_t)INT64_MAX) {
        return false;
    }
    *ret_value = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

bool str_to_f64(struct str s, double *ret_value)
{
    char copy[64];
    char *rest = NULL;
    if (s.len == 0 || s.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    if (strspn(copy, "+-.0123456789eE") != s.len) {
        return false;  // no "inf", "nan" or hexadecimal
    }
    double value = strtod(copy, &rest);
    if (rest != copy + s.len || !isfinite(value)) {
        return false;
    }
    *ret_value = value;
    return true;
}

// Length of the well-formed UTF-8 sequence at the start of `s` (Unicode 15, table 3-7), 0 when
// it is broken.
static size_t utf8_sequence(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    if (p[0] < 0x80) {
        return 1;
    }
    size_t need = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : p[0] >= 0xe0 && p[0] <= 0xef ? 3 : 4;
    if (p[0] < 0xc2 || p[0] > 0xf4 || s.len < need) {
        return 0;
    }
    unsigned char low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < need; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf) {
            return 0;
        }
    }
    return need;
}

bool str_utf8_valid(struct str s)
{
    while (s.len > 0) {
        size_t step = utf8_sequence(s);
        if (step == 0) {
            return false;
        }
        s = str_from(s, step);
    }
    return true;
}

static bool unwanted_control(unsigned char c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
}

static bool text_is_clean(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (unwanted_control((unsigned char)s.ptr[i])) {
            return false;
        }
    }
    return str_utf8_valid(s);
}

struct str str_utf8_mend(const mem_ctx *ctx, struct str s)
{
    if (text_is_clean(s)) {
        return s;
    }
    struct buf out;
    buf_init(&out, ctx, s.len * 3 + 1);
    while (s.len > 0) {
        size_t step = utf8_sequence(s);
        if (step == 0) {
            buf_put(&out, STR("\xef\xbf\xbd"));
            step = 1;
        } else if (step > 1 || !unwanted_control((unsigned char)s.ptr[0])) {
            buf_put(&out, str_sub(s, 0, step));
        }
        s = str_from(s, step);
    }
    return buf_str(&out);
}

struct str str_utf8_clip(struct str s, size_t max_bytes)
{
    if (s.len <= max_bytes) {
        return s;
    }
    size_t end = max_bytes;
    while (end > 0 && ((unsigned char)s.ptr[end] & 0xc0) == 0x80) {
        end--;
    }
    return str_sub(s, 0, end);
}

struct str str_one_line(const mem_ctx *ctx, struct str s, size_t max_chars)
{
    struct buf out;
    buf_init(&out, ctx, max_chars * 4 + 8);
    struct str rest = str_trim(s);
    size_t chars = 0;
    while (rest.len > 0) {
        if (chars == max_chars) {
            buf_put(&out, STR("\xe2\x80\xa6"));
            break;
        }
        if (ascii_space(rest.ptr[0])) {
            buf_put(&out, STR(" "));
            while (rest.len > 0 && ascii_space(rest.ptr[0])) {
                rest = str_from(rest, 1);
            }
        } else {
            size_t step = utf8_sequence(rest);
            step = step == 0 ? 1 : step;
            buf_put(&out, str_sub(rest, 0, step));
            rest = str_from(rest, step);
        }
        chars++;
    }
    return buf_str(&out);
}

uint64_t str_hash(struct str s)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < s.len; i++) {
        hash = (hash ^ (unsigned char)s.ptr[i]) * 1099511628211u;
    }
    return hash;
}

struct html html_escape(const mem_ctx *ctx, struct str s)
{
    struct buf out;
    buf_init(&out, ctx, s.len * 6 + 1);
    buf_put_html_text(&out, s);
    return (struct html){buf_str(&out)};
}
