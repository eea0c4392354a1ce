// SPDX-License-Identifier: GPL-3.0-or-later
//
// What stands around the words of an outgoing mail: a link to the web, earlier messages, the desk's
// line at the end. Made twice from the same parts, as HTML and as plain text. The HTML sets no
// colours of its own but a grey, so that it stays readable in the reader's light or dark.
#ifndef STEWARD_MAIL_FRAME_H
#define STEWARD_MAIL_FRAME_H

#include "base/str.h"

struct mail_earlier {
    struct str who;
    struct str when;  // as the reader is to see it
    struct str text;
    struct html html;
};

struct mail_frame {
    struct str locale;  // "en-US"
    struct str text;    // what is said now, in both forms
    struct html html;   // sanitised, or made by a template
    struct str link_words;
    struct url link;                     // https, checked; absent for none
    const struct mail_earlier *earlier;  // newest first
    size_t earlier_count;
    struct str footer;  // the desk's line; may be empty
    struct str unsubscribe_words;
    struct url unsubscribe;  // absent for none
};

// For compose_mail's text and html.
void mail_frame_render(mem_ctx *ctx, const struct mail_frame *frame, struct str *ret_text,
                       struct html *ret_html);

#endif
