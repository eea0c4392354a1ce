// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/sanitize.h"

#include <string.h>

#include "base/buf.h"
#include "base/random.h"
#include "mail/html_text.h"
#include "mail/html_tree.h"
#include "mail/quote_html.h"
#include "mail/sanitize_table.h"

#define LINKS_MAX 5000
#define OUTPUT_MAX ((size_t)16 * 1024 * 1024)
#define DEPTH_MAX 250  // browsers stop at 512
#define TEXT_MAX 1000
#define DATA_IMAGE_MAX ((size_t)2 * 1024 * 1024)

// How an element was written, so that leaving it undoes just that.
enum element_mark { MARK_NOTHING, MARK_TAG };

struct writer {
    mem_ctx *ctx;
    const struct sanitize_options *options;
    struct sanitized *ret;
    struct buf out;
    GumboTag open[DEPTH_MAX];
    size_t depth;
    struct quote_fold fold;
    bool fold_open;
};

// ---- open elements ----------------------------------------------------------------------------

static bool scope_has(const struct writer *w, GumboTag tag)
{
    for (size_t i = w->depth; i > 0; i--) {
        if (w->open[i - 1] == tag) {
            return true;
        }
        if (sanitize_tag(w->open[i - 1]).flags & FLAG_CELL) {
            return false;
        }
    }
    return false;
}

static bool any_open(const struct writer *w, GumboTag tag)
{
    for (size_t i = 0; i < w->depth; i++) {
        if (w->open[i] == tag) {
            return true;
        }
    }
    return false;
}

static bool is_heading(GumboTag tag)
{
    return tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6;
}

static GumboTag innermost(const struct writer *w)
{
    return w->depth == 0 ? GUMBO_TAG_BODY : w->open[w->depth - 1];
}

// Parts of tables stand only where a reader of our output would leave them.
static bool table_place(const struct writer *w, GumboTag tag)
{
    GumboTag in = innermost(w);
    bool group = in == GUMBO_TAG_TBODY || in == GUMBO_TAG_THEAD || in == GUMBO_TAG_TFOOT;
    switch ((int)tag) {
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TH:
        return in == GUMBO_TAG_TR;
    case GUMBO_TAG_TR:
        return group;
    case GUMBO_TAG_COL:
        return in == GUMBO_TAG_COLGROUP;
    case GUMBO_TAG_TBODY:
    case GUMBO_TAG_THEAD:
    case GUMBO_TAG_TFOOT:
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_COLGROUP:
        return in == GUMBO_TAG_TABLE;
    default:
        return in != GUMBO_TAG_TABLE && !group && in != GUMBO_TAG_TR && in != GUMBO_TAG_COLGROUP;
    }
}

// A reader closes elements by rules of its own; a tag that would make it do so where the tree that
// we read had none of it (because a barrier between them was taken out) is left out.
static bool place_fits(const struct writer *w, const struct tag_row *row)
{
    if (w->depth >= DEPTH_MAX || !table_place(w, row->tag)) {
        return false;
    }
    if (row->tag == GUMBO_TAG_A) {
        return !scope_has(w, GUMBO_TAG_A);
    }
    if (is_heading(row->tag) && is_heading(innermost(w))) {
        return false;
    }
    // A table in a paragraph depends on the reader's mode.
    return !(row->flags & FLAG_BLOCK) || !scope_has(w, GUMBO_TAG_P);
}

// ---- attributes -------------------------------------------------------------------------------

static void put_attribute(struct writer *w, const char *name, struct str value)
{
    buf_put_char(&w->out, ' ');
    buf_put_c(&w->out, name);
    buf_put(&w->out, STR("=\""));
    buf_put_html_text(&w->out, value);
    buf_put_char(&w->out, '"');
}

static bool plain_word(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = (char)(value.ptr[i] | 0x20);
        bool sign = i == 0 && value.ptr[i] == '+';
        if (!(c >= 'a' && c <= 'z') && !(value.ptr[i] >= '0' && value.ptr[i] <= '9') &&
            value.ptr[i] != '-' && !sign) {
            return false;
        }
    }
    return value.len > 0 && value.len <= 24;
}

// "120", "50%" or "12px" (the unit falls off); decimals are cut.
static struct str plain_length(mem_ctx *ctx, struct str value, bool percent)
{
    size_t digits = 0;
    while (digits < value.len && value.ptr[digits] >= '0' && value.ptr[digits] <= '9') {
        digits++;
    }
    if (digits == 0 || digits > 5) {
        return STR_NONE;
    }
    bool is_percent = percent && value.ptr[value.len - 1] == '%';
    return str_printf(ctx, STR_FMT "%s", STR_ARG(str_sub(value, 0, digits)), is_percent ? "%" : "");
}

static struct str plain_color(mem_ctx *ctx, struct str value)
{
    struct str declaration =
        css_sanitize(ctx, str_printf(ctx, "color:" STR_FMT, STR_ARG(str_sub(value, 0, 40))));
    return declaration.len == 0 ? STR_NONE : str_from(declaration, sizeof "color:");
}

static struct str plain_face(mem_ctx *ctx, struct str value)
{
    struct str declaration =
        css_sanitize(ctx, str_printf(ctx, "font-family:" STR_FMT, STR_ARG(str_sub(value, 0, 190))));
    return declaration.len == 0 ? STR_NONE : str_from(declaration, sizeof "font-family:");
}

// Our composer's people write words, not layouts.
static struct str style_value(struct writer *w, struct str value)
{
    struct str style = css_sanitize(w->ctx, value);
    if (!w->options->composer) {
        return style.len == 0 ? STR_NONE : style;
    }
    struct str one;
    while (str_next(&style, ';', &one)) {
        if (str_starts(str_trim(one), STR("text-align:"))) {
            return str_trim(one);
        }
    }
    return STR_NONE;
}

static struct str own_class(GumboTag tag, struct str value)
{
    if (tag == GUMBO_TAG_DETAILS && str_eq_c(str_trim(value), "quoted")) {
        return STR("quoted");
    }
    return STR_NONE;
}

// The value as it may stand; absent when it may not.
static struct str attribute_value(struct writer *w, GumboTag tag, enum value_kind kind,
                                  struct str value)
{
    struct str trimmed = str_trim(value);
    switch (kind) {
    case VALUE_TEXT:
        return str_one_line(w->ctx, str_utf8_mend(w->ctx, value), TEXT_MAX);
    case VALUE_NUMBER:
        return plain_length(w->ctx, trimmed, false);
    case VALUE_LENGTH:
        return plain_length(w->ctx, trimmed, true);
    case VALUE_COLOR:
        return plain_color(w->ctx, trimmed);
    case VALUE_WORD:
        return plain_word(trimmed) ? trimmed : STR_NONE;
    case VALUE_FLAG:
        return STR("");
    case VALUE_FACE:
        return plain_face(w->ctx, trimmed);
    case VALUE_STYLE:
        return style_value(w, value);
    case VALUE_CLASS:
        return own_class(tag, value);
    case VALUE_LINK:
    case VALUE_IMAGE:
    case VALUE_NONE:
        break;
    }
    return STR_NONE;
}

static void put_attributes(struct writer *w, const struct tag_row *row, const GumboNode *node)
{
    const GumboVector *all = &node->v.element.attributes;
    for (unsigned i = 0; i < all->length && i < 100; i++) {
        const GumboAttribute *attribute = all->data[i];
        struct str name = str_c(attribute->name);
        enum value_kind kind = sanitize_attribute(row, name, w->options->composer);
        struct str value = attribute_value(w, row->tag, kind, str_c(attribute->value));
        if (!str_none(value) && attribute->attr_namespace == GUMBO_ATTR_NAMESPACE_NONE) {
            put_attribute(w, str_lower(w->ctx, name).ptr, value);
        }
    }
}

// ---- links and pictures -----------------------------------------------------------------------

static void put_link_attributes(struct writer *w, const GumboNode *node)
{
    struct str href = html_attribute(node, "href");
    if (w->options->links == SANITIZE_LINKS_NONE || str_none(href)) {
        return;
    }
    struct str url = link_sanitize(w->ctx, href, w->options->own_prefix);
    if (str_none(url)) {
        return;
    }
    w->ret->links++;
    put_attribute(w, "href", url);
    put_attribute(w, "rel", STR("noopener noreferrer nofollow"));
    put_attribute(w, "target", STR("_blank"));
}

static struct str percent_decoded(mem_ctx *ctx, struct str text)
{
    struct buf out;
    buf_init(&out, ctx, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        struct str byte;
        if (text.ptr[i] == '%' && i + 2 < text.len &&
            hex_decode(ctx, str_sub(text, i + 1, 2), &byte)) {
            buf_put(&out, byte);
            i += 2;
        } else {
            buf_put_char(&out, text.ptr[i]);
        }
    }
    return str_utf8_mend(ctx, buf_str(&out));
}

// Pictures within the address itself: raster formats only, since SVG can hold script.
static bool data_image(struct str src)
{
    static const char *const STARTS[] = {"data:image/png;base64,", "data:image/jpeg;base64,",
                                         "data:image/jpg;base64,", "data:image/gif;base64,",
                                         "data:image/webp;base64,"};
    for (size_t i = 0; i < sizeof STARTS / sizeof STARTS[0]; i++) {
        struct str start = str_c(STARTS[i]);
        if (!str_istarts(src, start) || src.len > DATA_IMAGE_MAX) {
            continue;
        }
        for (size_t k = start.len; k < src.len; k++) {
            char c = (char)(src.ptr[k] | 0x20);
            if (!(c >= 'a' && c <= 'z') && strchr("0123456789+/=", src.ptr[k]) == NULL) {
                return false;
            }
        }
        return true;
    }
    return false;
}

static void put_remote_image(struct writer *w, struct str url)
{
    bool web = str_starts(url, STR("http:")) || str_starts(url, STR("https:"));
    bool own = w->options->own_prefix.len > 0 && str_starts(url, w->options->own_prefix);
    if (own) {
        put_attribute(w, "src", url);
    } else if (web && w->options->show_remote_images) {
        put_attribute(w, "src", url);
        put_attribute(w, "referrerpolicy", STR("no-referrer"));
        put_attribute(w, "loading", STR("lazy"));
    } else if (web) {
        w->ret->blocked_images++;
        put_attribute(w, "data-src", url);
        put_attribute(w, "class", STR("blocked-image"));
    }
}

static void put_image_attributes(struct writer *w, const GumboNode *node)
{
    struct str src = html_attribute(node, "src");
    struct str waiting = html_attribute(node, "data-src");
    src = str_trim(str_empty(src) ? waiting : src);
    if (str_istarts(src, STR("cid:")) && w->options->resolve_cid != NULL) {
        struct str id = percent_decoded(w->ctx, str_from(src, 4));
        struct str url = w->options->resolve_cid(w->options->cid_state, w->ctx, id);
        if (!str_none(url)) {
            put_attribute(w, "src", url);
        }
    } else if (data_image(src)) {
        put_attribute(w, "src", src);
    } else if (!str_empty(src)) {
        struct str url = link_sanitize(w->ctx, src, w->options->own_prefix);
        put_remote_image(w, url);
    }
}

// ---- elements ---------------------------------------------------------------------------------

static void fold_begin(struct writer *w)
{
    struct str label = w->options->fold_label;
    buf_put(&w->out, STR("<details class=\"quoted\"><summary>"));
    buf_put_html_text(&w->out, label.len > 0 ? label : STR("Earlier messages"));
    buf_put(&w->out, STR("</summary>"));
    w->ret->folded = true;
    w->fold_open = true;
}

static void fold_end(struct writer *w)
{
    buf_put(&w->out, STR("</details>"));
    w->fold_open = false;
}

static void put_start(struct writer *w, const struct tag_row *row, const GumboNode *node)
{
    buf_put_char(&w->out, '<');
    buf_put(&w->out, html_tag_name(node));
    put_attributes(w, row, node);
    if (row->tag == GUMBO_TAG_A) {
        put_link_attributes(w, node);
    } else if (row->tag == GUMBO_TAG_IMG) {
        put_image_attributes(w, node);
    }
    buf_put_char(&w->out, '>');
    // A reader drops the first line break in <pre>: one more keeps what was there.
    if (row->tag == GUMBO_TAG_PRE) {
        buf_put_char(&w->out, '\n');
    }
}

static bool in_composer(const struct writer *w, const struct tag_row *row)
{
    return !w->options->composer || (row->flags & FLAG_COMPOSER) != 0;
}

static enum element_mark enter_element(struct writer *w, struct html_walk *walk,
                                       const GumboNode *node)
{
    struct tag_row row = sanitize_tag(html_tag(node));
    if (row.rule == TAG_DROP || node->v.element.tag_namespace != GUMBO_NAMESPACE_HTML) {
        html_walk_skip(walk);
        return MARK_NOTHING;
    }
    if (row.rule == TAG_UNWRAP || !in_composer(w, &row) || !place_fits(w, &row)) {
        return MARK_NOTHING;
    }
    put_start(w, &row, node);
    if (row.rule == TAG_VOID) {
        html_walk_skip(walk);
        return MARK_NOTHING;
    }
    w->open[w->depth++] = row.tag;
    return MARK_TAG;
}

static void leave_element(struct writer *w, const GumboNode *node)
{
    w->depth--;
    buf_put(&w->out, STR("</"));
    buf_put(&w->out, html_tag_name(node));
    buf_put_char(&w->out, '>');
}

// A fold begins where blocks may stand.
static bool fold_fits(const struct writer *w)
{
    return table_place(w, GUMBO_TAG_DETAILS) && !any_open(w, GUMBO_TAG_P);
}

static void write_enter(struct writer *w, struct html_walk *walk, const GumboNode *node)
{
    if (w->fold.start == node && !w->fold_open && fold_fits(w)) {
        fold_begin(w);
    }
    if (!html_is_element(node)) {
        // Within the parts of tables only blanks may stand between the elements.
        struct str text = html_node_text(node);
        bool blank = str_trim(text).len == 0;
        if (blank || table_place(w, GUMBO_TAG_SPAN)) {
            buf_put_html_text(&w->out, str_utf8_mend(w->ctx, text));
        }
        return;
    }
    html_walk_mark(walk, (int)enter_element(w, walk, node));
}

// A fold ends with its last node, or with the parent of its start.
static bool fold_ends(const struct writer *w, const GumboNode *node)
{
    return w->fold_open &&
           (w->fold.last == NULL ? node == w->fold.start->parent : node == w->fold.last);
}

static void write_leave(struct writer *w, const GumboNode *node, int mark)
{
    bool ends = fold_ends(w, node);
    if (ends && w->fold.last == NULL) {
        fold_end(w);
    }
    if (mark == MARK_TAG) {
        leave_element(w, node);
    }
    if (ends && w->fold.last != NULL) {
        fold_end(w);
    }
}

static void write_tree(struct writer *w, const GumboNode *root)
{
    struct html_walk walk;
    html_walk_init(&walk, w->ctx, root);
    const GumboNode *node;
    int mark;
    for (;;) {
        enum html_visit visit = html_walk_next(&walk, &node, &mark);
        if (visit == HTML_DONE || w->out.failed) {
            break;
        }
        if (visit == HTML_ENTER) {
            write_enter(w, &walk, node);
        } else {
            write_leave(w, node, mark);
        }
    }
    if (w->fold_open) {
        fold_end(w);
    }
}

// The words alone, with a note in front, where the html cannot be had.
static void replace_all(struct writer *w, struct str dirty)
{
    struct str words = str_utf8_clip(html_strip(w->ctx, dirty), 256 * 1024);
    struct buf out;
    buf_init(&out, w->ctx, OUTPUT_MAX);
    buf_put(&out, STR("<p><em>This message is too large or too complex to be shown as it was "
                      "written. These are its words.</em></p><p>"));
    buf_put_html_text(&out, str_one_line(w->ctx, words, 200 * 1024));
    buf_put(&out, STR("</p>"));
    *w->ret = (struct sanitized){.html = {buf_str(&out)}, .replaced = true};
}

void html_sanitize(mem_ctx *ctx, struct str dirty, const struct sanitize_options *options,
                   struct sanitized *ret)
{
    mem_ctx *scratch = mem_ctx_new(ctx, "sanitize");
    struct writer *w = mem_new(scratch, struct writer);
    *w = (struct writer){.ctx = scratch, .options = options, .ret = ret};
    *ret = (struct sanitized){.links = 0};
    buf_init(&w->out, ctx, options->max_output == 0 ? OUTPUT_MAX : options->max_output);
    const GumboNode *document;
    bool fine = html_tree_parse(scratch, dirty, &document);
    if (fine) {
        const GumboNode *body = html_body(document);
        if (options->fold_quotes) {
            w->fold = quote_find_html(scratch, body);
        }
        write_tree(w, body);
        ret->html.markup = buf_str(&w->out);
    }
    if (!fine || w->out.failed ||
        ret->links > (options->max_links == 0 ? LINKS_MAX : options->max_links)) {
        w->ctx = ctx;
        replace_all(w, dirty);
    }
    mem_free(scratch);
}
