// SPDX-License-Identifier: GPL-3.0-or-later
//
// Text. A `struct str` borrows bytes: pointer and length, valid UTF-8 once past the edge of the
// program, no NUL promised. ptr == NULL means "absent" (SQL NULL, JSON null), which differs from
// the empty text. `struct html` is markup that only the sanitiser, the templates and html_escape()
// make; `struct url` is a link that was checked. Both are other types than text on purpose.
#ifndef STEWARD_BASE_STR_H
#define STEWARD_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

struct str {
    const char *ptr;
    size_t len;
};

struct html {
    struct str markup;
};

struct url {
    struct str text;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_INIT(literal)                                                                          \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }
#define STR_NONE ((struct str){NULL, 0})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).len, (s).ptr

// Borrows a NUL-terminated text; NULL gives STR_NONE.
static inline struct str str_c(const char *text)
{
    return text == NULL ? STR_NONE : (struct str){text, strlen(text)};
}
// Copies; the copy ends in a NUL, so .ptr of the result also serves C functions.
struct str str_dup(const mem_ctx *ctx, struct str s);
const char *str_cstr(const mem_ctx *ctx, struct str s);
struct str str_printf(const mem_ctx *ctx, const char *fmt, ...) PRINTF_LIKE(2, 3);
struct str str_lower(const mem_ctx *ctx, struct str s);  // ASCII letters only

// Absent.
static inline bool str_none(struct str s)
{
    return s.ptr == NULL;
}
// Absent or of no length.
static inline bool str_empty(struct str s)
{
    return s.len == 0;
}
static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
static inline bool str_eq_c(struct str a, const char *b)
{
    return str_eq(a, str_c(b));
}
bool str_ieq(struct str a, struct str b);  // ASCII case folded
bool str_ieq_c(struct str a, const char *b);
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
// Index of the first `needle`, or -1.
ptrdiff_t str_find(struct str s, struct str needle);
ptrdiff_t str_ifind(struct str s, struct str needle);
ptrdiff_t str_find_char(struct str s, char c);

// Both are cut to what there is.
static inline struct str str_from(struct str s, size_t from)
{
    size_t start = from < s.len ? from : s.len;
    return s.ptr == NULL ? (struct str){NULL, 0} : (struct str){s.ptr + start, s.len - start};
}
static inline struct str str_sub(struct str s, size_t from, size_t len)
{
    struct str rest = str_from(s, from);
    return (struct str){rest.ptr, len < rest.len ? len : rest.len};
}
struct str str_trim(struct str s);  // ASCII white space at both ends
// Takes the part before the next `sep` off *rest; false when *rest is absent. "a,b" gives a, b.
bool str_next(struct str *rest, char sep, struct str *ret_part);
// Splits at the first `sep`; without one, head is all and tail is absent.
void str_cut(struct str s, char sep, struct str *ret_head, struct str *ret_tail);

// A whole decimal number and nothing else.
MUST_CHECK bool str_to_i64(struct str s, int64_t *ret_value);
// A finite number in decimal writing ("-2.5", "1e3") and nothing else.
MUST_CHECK bool str_to_f64(struct str s, double *ret_value);

bool str_utf8_valid(struct str s);
// Valid UTF-8: broken bytes become U+FFFD; NUL and control characters other than tab, line feed
// and carriage return are dropped. Returns `s` itself where nothing had to change.
struct str str_utf8_mend(const mem_ctx *ctx, struct str s);
// At most max_bytes long, not cutting a character in two.
struct str str_utf8_clip(struct str s, size_t max_bytes);
// At most max_chars characters of one line: runs of white space become one space; an ellipsis is
// added where it was cut.
struct str str_one_line(const mem_ctx *ctx, struct str s, size_t max_chars);
uint64_t str_hash(struct str s);  // FNV-1a, for tables, not for strangers' keys

// Text made safe for an HTML text node or quoted attribute.
struct html html_escape(const mem_ctx *ctx, struct str s);

#endif
