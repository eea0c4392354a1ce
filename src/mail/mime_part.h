// SPDX-License-Identifier: GPL-3.0-or-later
//
// Inside of mail_parse(): what a leaf is called and what its bytes are.
#ifndef STEWARD_MAIL_MIME_PART_H
#define STEWARD_MAIL_MIME_PART_H

#include "mail/message.h"
#include "mail/mime_walk.h"

// The decoded bytes, cut at `max`.
struct str mime_decode_clipped(mem_ctx *ctx, enum mail_encoding encoding, struct str encoded,
                               size_t max, bool *ret_clipped);

// The file name that the mail gives the leaf, in this order: Content-Disposition,
// Content-Location, subject of an attached mail, Content-Type, Content-ID, the type's default.
struct str mime_part_name(mem_ctx *ctx, const struct mime_leaf *leaf);
// Whether it has one by Content-Disposition or Content-Type.
bool mime_part_named(mem_ctx *ctx, const struct mime_leaf *leaf);

// A name that is safe to show, to send and to save under: no path, no control, invisible or
// direction-changing characters, no leading dot, none of <>:"|?*, at most 200 bytes with its
// ending kept. "" when nothing is left.
struct str file_name_safe(mem_ctx *ctx, struct str name);

// Gives repeated names a number: "a.pdf", "a (2).pdf".
void mime_names_unique(mem_ctx *ctx, struct mail_part *parts, size_t count);

#endif
