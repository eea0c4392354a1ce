// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/html_text.h"

#include <string.h>

#include "base/buf.h"
#include "mail/html_tree.h"

#define LISTS_MAX 40
#define QUOTES_MAX 12
#define LINK_MAX 500

struct text_list {
    bool ordered;
    int64_t number;
};

struct text_writer {
    mem_ctx *ctx;
    struct buf out;
    int breaks;     // line breaks wanted before the next words
    bool blank;     // a blank wanted before the next words of the line
    bool at_start;  // nothing on this line yet
    size_t quotes;
    size_t pre;
    struct text_list lists[LISTS_MAX];
    size_t list_depth;
    size_t link_from;  // where the words of the open link begin in `out`
};

enum block_kind {
    BLOCK_NONE,
    BLOCK_LINE,       // on lines of its own
    BLOCK_PARAGRAPH,  // with an empty line around it
    BLOCK_HIDDEN,
};

static enum block_kind block_of(GumboTag tag)
{
    switch ((int)tag) {
    case GUMBO_TAG_P:
    case GUMBO_TAG_BLOCKQUOTE:
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6:
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_DL:
        return BLOCK_PARAGRAPH;
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_DD:
    case GUMBO_TAG_CENTER:
    case GUMBO_TAG_ADDRESS:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_MAIN:
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_FIGURE:
    case GUMBO_TAG_FIGCAPTION:
    case GUMBO_TAG_DETAILS:
    case GUMBO_TAG_SUMMARY:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_FIELDSET:
        return BLOCK_LINE;
    case GUMBO_TAG_HEAD:
    case GUMBO_TAG_TITLE:
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_OBJECT:
    case GUMBO_TAG_APPLET:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_NOFRAMES:
    case GUMBO_TAG_NOEMBED:
    case GUMBO_TAG_TEXTAREA:
    case GUMBO_TAG_SELECT:
    case GUMBO_TAG_AUDIO:
    case GUMBO_TAG_VIDEO:
    case GUMBO_TAG_CANVAS:
        return BLOCK_HIDDEN;
    default:
        return BLOCK_NONE;
    }
}

static void want_breaks(struct text_writer *w, int breaks)
{
    w->breaks = breaks > w->breaks ? breaks : w->breaks;
    w->blank = false;
}

static void begin_line(struct text_writer *w)
{
    for (size_t i = 0; i < w->quotes && i < QUOTES_MAX; i++) {
        buf_put(&w->out, STR("> "));
    }
    w->at_start = true;
}

// Line breaks and blanks that were only wanted come into being before words.
static void flush_wants(struct text_writer *w)
{
    if (w->out.len == 0) {
        begin_line(w);
    } else if (w->breaks > 0) {
        for (int i = 0; i < w->breaks; i++) {
            buf_put_char(&w->out, '\n');
            if (i + 1 < w->breaks && w->quotes > 0) {
                buf_put_char(&w->out, '>');
            }
        }
        begin_line(w);
    } else if (w->blank && !w->at_start) {
        buf_put_char(&w->out, ' ');
    }
    w->breaks = 0;
    w->blank = false;
}

static void put_words(struct text_writer *w, struct str words)
{
    flush_wants(w);
    buf_put(&w->out, words);
    w->at_start = false;
}

// Length of a character that shows nothing (zero width space, soft hyphen, ...): newsletters pad
// with hundreds of them.
static size_t invisible_at(struct str s)
{
    if (str_starts(s, STR("\xc2\xad")) || str_starts(s, STR("\xcd\x8f"))) {
        return 2;
    }
    return str_starts(s, STR("\xe2\x80\x8b")) || str_starts(s, STR("\xe2\x80\x8c")) ||
                   str_starts(s, STR("\xef\xbb\xbf"))
               ? 3
               : 0;
}

static size_t blank_at(struct str s)
{
    if (strchr(" \t\r\n\f", s.ptr[0]) != NULL) {
        return 1;
    }
    return str_starts(s, STR("\xc2\xa0")) ? 2 : 0;
}

static void put_text(struct text_writer *w, struct str text)
{
    while (text.len > 0) {
        size_t blank = blank_at(text);
        size_t hidden = invisible_at(text);
        if (blank > 0 || hidden > 0) {
            w->blank = w->blank || blank > 0;
            text = str_from(text, blank + hidden);
            continue;
        }
        size_t end = 1;
        while (end < text.len && blank_at(str_from(text, end)) == 0 &&
               invisible_at(str_from(text, end)) == 0) {
            end++;
        }
        put_words(w, str_sub(text, 0, end));
        text = str_from(text, end);
    }
}

static void put_preformatted(struct text_writer *w, struct str text)
{
    struct str line;
    bool first = true;
    while (str_next(&text, '\n', &line)) {
        if (!first) {
            w->breaks++;
        }
        first = false;
        if (line.len > 0) {
            put_words(w, line);
        }
    }
}

static void enter_item(struct text_writer *w)
{
    want_breaks(w, 1);
    flush_wants(w);
    for (size_t i = 1; i < w->list_depth && i < 8; i++) {
        buf_put(&w->out, STR("  "));
    }
    struct text_list *list =
        w->list_depth > 0 && w->list_depth <= LISTS_MAX ? &w->lists[w->list_depth - 1] : NULL;
    if (list != NULL && list->ordered) {
        buf_printf(&w->out, "%lld. ", (long long)list->number++);
    } else {
        buf_put(&w->out, STR("* "));
    }
    w->at_start = true;
}

static void enter_list(struct text_writer *w, const GumboNode *node)
{
    int64_t start = 1;
    bool given = str_to_i64(str_trim(html_attribute(node, "start")), &start);
    if (w->list_depth < LISTS_MAX) {
        w->lists[w->list_depth] = (struct text_list){
            html_tag(node) == GUMBO_TAG_OL, given && start > 0 && start < 100000 ? start : 1};
    }
    w->list_depth++;
}

static void enter_inline(struct text_writer *w, const GumboNode *node)
{
    switch ((int)html_tag(node)) {
    case GUMBO_TAG_BR:
        w->breaks++;
        w->breaks = w->breaks > 3 ? 3 : w->breaks;
        w->blank = false;
        break;
    case GUMBO_TAG_HR:
        want_breaks(w, 1);
        put_words(w, STR("----------"));
        want_breaks(w, 1);
        break;
    case GUMBO_TAG_IMG:
        put_text(w, html_attribute(node, "alt"));
        break;
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TH:
        w->blank = true;
        break;
    case GUMBO_TAG_A:
        w->link_from = w->out.len;
        break;
    default:
        break;
    }
}

static void enter_block(struct text_writer *w, const GumboNode *node, enum block_kind kind)
{
    want_breaks(w, kind == BLOCK_PARAGRAPH ? 2 : 1);
    switch ((int)html_tag(node)) {
    case GUMBO_TAG_BLOCKQUOTE:
        w->quotes++;
        break;
    case GUMBO_TAG_PRE:
        w->pre++;
        break;
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
        want_breaks(w, w->list_depth == 0 ? 2 : 1);
        enter_list(w, node);
        break;
    case GUMBO_TAG_LI:
        enter_item(w);
        break;
    default:
        break;
    }
}

// "words <address>", where the words do not say it already.
static void leave_link(struct text_writer *w, const GumboNode *node)
{
    struct str href = str_trim(html_attribute(node, "href"));
    bool web = str_istarts(href, STR("http://")) || str_istarts(href, STR("https://"));
    if (str_istarts(href, STR("mailto:"))) {
        struct str query;
        str_cut(str_from(href, 7), '?', &href, &query);
    } else if (!web) {
        return;
    }
    struct str words = str_trim(str_from(buf_str(&w->out), w->link_from));
    struct str bare = web ? str_from(href, (size_t)str_find(href, STR("://")) + 3) : href;
    bare = bare.len > 0 && bare.ptr[bare.len - 1] == '/' ? str_sub(bare, 0, bare.len - 1) : bare;
    if (words.len == 0 || href.len > LINK_MAX || bare.len == 0 || str_ifind(words, bare) >= 0) {
        return;
    }
    buf_put(&w->out, STR(" <"));
    buf_put(&w->out, str_utf8_mend(w->ctx, href));
    buf_put(&w->out, STR(">"));
}

static void leave_node(struct text_writer *w, const GumboNode *node)
{
    enum block_kind kind = block_of(html_tag(node));
    switch ((int)html_tag(node)) {
    case GUMBO_TAG_A:
        leave_link(w, node);
        break;
    case GUMBO_TAG_BLOCKQUOTE:
        w->quotes--;
        break;
    case GUMBO_TAG_PRE:
        w->pre--;
        break;
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
        w->list_depth--;
        kind = w->list_depth == 0 ? BLOCK_PARAGRAPH : kind;
        break;
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TH:
        w->blank = true;
        break;
    default:
        break;
    }
    if (kind != BLOCK_NONE) {
        want_breaks(w, kind == BLOCK_PARAGRAPH ? 2 : 1);
    }
}

static void enter_node(struct text_writer *w, struct html_walk *walk, const GumboNode *node)
{
    if (!html_is_element(node)) {
        struct str text = str_utf8_mend(w->ctx, html_node_text(node));
        if (w->pre > 0) {
            put_preformatted(w, text);
        } else {
            put_text(w, text);
        }
        return;
    }
    enum block_kind kind = block_of(html_tag(node));
    bool foreign = node->v.element.tag_namespace != GUMBO_NAMESPACE_HTML;
    if (kind == BLOCK_HIDDEN || foreign) {
        html_walk_skip(walk);
    } else if (kind == BLOCK_NONE) {
        enter_inline(w, node);
    } else {
        enter_block(w, node, kind);
    }
}

struct str html_to_text(mem_ctx *ctx, struct str html)
{
    mem_ctx *scratch = mem_ctx_new(ctx, "html to text");
    const GumboNode *document;
    if (!html_tree_parse(scratch, html, &document)) {
        mem_free(scratch);
        return html_strip(ctx, html);
    }
    struct text_writer w = {.ctx = scratch};
    buf_init(&w.out, ctx, html.len * 4 + 4096);
    struct html_walk walk;
    html_walk_init(&walk, scratch, html_body(document));
    const GumboNode *node;
    int mark;
    for (;;) {
        enum html_visit visit = html_walk_next(&walk, &node, &mark);
        if (visit == HTML_DONE || w.out.failed) {
            break;
        }
        if (visit == HTML_ENTER) {
            enter_node(&w, &walk, node);
        } else {
            leave_node(&w, node);
        }
    }
    mem_free(scratch);
    return str_trim(buf_str(&w.out));
}
