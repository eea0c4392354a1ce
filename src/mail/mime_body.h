// SPDX-License-Identifier: GPL-3.0-or-later
//
// Inside of mail_parse(): which leaves are the mail's text and which came along with it.
#ifndef STEWARD_MAIL_MIME_BODY_H
#define STEWARD_MAIL_MIME_BODY_H

#include "mail/message.h"
#include "mail/mime_walk.h"

// Fills text, html, parts, delivery_status, original_headers of the message.
void mime_body(mem_ctx *ctx, const struct mime_leaves *leaves, const struct mail_limits *limits,
               struct mail_message *message, struct buf *problems);

// Joins the soft-broken lines of format=flowed (RFC 3676); quoted lines join only with lines of
// the same depth, and the signature delimiter "-- " stays a line.
struct str text_unflow(mem_ctx *ctx, struct str text, bool delsp);

#endif
