// SPDX-License-Identifier: GPL-3.0-or-later
//
// Text folded for comparing and finding, by ICU: compatibility decomposition, accents dropped, case
// folded (Unicode Standard Annex 15 and chapter 3.13).
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/buf.h"
#include "desk/people/people_internal.h"

#define FOLD_MAX_BYTES 1024
#define WORDS_PER_PERSON 40

static void drop_marks(UChar *text, int32_t *len)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < *len; i++) {
        if (u_charType(text[i]) != U_NON_SPACING_MARK) {
            text[kept++] = text[i];
        }
    }
    *len = kept;
}

struct str text_fold(mem_ctx *ctx, struct str text)
{
    struct str cut = str_utf8_clip(text, FOLD_MAX_BYTES);
    // Decomposition lengthens by at most 18 UTF-16 units a code point, folding by at most 3.
    const int32_t room = FOLD_MAX_BYTES * 20;
    UErrorCode trouble = U_ZERO_ERROR;
    const UNormalizer2 *form = unorm2_getNFKDInstance(&trouble);
    UChar *wide = mem_array(ctx, UChar, room);
    UChar *apart = mem_array(ctx, UChar, room);
    int32_t len = 0;
    u_strFromUTF8(wide, room, &len, cut.ptr, (int32_t)cut.len, &trouble);
    len = unorm2_normalize(form, wide, len, apart, room, &trouble);
    if (U_FAILURE(trouble)) {
        return str_lower(ctx, cut);
    }
    drop_marks(apart, &len);
    len = u_strFoldCase(wide, room, apart, len, U_FOLD_CASE_DEFAULT, &trouble);
    char *bytes = mem_array(ctx, char, room * 3);
    int32_t size = 0;
    u_strToUTF8(bytes, room * 3, &size, wide, len, &trouble);
    if (U_FAILURE(trouble)) {
        return str_lower(ctx, cut);
    }
    return (struct str){bytes, (size_t)size};
}

struct str text_after_prefix(mem_ctx *ctx, struct str prefix)
{
    // U+10FFFF: no text goes beyond it.
    return str_printf(ctx, STR_FMT "\xf4\x8f\xbf\xbf", STR_ARG(prefix));
}

static bool is_word_byte(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z');
}

static void add_word(struct str *words, size_t *count, struct str word)
{
    for (size_t i = 0; i < *count; i++) {
        if (str_eq(words[i], word)) {
            return;
        }
    }
    if (word.len > 0 && *count < WORDS_PER_PERSON) {
        words[(*count)++] = str_utf8_clip(word, 100);
    }
}

static bool next_part(struct str *rest, struct str *ret)
{
    while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\n')) {
        *rest = str_from(*rest, 1);
    }
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != ' ' && rest->ptr[len] != '\n') {
        len++;
    }
    *ret = str_sub(*rest, 0, len);
    *rest = str_from(*rest, len);
    return len > 0;
}

void fold_words(mem_ctx *ctx, struct str text, struct str **ret, size_t *ret_count)
{
    struct str rest = text_fold(ctx, text);
    struct str *words = mem_array(ctx, struct str, WORDS_PER_PERSON);
    size_t count = 0;
    struct str part;
    while (next_part(&rest, &part)) {
        if (str_find_char(part, '@') >= 0) {
            add_word(words, &count, part);
            add_word(words, &count, email_domain(part));
        }
        size_t from = 0;
        for (size_t i = 0; i <= part.len; i++) {
            if (i == part.len || !is_word_byte(part.ptr[i])) {
                add_word(words, &count, str_sub(part, from, i - from));
                from = i + 1;
            }
        }
    }
    *ret = words;
    *ret_count = count;
}

struct str email_domain(struct str email)
{
    for (size_t i = email.len; i > 0; i--) {
        if (email.ptr[i - 1] == '@') {
            return str_from(email, i);
        }
    }
    return STR("");
}

// --- addresses ----------------------------------------------------------------------------------

static bool is_local_byte(char c)
{
    return (unsigned char)c > ' ' && c != 0x7F && strchr("<>()[]\\,;:\"@", c) == NULL;
}

static bool is_domain_byte(char c)
{
    return is_word_byte(c) || c == '-' || c == '.';
}

static bool is_domain(struct str domain)
{
    if (domain.len == 0 || domain.len > 253) {
        return false;
    }
    size_t label = 0;
    for (size_t i = 0; i < domain.len; i++) {
        char c = domain.ptr[i];
        bool edge = label == 0 || i + 1 == domain.len || domain.ptr[i + 1] == '.';
        if (!is_domain_byte(c) || (edge && (c == '-' || c == '.') && (c != '.' || label == 0))) {
            return false;
        }
        label = c == '.' ? 0 : label + 1;
        if (label > 63) {
            return false;
        }
    }
    return label > 0;
}

bool email_normalise(mem_ctx *ctx, struct str raw, struct str *ret)
{
    struct str email = str_lower(ctx, str_trim(raw));
    struct str domain = email_domain(email);
    size_t local = email.len - domain.len;
    // local counts the '@'.
    if (email.len > EMAIL_MAX_BYTES || local < 2 || local > 65 || !str_utf8_valid(email) ||
        !is_domain(domain)) {
        return false;
    }
    for (size_t i = 0; i + 1 < local; i++) {
        if (!is_local_byte(email.ptr[i])) {
            return false;
        }
    }
    *ret = email;
    return true;
}
