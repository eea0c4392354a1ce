// SPDX-License-Identifier: GPL-3.0-or-later
//
// The work room: what agents do with tickets beside answering them. Bonds between tickets, and
// making a ticket of one comment. Everything asks whether the actor may, for the very tickets.
#ifndef STEWARD_DESK_WORK_WORK_H
#define STEWARD_DESK_WORK_WORK_H

#include "desk/tickets/tickets.h"

struct desk;

// --- bonds --------------------------------------------------------------------------------------

// As one ticket sees it: "this one blocks #7", "this one is blocked by #7".
enum bond_side {
    BOND_RELATED,
    BOND_DUPLICATES,
    BOND_DUPLICATED,
    BOND_BLOCKS,
    BOND_BLOCKED,
    BOND_PARENT,  // this one is the parent
    BOND_CHILD,
    BOND_SIDES
};
// "blocks", "is blocked by" …; parsing takes exactly what bond_side_key() gives ("blocked").
struct str bond_side_words(enum bond_side side);
struct str bond_side_key(enum bond_side side);
MUST_CHECK bool bond_side_parse(struct str key, enum bond_side *ret);

struct bond {
    int64_t id;
    enum bond_side side;
    struct ticket other;
};
// Those whose other end the actor may see, in order of making. For who may see the ticket.
MUST_CHECK bool bonds_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                           struct ticket_id ticket, struct bond **ret, size_t *ret_count,
                           struct error *err);
// Agents who may see both. Tying what is tied that way already does nothing. INVALID for a ticket
// with itself, a second parent, or a circle of parents. Both histories say so.
struct tie {
    struct ticket_id ticket;
    enum bond_side side;
    struct ticket_id other;
};
MUST_CHECK bool bond_make(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                          const struct tie *tie, struct error *err);
// NOT_FOUND when it is not the ticket's, or its other end is not to be seen.
MUST_CHECK bool bond_undo(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                          struct ticket_id ticket, int64_t bond, struct error *err);

// --- splitting ----------------------------------------------------------------------------------

// Makes a new ticket of a comment, with its markup and files, in the name of who wrote it, or of
// the requester where that was staff. The comment stays where it is; both tickets are tied and say
// what happened. Agents only; NOT_FOUND for a comment that is not the ticket's.
struct split {
    struct ticket_id ticket;
    struct comment_id comment;
    struct str subject;  // "": made of the text
};
MUST_CHECK bool ticket_split(struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, const struct split *split,
                             struct ticket_id *ret, struct error *err);

// --- ends ---------------------------------------------------------------------------------------

// Observer of tickets: the bonds of what was merged go over to where it lives on.
bool work_observe(void *desk, struct db *tx, const struct ticket_applied *applied,
                  struct error *err);
// Two people became one; a ticket was deleted for good.
MUST_CHECK bool work_person_moved(struct db *tx, struct user_id from, struct user_id to,
                                  struct error *err);
MUST_CHECK bool work_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err);

#endif
