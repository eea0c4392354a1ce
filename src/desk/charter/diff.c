// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/charter/diff.h"

#include "base/mem.h"

enum { CELLS_MOST = 1 << 20 };

static bool blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

// A word and the blanks after it.
static struct str *split(mem_ctx *ctx, struct str text, size_t *ret_count)
{
    struct str *words = mem_array(ctx, struct str, text.len + 1);
    size_t count = 0;
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && !blank(text.ptr[end])) {
            end++;
        }
        while (end < text.len && blank(text.ptr[end])) {
            end++;
        }
        words[count++] = str_sub(text, at, end - at);
        at = end;
    }
    *ret_count = count;
    return words;
}

struct parts {
    mem_ctx *ctx;
    struct diff_part *items;
    size_t count;
};

// Neighbours of one kind stand beside each other in their text and become one part.
static void put(struct parts *parts, enum diff_kind kind, struct str text)
{
    struct diff_part *last = parts->count > 0 ? &parts->items[parts->count - 1] : NULL;
    if (last != NULL && last->kind == kind) {
        last->text.len += text.len;
        return;
    }
    parts->items = mem_grow(parts->ctx, parts->items, struct diff_part, parts->count + 1);
    parts->items[parts->count++] = (struct diff_part){kind, text};
}

// length[i][k]: of the longest common subsequence of before from i and after from k.
static uint32_t *lengths(mem_ctx *ctx, const struct str *before, size_t n, const struct str *after,
                         size_t m)
{
    uint32_t *length = mem_array(ctx, uint32_t, (n + 1) * (m + 1));
    size_t width = m + 1;
    for (size_t i = n; i > 0; i--) {
        for (size_t k = m; k > 0; k--) {
            uint32_t *cell = &length[(i - 1) * width + k - 1];
            uint32_t down = length[i * width + k - 1];
            uint32_t right = length[(i - 1) * width + k];
            bool same = str_eq(str_trim(before[i - 1]), str_trim(after[k - 1]));
            *cell = same ? length[i * width + k] + 1 : down >= right ? down : right;
        }
    }
    return length;
}

void diff_words(mem_ctx *ctx, struct str before, struct str after, struct diff_part **ret,
                size_t *ret_count)
{
    struct parts parts = {.ctx = ctx, .items = mem_array(ctx, struct diff_part, 1)};
    size_t n = 0;
    size_t m = 0;
    const struct str *a = split(ctx, before, &n);
    const struct str *b = split(ctx, after, &m);
    bool large = (n + 1) * (m + 1) > CELLS_MOST;
    const uint32_t *length = large ? NULL : lengths(ctx, a, n, b, m);
    size_t i = 0;
    size_t k = 0;
    while (i < n || k < m) {
        bool same = !large && i < n && k < m && str_eq(str_trim(a[i]), str_trim(b[k]));
        bool gone = i < n && (large || k == m ||
                              length[(i + 1) * (m + 1) + k] >= length[i * (m + 1) + k + 1]);
        if (same) {
            put(&parts, DIFF_SAME, b[k++]);
            i++;
        } else if (gone) {
            put(&parts, DIFF_GONE, a[i++]);
        } else {
            put(&parts, DIFF_NEW, b[k++]);
        }
    }
    *ret = parts.items;
    *ret_count = parts.count;
}
