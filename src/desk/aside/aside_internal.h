// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the room's parts.
#ifndef STEWARD_DESK_ASIDE_ASIDE_INTERNAL_H
#define STEWARD_DESK_ASIDE_ASIDE_INTERNAL_H

#include "desk/aside/aside.h"
#include "desk/desk.h"

struct str aside_kind_word(enum aside_kind kind);
struct str aside_news_word(enum aside_news news);
struct str aside_new_uuid(mem_ctx *ctx);

// By number, whoever asks: for mail and jobs.
MUST_CHECK bool aside_find_any(struct db *db, mem_ctx *ctx, int64_t id, struct aside *ret,
                               bool *ret_found, struct error *err);

// What is said, and by whom; writing it down and mailing it on.
struct aside_words {
    enum aside_event_type type;
    struct str channel;
    int64_t member;
    struct user_id person;
    struct str name;
    struct str address;
    struct str body;
    int64_t quoted_from;
    bool automatic;
    struct mail_id mail;
    struct str message_id;
    struct str new_state;
    struct str new_subject;
    int64_t at;
};
MUST_CHECK bool aside_event_put(struct db *tx, int64_t aside, const struct aside_words *words,
                                int64_t *ret_event, struct error *err);

// Who is mailed an event.
struct aside_round {
    struct desk *desk;
    struct db *tx;
    mem_ctx *ctx;
    const struct aside *aside;
    struct aside_member *members;  // grows where groups have people
    size_t count;
    int64_t event;
    int64_t author;         // this member is not mailed
    struct user_id writer;  // nor this person
    bool outside;           // addresses are, too
    bool relayed;           // it came by mail: what goes on counts as automatic
    int64_t now;
};
MUST_CHECK bool aside_mail_round(struct aside_round *round, struct error *err);

// Open pages of the ticket look again.
void aside_publish(struct db *tx, struct ticket_id ticket);

#endif
