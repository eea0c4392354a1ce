// SPDX-License-Identifier: GPL-3.0-or-later
//
// The lens: an administrator's rules and a text to read, parted by a line with only "---". Whatever
// the rules are, hits lie inside the text.
#include "desk/contact/lens.h"
#include "fuzz.h"

static void read_with(const struct lens *lens, mem_ctx *ctx, struct str text, struct str language)
{
    struct str own[] = {STR("@example.com"), STR("Jane Doe")};
    struct lens_context context = {own, 2};
    struct lens_hits hits;
    lens_read(ctx, lens, text, language, &context, &hits);
    for (size_t i = 0; i < hits.count; i++) {
        assert(hits.list[i].start <= text.len);
        assert(hits.list[i].len <= text.len - hits.list[i].start);
    }
    assert(hits.count == 0 || lens_kind_word(lens_strongest(&hits)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct lens *builtin;
    struct error err = {0};
    if (builtin == NULL) {
        bool good = lens_load(NULL, STR_NONE, &builtin, &err);
        assert(good);
    }
    struct str input = fuzz_input(data, size);
    ptrdiff_t cut = str_find(input, STR("\n---\n"));
    struct str text = cut < 0 ? input : str_from(input, (size_t)cut + 5);
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    read_with(builtin, ctx, text, STR_NONE);
    struct lens *lens = NULL;
    if (cut >= 0 && lens_load_rules(ctx, str_sub(input, 0, (size_t)cut), &lens, &err)) {
        read_with(lens, ctx, text, STR("xx"));
    }
    mem_free(ctx);
    return 0;
}
