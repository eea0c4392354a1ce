// SPDX-License-Identifier: GPL-3.0-or-later
//
// Paging through lists that are read whole: comments and audits of one ticket, tags.
#include "app/api.h"

#include <string.h>

static int64_t row_key(const char *rows, size_t row_size, size_t index, size_t id_at)
{
    int64_t id = 0;
    if (id_at == SIZE_MAX) {
        return (int64_t)index + 1;
    }
    memcpy(&id, rows + index * row_size + id_at, sizeof id);
    return id;
}

static size_t place_of(const char *rows, size_t row_size, size_t count, size_t id_at, int64_t key)
{
    for (size_t i = 0; i < count; i++) {
        if (row_key(rows, row_size, i, id_at) == key) {
            return i;
        }
    }
    return count;
}

bool api_slice(struct ctx *ctx, const struct api_page *page, const void *rows, size_t row_size,
               size_t count, size_t id_at, void **ret, struct api_found *ret_found,
               struct error *err)
{
    (void)err;
    char *list = mem_array(ctx->mem, char, (count + 1) * row_size);
    for (size_t i = 0; i < count; i++) {
        size_t from = page->descending ? count - 1 - i : i;
        memcpy(list + i * row_size, (const char *)rows + from * row_size, row_size);
    }
    size_t size = (size_t)page->size;
    size_t start = page->cursor ? 0 : (size_t)page->offset;
    size_t end = count;
    if (page->cursor && page->keyed) {
        size_t place = place_of(list, row_size, count, id_at, page->key.id);
        if (page->backwards) {
            end = place;
            start = end > size ? end - size : 0;
        } else {
            start = place + 1;
        }
    }
    start = start < count ? start : count;
    end = end - start > size ? start + size : end;
    ret_found->total = (int64_t)count;
    ret_found->count = end - start;
    ret_found->more = page->backwards ? start > 0 : end < count;
    if (end > start) {
        ret_found->first.id = row_key(list, row_size, start, id_at);
        ret_found->last.id = row_key(list, row_size, end - 1, id_at);
    }
    *ret = list + start * row_size;
    return true;
}
