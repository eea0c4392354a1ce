// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/html_tree.h"

#include <setjmp.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"

#define ARENA_BASE ((size_t)16 * 1024 * 1024)
#define ARENA_PER_BYTE 128
#define ARENA_MAX ((size_t)256 * 1024 * 1024)
#define CHUNK ((size_t)256 * 1024)
#define SMALL_MAX 512
#define CLASSES (SMALL_MAX / 16 + 6)
#define TIME_LIMIT_US INT64_C(3000000)
#define CLOCK_EVERY 512
#define DEPTH_MAX 3000
#define TAG_NAME_MAX 40

// ---- arena ------------------------------------------------------------------------------------

// Before each piece of memory. A free piece holds the next one in its own bytes.
struct block {
    size_t room;
};

struct arena {
    mem_ctx *ctx;
    char *at;
    size_t left;
    size_t budget;
    unsigned count;
    int64_t deadline_us;
    struct block *free_blocks[CLASSES];
    jmp_buf give_up;
};

// Steps of 16 bytes up to 512, then powers of two up to 32 KiB; CLASSES for more.
static int class_of(size_t size, size_t *ret_room)
{
    if (size <= SMALL_MAX) {
        *ret_room = size < 16 ? 16 : (size + 15) & ~(size_t)15;
        return (int)(*ret_room / 16) - 1;
    }
    int class = SMALL_MAX / 16;
    for (*ret_room = (size_t)SMALL_MAX * 2; *ret_room < size && class < CLASSES; class ++) {
        *ret_room *= 2;
    }
    return class;
}

static struct block **next_of(struct block *block)
{
    return (struct block **)(void *)(block + 1);
}

static struct block *arena_take(struct arena *arena, size_t room)
{
    size_t whole = room + sizeof(struct block);
    if (whole > arena->budget) {
        longjmp(arena->give_up, 1);
    }
    arena->budget -= whole;
    if (whole > CHUNK) {
        return mem_check_(talloc_size(arena->ctx, whole));
    }
    if (whole > arena->left) {
        arena->at = mem_check_(talloc_size(arena->ctx, CHUNK));
        arena->left = CHUNK;
    }
    struct block *block = (struct block *)(void *)arena->at;
    arena->at += whole;
    arena->left -= whole;
    return block;
}

static void *arena_allocate(void *state, size_t size)
{
    struct arena *arena = state;
    if (++arena->count % CLOCK_EVERY == 0 && clock_monotonic_us() > arena->deadline_us) {
        longjmp(arena->give_up, 1);
    }
    size_t room;
    int class = class_of(size, &room);
    room = class < CLASSES ? room : (size + 15) & ~(size_t)15;
    struct block *block = class < CLASSES ? arena->free_blocks[class] : NULL;
    if (block != NULL) {
        arena->free_blocks[class] = *next_of(block);
    } else {
        block = arena_take(arena, room);
        block->room = room;
    }
    return block + 1;
}

static void arena_release(void *state, void *ptr)
{
    struct arena *arena = state;
    if (ptr == NULL) {
        return;
    }
    struct block *block = (struct block *)ptr - 1;
    size_t room;
    int class = class_of(block->room, &room);
    if (class < CLASSES) {
        *next_of(block) = arena->free_blocks[class];
        arena->free_blocks[class] = block;
    } else if (block->room + sizeof *block > CHUNK) {
        arena->budget += block->room + sizeof *block;
        talloc_free(block);
    }
}

// ---- bounds -----------------------------------------------------------------------------------

// Elements that cannot hold their like directly: they add no depth worth counting, and old mails
// leave thousands of them open.
static bool name_uncounted(struct str name)
{
    static const char *const NAMES[] = {
        "p",     "li",    "td",     "th",    "tr",    "dt",   "dd",   "option", "thead",   "tbody",
        "tfoot", "br",    "img",    "hr",    "input", "meta", "link", "col",    "area",    "base",
        "wbr",   "embed", "source", "track", "param", "html", "body", "head",   "colgroup"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (str_ieq_c(name, NAMES[i])) {
            return true;
        }
    }
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct str tag_name_at(struct str s)
{
    size_t at = 0;
    while (at < s.len && at < TAG_NAME_MAX && s.ptr[at] > ' ' && s.ptr[at] != '>' &&
           s.ptr[at] != '/') {
        at++;
    }
    return str_sub(s, 0, at);
}

static uint32_t name_hash(struct str name)
{
    uint32_t hash = 5381;
    for (size_t i = 0; i < name.len; i++) {
        hash = hash * 33 + (unsigned char)(name.ptr[i] | 0x20);
    }
    return hash;
}

// Takes the inmost open element of that name off, the ones inside it staying open: never less
// deep than what a parser makes of it.
static size_t depth_close(uint32_t *open, size_t depth, uint32_t hash)
{
    for (size_t i = depth; i > 0 && depth - i < 64; i--) {
        if (open[i - 1] == hash) {
            memmove(open + i - 1, open + i, (depth - i) * sizeof *open);
            return depth - 1;
        }
    }
    return depth;
}

// A quick guess before the work begins.
static bool too_deep(mem_ctx *ctx, struct str html)
{
    uint32_t *open = mem_array(ctx, uint32_t, DEPTH_MAX + 1);
    size_t depth = 0;
    bool foreign = false;
    while (depth < DEPTH_MAX) {
        ptrdiff_t at = str_find_char(html, '<');
        if (at < 0) {
            break;
        }
        html = str_from(html, (size_t)at + 1);
        bool closing = html.len > 0 && html.ptr[0] == '/';
        struct str name = tag_name_at(str_from(html, closing));
        if (name.len == 0 || !is_letter(name.ptr[0])) {
            continue;
        }
        foreign = foreign || str_ieq_c(name, "svg") || str_ieq_c(name, "math");
        if (!foreign && name_uncounted(name)) {
            continue;
        }
        if (closing) {
            depth = depth_close(open, depth, name_hash(name));
        } else {
            open[depth++] = name_hash(name);
        }
    }
    mem_free(open);
    return depth >= DEPTH_MAX;
}

bool html_tree_parse(mem_ctx *ctx, struct str html, const GumboNode **ret_document)
{
    if (html.len > HTML_INPUT_MAX || too_deep(ctx, html)) {
        return false;
    }
    struct arena *arena = mem_new(ctx, struct arena);
    arena->ctx = mem_ctx_new(ctx, "html tree");
    arena->budget = ARENA_BASE + html.len * ARENA_PER_BYTE;
    arena->budget = arena->budget > ARENA_MAX ? ARENA_MAX : arena->budget;
    arena->deadline_us = clock_monotonic_us() + TIME_LIMIT_US;
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = arena_allocate;
    options.deallocator = arena_release;
    options.userdata = arena;
    options.max_errors = 0;
    if (setjmp(arena->give_up) != 0) {
        mem_free(arena->ctx);
        return false;
    }
    const char *bytes = html.len == 0 ? "" : html.ptr;
    *ret_document = gumbo_parse_with_options(&options, bytes, html.len)->document;
    return true;
}

// ---- nodes ------------------------------------------------------------------------------------

bool html_is_element(const GumboNode *node)
{
    return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
}

GumboTag html_tag(const GumboNode *node)
{
    return html_is_element(node) && node->v.element.tag_namespace == GUMBO_NAMESPACE_HTML
               ? node->v.element.tag
               : GUMBO_TAG_UNKNOWN;
}

struct str html_tag_name(const GumboNode *node)
{
    if (!html_is_element(node) || node->v.element.tag_namespace != GUMBO_NAMESPACE_HTML) {
        return STR("");
    }
    return str_c(gumbo_normalized_tagname(node->v.element.tag));
}

struct str html_attribute(const GumboNode *node, const char *name)
{
    if (!html_is_element(node)) {
        return STR_NONE;
    }
    const GumboAttribute *attribute = gumbo_get_attribute(&node->v.element.attributes, name);
    return attribute == NULL ? STR_NONE : str_c(attribute->value);
}

struct str html_node_text(const GumboNode *node)
{
    bool text = node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE ||
                node->type == GUMBO_NODE_CDATA;
    return text ? str_c(node->v.text.text) : STR("");
}

const GumboVector *html_children(const GumboNode *node)
{
    if (node->type == GUMBO_NODE_DOCUMENT) {
        return &node->v.document.children;
    }
    return html_is_element(node) ? &node->v.element.children : NULL;
}

const GumboNode *html_body(const GumboNode *document)
{
    const GumboVector *top = html_children(document);
    for (unsigned i = 0; i < top->length; i++) {
        const GumboNode *root = top->data[i];
        const GumboVector *children = html_children(root);
        for (unsigned k = 0; children != NULL && k < children->length; k++) {
            if (html_tag(children->data[k]) == GUMBO_TAG_BODY) {
                return children->data[k];
            }
        }
    }
    return document;
}

// ---- walking ----------------------------------------------------------------------------------

void html_walk_init(struct html_walk *walk, mem_ctx *ctx, const GumboNode *root)
{
    *walk = (struct html_walk){.ctx = ctx, .capacity = 64, .pending = root};
    walk->levels = mem_array(ctx, struct html_level, walk->capacity);
    html_walk_mark(walk, 0);
}

void html_walk_mark(struct html_walk *walk, int mark)
{
    if (walk->depth == walk->capacity) {
        walk->capacity *= 2;
        walk->levels = mem_grow(walk->ctx, walk->levels, struct html_level, walk->capacity);
    }
    walk->levels[walk->depth] = (struct html_level){walk->pending, 0, mark};
}

void html_walk_skip(struct html_walk *walk)
{
    walk->pending = NULL;
}

enum html_visit html_walk_next(struct html_walk *walk, const GumboNode **ret_node, int *ret_mark)
{
    if (walk->pending != NULL) {
        walk->depth++;
        walk->pending = NULL;
    }
    if (walk->depth == 0) {
        return HTML_DONE;
    }
    struct html_level *level = &walk->levels[walk->depth - 1];
    const GumboVector *children = html_children(level->node);
    if (level->next < children->length) {
        const GumboNode *child = children->data[level->next++];
        *ret_node = child;
        *ret_mark = 0;
        if (html_children(child) != NULL) {
            walk->pending = child;
            html_walk_mark(walk, 0);
        }
        return HTML_ENTER;
    }
    walk->depth--;
    if (walk->depth == 0) {
        return HTML_DONE;  // the root itself is neither entered nor left
    }
    *ret_node = level->node;
    *ret_mark = level->mark;
    return HTML_LEAVE;
}

// ---- the words alone --------------------------------------------------------------------------

// Skips from "<script" to behind "</script>", and so on for the others.
static struct str skip_element(struct str html, struct str name)
{
    struct str rest = html;
    for (;;) {
        ptrdiff_t at = str_find(rest, STR("</"));
        if (at < 0) {
            return str_from(rest, rest.len);
        }
        rest = str_from(rest, (size_t)at + 2);
        if (str_istarts(rest, name)) {
            return rest;
        }
    }
}

struct str html_strip(mem_ctx *ctx, struct str html)
{
    struct buf out;
    buf_init(&out, ctx, html.len + 1);
    while (html.len > 0) {
        ptrdiff_t open = str_find_char(html, '<');
        size_t plain = open < 0 ? html.len : (size_t)open;
        buf_put(&out, str_sub(html, 0, plain));
        html = str_from(html, plain + 1);
        if (open < 0) {
            break;
        }
        struct str name = tag_name_at(html);
        if (str_ieq_c(name, "script") || str_ieq_c(name, "style") || str_ieq_c(name, "title")) {
            html = skip_element(html, name);
        }
        ptrdiff_t close =
            str_starts(html, STR("!--")) ? str_find(html, STR("-->")) : str_find_char(html, '>');
        size_t tail = str_starts(html, STR("!--")) ? 3 : 1;
        html = close < 0 ? str_from(html, html.len) : str_from(html, (size_t)close + tail);
        buf_put_char(&out, ' ');
    }
    return str_utf8_mend(ctx, buf_str(&out));
}
