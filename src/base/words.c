// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/words.h"

#include <stdlib.h>

#include "base/buf.h"

static bool is_separator(char c)
{
    return c == ' ' || c == ',' || (c >= '\t' && c <= '\r');
}

bool words_next(struct str *rest, struct str *ret_word)
{
    while (rest->len > 0 && is_separator(rest->ptr[0])) {
        *rest = str_from(*rest, 1);
    }
    size_t len = 0;
    while (len < rest->len && !is_separator(rest->ptr[len])) {
        len++;
    }
    *ret_word = str_sub(*rest, 0, len);
    *rest = str_from(*rest, len);
    return len > 0;
}

bool words_has(struct str words, struct str word)
{
    struct str one;
    while (words_next(&words, &one)) {
        if (str_eq(one, word)) {
            return true;
        }
    }
    return false;
}

static int compare_words(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct str words_combine(mem_ctx *ctx, struct str words, struct str add, struct str remove)
{
    struct str rest =
        str_lower(ctx, str_printf(ctx, STR_FMT " " STR_FMT, STR_ARG(words), STR_ARG(add)));
    struct str gone = str_lower(ctx, remove);
    struct str *list = mem_array(ctx, struct str, rest.len / 2 + 2);
    size_t count = 0;
    struct str word;
    while (words_next(&rest, &word)) {
        word = str_utf8_clip(word, WORD_MAX_BYTES);
        if (!words_has(gone, word)) {
            list[count++] = word;
        }
    }
    qsort(list, count, sizeof *list, compare_words);
    struct buf out;
    size_t kept = 0;
    buf_init(&out, ctx, WORDS_MAX * (WORD_MAX_BYTES + 1));
    for (size_t i = 0; i < count && kept < WORDS_MAX; i++) {
        if (i > 0 && str_eq(list[i], list[i - 1])) {
            continue;
        }
        buf_put(&out, kept > 0 ? STR(" ") : STR(""));
        buf_put(&out, list[i]);
        kept++;
    }
    return buf_str(&out);
}

struct str words_normalise(mem_ctx *ctx, struct str words)
{
    return words_combine(ctx, words, STR(""), STR(""));
}
