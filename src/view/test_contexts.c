// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/test_contexts.h"

#include <gumbo.h>
#include <jansson.h>
#include <string.h>

#include "view/test_contexts.html.h"

#define HARMLESS "harmless7"
#define DEEPEST 64

struct evil {
    struct str sent;
    struct str read;  // what the parser makes of it
};

struct str contexts_page(mem_ctx *ctx, struct str evil)
{
    struct buf *out = mem_new(ctx, struct buf);
    buf_init(out, ctx, (size_t)1 << 22);
    struct view v;
    view_init(&v, out, ctx);
    struct vm_test_row rows[2] = {{{1}, evil}, {{2}, evil}};
    struct vm_test vm = {.evil = evil,
                         .word = str_cstr(ctx, evil),
                         .markup = {STR("<b>bold</b>")},
                         .link = {STR("/a?b&c")},
                         .number = 3,
                         .on = true,
                         .rows = rows,
                         .row_count = 2};
    view_test_contexts(&v, &vm);
    return out->failed ? STR_NONE : buf_str(out);
}

// Line ends as the HTML parser has them.
static struct str line_ends(mem_ctx *ctx, struct str text)
{
    struct buf out;
    buf_init(&out, ctx, (size_t)1 << 22);
    for (size_t i = 0; i < text.len; i++) {
        bool line_end = text.ptr[i] == '\r';
        buf_put_char(&out, line_end ? '\n' : text.ptr[i]);
        i += line_end && i + 1 < text.len && text.ptr[i + 1] == '\n';
    }
    return buf_str(&out);
}

// What a place that reads `harmless` in the harmless page must read in the other one.
static struct str expected(mem_ctx *ctx, const char *harmless, struct str with)
{
    struct buf out;
    buf_init(&out, ctx, (size_t)1 << 22);
    struct str rest = str_c(harmless);
    ptrdiff_t at;
    while ((at = str_find(rest, STR(HARMLESS))) >= 0) {
        buf_put(&out, str_sub(rest, 0, (size_t)at));
        buf_put(&out, with);
        rest = str_from(rest, (size_t)at + strlen(HARMLESS));
    }
    buf_put(&out, rest);
    return line_ends(ctx, buf_str(&out));
}

static bool is_url(const char *name)
{
    return strcmp(name, "href") == 0 || strcmp(name, "action") == 0 ||
           strcmp(name, "hx-post") == 0 || strcmp(name, "src") == 0;
}

// A path segment of dots alone becomes U+FFFD; in queries dots are dots. Both are allowed for here.
static bool url_same(mem_ctx *ctx, const char *harmless, const struct evil *evil, const char *got)
{
    struct buf encoded;
    buf_init(&encoded, ctx, (size_t)1 << 22);
    buf_put_percent(&encoded, evil->sent);
    struct str value = str_c(got);
    if (str_find(value, STR("/../")) >= 0 || str_find(value, STR("/./")) >= 0) {
        return false;
    }
    return strncmp(harmless, got, 1) == 0 &&
           (str_eq(expected(ctx, harmless, buf_str(&encoded)), value) ||
            str_find(value, STR("%EF%BF%BD")) >= 0);
}

static const char *attributes_differ(mem_ctx *ctx, const GumboElement *a, const GumboElement *b,
                                     const struct evil *evil)
{
    if (a->attributes.length != b->attributes.length) {
        return "number of attributes";
    }
    for (unsigned i = 0; i < a->attributes.length; i++) {
        const GumboAttribute *one = a->attributes.data[i];
        const GumboAttribute *two = b->attributes.data[i];
        if (strcmp(one->name, two->name) != 0) {
            return "name of an attribute";
        }
        bool same = is_url(one->name)
                        ? url_same(ctx, one->value, evil, two->value)
                        : str_eq(expected(ctx, one->value, evil->read), str_c(two->value));
        if (!same) {
            return "value of an attribute";
        }
    }
    return NULL;
}

static const char *script_differs(const char *text, struct str evil)
{
    json_t *data = json_loads(text, 0, NULL);
    const json_t *value = json_object_get(data, "evil");
    bool same = json_is_string(value) && json_object_size(data) == 3 &&
                str_eq(evil, (struct str){json_string_value(value), json_string_length(value)});
    json_decref(data);
    return same && strchr(text, '<') == NULL ? NULL : "script data";
}

static bool is_text(const GumboNode *node)
{
    return node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE;
}

static const char *nodes_differ(mem_ctx *ctx, const GumboNode *a, const GumboNode *b,
                                const struct evil *evil)
{
    if (is_text(a) != is_text(b) || (!is_text(a) && a->type != b->type)) {
        return "kind of a node";
    }
    if (is_text(a)) {
        bool script =
            a->parent->type == GUMBO_NODE_ELEMENT && a->parent->v.element.tag == GUMBO_TAG_SCRIPT;
        if (script) {
            return script_differs(b->v.text.text, evil->read);
        }
        return str_eq(expected(ctx, a->v.text.text, evil->read), str_c(b->v.text.text)) ? NULL
                                                                                        : "text";
    }
    if (a->type != GUMBO_NODE_ELEMENT) {
        return "an unexpected kind of node";
    }
    if (a->v.element.tag != b->v.element.tag) {
        return "element";
    }
    return attributes_differ(ctx, &a->v.element, &b->v.element, evil);
}

struct pair {
    const GumboNode *a;
    const GumboNode *b;
    unsigned next;
};

static const GumboVector *children(const GumboNode *node)
{
    return node->type == GUMBO_NODE_ELEMENT ? &node->v.element.children : NULL;
}

// Gumbo reads code points that HTML calls parse errors (DEL, C1 controls, noncharacters) as U+FFFD;
// browsers keep them.
static bool gumbo_replaces(const unsigned char *c, size_t len)
{
    bool control = (len == 1 && c[0] == 0x7F) || (len == 2 && c[0] == 0xC2 && c[1] < 0xA0);
    bool fdd0 = len == 3 && c[0] == 0xEF && c[1] == 0xB7 && c[2] >= 0x90 && c[2] <= 0xAF;
    bool last_two = len >= 3 && c[len - 1] >= 0xBE && c[len - 2] == 0xBF &&
                    (len == 3 ? c[0] == 0xEF : (c[1] & 0x0F) == 0x0F);
    return control || fdd0 || last_two;
}

static struct str as_gumbo_reads(mem_ctx *ctx, struct str text)
{
    struct buf out;
    buf_init(&out, ctx, (size_t)1 << 22);
    for (size_t i = 0; i < text.len;) {
        size_t len = 1;
        while (i + len < text.len && ((unsigned char)text.ptr[i + len] & 0xC0) == 0x80) {
            len++;
        }
        bool replaced = gumbo_replaces((const unsigned char *)text.ptr + i, len);
        buf_put(&out, replaced ? STR("\xEF\xBF\xBD") : str_sub(text, i, len));
        i += len;
    }
    return buf_str(&out);
}

static const char *trees_differ(mem_ctx *ctx, const GumboNode *a, const GumboNode *b,
                                const struct evil *evil)
{
    struct pair stack[DEEPEST] = {{a, b, 0}};
    size_t depth = 1;
    const char *wrong = nodes_differ(ctx, a, b, evil);
    while (depth > 0 && wrong == NULL) {
        struct pair *top = &stack[depth - 1];
        const GumboVector *left = children(top->a);
        const GumboVector *right = children(top->b);
        if (left == NULL || top->next == left->length) {
            depth--;
            continue;
        }
        if (left->length != right->length || depth == DEEPEST) {
            return "number of children";
        }
        struct pair child = {left->data[top->next], right->data[top->next], 0};
        top->next++;
        wrong = nodes_differ(ctx, child.a, child.b, evil);
        stack[depth++] = child;
    }
    return wrong;
}

const char *contexts_escape(mem_ctx *ctx, struct str evil)
{
    struct str harmless = contexts_page(ctx, STR(HARMLESS));
    struct str page = contexts_page(ctx, evil);
    struct evil both = {evil, as_gumbo_reads(ctx, evil)};
    if (str_none(page)) {
        return "too large";
    }
    GumboOutput *a = gumbo_parse_with_options(&kGumboDefaultOptions, harmless.ptr, harmless.len);
    GumboOutput *b = gumbo_parse_with_options(&kGumboDefaultOptions, page.ptr, page.len);
    const char *wrong = trees_differ(ctx, a->root, b->root, &both);
    gumbo_destroy_output(&kGumboDefaultOptions, a);
    gumbo_destroy_output(&kGumboDefaultOptions, b);
    return wrong;
}
