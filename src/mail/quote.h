// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where the new words of a mail end and quoted history or a signature begins. Nothing is ever
// deleted: the caller hides the rest behind a click. Where nothing new would stay visible, or
// where replies stand between the quoted lines, everything stays visible.
// (For html: fold_quotes of html_sanitize().)
#ifndef STEWARD_MAIL_QUOTE_H
#define STEWARD_MAIL_QUOTE_H

#include "base/str.h"

struct mail_fold {
    struct str visible;
    struct str quoted;  // follows `visible` in the text; "" when nothing is folded
};

// Both borrow from `text`, whose lines end in LF or CR LF.
struct mail_fold mail_fold_text(mem_ctx *ctx, struct str text);

#endif
