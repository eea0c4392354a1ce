// SPDX-License-Identifier: GPL-3.0-or-later
//
// Html from anybody through the sanitiser in all its ways, checked by reading the result again;
// and through the two makers of the other form.
#include <string.h>

#include "fuzz.h"
#include "mail/html_text.h"
#include "mail/sanitize.h"
#include "mail/sanitize_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct str dirty = fuzz_input(data, size);
    static const struct sanitize_options OPTIONS[] = {
        {.fold_quotes = true},
        {.composer = true, .own_prefix = STR_INIT("/attachments/")},
        {.show_remote_images = true},
    };
    for (size_t i = 0; i < sizeof OPTIONS / sizeof OPTIONS[0]; i++) {
        struct sanitized clean;
        html_sanitize(ctx, dirty, &OPTIONS[i], &clean);
        assert(sanitize_check(ctx, clean.html.markup) == NULL);
    }
    struct str text = html_to_text(ctx, dirty);
    assert(str_utf8_valid(text));
    struct html markup = text_to_html(ctx, str_utf8_mend(ctx, dirty));
    assert(sanitize_check(ctx, markup.markup) == NULL);
    struct str style = css_sanitize(ctx, dirty);
    assert(str_eq(css_sanitize(ctx, style), style));
    mem_free(ctx);
    return 0;
}
