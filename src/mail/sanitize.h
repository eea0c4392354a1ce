// SPDX-License-Identifier: GPL-3.0-or-later
//
// Strangers' html made safe to show. Gumbo reads it as browsers do, then everything is written
// anew by us from tables of allowed elements, attributes, addresses and styles; nothing of the
// input is ever copied unescaped. What is not listed loses its tag and keeps its words; what
// carries code or other languages (script, style, svg, math, template, forms' controls, frames)
// goes with all it holds. So a browser that reads our output can only find what the tables allow,
// wherever it puts it.
//
// Pictures from elsewhere are not fetched until somebody asks: their address waits in
// data-src. To show them, sanitise the result again with show_remote_images.
#ifndef STEWARD_MAIL_SANITIZE_H
#define STEWARD_MAIL_SANITIZE_H

#include "base/str.h"

enum sanitize_links {
    SANITIZE_LINKS_OUTSIDE,  // http, https, mailto, tel; opened in a new window, without referrer
    SANITIZE_LINKS_NONE,     // words only
};

// The own address of an inline image by its Content-ID (without angle brackets, percent-decoded);
// absent when the mail has no such part.
typedef struct str sanitize_cid(void *state, mem_ctx *ctx, struct str content_id);

struct sanitize_options {
    enum sanitize_links links;
    sanitize_cid *resolve_cid;  // may be NULL
    void *cid_state;
    bool show_remote_images;
    // For what our own composer sends: headings, lists, links, pictures, tables of plain looks; no
    // style but text-align, no colours, no fonts.
    bool composer;
    // Addresses on this desk that pictures and links may have ("/attachments/"); "" for none.
    struct str own_prefix;
    // Puts quoted history into <details class="quoted"><summary>label</summary>…</details>.
    bool fold_quotes;
    struct str fold_label;  // "" for "Earlier messages"
    size_t max_links;       // 0: 5000. With more, the body is replaced by a note and its words
    size_t max_output;      // bytes, 0: 16 MiB. Beyond it the same
};

struct sanitized {
    struct html html;
    size_t links;
    size_t blocked_images;  // remote pictures that wait for somebody to ask
    bool folded;            // something was put into <details>
    bool replaced;  // too many links, too large or too laborious: the bare words, and a note
};

void html_sanitize(mem_ctx *ctx, struct str dirty, const struct sanitize_options *options,
                   struct sanitized *ret);

// Whether the table of elements allows the tag, and the attribute on it: for tests that check what
// came out.
bool sanitize_allows(struct str tag, struct str attribute);

// ---- parts of it, tested on their own ----

// The declarations of a style attribute that are harmless, written anew ("color: red; width:
// 10px"); "" when none is. No url(), no escapes, no comments, no functions but rgb() and hsl(), no
// property that could place or cover anything outside its own place.
struct str css_sanitize(mem_ctx *ctx, struct str style);

// An address that a link may have, written anew: http, https, mailto, tel, or beginning with
// `own_prefix`. Control characters and blanks are treated as browsers do. Absent when it may not.
struct str link_sanitize(mem_ctx *ctx, struct str href, struct str own_prefix);

#endif
