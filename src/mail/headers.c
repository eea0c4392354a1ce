// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/headers.h"

#include <string.h>

#include "base/buf.h"
#include "mail/charset.h"

#define VALUE_MAX (64 * 1024)
#define WORD_MAX (16 * 1024)
#define WORDS_MAX 500
#define ID_MAX 998  // RFC 5322, 2.1.1: no line is longer
#define SEGMENTS_MAX 64
#define BLOCK_FIELDS_MAX 500

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

// One line: every run of line breaks and tabs is a blank.
static struct str one_line(mem_ctx *ctx, struct str raw)
{
    struct buf out;
    buf_init(&out, ctx, VALUE_MAX + 1);
    raw = str_trim(str_sub(raw, 0, VALUE_MAX));
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        bool line_break = c == '\r' || c == '\n';
        bool next_blank = i + 1 < raw.len && is_space(raw.ptr[i + 1]);
        if (line_break && next_blank) {
            continue;  // the fold goes, the blank after it stays
        }
        buf_put_char(&out, is_space(c) || c == '\0' ? ' ' : c);
    }
    return buf_str(&out);
}

struct str header_unfold(mem_ctx *ctx, struct str raw)
{
    return charset_to_utf8(ctx, STR_NONE, one_line(ctx, raw));
}

// ---- encoded words ----------------------------------------------------------------------------

struct word {
    struct str charset;
    char encoding;  // 'b' or 'q'
    struct str text;
    size_t len;  // of all of it, in the value
};

static bool charset_char(char c)
{
    return c > ' ' && c != '?' && c != '=' && (unsigned char)c < 0x7f;
}

// Reads the encoded word at the start of `s`. Blanks inside the text are accepted: folding by
// senders who do not know better puts them there.
static bool word_at(struct str s, struct word *ret)
{
    if (!str_starts(s, STR("=?"))) {
        return false;
    }
    size_t at = 2;
    while (at < s.len && charset_char(s.ptr[at])) {
        at++;
    }
    if (at == 2 || at + 3 >= s.len || s.ptr[at] != '?' || s.ptr[at + 2] != '?') {
        return false;
    }
    char encoding = (char)(s.ptr[at + 1] | 0x20);
    if (encoding != 'b' && encoding != 'q') {
        return false;
    }
    struct str text = str_sub(s, at + 3, WORD_MAX);
    ptrdiff_t end = str_find(text, STR("?="));
    if (end < 0 || str_find(str_sub(text, 0, (size_t)end), STR("=?")) >= 0) {
        return false;
    }
    *ret = (struct word){str_sub(s, 2, at - 2), encoding, str_sub(text, 0, (size_t)end),
                         at + 3 + (size_t)end + 2};
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Decodes <mark>XX; a mark without two hex digits stands for itself.
static void put_hex_decoded(struct buf *out, struct str text, char mark, bool underscore_is_space)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int high = c == mark && i + 2 < text.len ? hex_value(text.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text.ptr[i + 2]) : -1;
        if (low >= 0) {
            buf_put_char(out, (char)(high * 16 + low));
            i += 2;
        } else {
            buf_put_char(out, c == '_' && underscore_is_space ? ' ' : c);
        }
    }
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

struct base64_state {
    unsigned bits;
    int count;
};

// Passes over what is no base64; '=' begins a new group. The state is kept from word to word:
// some senders cut the encoded text at any place.
static void put_base64_decoded(struct buf *out, struct str text, struct base64_state *state)
{
    for (size_t i = 0; i < text.len; i++) {
        int value = base64_value(text.ptr[i]);
        if (value >= 0) {
            state->bits = (state->bits << 6 | (unsigned)value) & 0xffffffu;
            state->count += 6;
            if (state->count >= 8) {
                state->count -= 8;
                buf_put_char(out, (char)(state->bits >> state->count & 0xff));
            }
        } else if (text.ptr[i] == '=') {
            *state = (struct base64_state){0, 0};
        }
    }
}

static size_t blanks_at(struct str s)
{
    size_t n = 0;
    while (n < s.len && is_space(s.ptr[n])) {
        n++;
    }
    return n;
}

// Takes a run of encoded words of one charset off *rest and adds its text.
static void put_words(mem_ctx *ctx, struct buf *out, struct word word, struct str *rest)
{
    struct buf bytes;
    buf_init(&bytes, ctx, VALUE_MAX);
    struct base64_state state = {0, 0};
    struct word next = word;
    size_t gap = 0;
    do {
        if (next.encoding == 'b') {
            put_base64_decoded(&bytes, next.text, &state);
        } else {
            state = (struct base64_state){0, 0};
            put_hex_decoded(&bytes, next.text, '=', true);
        }
        *rest = str_from(*rest, gap + next.len);
        gap = blanks_at(*rest);
    } while (word_at(str_from(*rest, gap), &next) && str_ieq(next.charset, word.charset));
    buf_put(out, charset_to_utf8(ctx, word.charset, buf_str(&bytes)));
    struct word other;
    if (gap > 0 && word_at(str_from(*rest, gap), &other)) {
        *rest = str_from(*rest, gap);  // blanks between encoded words are not text
    }
}

struct str header_decode(mem_ctx *ctx, struct str raw)
{
    struct str rest = one_line(ctx, raw);
    struct buf out;
    buf_init(&out, ctx, (size_t)VALUE_MAX * 4);
    size_t words = 0;
    while (rest.len > 0) {
        struct word word;
        if (words < WORDS_MAX && word_at(rest, &word)) {
            put_words(ctx, &out, word, &rest);
            words++;
            continue;
        }
        size_t plain = 1;
        while (plain < rest.len && !(words < WORDS_MAX && rest.ptr[plain] == '=' &&
                                     word_at(str_from(rest, plain), &word))) {
            plain++;
        }
        buf_put(&out, charset_to_utf8(ctx, STR_NONE, str_sub(rest, 0, plain)));
        rest = str_from(rest, plain);
    }
    // Encoded words can hold line breaks, which must not come back to life.
    return one_line(ctx, str_utf8_mend(ctx, buf_str(&out)));
}

// ---- parameters -------------------------------------------------------------------------------

struct str header_token(mem_ctx *ctx, struct str raw)
{
    struct str token = header_unfold(ctx, raw);
    size_t end = 0;
    while (end < token.len && strchr(";(,", token.ptr[end]) == NULL) {
        end++;
    }
    struct buf out;
    buf_init(&out, ctx, VALUE_MAX);
    for (size_t i = 0; i < end; i++) {
        if (!is_space(token.ptr[i]) && token.ptr[i] != '"') {
            buf_put_char(&out, token.ptr[i]);
        }
    }
    return str_lower(ctx, buf_str(&out));
}

struct segment {
    int index;     // -1 for a parameter in one piece
    bool encoded;  // name ends in '*'
    struct str value;
};

struct segments {
    struct segment items[SEGMENTS_MAX];
    size_t count;
};

// The value at the start of *rest, which becomes what follows it.
static struct str take_value(mem_ctx *ctx, struct str *rest)
{
    *rest = str_from(*rest, blanks_at(*rest));
    if (rest->len == 0 || rest->ptr[0] != '"') {
        struct str value;
        str_cut(*rest, ';', &value, rest);
        return str_trim(value);
    }
    struct buf out;
    buf_init(&out, ctx, VALUE_MAX);
    size_t i = 1;
    for (; i < rest->len && rest->ptr[i] != '"'; i++) {
        // Backslashes of Windows paths are not meant as quoting.
        if (rest->ptr[i] == '\\' && i + 1 < rest->len &&
            (rest->ptr[i + 1] == '"' || rest->ptr[i + 1] == '\\')) {
            i++;
        }
        buf_put_char(&out, rest->ptr[i]);
    }
    struct str dropped;
    str_cut(str_from(*rest, i), ';', &dropped, rest);
    return buf_str(&out);
}

// Reads "name", "name*", "name*3" or "name*3*"; false when it is another parameter.
static bool segment_name(struct str full, struct str wanted, struct segment *ret)
{
    struct str base;
    struct str tail;
    str_cut(full, '*', &base, &tail);
    if (!str_ieq(str_trim(base), wanted)) {
        return false;
    }
    ret->index = -1;
    ret->encoded = !str_none(tail) && (tail.len == 0 || tail.ptr[tail.len - 1] == '*');
    if (ret->encoded && tail.len > 0) {
        tail.len--;
    }
    if (tail.len > 0) {
        int64_t index;
        if (!str_to_i64(tail, &index) || index < 0 || index >= SEGMENTS_MAX) {
            return false;
        }
        ret->index = (int)index;
    }
    return true;
}

static void segments_read(mem_ctx *ctx, struct str line, struct str wanted, struct segments *ret)
{
    struct str head;
    struct str rest;
    ret->count = 0;
    str_cut(line, ';', &head, &rest);
    while (rest.len > 0 && ret->count < SEGMENTS_MAX) {
        rest = str_from(rest, blanks_at(rest));
        size_t at = 0;
        while (at < rest.len && rest.ptr[at] != '=' && rest.ptr[at] != ';') {
            at++;
        }
        struct str name = str_trim(str_sub(rest, 0, at));
        bool has_value = at < rest.len && rest.ptr[at] == '=';
        rest = str_from(rest, at + 1);
        if (has_value) {
            struct segment segment;
            struct str value = take_value(ctx, &rest);
            if (segment_name(name, wanted, &segment)) {
                segment.value = value;
                ret->items[ret->count++] = segment;
            }
        }
    }
}

// charset'language'text (RFC 2231, 4): takes the charset off.
static struct str take_charset(struct str *value)
{
    ptrdiff_t first = str_find_char(*value, '\'');
    if (first < 0) {
        return STR_NONE;
    }
    struct str after = str_from(*value, (size_t)first + 1);
    ptrdiff_t second = str_find_char(after, '\'');
    if (second < 0) {
        return STR_NONE;
    }
    struct str charset = str_sub(*value, 0, (size_t)first);
    *value = str_from(after, (size_t)second + 1);
    return charset;
}

static struct str segments_join(mem_ctx *ctx, const struct segments *all)
{
    struct buf bytes;
    buf_init(&bytes, ctx, VALUE_MAX * 4);
    struct str charset = STR_NONE;
    bool any_encoded = false;
    for (int index = 0; index < SEGMENTS_MAX; index++) {
        for (size_t i = 0; i < all->count; i++) {
            struct segment segment = all->items[i];
            if (segment.index != index) {
                continue;
            }
            if (segment.encoded && !any_encoded && index == 0) {
                charset = take_charset(&segment.value);
            }
            any_encoded = any_encoded || segment.encoded;
            if (segment.encoded) {
                put_hex_decoded(&bytes, segment.value, '%', false);
            } else {
                buf_put(&bytes, segment.value);
            }
            break;
        }
    }
    return any_encoded ? charset_to_utf8(ctx, charset, buf_str(&bytes))
                       : header_decode(ctx, buf_str(&bytes));
}

static struct str extended_value(mem_ctx *ctx, struct str value)
{
    struct buf bytes;
    buf_init(&bytes, ctx, VALUE_MAX * 4);
    struct str charset = take_charset(&value);
    put_hex_decoded(&bytes, value, '%', false);
    return charset_to_utf8(ctx, charset, buf_str(&bytes));
}

struct str header_param(mem_ctx *ctx, struct str raw, const char *name)
{
    struct segments all;
    segments_read(ctx, one_line(ctx, raw), str_c(name), &all);
    struct str plain = STR_NONE;
    bool continued = false;
    for (size_t i = 0; i < all.count; i++) {
        const struct segment *segment = &all.items[i];
        if (segment->index < 0 && segment->encoded) {
            return one_line(ctx, extended_value(ctx, segment->value));
        }
        continued = continued || segment->index >= 0;
        if (segment->index < 0 && str_none(plain)) {
            plain = segment->value;
        }
    }
    if (continued) {
        return one_line(ctx, segments_join(ctx, &all));
    }
    if (str_none(plain)) {
        return STR_NONE;
    }
    // Written by those who know the syntax of RFC 2231 but not its star.
    return str_istarts(plain, STR("utf-8''")) ? one_line(ctx, extended_value(ctx, plain))
                                              : header_decode(ctx, plain);
}

// ---- ids and blocks ---------------------------------------------------------------------------

static void ids_add(mem_ctx *ctx, struct mail_ids *ids, struct str id, size_t max)
{
    if (id.len == 0 || id.len > ID_MAX || ids->count >= max) {
        return;
    }
    for (size_t i = 0; i < ids->count; i++) {
        if (str_eq(ids->items[i], id)) {
            return;
        }
    }
    ids->items = mem_grow(ctx, ids->items, struct str, ids->count + 1);
    ids->items[ids->count++] = id;
}

// Folding in the middle of an id leaves blanks there that are none of its own.
static struct str id_bracketed(mem_ctx *ctx, struct str inner)
{
    struct buf out;
    buf_init(&out, ctx, inner.len + 2);
    buf_put(&out, STR("<"));
    for (size_t i = 0; i < inner.len; i++) {
        if (!is_space(inner.ptr[i]) && inner.ptr[i] != '<' && inner.ptr[i] != '>') {
            buf_put_char(&out, inner.ptr[i]);
        }
    }
    buf_put(&out, STR(">"));
    return out.len > 2 ? buf_str(&out) : STR_NONE;
}

static void ids_from_words(mem_ctx *ctx, struct mail_ids *ids, struct str line, size_t max)
{
    struct str word;
    while (str_next(&line, ' ', &word)) {
        if (str_find_char(word, '@') > 0) {
            ids_add(ctx, ids, id_bracketed(ctx, word), max);
        }
    }
}

struct mail_ids header_ids(mem_ctx *ctx, struct str raw, size_t max)
{
    struct mail_ids ids = {NULL, 0};
    struct str line = header_unfold(ctx, raw);
    if (str_find_char(line, '<') < 0) {
        ids_from_words(ctx, &ids, line, max);
        return ids;
    }
    struct str rest = line;
    for (;;) {
        ptrdiff_t open = str_find_char(rest, '<');
        if (open < 0) {
            return ids;
        }
        rest = str_from(rest, (size_t)open + 1);
        ptrdiff_t close = str_find_char(rest, '>');
        if (close < 0) {
            return ids;
        }
        ids_add(ctx, &ids, id_bracketed(ctx, str_sub(rest, 0, (size_t)close)), max);
        rest = str_from(rest, (size_t)close + 1);
    }
}

// The line at the start of *rest, without its line break.
static struct str take_line(struct str *rest)
{
    struct str line;
    str_cut(*rest, '\n', &line, rest);
    if (line.len > 0 && line.ptr[line.len - 1] == '\r') {
        line.len--;
    }
    return line;
}

struct mail_headers header_block(mem_ctx *ctx, struct str *rest)
{
    struct mail_headers headers = {NULL, 0};
    while (rest->len > 0 && headers.count < BLOCK_FIELDS_MAX) {
        struct str line = take_line(rest);
        if (str_trim(line).len == 0) {
            break;
        }
        while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t')) {
            struct str more = take_line(rest);
            line.len = (size_t)(more.ptr + more.len - line.ptr);
        }
        ptrdiff_t colon = str_find_char(line, ':');
        struct str name = str_trim(str_sub(line, 0, colon < 0 ? 0 : (size_t)colon));
        if (name.len == 0 || str_find_char(name, ' ') >= 0) {
            continue;
        }
        struct str raw = str_from(line, (size_t)colon + 1);
        headers.items = mem_grow(ctx, headers.items, struct mail_header, headers.count + 1);
        headers.items[headers.count++] =
            (struct mail_header){str_utf8_mend(ctx, name), header_decode(ctx, raw), raw};
    }
    return headers;
}
