// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the room's files share.
#ifndef STEWARD_DESK_NOTICES_NOTICES_INTERNAL_H
#define STEWARD_DESK_NOTICES_NOTICES_INTERNAL_H

#include "desk/notices/notices.h"

// One piece of news, as it is looked up when it is sent.
struct news {
    enum notice_kind kind;
    struct ticket_id ticket;
    struct comment_id comment;
    struct user_id actor;
};

struct told {
    struct str title;  // "Ana Ruiz answers: #42 Printer"
    struct str quote;  // how the message begins, "" for none
    struct str path;   // "/tickets/42#comment-7"
};

bool notice_kind_parse(struct str word, enum notice_kind *ret);
// *ret_found is false when the reader may not, or no longer, see it.
MUST_CHECK bool news_words(struct db *db, mem_ctx *ctx, const struct actor *reader,
                           const struct news *news, struct told *ret, bool *ret_found,
                           struct error *err);
// Puts a job for each of the person's browsers.
MUST_CHECK bool push_news(struct db *tx, mem_ctx *ctx, struct user_id user, const struct news *news,
                          int64_t now, struct error *err);

#endif
