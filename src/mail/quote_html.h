// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where the quoted history of an html mail stands, found in its tree.
#ifndef STEWARD_MAIL_QUOTE_HTML_H
#define STEWARD_MAIL_QUOTE_HTML_H

#include "mail/html_tree.h"

struct quote_fold {
    const GumboNode *start;  // NULL: nothing to fold
    const GumboNode *last;   // a sibling of start, or start itself, always an element; NULL: all
                             // that follows start in its parent
};

// Nothing is folded when nothing would stay visible, when the mail forwards another, or when
// replies stand between the lines of the quotation.
struct quote_fold quote_find_html(mem_ctx *ctx, const GumboNode *body);

#endif
