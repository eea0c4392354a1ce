// SPDX-License-Identifier: GPL-3.0-or-later
//
// Markdown made markup that is safe to show.
#ifndef STEWARD_MAIL_MARKDOWN_H
#define STEWARD_MAIL_MARKDOWN_H

#include "base/str.h"

// CommonMark with tables, strikethrough, task lists and bare links (GitHub Flavored Markdown).
// Markup within it is left out, links of schemes other than http, https, mailto and tel, too.
struct html markdown_to_html(mem_ctx *ctx, struct str markdown);

#endif
