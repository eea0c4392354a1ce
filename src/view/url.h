// SPDX-License-Identifier: GPL-3.0-or-later
//
// The only makers of `struct url`: paths of our own that are built from parts, and links of
// strangers that were checked.
#ifndef STEWARD_VIEW_URL_H
#define STEWARD_VIEW_URL_H

#include "base/buf.h"

// A path of our own, written as a literal: "/tickets". Asserts that it begins with one '/'.
#define url_literal(path) url_own_(STR(path))

// Builds a path of our own: url_begin(&b, ctx, "/tickets"), url_segment_i64(&b, 42),
// url_param(&b, "q", text), url_end(&b). Segments come before parameters. Absent texts are left
// out; a segment of dots alone becomes U+FFFD, so that nothing climbs the path.
struct url_builder {
    struct buf text;
    bool has_query;
};
void url_begin(struct url_builder *b, mem_ctx *ctx, const char *path);
void url_segment(struct url_builder *b, struct str segment);
void url_segment_i64(struct url_builder *b, int64_t number);
void url_param(struct url_builder *b, const char *name, struct str value);
void url_param_i64(struct url_builder *b, const char *name, int64_t number);
void url_fragment(struct url_builder *b, const char *name);  // last; name is a literal
struct url url_end(struct url_builder *b);

// Takes a link that a person or a message gave. Only http, https, mailto and tel, and paths of our
// own ("/x", not "//x" or "/\x"). Control characters and white space within are refused, since
// browsers drop some of them before they look at the scheme. Borrows `text`.
MUST_CHECK bool url_checked(struct str text, struct url *ret);

// Where to go back to after a form: `text` when it is a path of our own, else `otherwise`.
struct url url_own_or(struct str text, struct url otherwise);

// "mailto:" with the address percent-encoded.
struct url url_mailto(mem_ctx *ctx, struct str address);

struct url url_own_(struct str path);

#endif
