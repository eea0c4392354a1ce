// SPDX-License-Identifier: GPL-3.0-or-later
//
// Strangers' html as a tree, by Gumbo, inside bounds: its memory comes from an arena with a budget
// and its time is watched, since html can be written that makes a conforming parser build
// millions of nodes of a few kilobytes. What goes over is refused, and the callers then show the
// bare words.
//
// The tree lives as long as `ctx`; nothing is ever freed node by node (Gumbo's own freeing would
// recurse as deep as the sender wishes).
#ifndef STEWARD_MAIL_HTML_TREE_H
#define STEWARD_MAIL_HTML_TREE_H

#include <gumbo.h>

#include "base/str.h"

#define HTML_INPUT_MAX ((size_t)8 * 1024 * 1024)

// False: too large, too deep or too laborious.
MUST_CHECK bool html_tree_parse(mem_ctx *ctx, struct str html, const GumboNode **ret_document);

// The words without tags, comments, scripts and styles, in one pass and constant extra memory.
struct str html_strip(mem_ctx *ctx, struct str html);

// ---- walking without recursion ----

struct html_level {
    const GumboNode *node;
    unsigned next;  // child
    int mark;       // the walker's own
};

struct html_walk {
    mem_ctx *ctx;
    struct html_level *levels;
    size_t depth;
    size_t capacity;
    const GumboNode *pending;  // entered, not yet gone into
};

enum html_visit { HTML_ENTER, HTML_LEAVE, HTML_DONE };

void html_walk_init(struct html_walk *walk, mem_ctx *ctx, const GumboNode *root);
// The next node in document order. Elements are entered and left; everything else is only entered.
// On HTML_LEAVE *ret_mark is what html_walk_mark() said when it was entered (else 0).
enum html_visit html_walk_next(struct html_walk *walk, const GumboNode **ret_node, int *ret_mark);
// After HTML_ENTER: the element's inside is passed over; it is not left either.
void html_walk_skip(struct html_walk *walk);
void html_walk_mark(struct html_walk *walk, int mark);

bool html_is_element(const GumboNode *node);
// Lower-case name of an html element, also of one unknown to Gumbo; "" for other nodes and for
// elements of SVG and MathML.
struct str html_tag_name(const GumboNode *node);
// The tag, GUMBO_TAG_UNKNOWN for other nodes and other namespaces.
GumboTag html_tag(const GumboNode *node);
// Absent without the attribute.
struct str html_attribute(const GumboNode *node, const char *name);
// Text, white space and CDATA nodes; "" for others.
struct str html_node_text(const GumboNode *node);
const GumboVector *html_children(const GumboNode *node);  // NULL when it can have none
// The body element, or the document when there is none.
const GumboNode *html_body(const GumboNode *document);

#endif
