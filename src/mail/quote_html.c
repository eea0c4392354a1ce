// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/quote_html.h"

#include <string.h>

#include "base/buf.h"
#include "mail/quote_words.h"

#define SAMPLE_MAX 1500
#define SAMPLE_STEPS 2000
#define REJECTS_MAX 50  // after so many quotations with answers between them, the rest are too

enum candidate {
    CANDIDATE_NONE,
    CANDIDATE_ALONE,   // the element holds the quotation
    CANDIDATE_TO_END,  // the element begins it
};

// ---- text of nodes ----------------------------------------------------------------------------

static bool is_block(const GumboNode *node)
{
    switch ((int)html_tag(node)) {
    case GUMBO_TAG_P:
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_BR:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_HR:
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_BLOCKQUOTE:
    case GUMBO_TAG_TABLE:
        return true;
    default:
        return false;
    }
}

static bool is_hidden(const GumboNode *node)
{
    GumboTag tag = html_tag(node);
    return tag == GUMBO_TAG_STYLE || tag == GUMBO_TAG_SCRIPT || tag == GUMBO_TAG_HEAD ||
           tag == GUMBO_TAG_TITLE || tag == GUMBO_TAG_TEMPLATE;
}

// The node's first words, a line a block.
static struct str sample_text(mem_ctx *ctx, const GumboNode *root)
{
    struct buf out;
    buf_init(&out, ctx, SAMPLE_MAX);
    if (!html_is_element(root)) {
        buf_put(&out, str_utf8_clip(html_node_text(root), SAMPLE_MAX));
        return buf_str(&out);
    }
    struct html_walk walk;
    html_walk_init(&walk, ctx, root);
    const GumboNode *node;
    int mark;
    enum html_visit visit;
    for (int steps = 0; steps < SAMPLE_STEPS && !out.failed; steps++) {
        visit = html_walk_next(&walk, &node, &mark);
        if (visit == HTML_DONE) {
            break;
        }
        if (visit == HTML_ENTER && is_hidden(node)) {
            html_walk_skip(&walk);
        } else if (is_block(node)) {
            buf_put_char(&out, '\n');
        } else if (visit == HTML_ENTER) {
            struct str text = html_node_text(node);
            bool fits = text.len < SAMPLE_MAX - out.len;
            for (size_t i = 0; i < text.len && fits; i++) {
                char c = text.ptr[i];
                buf_put_char(&out, c == '\n' || c == '\r' || c == '\t' ? ' ' : c);
            }
            out.failed = out.failed || !fits;
        }
    }
    return buf_str(&out);
}

static struct str first_line(struct str text)
{
    struct str line = STR("");
    while (str_next(&text, '\n', &line)) {
        if (str_trim(line).len > 0) {
            return str_trim(line);
        }
    }
    return STR("");
}

static bool blank_text(struct str text)
{
    while (text.len > 0) {
        if (str_starts(text, STR("\xc2\xa0"))) {
            text = str_from(text, 2);
        } else if (str_starts(text, STR("\xe2\x80\x8b")) || str_starts(text, STR("\xef\xbb\xbf"))) {
            text = str_from(text, 3);
        } else if (strchr(" \t\r\n\f", text.ptr[0]) != NULL) {
            text = str_from(text, 1);
        } else {
            return false;
        }
    }
    return true;
}

// ---- what begins a quotation ------------------------------------------------------------------

// Whether the attribute holds the word, also with Outlook's "x_" before it.
static bool has_word(const GumboNode *node, const char *attribute, const char *word)
{
    struct str rest = html_attribute(node, attribute);
    struct str part;
    while (str_next(&rest, ' ', &part)) {
        part = str_trim(part);
        while (str_starts(part, STR("x_"))) {
            part = str_from(part, 2);
        }
        if (str_ieq_c(part, word)) {
            return true;
        }
    }
    return false;
}

static bool any_word(const GumboNode *node, const char *attribute, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (has_word(node, attribute, *words)) {
            return true;
        }
    }
    return false;
}

// Outlook draws a line above the header block: a border at the top and nowhere else.
static bool outlook_border(const GumboNode *node)
{
    struct str style = html_attribute(node, "style");
    return html_tag(node) == GUMBO_TAG_DIV && str_ifind(style, STR("border-top:solid")) >= 0 &&
           str_ifind(style, STR("padding:3.0pt 0")) >= 0;
}

static enum candidate candidate_by_mark(const GumboNode *node)
{
    static const char *const ALONE[] = {"gmail_quote",
                                        "gmail_quote_container",
                                        "protonmail_quote",
                                        "yahoo_quoted",
                                        "tutanota_quote",
                                        "zmail_extra",
                                        "hcn-quote",
                                        "freshdesk_quote",
                                        "quoted",
                                        "front-blockquote",
                                        "airmail_ext_on",
                                        "OutlookMessageHeader",
                                        "ms-outlook-mobile-reference-message",
                                        NULL};
    static const char *const END_IDS[] = {
        "appendonsend",         "divRplyFwdMsg",
        "OLK_SRC_BODY_SECTION", "mail-editor-reference-message-container",
        "stopSpelling",         "isReplyContent",
        "reply-intro",          NULL};
    static const char *const END_CLASSES[] = {"_MailEntryHeader", "zimbra_divider", NULL};
    if (any_word(node, "class", ALONE)) {
        return CANDIDATE_ALONE;
    }
    if (any_word(node, "id", END_IDS) || any_word(node, "name", END_IDS) ||
        any_word(node, "class", END_CLASSES) || outlook_border(node) ||
        str_eq_c(html_attribute(node, "data-marker"), "__DIVIDER__")) {
        return CANDIDATE_TO_END;
    }
    bool cite = html_tag(node) == GUMBO_TAG_BLOCKQUOTE &&
                (str_ieq_c(html_attribute(node, "type"), "cite") ||
                 !str_none(html_attribute(node, "cite")));
    return cite ? CANDIDATE_ALONE : CANDIDATE_NONE;
}

// A block whose first words say that all after it is history.
static enum candidate candidate_by_words(mem_ctx *ctx, const GumboNode *node)
{
    GumboTag tag = html_tag(node);
    bool text = node->type == GUMBO_NODE_TEXT;
    if (!text && tag != GUMBO_TAG_DIV && tag != GUMBO_TAG_P && tag != GUMBO_TAG_TABLE) {
        return CANDIDATE_NONE;
    }
    mem_ctx *scratch = mem_ctx_new(ctx, "sample");
    struct str words = sample_text(scratch, node);
    struct str line = first_line(words);
    size_t at = line.len == 0 ? 0 : (size_t)(line.ptr - words.ptr);
    bool begins = quote_separator(line) || (!text && quote_header_block(str_from(words, at)));
    mem_free(scratch);
    return begins ? CANDIDATE_TO_END : CANDIDATE_NONE;
}

// ---- around it --------------------------------------------------------------------------------

// Words or pictures that a person wrote.
static bool shows_something(const GumboNode *node)
{
    return html_tag(node) == GUMBO_TAG_IMG ||
           (!html_is_element(node) && !blank_text(html_node_text(node)));
}

static bool is_quote_like(const GumboNode *node)
{
    return html_tag(node) == GUMBO_TAG_BLOCKQUOTE;
}

// Whether the container holds words outside of its quotations, after the first of them.
static bool interleaved_inside(mem_ctx *ctx, const GumboNode *root)
{
    struct html_walk walk;
    html_walk_init(&walk, ctx, root);
    const GumboNode *node;
    int mark;
    bool quote_seen = false;
    enum html_visit visit;
    if (is_quote_like(root)) {
        return false;
    }
    while ((visit = html_walk_next(&walk, &node, &mark)) != HTML_DONE) {
        if (visit == HTML_LEAVE) {
            continue;
        }
        if (is_hidden(node) || is_quote_like(node)) {
            quote_seen = quote_seen || is_quote_like(node);
            html_walk_skip(&walk);
        } else if (quote_seen && shows_something(node)) {
            return true;
        }
    }
    return false;
}

// Whether anything but quotations is shown after the node, in its parent or further out.
static bool words_after(mem_ctx *ctx, const GumboNode *body, const GumboNode *from)
{
    struct html_walk walk;
    html_walk_init(&walk, ctx, body);
    const GumboNode *node;
    int mark;
    bool after = false;
    enum html_visit visit;
    while ((visit = html_walk_next(&walk, &node, &mark)) != HTML_DONE) {
        if (visit == HTML_LEAVE) {
            continue;
        }
        if (node == from || is_hidden(node) || is_quote_like(node)) {
            after = after || node == from;
            html_walk_skip(&walk);
        } else if (after && shows_something(node)) {
            return true;
        }
    }
    return false;
}

static const GumboNode *previous_full(const GumboNode *node)
{
    if (node->parent == NULL) {
        return NULL;
    }
    const GumboVector *siblings = html_children(node->parent);
    const GumboNode *before = NULL;
    for (unsigned i = 0; siblings != NULL && i < siblings->length; i++) {
        const GumboNode *sibling = siblings->data[i];
        if (sibling == node) {
            return before;
        }
        bool blank = !html_is_element(sibling) && blank_text(html_node_text(sibling));
        if (!blank && html_tag(sibling) != GUMBO_TAG_BR && sibling->type != GUMBO_NODE_COMMENT) {
            before = sibling;
        }
    }
    return NULL;
}

// "On … wrote:" before the quotation goes with it.
static const GumboNode *with_attribution(mem_ctx *ctx, const GumboNode *node)
{
    const GumboNode *before = previous_full(node);
    if (before == NULL) {
        return node;
    }
    static const char *const MARKS[] = {"moz-cite-prefix", "gmail_attr", "protonmail_attr", NULL};
    struct str words = str_one_line(ctx, sample_text(ctx, before), 700);
    return any_word(before, "class", MARKS) || quote_attribution(words) ? before : node;
}

// The outermost element of which this is the first thing shown, so that what follows it out there
// goes with it.
static const GumboNode *climb(const GumboNode *node, const GumboNode *body)
{
    while (node->parent != NULL && node->parent != body && previous_full(node) == NULL &&
           html_tag(node->parent) != GUMBO_TAG_TD) {
        node = node->parent;
    }
    return node;
}

// ---- search -----------------------------------------------------------------------------------

struct search {
    mem_ctx *ctx;
    const GumboNode *body;
    bool shown;  // something visible came before
    int rejects;
    struct quote_fold found;
};

static void accept(struct search *s, const GumboNode *node, enum candidate kind)
{
    if (kind == CANDIDATE_TO_END) {
        s->found = (struct quote_fold){climb(node, s->body), NULL};
        return;
    }
    bool bare_quote = is_quote_like(node);
    if (interleaved_inside(s->ctx, node) || (bare_quote && words_after(s->ctx, s->body, node))) {
        return;
    }
    s->found = (struct quote_fold){with_attribution(s->ctx, node), node};
}

// True when the search is over.
static bool look_at(struct search *s, struct html_walk *walk, const GumboNode *node)
{
    enum candidate kind = html_is_element(node) ? candidate_by_mark(node) : CANDIDATE_NONE;
    if (kind == CANDIDATE_NONE && s->shown) {
        kind = candidate_by_words(s->ctx, node);
    }
    if (kind != CANDIDATE_NONE) {
        if (quote_forward(first_line(sample_text(s->ctx, node)))) {
            return true;  // who forwards something wants it read
        }
        if (s->shown) {
            accept(s, node, kind);
            s->rejects++;
            if (s->found.start != NULL || s->rejects > REJECTS_MAX) {
                return true;
            }
        }
        if (kind == CANDIDATE_ALONE) {
            html_walk_skip(walk);
        }
        return false;
    }
    if (html_is_element(node) && is_hidden(node)) {
        html_walk_skip(walk);
    } else if (shows_something(node)) {
        s->shown = true;
    }
    return false;
}

struct quote_fold quote_find_html(mem_ctx *ctx, const GumboNode *body)
{
    struct search s = {.ctx = ctx, .body = body};
    struct html_walk walk;
    html_walk_init(&walk, ctx, body);
    const GumboNode *node;
    int mark;
    enum html_visit visit;
    while ((visit = html_walk_next(&walk, &node, &mark)) != HTML_DONE) {
        if (visit == HTML_ENTER && look_at(&s, &walk, node)) {
            break;
        }
    }
    return s.found;
}
