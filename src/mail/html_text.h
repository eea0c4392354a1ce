// SPDX-License-Identifier: GPL-3.0-or-later
//
// Between the two forms of a text: html made readable as plain text, and plain text made html.
#ifndef STEWARD_MAIL_HTML_TEXT_H
#define STEWARD_MAIL_HTML_TEXT_H

#include "base/str.h"

// Plain text of any html, safe or not: paragraphs by empty lines, lists with "* " or numbers,
// links as "words <address>" where the words are not the address, tables a line a row, quotations
// with "> ". No script, style or head. Never longer than a few times its input.
struct str html_to_text(mem_ctx *ctx, struct str html);

// Paragraphs at empty lines, line breaks kept, http(s), mailto and www. links made clickable,
// "> " lines as nested blockquote. Safe to show: all else is escaped.
struct html text_to_html(mem_ctx *ctx, struct str text);

#endif
