// SPDX-License-Identifier: GPL-3.0-or-later
//
// What stands in header fields, read the way mail really is rather than the way it should be:
// encoded words (RFC 2047), parameters with continuations and charsets (RFC 2231, and the many
// who put encoded words or raw bytes there instead), lists of message ids, comments. All
// functions take raw values, folded or not, in any bytes, and give valid UTF-8 of one line.
#ifndef STEWARD_MAIL_HEADERS_H
#define STEWARD_MAIL_HEADERS_H

#include "base/str.h"
#include "mail/message.h"

// Line breaks go, encoded words are decoded (neighbours of one charset together, since some
// senders cut characters in two), raw 8-bit bytes read as UTF-8 or else by detector.
struct str header_decode(mem_ctx *ctx, struct str raw);
// Line breaks go, nothing else is decoded; mended to UTF-8.
struct str header_unfold(mem_ctx *ctx, struct str raw);

// The value without parameters ("text/plain", "attachment"), lower case; "" when there is none.
struct str header_token(mem_ctx *ctx, struct str raw);
// A parameter of Content-Type or Content-Disposition, decoded; absent without it. RFC 2231 forms
// win over plain ones of the same name.
struct str header_param(mem_ctx *ctx, struct str raw, const char *name);

// All "<...>" of the field, brackets included, in order, each once, at most `max`; where there are
// no brackets at all, the words that look like an id are taken.
struct mail_ids header_ids(mem_ctx *ctx, struct str raw, size_t max);

// The fields of a block of header text that stands in a body (message/delivery-status, nested
// messages). Stops at an empty line; *rest becomes what follows it.
struct mail_headers header_block(mem_ctx *ctx, struct str *rest);

#endif
