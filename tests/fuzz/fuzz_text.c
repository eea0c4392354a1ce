// SPDX-License-Identifier: GPL-3.0-or-later
//
// Text from outside through the functions that everything passes at the edge: mending, cutting,
// escaping, numbers and dates.
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "fuzz.h"

static void check_escaped(struct str markup)
{
    for (size_t i = 0; i < markup.len; i++) {
        assert(strchr("<>\"'", markup.ptr[i]) == NULL || markup.ptr[i] == '\0');
    }
}

static void check_mended(mem_ctx *ctx, struct str raw, size_t cut)
{
    struct str text = str_utf8_mend(ctx, raw);
    assert(str_utf8_valid(text));
    assert(str_eq(str_utf8_mend(ctx, text), text));
    struct str clipped = str_utf8_clip(text, cut);
    assert(clipped.len <= cut && str_utf8_valid(clipped));
    struct str line = str_one_line(ctx, text, cut);
    assert(str_utf8_valid(line) && str_find_char(line, '\n') < 0);
    check_escaped(html_escape(ctx, text).markup);
    assert(str_utf8_valid(str_lower(ctx, text)));
}

static void check_parsed(mem_ctx *ctx, struct str raw)
{
    int64_t number = 0;
    if (str_to_i64(raw, &number)) {
        int64_t again = 0;
        struct str text = str_printf(ctx, "%lld", (long long)number);
        assert(str_to_i64(text, &again) && again == number);
    }
    int64_t ms = 0;
    const int64_t year_10000 = 253402300800000;
    if (time_parse_iso(raw, &ms) && ms >= 0 && ms < year_10000) {
        int64_t again = -1;
        assert(time_parse_iso(time_iso_ms(ctx, ms), &again) && again == ms);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct str raw = fuzz_input(data, size);
    check_mended(ctx, raw, size / 2 + 1);
    check_parsed(ctx, raw);
    struct str part;
    struct str rest = raw;
    while (str_next(&rest, ',', &part)) {
        assert(str_find_char(part, ',') < 0);
    }
    mem_free(ctx);
    return 0;
}
