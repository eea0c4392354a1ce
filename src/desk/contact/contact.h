// SPDX-License-Identifier: GPL-3.0-or-later
//
// The contact room: what reaches a requester comes from one person and has nothing internal in it.
// Reads every public reply of staff through the customer lens (lens.h) with this desk's own rules
// added, knows whose names may stand in it, and keeps what left all the same.
#ifndef STEWARD_DESK_CONTACT_CONTACT_H
#define STEWARD_DESK_CONTACT_CONTACT_H

#include "desk/contact/lens.h"
#include "desk/tickets/tickets.h"

struct desk;
struct contact;

// The room; lives in `ctx`. Rules are read when the first text is.
struct contact *contact_new(mem_ctx *ctx);

struct reply_text {
    const struct ticket *ticket;
    const struct actor *author;
    struct str text;  // plain
};

// What should not stand in this reply. Names and addresses of the requester, of those in copy, of
// the author, the steward and the desk are nobody else's data. All of *ret lives in `ctx`; places
// are bytes of the text.
MUST_CHECK bool contact_review(const struct desk *desk, struct db *db, mem_ctx *ctx,
                               const struct reply_text *reply, struct lens_hits *ret,
                               struct error *err);

// Observer of tickets: keeps what the lens finds in a public reply of staff, however it was
// written, in the change's transaction. It stops nothing: who could be asked was asked before.
bool contact_observe(void *desk, struct db *tx, const struct ticket_applied *applied,
                     struct error *err);

struct lens_finding {
    struct comment_id comment;
    struct ticket_id ticket;
    struct str channel;
    struct str kind;
    struct str phrase;
    bool asked;
    int64_t created_at;
};
struct lens_sum {
    struct str kind;
    int64_t found;
    int64_t asked;  // of these: sent although the author had seen the warning
};
// Of all replies, latest first; administrators only.
MUST_CHECK bool contact_findings(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                 int64_t most, struct lens_finding **ret, size_t *ret_count,
                                 struct error *err);
MUST_CHECK bool contact_sums(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t since,
                             struct lens_sum **ret, size_t *ret_count, struct error *err);

// The administrators' own rules, "" when there are none (docs/lens-rules.md).
MUST_CHECK bool contact_rules(struct db *db, mem_ctx *ctx, const struct actor *actor,
                              struct str *ret, struct error *err);
// INVALID with the line of the first mistake; nothing is changed then.
MUST_CHECK bool contact_set_rules(struct desk *desk, mem_ctx *ctx, const struct actor *actor,
                                  struct str rules, struct error *err);

// A ticket was deleted for good: findings still count, their words are gone.
MUST_CHECK bool contact_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err);

#endif
