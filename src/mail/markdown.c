// SPDX-License-Identifier: GPL-3.0-or-later
//
// Markdown into markup by cmark-gfm; what comes out goes through the sanitiser like all markup.
#include "mail/markdown.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <pthread.h>

#include "base/mem.h"
#include "mail/sanitize.h"

static void close_markup(void *markup)
{
    cmark_get_default_mem_allocator()->free(markup);
}

static void register_extensions(void)
{
    cmark_gfm_core_extensions_ensure_registered();
}

struct html markdown_to_html(mem_ctx *ctx, struct str markdown)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static const char *const EXTENSIONS[] = {"table", "strikethrough", "autolink", "tasklist"};
    (void)pthread_once(&once, register_extensions);
    cmark_parser *parser = cmark_parser_new(CMARK_OPT_DEFAULT);
    for (size_t i = 0; i < sizeof EXTENSIONS / sizeof *EXTENSIONS; i++) {
        cmark_syntax_extension *extension = cmark_find_syntax_extension(EXTENSIONS[i]);
        if (extension != NULL) {
            (void)cmark_parser_attach_syntax_extension(parser, extension);
        }
    }
    cmark_parser_feed(parser, markdown.ptr, markdown.len);
    cmark_node *document = cmark_parser_finish(parser);
    char *markup =
        cmark_render_html(document, CMARK_OPT_DEFAULT, cmark_parser_get_syntax_extensions(parser));
    mem_on_free(ctx, close_markup, markup);
    struct sanitize_options options = {.links = SANITIZE_LINKS_OUTSIDE,
                                       .composer = true,
                                       .own_prefix = STR("/"),
                                       .fold_label = STR("")};
    struct sanitized clean;
    html_sanitize(ctx, str_c(markup), &options, &clean);
    cmark_node_free(document);
    cmark_parser_free(parser);
    return clean.html;
}
