// SPDX-License-Identifier: GPL-3.0-or-later
//
// Templates: any text in every place leaves the page's elements and attributes as they were, and
// any bytes as a link, a name, a zone or a language do no harm.
#include "fuzz.h"

#include "view/layout.h"
#include "view/test_contexts.h"
#include "view/url.h"

static void check_link(struct str text)
{
    struct url url;
    if (!url_checked(text, &url)) {
        return;
    }
    assert(str_starts(text, STR("/")) || str_istarts(text, STR("http://")) ||
           str_istarts(text, STR("https://")) || str_istarts(text, STR("mailto:")) ||
           str_istarts(text, STR("tel:")));
    assert(!str_starts(text, STR("//")) && str_find_char(text, '\\') < 0);
}

static void check_helpers(mem_ctx *ctx, struct str text)
{
    struct view v;
    view_init(&v, NULL, ctx);
    assert(str_utf8_valid(view_initials(&v, text)));
    v.site = view_site_new(ctx);
    v.time_zone = text;
    v.locale = text;
    assert(str_utf8_valid(view_time(&v, (int64_t)str_hash(text) >> 20).full));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct str text = str_utf8_mend(ctx, fuzz_input(data, size));
    check_link(fuzz_input(data, size));
    check_helpers(ctx, str_utf8_clip(text, 200));
    if (str_trim(text).len > 0 && text.len < 4096) {
        assert(contexts_escape(ctx, text) == NULL);
    }
    mem_free(ctx);
    return 0;
}
