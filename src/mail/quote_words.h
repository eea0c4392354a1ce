// SPDX-License-Identifier: GPL-3.0-or-later
//
// How mail programs in many languages announce a quotation: "On … wrote:", "-----Original
// Message-----", blocks of "Von: … Gesendet: …", "Sent from my iPhone". All take one line, blanks
// and quote marks already taken off.
#ifndef STEWARD_MAIL_QUOTE_WORDS_H
#define STEWARD_MAIL_QUOTE_WORDS_H

#include "base/str.h"

// "On 3 May 2026, Jane <jane@x> wrote:", maybe several physical lines joined by blanks.
bool quote_attribution(struct str line);

// A line after which all is history: "-----Original Message-----" and its translations. Forwarded
// messages are none: who forwards something wants it read.
bool quote_separator(struct str line);

// "---------- Forwarded message ---------" and the like.
bool quote_forward(struct str line);

enum quote_label {
    QUOTE_LABEL_NONE,
    QUOTE_LABEL_FROM,
    QUOTE_LABEL_SENT,
    QUOTE_LABEL_TO,
    QUOTE_LABEL_SUBJECT,
    QUOTE_LABEL_CC,
};

// "*From:* Jane", "Von : …", "发件人：…".
enum quote_label quote_label_of(struct str line);

// Whether a block of such labels begins at the start of `lines`: a sender, then at least two
// others among the next lines. `lines` may be long; only its beginning is read.
bool quote_header_block(struct str lines);

// "Sent from my iPhone", "Von meinem Samsung Galaxy gesendet", "Get Outlook for iOS".
bool quote_device_line(struct str line);

// "-- " (or "--" alone).
bool quote_signature_delimiter(struct str line);

#endif
