// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/fold.h"

#include <string.h>

#include "base/buf.h"

enum { BROKEN = 0xFFFD };

// Two columns a character, from U+00C0 and U+1E00 on: base letters by Unicode's compatibility
// decomposition, and by custom for the letters that have none.
static const char LATIN[] =
    "a a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thssa a a a a a aec "
    "e e e e i i i i d n o o o o o   o u u u u y thy a a a a a a c c c c c c c c d d "
    "d d e e e e e e e e e e g g g g g g g g h h h h i i i i i i i i i i ijijj j k k "
    "k l l l l l l l l l l n n n n n n n n n o o o o o o oeoer r r r r r s s s s s s "
    "s s t t t t t t u u u u u u u u u u u u w w y y y z z z z z z s ";
static const char LATIN_ADDITIONAL[] =
    "a a b b b b b b c c d d d d d d d d d d e e e e e e e e e e f f g g h h h h h h "
    "h h h h i i i i k k k k k k l l l l l l l l m m m m m m n n n n n n n n o o o o "
    "o o o o p p p p r r r r r r r r s s s s s s s s s s t t t t t t t t u u u u u u "
    "u u u u v v v v w w w w w w w w w w x x x x y y z z z z z z h t w y a s s s ssd "
    "a a a a a a a a a a a a a a a a a a a a a a a a e e e e e e e e e e e e e e e e "
    "i i i i o o o o o o o o o o o o o o o o o o o o o o o o u u u u u u u u u u u u "
    "u u y y y y y y y y llllv v y y ";

struct range {
    uint32_t from, to;
};

// What beyond ASCII is no part of a word: blanks, punctuation, symbols, private use, pictographs.
static const struct range NOT_WORD[] = {
    {0x80, 0xA9},     {0xAB, 0xB1},       {0xB4, 0xB4},        {0xB6, 0xB8},     {0xBB, 0xBF},
    {0xD7, 0xD7},     {0xF7, 0xF7},       {0x2000, 0x206F},    {0x20A0, 0x20CF}, {0x2190, 0x2BFF},
    {0x2E00, 0x2E7F}, {0x3000, 0x3004},   {0x3008, 0x3020},    {0xE000, 0xF8FF}, {0xFE10, 0xFE6F},
    {0xFEFF, 0xFEFF}, {0xFF00, 0xFF0F},   {0xFF1A, 0xFF20},    {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65},
    {0xFFE0, 0xFFFF}, {0x1F000, 0x1FAFF}, {0xE0000, 0x10FFFF},
};

static bool is_word(uint32_t c)
{
    if (c < 0x80) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    for (size_t i = 0; i < sizeof(NOT_WORD) / sizeof(NOT_WORD[0]); i++) {
        if (c >= NOT_WORD[i].from && c <= NOT_WORD[i].to) {
            return false;
        }
    }
    return true;
}

// The bytes of the sequence that begins here, 0 when it is none.
static size_t sequence_length(const unsigned char *p, size_t left)
{
    size_t len = p[0] >= 0xF0 && p[0] <= 0xF4   ? 4
                 : p[0] >= 0xE0 && p[0] <= 0xEF ? 3
                 : p[0] >= 0xC2 && p[0] <= 0xDF ? 2
                                                : 0;
    if (len == 0 || len > left) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return len;
}

static void decode(struct str text, size_t at, struct fold_char *ret)
{
    const unsigned char *p = (const unsigned char *)text.ptr + at;
    ret->len = p[0] < 0x80 ? 1 : sequence_length(p, text.len - at);
    if (ret->len == 0) {
        ret->from = BROKEN;
        ret->len = 1;
    } else if (ret->len == 1) {
        ret->from = p[0];
    } else {
        ret->from = p[0] & (0xFFU >> (ret->len + 1));
        for (size_t i = 1; i < ret->len; i++) {
            ret->from = ret->from << 6 | (p[i] & 0x3F);
        }
    }
}

static uint32_t lower_greek_cyrillic(uint32_t c)
{
    if (c >= 0x391 && c <= 0x3A9) {
        return c + 0x20;
    }
    if (c >= 0x410 && c <= 0x42F) {
        return c + 0x20;
    }
    return c >= 0x400 && c <= 0x40F ? c + 0x50 : c;
}

static bool is_combining(uint32_t c)
{
    return (c >= 0x300 && c <= 0x36F) || (c >= 0x1AB0 && c <= 0x1AFF);
}

static void from_table(const char *pair, struct fold_char *ret)
{
    ret->count = pair[1] == ' ' ? 1 : 2;
    memcpy(ret->bytes, pair, ret->count);
}

static void fold(struct str text, struct fold_char *ret)
{
    uint32_t c = ret->from;
    ret->count = 1;
    if (c < 0x80) {
        ret->bytes[0] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    } else if (c >= 0xC0 && c < 0x180 && ret->word) {
        from_table(LATIN + 2 * (size_t)(c - 0xC0), ret);
    } else if (c >= 0x1E00 && c < 0x1F00) {
        from_table(LATIN_ADDITIONAL + 2 * (size_t)(c - 0x1E00), ret);
    } else if (is_combining(c)) {
        ret->count = 0;
    } else if (lower_greek_cyrillic(c) != c) {
        uint32_t lower = lower_greek_cyrillic(c);
        ret->bytes[0] = (char)(0xC0 | lower >> 6);
        ret->bytes[1] = (char)(0x80 | (lower & 0x3F));
        ret->count = 2;
    } else {
        ret->count = ret->len;
        memcpy(ret->bytes, text.ptr + ret->start, ret->len);
    }
}

bool fold_next(struct str text, size_t *at, struct fold_char *ret)
{
    if (*at >= text.len) {
        return false;
    }
    ret->start = *at;
    decode(text, *at, ret);
    ret->word = is_word(ret->from);
    fold(text, ret);
    *at += ret->len;
    return true;
}

struct str fold_text(const mem_ctx *ctx, struct str text)
{
    struct buf out;
    buf_init(&out, ctx, 2 * text.len + 1);
    struct fold_char c;
    for (size_t at = 0; fold_next(text, &at, &c);) {
        buf_put(&out, (struct str){c.bytes, c.count});
    }
    return buf_str(&out);
}
