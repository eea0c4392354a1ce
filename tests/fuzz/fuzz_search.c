// SPDX-License-Identifier: GPL-3.0-or-later
//
// The search language of programs: whatever is sent, reading ends within its limits, and every
// text of the result lies within what was given or has no upper-case letter.
#include "desk/tickets/search_query.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct search_query *query = mem_new(ctx, struct search_query);
    search_parse(ctx, fuzz_input(data, size), query);
    assert(query->count <= SEARCH_TERMS_MAX && (query->types & ~(unsigned)SEARCH_ALL) == 0);
    for (size_t i = 0; i < query->count; i++) {
        const struct search_term *term = &query->terms[i];
        const char *start = (const char *)data;
        int64_t from = 0;
        int64_t to = 0;
        assert(term->value.len > 0);
        assert(term->value.ptr >= start && term->value.ptr + term->value.len <= start + size);
        assert(!search_time(term->value, INT64_C(1700000000000), &from, &to) || from <= to);
    }
    mem_free(ctx);
    return 0;
}
